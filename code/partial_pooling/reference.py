"""Hold a fit against lme4's results for the same model, stored in data/reference/lme4.json."""

import json

import numpy as np
import pandas as pd

from partial_pooling.datasets import DATA
from partial_pooling.engine import MixedFit
from partial_pooling.groups import deviations, effect_names

LOGLIK_TOLERANCE = 1e-4
FIXED_TOLERANCE = 1e-5  # relative to the estimate or its standard error, whichever is larger
SD_TOLERANCE = 1e-3  # standard deviations, correlations and group effects
STANDARD_ERROR_TOLERANCE = 0.03  # relative: statsmodels runs up to 2.6 % high on unbalanced data


class DisagreementError(AssertionError):
    """A fit differs from lme4's by more than rounding and optimisation can explain."""


def compare(fit, name):
    """Table a mixed-model fit beside lme4's fit of the same model.

    Parameters
    ----------
    fit : statsmodels.regression.mixed_linear_model.MixedLMResultsWrapper or partial_pooling.engine.MixedFit
        A REML fit, by :func:`partial_pooling.checked_fit` with one grouping column, or by :func:`partial_pooling.lmm`.
    name : str
        Name of the model in data/reference/lme4.json.

    Returns
    -------
    pandas.DataFrame
        One row a quantity, to four decimals: the fit's, lme4's, and the difference. The last row is the
        largest difference among all groups' effects (conditional modes).

    Raises
    ------
    ValueError
        If there is no such reference model (the message lists those there are), or if the fit is another model:
        its data have another number of rows, its terms differ, or it was made by ML where the reference is REML's.
    DisagreementError
        If a difference is beyond tolerance: log-likelihood 1e-4; fixed effects 1e-5 of the estimate or its standard
        error; standard deviations, correlations and group effects 1e-3; standard errors 3 %.
    """
    lme4 = _reference(name)
    if fit.nobs != lme4["rows"]:
        raise ValueError(f"{name!r} was fitted to {lme4['rows']} rows by lme4, this fit has {fit.nobs:.0f}")
    if fit.method != "REML":
        raise ValueError(f"{name!r} is compared under REML; fit with reml=True")
    between, modes = _of_engine(fit) if isinstance(fit, MixedFit) else _of_statsmodels(fit, *lme4["modes"])
    if list(fit.fe_params.index) != list(lme4["fixed"]) or between.keys() != (lme4["sd"] | lme4["correlation"]).keys():
        raise ValueError(f"{name!r} is {lme4['formula']}; this fit has {', '.join([*fit.fe_params.index, *between])}")
    rows, engine = [], "engine" if isinstance(fit, MixedFit) else "statsmodels"
    for term, published in lme4["fixed"].items():
        scale = max(abs(published["estimate"]), published["standard_error"])
        rows.append((term, fit.fe_params[term], published["estimate"], FIXED_TOLERANCE * scale))
        allowed = STANDARD_ERROR_TOLERANCE * published["standard_error"]
        rows.append((f"{term}, standard error", fit.bse_fe[term], published["standard_error"], allowed))
    for term, published in (lme4["sd"] | lme4["correlation"]).items():
        kind = "SD" if term in lme4["sd"] else "correlation"
        rows.append((f"{kind} between, {term}", between[term], published, SD_TOLERANCE))
    rows.append(("SD within (residual)", np.sqrt(fit.scale), lme4["sigma"], SD_TOLERANCE))
    rows.append(("log-likelihood (REML)", fit.llf, lme4["loglik_reml"], LOGLIK_TOLERANCE))

    table = pd.DataFrame(rows, columns=["quantity", engine, "lme4", "allowed"]).set_index("quantity")
    table["difference"] = table[engine] - table["lme4"]
    largest = max(_largest_difference(modes[group], published) for group, published in lme4["modes"].items())
    table.loc["largest difference of a group's effect"] = [np.nan, np.nan, SD_TOLERANCE, largest]
    beyond = table[~(table["difference"].abs() <= table["allowed"])]  # so that not-a-number is beyond, too
    if len(beyond):
        raise DisagreementError(
            f"{name!r} disagrees with lme4:\n{beyond.to_string(float_format='{:.6g}'.format)}\n"
            "The columns of the data, the formula or the optimum differ."
        )
    return table[[engine, "lme4", "difference"]].map(_four_decimals)


def _reference(name):
    models = json.loads((DATA / "reference" / "lme4.json").read_text())["models"]
    if name not in models:
        raise ValueError(f"there is no reference model {name!r}; the models are {', '.join(models)}")
    return models[name]


def _of_statsmodels(fit, group):
    """Standard deviations and correlations of the group-level effects, and their modes, under lme4's names."""
    names = effect_names(fit)
    return _between(group, pd.DataFrame(np.asarray(fit.cov_re), names, names)), {group: deviations(fit)}


def _of_engine(fit):
    between = {}
    for group, covariance in fit.cov_re.items():
        between |= _between(group, covariance)
    return between, fit.random_effects


def _between(group, covariance):
    sd = np.sqrt(np.diag(covariance))
    between = {f"{group}: {name}": value for name, value in zip(covariance, sd, strict=True)}
    for j, other in enumerate(covariance):
        for i, name in enumerate(covariance.columns[:j]):
            if covariance.iloc[i, j] != 0:  # of independent effects it is exactly zero, and there is no correlation
                between[f"{group}: {name}, {other}"] = covariance.iloc[i, j] / (sd[i] * sd[j])
    return between


def _largest_difference(modes, published):
    published = pd.DataFrame(published)
    return (modes[list(published)] - published.loc[modes.index]).abs().to_numpy().max()


def _four_decimals(value):
    return "" if np.isnan(value) else f"{value:.4f}".replace("-0.0000", "0.0000")
