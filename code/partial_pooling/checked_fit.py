"""Fit a statsmodels mixed model and refuse an answer that is not the optimum."""

import warnings

import numpy as np
from statsmodels.regression.mixed_linear_model import MixedLMParams

from partial_pooling.engine import DataError
from partial_pooling.mixedlm import fit_mixedlm

TOLERANCE = 1e-4
"""Largest difference in log-likelihood from the engine's optimum that counts as the same optimum."""

SAME_POINT = 1e-6
"""Difference below which a fit stands even if the optimiser that found it does not say that it converged."""

GRADIENT_TOLERANCE = 1e-7
"""Of the ``bfgs``: with statsmodels' own 1e-5, estimates agree with lme4's to three digits."""


class FitError(RuntimeError):
    """The model cannot be fitted, or statsmodels does not reach the optimum."""


def checked_fit(model, reml=True):
    """Fit a mixed model with statsmodels, and hold it against the optimum that the book's engine finds.

    A single optimiser of statsmodels can stop short, or report convergence at a log-likelihood of infinity, above all
    when predictors with group-level effects are badly scaled or far from zero. So the model is fitted by ``powell``,
    restarted by ``bfgs``, and compared with a fit of the same model by the engine (:mod:`partial_pooling.engine`),
    which costs milliseconds. If statsmodels' log-likelihood is short of the engine's by more than ``TOLERANCE``, or
    its optimiser is not sure, ``bfgs`` starts once more from the engine's optimum.

    Parameters
    ----------
    model : statsmodels.regression.mixed_linear_model.MixedLM
        The model, as made by ``smf.mixedlm(...)``.
    reml : bool
        Restricted (default) or full maximum likelihood.

    Returns
    -------
    statsmodels.regression.mixed_linear_model.MixedLMResultsWrapper
        With an attribute `start`: ``"its own"`` if statsmodels came to the optimum by itself, so that the two programs
        are independent, and ``"the engine's optimum"`` if it did not, and only stayed where the engine had led it.

    Raises
    ------
    FitError
        If the two still differ: the message names the model, by how much they differ, in which coefficients, every
        attempt and the likely causes. Also if the data cannot support the model: collinear columns, a single group, as
        many group-level effects as rows, a slope for a predictor that is constant within every group.

    Warns
    -----
    UserWarning
        If the fit is singular: some combination of the group-level effects has an estimated variance of zero.
    """
    try:
        engine, optimum = fit_mixedlm(model, reml)
    except DataError as error:
        raise FitError(f"{_name(model)}: {error}") from error
    attempts = {"powell": _attempt(model, reml, "powell")}
    start = getattr(attempts["powell"], "params_object", None)
    fit, started = _attempt(model, reml, "bfgs", start), "its own"
    attempts["bfgs from powell's end"] = fit
    if not _same(fit, engine, TOLERANCE if getattr(fit, "converged", False) else SAME_POINT):
        start = MixedLMParams.from_components(**_inside(optimum))
        fit, started = _attempt(model, reml, "bfgs", start), "the engine's optimum"
        attempts[f"bfgs from {started}"] = fit
    if not _same(fit, engine, TOLERANCE):
        raise FitError(_report(model, attempts, engine))
    if engine.singular:
        warnings.warn(
            f"{_name(model)}: singular fit, a variance of the group-level effects is estimated as zero", stacklevel=2
        )
    fit.start = started
    return fit


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


def _same(fit, engine, tolerance):
    """Whether an attempt is at the engine's optimum; one that failed or is not finite is not."""
    return bool(abs(getattr(fit, "llf", np.nan) - engine.llf) <= tolerance and np.isfinite(fit.fe_params).all())


def _inside(optimum):
    """An optimum without variances of exactly zero, from which statsmodels' optimisers cannot start."""
    covariance = optimum["cov_re"]
    if covariance is not None:
        covariance = covariance + 1e-9 * np.diag(np.maximum(np.diag(covariance), 1e-6))
    return optimum | {"cov_re": covariance, "vcomp": np.maximum(optimum["vcomp"], 1e-9)}


def _name(model):
    return f"mixed model '{model.formula}'" if getattr(model, "formula", None) else "mixed model"


def _report(model, attempts, engine):
    lines = [f"{_name(model)}: statsmodels and the engine do not agree on the optimum."]
    lines.append(f"  engine: log-likelihood {engine.llf:.4f}, {'' if engine.converged else 'not '}converged")
    for how, fit in attempts.items():
        if isinstance(fit, Exception):
            lines.append(f"  {how}: {type(fit).__name__}: {fit}")
            continue
        said = "converged" if fit.converged else "not converged"
        short = engine.llf - fit.llf
        lines.append(
            f"  {how}: log-likelihood {fit.llf:.4f}, {said}, {abs(short):.4f} {'short' if short > 0 else 'above'}"
        )
        lines += [
            f"    {name} {fit.fe_params[name]:.6g}, at the optimum {value:.6g}"
            for name, value in engine.fe_params.items()
            if not abs(fit.fe_params[name] - value) < 1e-3 * engine.bse_fe[name]
        ]
    return "\n".join(lines + _likely_causes(model))


def _likely_causes(model):
    """Faults of the data that make such a fit fail, one line each."""
    causes = []
    single = sum(len(rows) == 1 for rows in model.row_indices.values())
    if single:
        causes.append(
            f"{single} of {model.n_groups} groups have one row only, and tell little about scatter within groups"
        )
    causes = causes or ["predictors on very different scales or far from zero: centre and scale them"]
    return [f"  likely cause: {cause}" for cause in causes]
