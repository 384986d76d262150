"""From arrays to cross-products: what can be fitted at all, and the units in which it is computed."""

from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
from scipy import sparse

from partial_pooling.engine.crossed import CrossedProducts
from partial_pooling.engine.nested import NestedProducts, are_nested
from partial_pooling.engine.terms import DataError

RANK_TOLERANCE = 1e-10
"""A column whose part that the columns before it do not explain is smaller than this, relatively, adds nothing."""


INSEPARABLE = 1e-9
"""Smallest eigenvalue, relative to the largest, at which the parts of a covariance matrix are still told apart."""

WHAT_TO_DO = "decide what they mean, and drop or fill those rows yourself"
"""About missing values."""


@dataclass(frozen=True)
class Basis:
    """The units in which cross-products are made: orthonormal columns, and the residual of ordinary regression.

    Products of raw columns lose digits where a predictor is far from zero or on a wild scale, and an optimiser that
    sees them searches in a narrow valley. The likelihood does not depend on the basis, but for the constant `loglik`.

    Parameters
    ----------
    factors : tuple of str
        Names of the grouping factors, in the order of the products.
    groups : tuple of ndarray (q, q)
        For each term the matrix T that leads from its columns to the orthonormal ones, Z T. It is block-diagonal, so
        that independent effects stay independent.
    fixed : ndarray (p, p)
        The same for the predictors.
    origin : ndarray (p,)
        Coefficients of the ordinary regression that is subtracted from the response.
    unit : float
        Its residual standard deviation (root mean square), by which the response is then divided.
    """

    factors: tuple
    groups: tuple
    fixed: np.ndarray
    origin: np.ndarray
    unit: float

    @classmethod
    def orthonormal(cls, response, design, terms, names):
        """Basis from the data themselves, or a DataError if some column depends on others."""
        fixed, groups = _orthonormal(design, names), []
        for term in terms:
            transform = np.zeros((len(term.effects), len(term.effects)))
            for block in np.unique(term.block_of_effects):
                of_block = np.flatnonzero(term.block_of_effects == block)
                columns, effects = term.columns[:, of_block], [f"{term.effects[i]} | {term.name}" for i in of_block]
                same = np.array_equal(columns, design)
                transform[np.ix_(of_block, of_block)] = fixed if same else _orthonormal(columns, effects)
            groups.append(transform)
        origin = fixed @ ((design @ fixed).T @ response) / len(response)
        residual = response - design @ origin
        unit = np.sqrt(np.mean(residual**2))
        if np.ptp(response) == 0:
            raise DataError("the response is constant: no variation is left for groups and residuals")
        if not unit > RANK_TOLERANCE * np.sqrt(np.mean(response**2)):
            raise DataError(
                "the response is an exact sum of the predictors, as far as its digits go: no variation is left for "
                "groups and residuals (if it is very far from zero, subtract a constant)"
            )
        return cls(tuple(term.name for term in terms), tuple(groups), fixed, origin, unit)

    def __eq__(self, other):
        """Equal by value, so that a basis may come from another process."""
        if not isinstance(other, Basis) or self.factors != other.factors:
            return False
        pairs = zip((*self.groups, self.fixed, self.origin), (*other.groups, other.fixed, other.origin), strict=True)
        return self.unit == other.unit and all(np.array_equal(one, two) for one, two in pairs)

    __hash__ = None

    @classmethod
    def of_the_data(cls, p, terms):
        """The units of the data themselves, for p predictors: to look at cross-products, not to fit with them."""
        names, groups = zip(*((term.name, np.eye(len(term.effects))) for term in terms), strict=True)
        return cls(names, groups, np.eye(p), np.zeros(p), 1.0)

    def apply(self, group_columns, design, response):
        """Columns of all terms, the predictors and the response, in this basis."""
        transformed = [Z @ T for Z, T in zip(group_columns, self.groups, strict=True)]
        return [*transformed, design @ self.fixed, (response - design @ self.origin) / self.unit]

    def loglik(self, rows, reml):
        """Add to a log-likelihood in this basis to have it in the data's own units."""
        p = len(self.origin)
        return -(rows - reml * p) * np.log(self.unit) + reml * np.linalg.slogdet(self.fixed)[1]


def _orthonormal(columns, names):
    """Upper triangular T such that columns @ T is orthonormal (in mean squares)."""
    R = np.linalg.qr(columns, mode="r") / np.sqrt(len(columns))
    size = np.sqrt(np.mean(columns**2, axis=0))
    for name, remaining, all_of_it in zip(names, np.abs(np.diag(R)), size, strict=True):
        if all_of_it == 0:
            raise DataError(
                f"{name!r} is zero in every row: leave it out. If it is a category that no row has, "
                "data[...].cat.remove_unused_categories() does so; if two categories never meet, make one factor of "
                "the cells that occur: data['cell'] = data['a'].astype(str) + ' ' + data['b'].astype(str)"
            )
        if not remaining > RANK_TOLERANCE * all_of_it:
            raise DataError(f"{name!r} is a sum of the columns before it: leave it out")
    return np.linalg.inv(R * np.sign(np.diag(R))[:, None])


def cross_products(response, design, terms, names=None, basis=None):
    """Read the rows once and keep the cross-products that a mixed model needs.

    Parameters
    ----------
    response : array_like (rows,)
    design : array_like (rows, p)
        Columns of the population-level (fixed) effects, with one of ones for the intercept.
    terms : sequence of GroupTerm
        One a grouping factor, in any order. If each factor is nested in the next larger one, the cost of a fit grows
        with the number of groups; otherwise the factors are crossed.
    names : sequence of str, optional
        Names of the design's columns; by default those of a DataFrame, or x0, x1, ...
    basis : Basis, optional
        That of another part of the same data, if the two are to be added.

    Returns
    -------
    NestedProducts or CrossedProducts

    Raises
    ------
    DataError
        If values are missing or infinite, lengths differ, a column depends on others, the response is constant, a
        factor has a single group or groups the rows as another one does, there are as many effects as rows and
        nothing tells their variances apart, or a slope is asked for a predictor that is constant within every group.
    """
    if names is None:
        names = (
            list(design.columns) if isinstance(design, pd.DataFrame) else [f"x{j}" for j in range(np.shape(design)[1])]
        )
    response, design = np.asarray(response, float), np.asarray(design, float)
    terms = [replace(term, labels=pd.Categorical(term.labels)) for term in terms]
    terms = sorted(terms, key=lambda term: -len(pd.unique(term.labels)))
    _refuse_unusable(response, design, terms, names)
    if basis is not None:
        terms = [next(term for term in terms if term.name == name) for name in basis.factors]
    else:
        _refuse_unidentified(len(response), terms)
        basis = Basis.orthonormal(response, design, terms, names)
        _refuse_inseparable(len(response), terms, basis)
    nested = all(are_nested(a.labels, b.labels) for a, b in pairwise(terms))
    return (NestedProducts if nested else CrossedProducts).of_rows(tuple(terms), basis, response, design)


def _refuse_unusable(response, design, terms, names):
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


def _refuse_unidentified(rows, terms):
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


def _refuse_inseparable(rows, terms, basis):
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
