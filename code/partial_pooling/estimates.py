"""The estimates of a mixed-model fit under lme4's names, whichever program made the fit."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from partial_pooling.engine import MixedFit, spread
from partial_pooling.groups import component_effects, deviations, effect_names
from partial_pooling.scaling import FitInUnits


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
    fit : MixedLMResultsWrapper, MixedFit or FitInUnits
    factors : list of str
        The grouping factors as lme4 names them. A variance component of statsmodels is to be named after its grouping
        column (``"cask"``, where lme4 says ``batch:cask``), with a colon before a predictor (``"cask:days"``), or after
        the predictor alone if its effect varies between the groups of `groups`.

    Returns
    -------
    Estimates
    """
    if isinstance(fit, (MixedFit, FitInUnits)):
        between = {}
        for factor, covariance in fit.cov_re.items():
            between |= _between(factor, covariance)
        return Estimates(getattr(fit, "program", "engine"), between, fit.random_effects)
    # statsmodels calls the random intercept by the name of the grouping column
    named = [name for name in fit.model.data.exog_re_names if name in factors] if fit.model.k_re else []
    outer = named[0] if named else min(factors, key=lambda factor: factor.count(":"))
    between, modes = {}, {}
    if fit.model.k_re:
        names = effect_names(fit)
        between |= _between(outer, pd.DataFrame(np.asarray(fit.cov_re), names, names))
        modes[outer] = deviations(fit)
    for component, variance in zip(fit.model.exog_vc.names, fit.vcomp, strict=True):
        column, _, effect = component.partition(":")
        factor = next((name for name in factors if name.split(":")[-1] == column), None)
        if factor is None:  # not a grouping factor, so a predictor whose effect varies between the outer groups
            factor, effect = outer, component
        effect = effect or "Intercept"
        between[f"{factor}: {effect}"] = np.sqrt(variance)
        found = component_effects(fit, component)
        labels = found.index.map(":".join) if ":" in factor else found.index.get_level_values("label")
        modes[factor] = modes.get(factor, pd.DataFrame()).assign(**{effect: found.set_axis(labels)})
    return Estimates("statsmodels", between, modes)


def _between(factor, covariance):
    sd, correlations = spread(factor, covariance)
    return sd | correlations
