"""Fit a statsmodels mixed model and refuse an answer that is not the optimum."""

import warnings

import numpy as np
from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams

TOLERANCE = 1e-4
"""Largest shortfall in log-likelihood, against any other optimiser tried, that counts as the same optimum."""

SAME_POINT = 1e-6
"""Difference in log-likelihood below which two attempts have found the same point."""

GRADIENT_TOLERANCE = 1e-7
"""Tried first by the restarted ``bfgs``: with statsmodels' own 1e-5, estimates agree with lme4's to three digits."""


class FitError(RuntimeError):
    """No optimiser reached an optimum that can be trusted."""


def checked_fit(model, reml=True):
    """Fit a mixed model, restart it, and compare it with other optimisations of the same likelihood.

    A single optimiser of statsmodels can stop short, or report convergence at a log-likelihood of infinity,
    above all when predictors with group-level effects are badly scaled or far from zero. So the model is first
    fitted with those predictors made orthonormal, which leaves the likelihood as it is: by ``powell``, and by
    ``bfgs`` restarted from its end. From the optimum, put back into the model's own units, ``bfgs`` fits the
    model itself. That fit is returned if it is finite, if it or another attempt at the same point converged, and
    if no other attempt, ``lbfgs`` from statsmodels' own start among them, has a log-likelihood that is better by
    more than ``TOLERANCE``.

    Parameters
    ----------
    model : statsmodels.regression.mixed_linear_model.MixedLM
        The model, as made by ``smf.mixedlm(...)``. With variance components (``vc_formula``) all attempts are
        made in the model's own units.
    reml : bool
        Restricted (default) or full maximum likelihood.

    Returns
    -------
    statsmodels.regression.mixed_linear_model.MixedLMResultsWrapper

    Raises
    ------
    FitError
        If the fit does not pass (the message names the model, every attempt and the likely causes), if columns
        are collinear, or if there are too few groups or rows for the group-level variances to be identified.

    Warns
    -----
    UserWarning
        If the fit is singular: some combination of the group-level effects has an estimated variance of zero.
    """
    _refuse_unidentified(model)
    twin, transform = _orthonormal_twin(model)
    first = _attempt(twin, reml, "powell")
    optimum = _attempt(twin, reml, "bfgs", _parameters(first))
    fit = _attempt(model, reml, "bfgs", _parameters(optimum, transform))
    attempts = {
        "powell": first,
        "bfgs restarted from powell": optimum,
        "bfgs restarted in the model's units": fit,
        "lbfgs": _attempt(model, reml, "lbfgs"),
    }
    best = max(map(_loglike, attempts.values()))
    settled = any(
        getattr(attempt, "converged", False) and abs(_loglike(attempt) - _loglike(fit)) < SAME_POINT
        for attempt in attempts.values()
    )
    if not (settled and np.isfinite(fit.fe_params).all() and _loglike(fit) >= best - TOLERANCE):
        raise FitError(_report(model, attempts, best))
    if _is_singular(fit, transform):
        warnings.warn(
            f"{_name(model)}: singular fit, a variance of the group-level effects is estimated as zero", stacklevel=2
        )
    return fit


def _orthonormal_twin(model):
    """The same model with orthonormal columns for the group-level effects, and the matrix that leads to them.

    The effects of the twin are those of the model times the inverse of the matrix, so the likelihood is the same.
    """
    if model.k_re == 0 or model.k_vc > 0:
        return model, np.eye(model.k_re)
    transform = np.linalg.inv(np.linalg.qr(model.exog_re, mode="r")) * np.sqrt(len(model.endog))
    twin = MixedLM(model.endog, model.exog, groups=model.groups, exog_re=model.exog_re @ transform)
    return twin, transform


def _parameters(fit, transform=None):
    """Parameters of an attempt, to start another from; None if it failed."""
    parameters = getattr(fit, "params_object", None)
    if parameters is None or transform is None:
        return parameters
    covariance = transform @ parameters.cov_re @ transform.T
    covariance += 1e-9 * np.diag(np.diag(covariance))  # a singular one has no Cholesky factor to start from
    return MixedLMParams.from_components(parameters.fe_params, cov_re=covariance, vcomp=parameters.vcomp)


def _refuse_unidentified(model):
    """Refuse collinear columns, and what lme4 refuses: a single group, or as many group-level effects as rows."""
    for what, columns in {"fixed": model.exog, "group-level": model.exog_re}.items():
        rank = 0 if columns is None else np.linalg.matrix_rank(columns)
        if columns is not None and rank < columns.shape[1]:
            raise FitError(
                f"{_name(model)}: the {columns.shape[1]} columns of the {what} effects have rank {rank}; "
                "drop a predictor that the others determine"
            )
    groups, effects, rows = model.n_groups, model.n_groups * model.k_re, len(model.endog)
    if groups == 1 and model.k_re > 0:  # with variance components only, one group may hold crossed factors
        raise FitError(f"{_name(model)}: there is one group only, so nothing can be said about how groups differ")
    if effects >= rows:
        raise FitError(
            f"{_name(model)}: {groups} groups with {model.k_re} effects each are {effects} group-level effects "
            f"for {rows} rows, so they and the residual cannot be told apart; use fewer effects or more rows a group"
        )


def _attempt(model, reml, method, start=None):
    """One optimisation, or the exception that ended it; its warnings are for the report."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if method != "bfgs":
                return model.fit(reml=reml, method=method, start_params=start)
            fit = model.fit(reml=reml, method=method, start_params=start, gtol=GRADIENT_TOLERANCE)
            return fit if fit.converged else model.fit(reml=reml, method=method, start_params=fit.params_object)
        except (np.linalg.LinAlgError, ValueError, FloatingPointError) as error:
            return error


def _loglike(fit):
    """Log-likelihood of an attempt; minus infinity if it failed or is not a number."""
    loglike = getattr(fit, "llf", -np.inf)
    return loglike if np.isfinite(loglike) else -np.inf


def _is_singular(fit, transform):
    """Whether a direction of the effects' covariance, or a variance component, is zero relative to the residual.

    The covariance is looked at in the twin's columns, so that the units of the predictors do not matter.
    """
    to_twin = np.linalg.inv(transform)
    variances = np.concatenate([np.linalg.eigvalsh(to_twin @ np.asarray(fit.cov_re) @ to_twin.T), fit.vcomp])
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
    effects = zip(model.data.exog_re_names, model.exog_re.T, strict=True) if model.k_re else ()
    for name, column in effects:
        within = max(np.ptp(column[rows]) for rows in model.row_indices.values())
        if within == 0 and np.ptp(column) > 0:
            causes.append(f"{name!r} is constant within every group, so no group has a slope of its own")
    causes = causes or ["predictors on very different scales or far from zero: centre and scale them"]
    return [f"  likely cause: {cause}" for cause in causes]
