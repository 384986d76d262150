"""From arrays to cross-products, and the units in which they are computed."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from partial_pooling.engine.crossed import CrossedProducts
from partial_pooling.engine.identified import refuse_inseparable, refuse_unidentified, refuse_unusable
from partial_pooling.engine.nested import NestedProducts, are_nested
from partial_pooling.engine.terms import DataError

RANK_TOLERANCE = 1e-10
"""A column whose part that the columns before it do not explain is smaller than this, relatively, adds nothing."""


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
    refuse_unusable(response, design, terms, names)
    if basis is not None:
        terms = [next(term for term in terms if term.name == name) for name in basis.factors]
    else:
        refuse_unidentified(terms)
        basis = Basis.orthonormal(response, design, terms, names)
        refuse_inseparable(len(response), terms, basis)
    nested = all(are_nested(a.labels, b.labels) for a, b in pairwise(terms))
    return (NestedProducts if nested else CrossedProducts).of_rows(tuple(terms), basis, response, design)
