"""Bring a fit to standardised data back to the original units."""

from dataclasses import replace
from functools import partial

import pandas as pd

from partial_pooling.estimates import estimates
from partial_pooling.scaling.change import Change
from partial_pooling.scaling.posterior import unscale_posterior
from partial_pooling.scaling.standardise import Scaling, refuse_what_cannot_be_undone


def unscale(fit, scaling=None, model=None):
    """Bring a fit to standardised data back to the original units.

    With Xs the columns of the model on the standardised data and X those of the same formula on the original ones,
    there is a matrix T with Xs = X T whenever the model holds all lower-order terms. One linear predictor, two sets of
    coefficients: Xs beta = X (T beta). So, with the response r = shift + s * standardised,

    - coefficients: ``s T beta``, plus the shift in the intercept; their covariance ``s^2 T V T'``
    - effects of groups: ``s Tz b``, with Tz the same matrix for the columns that vary between groups; their covariance
      ``s^2 Tz Psi Tz'``
    - residual standard deviation: ``s sigma``
    - log-likelihood: less ``n log s``; under REML less ``(n - p) log s``, plus ``log |det T|``

    What the formula itself standardises, as ``scale(x)`` and ``center(x)`` do, is undone as well, with the means and
    standard deviations that it used; ``unscale(fit)`` undoes nothing else.

    T is found from the model's own formula, evaluated on both. Interactions, powers, functions and categories need no
    rules of their own. Bates et al. (2015), Journal of Statistical Software 67(1), section 3, state the likelihood that
    these changes leave as it is.

    Independent effects of centred columns are correlated in original units: variance components of statsmodels, ``||``,
    and all of Bambi's. The result then has a correlation that no formula of that program could estimate. It is the same
    model still; what is another is the model with independent effects in original units. In the same way Bambi's
    priors remain those of the standardised columns.

    Parameters
    ----------
    fit : MixedLMResultsWrapper, MixedFit, arviz.InferenceData or xarray.DataTree
        By ``smf.mixedlm``, ``lmm`` or Bambi, to data that `scaling` has standardised.
    scaling : Scaling, optional
        As :func:`standardise` returns it, or ``Scaling(centre={...}, scale={...})``. It may name columns that the model
        does not use, and must name all that were standardised before the fit.
    model : bambi.Model, optional
        The model of a posterior, which does not know its formula.

    Returns
    -------
    Estimates
        With `fe_params`, `bse_fe`, `cov_fe`, `cov_re`, `random_effects`, `scale`, `llf` and `summary()`, as the
        engine's fits; what belongs to a grouping factor is in a dict by its name. Of a posterior: a posterior of the
        same kind with the same variables, every draw in original units, so that its intervals are right. Implied
        correlations are added as ``"1, days|subject_corr"``; variables and groups that the formula does not name are
        left out.

    Raises
    ------
    NotClosedError
        If the same formula in original units states another model: an interaction without its main effects, an effect
        of groups without an intercept, a function of a shifted column.
    ValueError, TypeError
        If the data lack a column, the fit does not know its formula, or `scaling` names a column that the formula
        standardises itself, or one that tells groups apart.
    """
    scaling = Scaling() if scaling is None else scaling
    if not isinstance(scaling, Scaling):
        raise TypeError(
            f"the scaling is a {type(scaling).__name__}: standardise returns the data and the scaling, "
            "or write Scaling(centre={...}, scale={...})"
        )
    if model is not None:
        if not hasattr(model, "formula") or hasattr(fit, "fe_params"):
            raise TypeError("a model is given with draws only, and after them: unscale(idata, scaling, model)")
        return unscale_posterior(fit, scaling, model)
    if not hasattr(fit, "fe_params"):
        raise TypeError("a posterior is unscaled with its model: unscale(idata, scaling, model)")
    return unscale_estimates(estimates(fit), scaling)


def unscale_estimates(estimates, scaling):
    """Bring estimates back to original units; see :func:`partial_pooling.unscale`.

    Parameters
    ----------
    estimates : Estimates
    scaling : Scaling
        By what the columns of its data were shifted and divided.

    Returns
    -------
    Estimates
    """
    if estimates.data is None:
        raise ValueError("the model was made from arrays: make it from a formula and data, with lmm or smf.mixedlm")
    scaled, evaluate = estimates.columns, partial(estimates.evaluate, plain=True)
    refuse_what_cannot_be_undone(scaling, scaled)
    data = scaling.undo(estimates.data)
    raw = evaluate(data)
    change = Change.between(scaled, raw, scaling)
    T, s, names = change.design, change.factor, list(raw.design)
    of_groups = {factor: (s * T, list(raw.groups[factor])) for factor, T in change.groups.items()}
    return replace(
        estimates,
        evaluate=evaluate,
        data=data,
        fe_params=pd.Series(s * T @ estimates.fe_params.to_numpy() + change.shift * change.constant, names),
        cov_fe=pd.DataFrame(s**2 * T @ estimates.cov_fe.to_numpy() @ T.T, names, names),
        cov_re={
            factor: pd.DataFrame(T @ estimates.cov_re[factor].to_numpy() @ T.T, effects, effects)
            for factor, (T, effects) in of_groups.items()
        },
        random_effects={
            factor: pd.DataFrame(table.to_numpy() @ of_groups[factor][0].T, table.index, of_groups[factor][1])
            for factor, table in estimates.random_effects.items()
        },
        scale=s**2 * estimates.scale,
        llf=estimates.llf + change.loglik(estimates.nobs, estimates.method == "REML"),
    )
