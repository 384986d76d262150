"""Fit a statsmodels mixed model and refuse an answer that is not the optimum."""

import warnings

import numpy as np

TOLERANCE = 1e-4
"""Largest shortfall in log-likelihood, against any other optimiser tried, that counts as the same optimum."""

GRADIENT_TOLERANCE = 1e-7
"""For the restarted ``bfgs``: with statsmodels' own 1e-5 the estimates agree with lme4's to three digits only."""


class FitError(RuntimeError):
    """No optimiser reached an optimum that can be trusted."""


def checked_fit(model, reml=True):
    """Fit a mixed model, restart it, and compare it with an independent optimiser.

    A single optimiser of statsmodels can stop short, or report convergence at a log-likelihood
    of infinity. Here ``powell`` runs first, ``bfgs`` is restarted from its end, and ``lbfgs``
    starts afresh; if ``lbfgs`` finds a better point, ``bfgs`` is restarted from there too. A fit is returned only if it
    converged, its log-likelihood and coefficients are finite, and no other attempt is better
    by more than ``TOLERANCE``.

    Parameters
    ----------
    model : statsmodels.regression.mixed_linear_model.MixedLM
        The model, as made by ``smf.mixedlm(...)``.
    reml : bool
        Restricted (default) or full maximum likelihood.

    Returns
    -------
    statsmodels.regression.mixed_linear_model.MixedLMResultsWrapper

    Raises
    ------
    FitError
        If no attempt passes (the message names the model, every attempt and the likely causes), or if there
        are too few groups or rows for the group-level variances to be identified, by lme4's rules.

    Warns
    -----
    UserWarning
        If the fit is singular: some combination of the group-level effects has an estimated variance of zero.
    """
    _refuse_unidentified(model)
    attempts = {}
    attempts["powell"] = _attempt(model, reml, "powell")
    attempts["bfgs restarted from powell"] = _attempt(model, reml, "bfgs", attempts["powell"])
    attempts["lbfgs"] = _attempt(model, reml, "lbfgs")
    if _loglike(attempts["lbfgs"]) > _loglike(attempts["bfgs restarted from powell"]) + TOLERANCE:
        attempts["bfgs restarted from lbfgs"] = _attempt(model, reml, "bfgs", attempts["lbfgs"])

    best = max(map(_loglike, attempts.values()))
    accepted = [fit for fit in attempts.values() if _trustworthy(fit) and _loglike(fit) >= best - TOLERANCE]
    if not accepted:
        raise FitError(_report(model, attempts, best))
    fit = max(accepted, key=_loglike)
    if _is_singular(fit):
        warnings.warn(
            f"{_name(model)}: singular fit, a variance of the group-level effects is estimated as zero", stacklevel=2
        )
    return fit


def _refuse_unidentified(model):
    """Refuse what lme4 refuses: a single group, or as many group-level effects as rows."""
    groups, effects, rows = model.n_groups, model.n_groups * model.k_re, len(model.endog)
    if groups == 1:
        raise FitError(f"{_name(model)}: there is one group only, so nothing can be said about how groups differ")
    if effects >= rows:
        raise FitError(
            f"{_name(model)}: {groups} groups with {model.k_re} effects each are {effects} group-level effects "
            f"for {rows} rows, so they and the residual cannot be told apart; use fewer effects or more rows a group"
        )


def _attempt(model, reml, method, start=None):
    """One optimisation, or the exception that ended it; warnings are left to the report."""
    start_params = getattr(start, "params_object", None)
    options = {"gtol": GRADIENT_TOLERANCE} if method == "bfgs" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return model.fit(reml=reml, method=method, start_params=start_params, **options)
        except (np.linalg.LinAlgError, ValueError, FloatingPointError) as error:
            return error


def _trustworthy(fit):
    return bool(np.isfinite(_loglike(fit)) and fit.converged and np.isfinite(fit.fe_params).all())


def _loglike(fit):
    """Log-likelihood of an attempt; minus infinity if it failed or is not a number."""
    loglike = getattr(fit, "llf", -np.inf)
    return loglike if np.isfinite(loglike) else -np.inf


def _is_singular(fit):
    """Whether a variance component, or a direction of the effects' covariance, is zero relative to the residual."""
    variances = np.concatenate([np.linalg.eigvalsh(fit.cov_re), fit.vcomp])
    return bool((variances < 1e-6 * fit.scale).any())


def _name(model):
    return f"mixed model '{model.formula}'" if getattr(model, "formula", None) else "mixed model"


def _report(model, attempts, best):
    lines = [f"{_name(model)}: no optimiser reached an optimum that can be trusted."]
    for how, fit in attempts.items():
        if isinstance(fit, Exception):
            lines.append(f"  {how}: {type(fit).__name__}: {fit}")
        else:
            said = "converged" if fit.converged else "not converged"
            lines.append(f"  {how}: log-likelihood {fit.llf:.4f}, {said}")
    lines.append(f"  best finite log-likelihood: {best:.4f}")
    return "\n".join(lines + _likely_causes(model))


def _likely_causes(model):
    """Faults of the data that make such a fit fail, one line each."""
    causes = []
    rank = np.linalg.matrix_rank(model.exog)
    if rank < model.exog.shape[1]:
        causes.append(f"the {model.exog.shape[1]} columns of the fixed effects have rank {rank}: drop a collinear one")
    for name, column in zip(model.data.exog_re_names, np.transpose(model.exog_re), strict=True):
        within = max(np.ptp(column[rows]) for rows in model.row_indices.values())
        if within == 0 and np.ptp(column) > 0:
            causes.append(f"{name!r} is constant within every group, so no group has a slope of its own")
    causes = causes or ["predictors on very different scales or far from zero: centre and scale them"]
    return [f"  likely cause: {cause}" for cause in causes]
