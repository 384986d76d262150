"""Bring the coefficients of groups into a table, one row a group."""

from itertools import product
from keyword import iskeyword

import numpy as np
import pandas as pd

from partial_pooling import mixedlm


def by_group(fit, group, values=None):
    """Table the coefficients of an ordinary regression that has a categorical variable of the group.

    Parameters
    ----------
    fit : statsmodels results
        Of a formula that gives each group its own coefficients, such as ``y ~ 0 + store + store:x``.
    group : str
        The grouping column, here ``"store"``. The formula may have it as ``C(store)`` or ``Q("store")`` as well.
    values : pandas.Series, optional
        One value a coefficient, such as ``fit.bse``; by default ``fit.params``.

    Returns
    -------
    pandas.DataFrame
        Index the groups, columns `Intercept` and the predictors. Terms that are not the group's are left out.

    Raises
    ------
    ValueError
        If a term of the group does not have one coefficient a group, as when the formula measures groups from a
        reference group; if no group has an intercept of its own; or if the values are not one a coefficient.
    """
    if not hasattr(getattr(getattr(fit, "model", None), "data", None), "model_spec"):
        raise TypeError("by_group takes a fit of a formula, as smf.ols(...).fit() returns it")
    values = fit.params if values is None else values
    if not values.index.equals(fit.params.index):
        raise ValueError("the values must be one a coefficient, in the order of fit.params, as fit.bse is")
    design, columns = fit.model.data.model_spec, {}
    for term, codings in design.term_codings.items():
        of_group = next((factor for factor in term.factors if _holds_labels(factor, group, design)), None)
        of_term = iter(values.to_numpy()[design.term_slices[term]])
        for coding in codings if of_group else ():
            if not _is_one_column_a_label(coding.contrast_matrices.get(of_group)):
                raise ValueError(f"term {term.name()!r} does not have one coefficient a group; {_write(group)}")
            names = {factor: _names(factor, coding, design) for factor in reversed(coding.factors)}
            names[of_group] = design.factor_infos[of_group].categories
            for pieces in product(*names.values()):  # patsy lets the first factor alternate fastest
                named = dict(zip(names, pieces, strict=True))
                label = named.pop(of_group)
                effect = ":".join(reversed(named.values())) or "Intercept"
                columns.setdefault(effect, {})[label] = next(of_term)
    if "Intercept" not in columns:
        raise ValueError(f"no group has an intercept of its own; {_write(group)}")
    return pd.DataFrame(columns)


def _holds_labels(factor, group, design):
    return design.factor_infos[factor].type == "categorical" and mixedlm.column_of(factor.code) == group


def _is_one_column_a_label(contrast):
    return contrast is not None and np.array_equal(contrast.matrix, np.eye(len(contrast.matrix)))


def _names(factor, coding, design):
    """What patsy prints of a factor in the names of its columns."""
    if factor in coding.contrast_matrices:
        return [f"{factor.name()}{suffix}" for suffix in coding.contrast_matrices[factor].column_suffixes]
    number = design.factor_infos[factor].num_columns
    return [factor.name()] if number == 1 else [f"{factor.name()}[{column}]" for column in range(number)]


def _write(group):
    name = group if group.isidentifier() and not iskeyword(group) else f'Q("{group}")'
    return f"write the formula as 'y ~ 0 + {name} + {name}:x', with {group} as text or category"


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
    if not hasattr(getattr(fit, "model", None), "exog_vc"):
        raise TypeError("deviations takes a fit of statsmodels' MixedLM; those of lmm have `random_effects`, by factor")
    effects = mixedlm.random_effects(fit)
    factor = mixedlm.structure(fit.model).outer if factor is None else factor
    if factor not in effects:
        raise ValueError(
            f"no effects vary between the groups of {factor!r}; in this model they vary between those of "
            f"{', '.join(map(repr, effects))}"
        )
    return effects[factor]
