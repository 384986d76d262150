"""Bring the coefficients of groups into a table, one row a group."""

import re

import numpy as np
import pandas as pd


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
        A grouping column within or beside that of ``groups``, whose effects are variance components of ``vc_formula``
        named after it: ``"store"`` for the components ``"store"`` (intercepts) and ``"store:log_price"`` (slopes).
        By default the grouping column of ``groups`` itself, with the effects of ``re_formula``.

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
    if factor is None:
        names = effect_names(fit)
        effects = {group: effects.iloc[: len(names)] for group, effects in fit.random_effects.items()}
        return pd.DataFrame(effects).T.set_axis(names, axis=1)
    components = [name for name in fit.model.exog_vc.names if name.partition(":")[0] == factor]
    if not components:
        have = ", ".join(map(repr, fit.model.exog_vc.names)) or "none"
        raise ValueError(f"no variance component is named {factor!r} or '{factor}:x'; this model's are: {have}")
    table = pd.DataFrame({name.partition(":")[2] or "Intercept": component_effects(fit, name) for name in components})
    return by_label(table)


def by_label(table):
    """Index a table of effects by label alone, or by group and label if a label occurs in several groups.

    Parameters
    ----------
    table : pandas.DataFrame
        Indexed by `group` and `label`, as :func:`component_effects`.

    Returns
    -------
    pandas.DataFrame
    """
    labels = table.index.get_level_values("label")
    return table.set_axis(labels if labels.is_unique else table.index.map(":".join)).rename_axis(index=None)


def component_effects(fit, component):
    """Effects of one variance component by outer group and label, read from names like ``cask[C(cask)[a]]``.

    Parameters
    ----------
    fit : statsmodels.regression.mixed_linear_model.MixedLMResultsWrapper
    component : str
        Its name in ``vc_formula``.

    Returns
    -------
    pandas.Series
        Indexed by `group` and `label`; the label of a component that is no factor is the group's own.
    """
    of_label = re.compile(rf"{re.escape(component)}\[(?:.*?\[(?:T\.)?(?P<label>[^\[\]]+)\](?::.*)?|[^\[\]]*)\]")
    effects = {}
    for group, values in fit.random_effects.items():
        for name, value in values.items():
            if match := of_label.fullmatch(str(name)):
                effects[str(group), match["label"] or str(group)] = value
    return pd.Series(effects).rename_axis(["group", "label"])


def effect_names(fit):
    """Names of a mixed model's group-level effects, with the intercept called so.

    Parameters
    ----------
    fit : statsmodels.regression.mixed_linear_model.MixedLMResultsWrapper

    Returns
    -------
    list of str
    """
    constant = (np.asarray(fit.model.exog_re) == 1).all(axis=0)
    return ["Intercept" if one else name for name, one in zip(fit.model.data.exog_re_names, constant, strict=True)]
