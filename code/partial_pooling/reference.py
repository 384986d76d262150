"""Hold a fit against lme4's results for the same model, stored in data/reference/lme4.json."""

import json

import numpy as np
import pandas as pd

from partial_pooling.datasets import DATA
from partial_pooling.groups import deviations, effect_names

LOGLIK_TOLERANCE = 1e-4
FIXED_TOLERANCE = 1e-5  # relative to the estimate or its standard error, whichever is larger
SD_TOLERANCE = 1e-3  # standard deviations, correlations and group effects
STANDARD_ERROR_TOLERANCE = 0.03  # relative: statsmodels runs up to 2.6 % high on unbalanced data


class DisagreementError(AssertionError):
    """A fit differs from lme4's by more than rounding and optimisation can explain."""


def compare(fit, name):
    """Table a statsmodels mixed-model fit beside lme4's fit of the same model.

    Parameters
    ----------
    fit : statsmodels.regression.mixed_linear_model.MixedLMResultsWrapper
        A REML fit with one grouping column, as returned by :func:`partial_pooling.checked_fit`.
    name : str
        Name of the model in data/reference/lme4.json.

    Returns
    -------
    pandas.DataFrame
        One row a quantity, to four decimals: statsmodels', lme4's, and the difference. The last row is the
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
    (group,) = lme4["modes"]
    between = _between(fit, group)
    if list(fit.fe_params.index) != list(lme4["fixed"]) or between.keys() != (lme4["sd"] | lme4["correlation"]).keys():
        raise ValueError(f"{name!r} is {lme4['formula']}; this fit has the terms {', '.join(fit.params.index)}")
    rows = []
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

    table = pd.DataFrame(rows, columns=["quantity", "statsmodels", "lme4", "allowed"]).set_index("quantity")
    table["difference"] = table["statsmodels"] - table["lme4"]
    table.loc["largest difference of a group's effect"] = _largest_mode_difference(fit, lme4)
    beyond = table[~(table["difference"].abs() <= table["allowed"])]  # so that not-a-number is beyond, too
    if len(beyond):
        raise DisagreementError(
            f"{name!r} disagrees with lme4:\n{beyond.to_string(float_format='{:.6g}'.format)}\n"
            "The columns of the data, the formula or the optimum differ."
        )
    return table[["statsmodels", "lme4", "difference"]].map(_four_decimals)


def _reference(name):
    models = json.loads((DATA / "reference" / "lme4.json").read_text())["models"]
    if name not in models:
        raise ValueError(f"there is no reference model {name!r}; the models are {', '.join(models)}")
    return models[name]


def _between(fit, group):
    """Standard deviations and correlations of the group-level effects, under lme4's names."""
    names = effect_names(fit)
    covariance = np.asarray(fit.cov_re)
    sd = np.sqrt(np.diag(covariance))
    between = {f"{group}: {name}": value for name, value in zip(names, sd, strict=True)}
    for j in range(len(names)):
        for i in range(j):
            between[f"{group}: {names[i]}, {names[j]}"] = covariance[i, j] / (sd[i] * sd[j])
    return between


def _largest_mode_difference(fit, lme4):
    (published,) = lme4["modes"].values()
    published = pd.DataFrame(published)
    modes = deviations(fit)[list(published)]
    difference = (modes - published.loc[modes.index]).abs().to_numpy().max()
    return [np.nan, np.nan, SD_TOLERANCE, difference]


def _four_decimals(value):
    return "" if np.isnan(value) else f"{value:.4f}".replace("-0.0000", "0.0000")
