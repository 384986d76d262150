"""What cannot be fitted: arrays that do not fit together, and effects that the data cannot tell apart."""

from itertools import combinations

import numpy as np
import pandas as pd
from scipy import sparse

from partial_pooling.engine.nested import are_nested
from partial_pooling.engine.terms import DataError

INSEPARABLE = 1e-9
"""Smallest eigenvalue, relative to the largest, at which the parts of a covariance matrix are still told apart."""

WHAT_TO_DO = "decide what they mean, and drop or fill those rows yourself"
"""About missing values."""


def refuse_unusable(response, design, terms, names):
    """Refuse arrays that do not fit together, or miss values; see :func:`partial_pooling.engine.cross_products`."""
    if design.ndim != 2 or design.shape[1] == 0:
        raise DataError("the model needs at least one population-level effect, such as an intercept")
    if response.ndim != 1:
        raise DataError(f"the response has {response.ndim} dimensions; it must be one column")
    if len(names) != design.shape[1] or len(set(names)) < len(names):
        raise DataError(f"the design has {design.shape[1]} columns; they need as many different names, not {names}")
    factors = [term.name for term in terms]
    if len(set(factors)) < len(factors):
        raise DataError(
            f"two terms have the same name: {', '.join(factors)}; put all effects of a factor into one term"
        )
    for term in terms:
        if np.ndim(term.columns) != 2 or np.shape(term.columns)[1] != len(set(term.effects)):
            raise DataError(f"{term.name!r}: `columns` must be (rows, effects), with a name for each of the effects")
    columns = {"the response": response}
    columns |= {repr(name): column for name, column in zip(names, design.T, strict=True)}
    for term in terms:
        columns |= {f"'{effect} | {term.name}'": Z for effect, Z in zip(term.effects, term.columns.T, strict=True)}
        columns[f"the group labels {term.name!r}"] = np.where(pd.isna(term.labels), np.nan, 0.0)
    for what, values in columns.items():
        if len(values) != len(response):
            raise DataError(f"{what} has {len(values)} rows, the response {len(response)}")
        unusable = np.count_nonzero(~np.isfinite(values))
        if unusable:
            raise DataError(f"{what}: {unusable} of {len(values)} values are missing or infinite; {WHAT_TO_DO}")


def refuse_unidentified(terms):
    """Refuse group-level effects that no data of such a design could tell anything about."""
    if not terms:
        raise DataError("no group-level effects, as in (1 | store): that is an ordinary regression")
    for term in terms:
        if len(pd.unique(term.labels)) == 1:
            raise DataError(f"{term.name!r} has one group only, so nothing can be said about how groups differ")
        for place, effect in enumerate(term.effects):
            if _is_constant_within_groups(term, place) and not _tells_groups_apart(term, place):
                raise DataError(
                    f"{effect!r} is constant within every group of {term.name!r}, so no group has a slope of its own: "
                    f"take it out of the effects of {term.name!r}; as a predictor it says how these groups differ"
                )
    for inner, outer in combinations(terms, 2):
        if len(pd.unique(inner.labels)) == len(pd.unique(outer.labels)) and are_nested(inner.labels, outer.labels):
            raise DataError(f"{inner.name!r} and {outer.name!r} are the same groups under two names: leave one out")


def refuse_inseparable(rows, terms, basis):
    """Refuse variances that leave the same trace in the covariance matrix of the response.

    That matrix is a sum: of Z_i Z_j' + Z_j Z_i' for each variance or covariance, and of the identity for the residual.
    Parameters of which one's part is a sum of the others' have no values of their own. It is asked where a factor has
    as many effects as there are rows, or an effect that only some groups have; elsewhere there are repetitions enough.
    """
    thin = [term for term in terms if term.is_thin(len(pd.unique(term.labels)), rows)]
    apart = [term for term in terms if any(_tells_groups_apart(term, place) for place in range(len(term.effects)))]
    if not (thin or apart):
        return
    parts = []
    for term, transform in zip(terms, basis.groups, strict=True):
        indicator = sparse.csr_array((np.ones(rows), (np.arange(rows), pd.factorize(term.labels)[0])))
        Z = [sparse.diags_array(column) @ indicator for column in (term.columns @ transform).T]
        parts += [(Z[i], Z[j]) for i, j in np.argwhere(term.free)]
    shared = np.array([[_trace(*one, *other) + _trace(*one, *other[::-1]) for other in parts] for one in parts])
    residual = np.array([np.sqrt(2) * one.multiply(other).sum() for one, other in parts])
    shared = np.block([[shared, residual[:, None]], [residual, np.array([[rows]])]])
    length = np.sqrt(np.diag(shared))
    sizes = np.linalg.eigvalsh(shared / np.outer(length, length))
    if sizes[0] > INSEPARABLE * sizes[-1]:
        return
    if not thin:
        raise DataError(
            f"{apart[0].name!r}: the variances of {', '.join(apart[0].effects)} cannot be told apart, since one of "
            "these effects is a sum of others: leave it out"
        )
    groups, most = len(pd.unique(thin[0].labels)), thin[0].free.sum(axis=1).max()
    raise DataError(
        f"{thin[0].name!r}: {groups} groups with {most} {'correlated ' if most > 1 else ''}effects each are "
        f"{groups * most} group-level effects for {rows} rows, so they and the residual cannot be told apart; "
        "use fewer effects or more rows a group"
    )


def _trace(a, b, c, d):
    """Trace of a b' c d'."""
    return (d.T @ a).T.multiply(b.T @ c).sum()


def _is_constant_within_groups(term, place):
    column = term.columns[:, place]
    return np.ptp(column) > 0 and np.array_equal(column, column[_first_row_of_group(term.labels)])


def _tells_groups_apart(term, place):
    """Whether an effect is one that only some of the groups have, with a variance of its own."""
    alone = np.count_nonzero(term.block_of_effects == term.block_of_effects[place]) == 1
    return alone and np.isin(term.columns[:, place], (0, 1)).all() and _is_constant_within_groups(term, place)


def _first_row_of_group(labels):
    """For each row the first row of its group."""
    _, first, group = np.unique(labels.codes, return_index=True, return_inverse=True)
    return first[group]
