"""Bring the coefficients of groups into a table, one row a group."""

import re

import pandas as pd

from partial_pooling import mixedlm


def by_group(coefficients, group):
    """Table the coefficients of an ordinary regression that has a categorical variable of the group.

    Parameters
    ----------
    coefficients : pandas.Series
        One value a term, such as ``fit.params`` or ``fit.bse`` of a model with the formula
        ``y ~ 0 + store + store:x``: terms named ``store[A1]`` and ``store[A1]:x``.
    group : str
        The grouping column, here ``"store"``.

    Returns
    -------
    pandas.DataFrame
        Index the groups, columns `Intercept` and the predictors. Terms that are not the group's are left out.

    Raises
    ------
    ValueError
        If a group does not have exactly one intercept and one coefficient of each predictor, as when the formula
        measures groups from a reference group.
    """
    of_group = re.compile(rf"{re.escape(group)}\[(?P<label>.+?)\](?::(?P<predictor>[^\[\]]+))?")
    rows = []
    for name, value in coefficients.items():
        match = of_group.fullmatch(name)
        if match:
            rows.append((match["label"], match["predictor"] or "Intercept", value))
        elif f"{group}[" in name:
            raise ValueError(f"term {name!r} is not a group's own coefficient; {_write(group)}")
    if not rows or any(label.startswith("T.") for label, _, _ in rows):
        raise ValueError(f"no group has an intercept of its own; {_write(group)}")
    table = pd.DataFrame(rows, columns=["label", "predictor", "value"])
    table = table.pivot(index="label", columns="predictor", values="value")[table["predictor"].unique()]
    return table.rename_axis(index=None, columns=None)


def _write(group):
    return f"write the formula as 'y ~ 0 + {group} + {group}:x', with {group} as text or category"


def deviations(fit, factor=None):
    """Table the group-level effects of a mixed model: how far each group is from the average.

    Parameters
    ----------
    fit : statsmodels.regression.mixed_linear_model.MixedLMResultsWrapper
    factor : str, optional
        The grouping column, such as ``"store"`` for a variance component ``"0 + C(store)"``. By default the one that
        was given as ``groups``.

    Returns
    -------
    pandas.DataFrame
        Index the groups, columns `Intercept` and the predictors: the conditional modes (statsmodels'
        ``random_effects``, in which the intercept is named after the grouping column). A label that occurs in more
        than one outer group has that group's in front of it, as in ``"A:a"``.

    Raises
    ------
    ValueError
        If the fit has no effects of that factor; the message names those it has.
    """
    effects = mixedlm.random_effects(fit)
    factor = mixedlm.structure(fit.model).outer if factor is None else factor
    if factor not in effects:
        raise ValueError(
            f"no effects vary between the groups of {factor!r}; in this model they vary between those of "
            f"{', '.join(map(repr, effects))}"
        )
    return effects[factor]
