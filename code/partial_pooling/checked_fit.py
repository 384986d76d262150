"""Fit a statsmodels mixed model and refuse an answer that is not the optimum."""

import warnings

import numpy as np
from scipy import sparse
from statsmodels.regression.mixed_linear_model import MixedLMParams

from partial_pooling.engine import DataError
from partial_pooling.mixedlm import fit_mixedlm, refuse_unlike_numbers

TOLERANCE = 1e-4
"""Largest difference in log-likelihood from the engine's optimum that counts as the same optimum."""

SAME_POINT = 1e-6
"""Difference below which a fit stands even if the optimiser that found it does not say that it converged."""

GRADIENT_TOLERANCE = 1e-7
"""Of the ``bfgs``: with statsmodels' own 1e-5, estimates agree with lme4's to three digits."""


BAD_ERROR = 0.1
"""Relative difference of a standard error from the engine's that is said where a fit is singular."""


class FitError(RuntimeError):
    """The model cannot be fitted, or statsmodels does not reach the optimum."""


def checked_fit(model, reml=True):
    """Fit a mixed model with statsmodels, and hold it against the optimum that the book's engine finds.

    A single optimiser of statsmodels can stop short, or report convergence at a log-likelihood of infinity, above all
    when predictors with group-level effects are badly scaled or far from zero. So the model is fitted by ``powell``,
    restarted by ``bfgs``, and compared with a fit of the same model by the engine (:func:`partial_pooling.lmm`),
    which costs milliseconds. If statsmodels' log-likelihood is short of the engine's by more than ``TOLERANCE``, or
    its optimiser is not sure, ``bfgs``, and if need be ``powell``, starts from the engine's optimum, and the best of
    all attempts counts.

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
        many group-level effects as rows with nothing to tell them apart, a slope for a predictor that is constant
        within every group. Or if a formula does not take a column as the numbers that it holds: dates, objects,
        integers too small for their product.

    Warns
    -----
    UserWarning
        If the fit is singular: some combination of the group-level effects has an estimated variance of zero. It says
        so if statsmodels' standard errors, which come from the curvature there, are not those of the engine.
    """
    if not hasattr(model, "exog_vc"):
        raise TypeError(f"checked_fit takes a model of smf.mixedlm(...), before its fit, not {type(model).__name__}")
    try:
        refuse_unlike_numbers(model)
        engine, optimum = fit_mixedlm(model, reml)
    except DataError as error:
        raise FitError(f"{_name(model)}: {error}") from error
    powell = _attempt(model, reml, "powell")
    fit, started = _bfgs(model, reml, getattr(powell, "params_object", None)), "its own"
    attempts = {"powell": powell, "bfgs from powell's end": fit}
    if not _same(fit, engine, TOLERANCE if getattr(fit, "converged", False) else SAME_POINT):
        start, of_engine = MixedLMParams.from_components(**_inside(model, optimum)), " from the engine's optimum"
        attempts[f"bfgs{of_engine}"] = last = _bfgs(model, reml, start)
        if not _same(last, engine, TOLERANCE):
            attempts[f"powell{of_engine}"] = _attempt(model, reml, "powell", start)
        best = min(attempts, key=lambda how: _distance(attempts[how], engine))
        fit, started = attempts[best], "the engine's optimum" if best.endswith(of_engine) else "its own"
    if not _same(fit, engine, TOLERANCE):
        raise FitError(_report(model, attempts, engine))
    if engine.singular:
        warnings.warn(_singular(model, fit, engine), stacklevel=2)
    fit.start = started
    return fit


def _attempt(model, reml, method, start=None, **arguments):
    """One optimisation, or the exception that ended it; its warnings are for the report."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return model.fit(reml=reml, method=method, start_params=start, **arguments)
        except (np.linalg.LinAlgError, ValueError, FloatingPointError, AttributeError) as error:
            return error


def _bfgs(model, reml, start):
    """An attempt that goes on from where it ended if it is not sure."""
    fit = _attempt(model, reml, "bfgs", start, gtol=GRADIENT_TOLERANCE)
    if getattr(fit, "converged", True):
        return fit
    further = _attempt(model, reml, "bfgs", fit.params_object)
    return fit if isinstance(further, Exception) else further


def _same(fit, engine, tolerance):
    """Whether an attempt is at the engine's optimum."""
    return bool(_distance(fit, engine) <= tolerance)


def _distance(fit, engine):
    """From the engine's log-likelihood; infinite for an attempt that failed or is not finite."""
    finite = np.isfinite(getattr(fit, "llf", np.nan)) and np.isfinite(fit.fe_params).all()
    return abs(fit.llf - engine.llf) if finite else np.inf


def _inside(model, optimum):
    """An optimum moved off variances of zero and correlations of one, from where statsmodels' optimisers cannot start.

    It moves by next to nothing in the unit of each effect, so that hardly any log-likelihood is lost.
    """
    covariance = optimum["cov_re"]
    if covariance is not None:
        unit = np.diag(covariance) + 1e-3 / np.mean(np.square(model.exog_re), axis=0)
        covariance = covariance + 1e-5 * np.diag(unit)
    return optimum | {"cov_re": covariance, "vcomp": np.maximum(optimum["vcomp"], 1e-9)}


def _singular(model, fit, engine):
    text = f"{_name(model)}: singular fit, a variance of the group-level effects is estimated as zero"
    with np.errstate(invalid="ignore"):  # statsmodels' may be square roots of negative numbers
        errors = np.asarray(fit.bse_fe) / engine.bse_fe.to_numpy()
    if not (np.abs(errors - 1) < BAD_ERROR).all():
        text += "; statsmodels' standard errors are off by more than a tenth, those of lmm are not"
    return text


def _name(model):
    return f"mixed model '{model.formula}'" if getattr(model, "formula", None) else "mixed model"


def _report(model, attempts, engine):
    lines = [f"{_name(model)}: statsmodels and the engine do not agree on the optimum."]
    said = f"{'' if engine.converged else 'not '}converged{', singular' if engine.singular else ''}"
    lines.append(f"  engine: log-likelihood {engine.llf:.4f}, {said}")
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
    return "\n".join(lines + _likely_causes(model, engine))


def _likely_causes(model, engine):
    """Faults of the data that make such a fit fail, one line each."""
    causes = []
    single = sum(len(rows) == 1 for rows in model.row_indices.values())
    if single:
        causes.append(
            f"{single} of {model.n_groups} groups have one row only, and tell little about scatter within groups"
        )
    if engine.singular:
        causes.append(
            "the fit is singular, its optimum at a variance of zero or a correlation of one: use fewer effects"
        )
    if any(sparse.issparse(matrix) for of_groups in model.exog_vc.mats for matrix in of_groups):
        causes.append("use_sparse=True, with which statsmodels fails on some variance components: leave it out")
    causes = causes or ["predictors on very different scales or far from zero: centre and scale them"]
    return [f"  likely cause: {cause}" for cause in causes]
