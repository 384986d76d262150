"""Bring the coefficients of groups into a table, one row a group."""

import re

import pandas as pd

OF_A_GROUP = re.compile(r"^[^\[]+\[(?P<group>[^\]]+)\](?::(?P<predictor>.+))?$")


def by_group(coefficients):
    """Table the coefficients of an ordinary regression that has a categorical variable of the group.

    Parameters
    ----------
    coefficients : pandas.Series
        One value a term, such as ``fit.params`` or ``fit.bse`` of a model with the formula
        ``y ~ 0 + store + store:x``: terms named ``store[A1]`` and ``store[A1]:x``.

    Returns
    -------
    pandas.DataFrame
        Index the groups, columns `Intercept` and the predictors. Terms that belong to no group are left out.

    Raises
    ------
    ValueError
        If no term belongs to a group.
    """
    terms = coefficients.index.str.extract(OF_A_GROUP).set_axis(coefficients.index)
    terms = terms.assign(value=coefficients).dropna(subset="group").fillna({"predictor": "Intercept"})
    if terms.empty:
        raise ValueError(
            f"no term belongs to a group; the terms are {', '.join(coefficients.index)}. "
            "Write the formula as 'y ~ 0 + group + group:x', with the group as text or category."
        )
    table = terms.pivot_table("value", "group", "predictor", sort=False)
    return table.rename_axis(index=None, columns=None)


def deviations(fit):
    """Table the group-level effects of a mixed model: how far each group is from the average.

    Parameters
    ----------
    fit : statsmodels.regression.mixed_linear_model.MixedLMResultsWrapper
        A fit with one grouping column.

    Returns
    -------
    pandas.DataFrame
        Index the groups, columns `Intercept` and the predictors of ``re_formula``: the conditional modes
        (statsmodels' ``random_effects``, in which the intercept is named after the grouping column).
    """
    table = pd.DataFrame(fit.random_effects).T
    names = fit.model.data.exog_re_names
    return table.set_axis(["Intercept" if name == names[0] else name for name in names], axis=1)
