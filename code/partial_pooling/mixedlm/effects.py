"""The group-level part of a fit of statsmodels as tables, one for each grouping factor."""

import numpy as np
import pandas as pd

from partial_pooling.engine.terms import DataError
from partial_pooling.mixedlm.expressions import frame_of
from partial_pooling.mixedlm.structure import structure


def random_effects(fit):
    """Table the group-level effects of a fit: the conditional modes.

    Parameters
    ----------
    fit : statsmodels.regression.mixed_linear_model.MixedLMResultsWrapper

    Returns
    -------
    dict of str to pandas.DataFrame
        For each grouping factor one row a group, columns the effects. Where a label occurs in more than one group of
        `groups`, that group's stands in front of it, as in ``"A:a"``. Groups that have no rows are left out.
    """
    model, known = fit.model, structure(fit.model)
    of_groups, outer = [values.to_numpy() for values in fit.random_effects.values()], list(fit.random_effects)
    tables = {}
    if known.correlated:
        correlated = np.array([values[: model.k_re] for values in of_groups])
        tables[known.outer] = pd.DataFrame(correlated, outer, known.correlated)
    place = [model.k_re] * len(outer)
    for (name, component), matrices in zip(known.components.items(), model.exog_vc.mats, strict=True):
        ends = [start + matrix.shape[1] for start, matrix in zip(place, matrices, strict=True)]
        modes = np.concatenate([v[start:end] for v, start, end in zip(of_groups, place, ends, strict=True)])
        place = ends
        found = pd.Series(modes, outer) if not component.factor else _labelled(model, component, modes)
        before = tables.get(known.name(name), pd.DataFrame(index=found.index))
        table = before.reindex(before.index.union(found.index, sort=False)).assign(**{component.effect: found})
        tables[known.name(name)] = table.fillna(0.0)  # a column of zeros, as of a predictor that a group never has
    return tables


def _labelled(model, component, modes):
    """The modes of a component that has groups of its own, by their labels."""
    there = np.flatnonzero(component.column)
    occurring, first = np.unique(component.groups[there], return_index=True)
    rows = there[first]
    if not set(component.factor) <= set(frame_of(model)):
        labels = occurring
    else:
        columns = [list(frame_of(model)[name].iloc[rows]) for name in component.factor]
        labels = (
            columns[0] if len(columns) == 1 else [":".join(map(str, label)) for label in zip(*columns, strict=True)]
        )
        if not pd.Index(labels).is_unique:
            outer = np.asarray(model.groups)[rows]
            labels = [f"{group}:{label}" for group, label in zip(outer, labels, strict=True)]
        if not pd.Index(labels).is_unique:
            raise DataError(
                f"the labels of {':'.join(component.factor)!r} are not told apart when joined by a colon: rename them"
            )
    return pd.Series(modes[occurring], list(labels))


def covariances(fit):
    """Estimated covariance matrices of the group-level effects.

    Parameters
    ----------
    fit : statsmodels.regression.mixed_linear_model.MixedLMResultsWrapper

    Returns
    -------
    dict of str to pandas.DataFrame (q, q)
        One a grouping factor; variance components are independent of one another and of `re_formula`'s effects.
    """
    known = structure(fit.model)
    found = {}
    if known.correlated:
        found[known.outer] = pd.DataFrame(np.asarray(fit.cov_re), known.correlated, known.correlated)
    for (name, component), variance in zip(known.components.items(), fit.vcomp, strict=True):
        factor = known.name(name)
        before = found.get(factor, pd.DataFrame())
        effects = [*before, component.effect]
        padded = np.pad(before.to_numpy(dtype=float).reshape(len(before), len(before)), (0, 1))
        padded[-1, -1] = variance
        found[factor] = pd.DataFrame(padded, effects, effects)
    return found
