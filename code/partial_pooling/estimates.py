"""The estimates of a mixed-model fit under lme4's names, whichever program made the fit."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from partial_pooling.engine import MixedFit
from partial_pooling.groups import deviations, effect_names


@dataclass(frozen=True)
class Estimates:
    """What two fits of one model can be compared in.

    Parameters
    ----------
    program : str
        Who made the fit.
    between : dict of str to float
        Standard deviations ``"store: log_price"`` and correlations ``"store: Intercept, log_price"``.
    modes : dict of str to pandas.DataFrame
        For each grouping factor the group-level effects, one row a group.
    """

    program: str
    between: dict
    modes: dict


def estimates(fit, factors):
    """Read the group-level estimates of a fit.

    Parameters
    ----------
    fit : MixedLMResultsWrapper or MixedFit
    factors : list of str
        The grouping factors as lme4 names them: statsmodels does not know the name of its grouping column, and calls
        a component within batches ``cask`` where lme4 says ``batch:cask``.

    Returns
    -------
    Estimates
    """
    if isinstance(fit, MixedFit):
        between = {}
        for factor, covariance in fit.cov_re.items():
            between |= _between(factor, covariance)
        return Estimates("engine", between, fit.random_effects)
    outer = min(factors, key=lambda factor: factor.count(":"))
    between, modes = {}, {}
    if fit.model.k_re:
        names = effect_names(fit)
        between |= _between(outer, pd.DataFrame(np.asarray(fit.cov_re), names, names))
        modes[outer] = deviations(fit)
    for component, variance in zip(fit.model.exog_vc.names, fit.vcomp, strict=True):
        factor = next((name for name in factors if name.split(":")[-1] == component), component)
        between[f"{factor}: Intercept"] = np.sqrt(variance)
        modes[factor] = _component_modes(fit, component, nested=":" in factor)
    return Estimates("statsmodels", between, modes)


def _between(factor, covariance):
    sd = np.sqrt(np.diag(covariance))
    between = {f"{factor}: {name}": value for name, value in zip(covariance, sd, strict=True)}
    for j, other in enumerate(covariance):
        for i, name in enumerate(covariance.columns[:j]):
            if covariance.iloc[i, j] != 0:  # of independent effects it is exactly zero, and there is no correlation
                between[f"{factor}: {name}, {other}"] = covariance.iloc[i, j] / (sd[i] * sd[j])
    return between


def _component_modes(fit, component, nested):
    """Effects of a variance component of intercepts, from labels such as ``cask[C(cask)[a]]``."""
    of_component = re.compile(rf"{re.escape(component)}\[.*\[(?:T\.)?(?P<label>[^\[\]]+)\]\]")
    found = {}
    for group, effects in fit.random_effects.items():
        for name, value in effects.items():
            match = of_component.fullmatch(str(name))
            if match:
                found[f"{group}:{match['label']}" if nested else match["label"]] = value
    return pd.DataFrame({"Intercept": found})
