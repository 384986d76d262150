"""Cross-products of data whose grouping factors are nested, and the elimination of their group-level effects.

The rows are read once. What is kept for every innermost group is the matrix [Z X y]'[Z X y], with Z the columns of its
own effects and of all levels above it. A fit only ever adds and factorises these small matrices, so its cost grows with
the number of groups, not of rows; and because they are sums over rows, parts of the data can be read apart and added.

The method is that of Bates et al. (2015), Journal of Statistical Software 67(1), sections 3.1 to 3.4, for the case in
which all blocks of the penalised system but the last are small. Levels run from the innermost to the outermost.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from partial_pooling.engine.small_matrices import cholesky, sandwich, solve, solve_transposed


class Eliminated(NamedTuple):
    """One level's step of the elimination, kept for the way back; groups are on the last axis of every array."""

    factor: np.ndarray  # Lambda, the relative covariance factor (q, q)
    ZZ: np.ndarray  # cross-products of the level's columns (q, q, groups)
    ZR: np.ndarray  # and with the columns of all that remains (q, rest, groups)
    R: np.ndarray  # Cholesky factor of Lambda'Z'Z Lambda + I (q, q, groups)
    RZX: np.ndarray  # the rows of the Cholesky factor beside it (q, rest, groups)


@dataclass(frozen=True)
class NestedProducts:
    """All that a fit needs of data with nested grouping factors.

    Parameters
    ----------
    terms : tuple of GroupTerm
        From the innermost to the outermost factor.
    basis : Basis
        The units in which the columns were multiplied.
    rows : int
    labels : tuple of ndarray
        For each level the labels of its groups, sorted by their parent's place and then by label.
    starts : tuple of ndarray
        For each level where the children of each parent begin; the parent of the outermost is the population.
    products : ndarray (k, k, groups)
        For each innermost group [Z X y]'[Z X y]; the k columns are the effects of all levels, X and y.
    """

    terms: tuple
    basis: object
    rows: int
    labels: tuple
    starts: tuple
    products: np.ndarray

    @classmethod
    def of_rows(cls, terms, basis, response, design):
        """Multiply the columns of data; see :func:`partial_pooling.engine.cross_products`."""
        codes, labels, starts = _nested_codes([term.labels for term in terms])
        products = _products(basis.apply([term.columns for term in terms], design, response), codes[0], len(labels[0]))
        return cls(tuple(terms), basis, len(response), labels, starts, products)

    def __add__(self, other):
        """Cross-products of two parts of the same data, multiplied in the same basis."""
        if not isinstance(other, NestedProducts) or self.basis != other.basis:
            raise ValueError("the two parts are in different units; pass the first one's basis when making the second")
        if [term.blocks for term in self.terms] != [term.blocks for term in other.terms]:
            raise ValueError("the two parts state different models")
        paths = [np.concatenate(pair) for pair in zip(self._paths(), other._paths(), strict=True)]
        if not all(are_nested(inner, outer) for inner, outer in pairwise(paths)):
            raise ValueError("each part is nested, but together their groups are crossed; read them together")
        codes, labels, starts = _nested_codes(paths)
        products = np.zeros((*self.products.shape[:2], len(labels[0])))
        np.add.at(products, (..., codes[0]), np.concatenate([self.products, other.products], axis=2))
        return NestedProducts(self.terms, self.basis, self.rows + other.rows, labels, starts, products)

    def _paths(self):
        """For each level the label above (or of) every innermost group."""
        paths, index = [], np.arange(len(self.labels[0]))
        for labels, starts in zip(self.labels, self.starts, strict=True):
            paths.append(labels[index])
            index = np.searchsorted(starts, index, side="right") - 1
        return paths

    def eliminate(self, factors):
        """Take the group-level effects out, level by level, and add the children of each parent.

        Parameters
        ----------
        factors : sequence of ndarray (q, q)
            The relative covariance factor Lambda of each level.

        Returns
        -------
        remaining : ndarray (p + 1, p + 1)
            [X y]'[X y] less what the group-level effects take up.
        logdet : float
            Logarithm of the determinant of Lambda'Z'Z Lambda + I.
        steps : list of Eliminated
            For the way back.
        """
        remaining, logdet, steps = self.products, 0.0, []
        for factor, starts in zip(factors, self.starts, strict=True):
            q = len(factor)
            ZZ, ZR = remaining[:q, :q], remaining[:q, q:]
            R = cholesky(sandwich(factor.T, ZZ) + np.eye(q)[:, :, None])
            RZX = solve_transposed(R, np.einsum("ji,jkg->ikg", factor, ZR))
            left = remaining[q:, q:] - np.einsum("iag,ibg->abg", RZX, RZX)
            remaining = np.add.reduceat(left, starts, axis=2)
            logdet += 2 * np.log(np.einsum("iig->ig", R)).sum()
            steps.append(Eliminated(factor, ZZ, ZR, R, RZX))
        return remaining[:, :, 0], logdet, steps

    def modes(self, steps, beta):
        """Conditional modes of the group-level effects, from the outermost level back to the innermost.

        Parameters
        ----------
        steps : list of Eliminated
        beta : ndarray (p,)
            Coefficients of X.

        Returns
        -------
        list of ndarray (q, groups)
            One array a level, in the order of `terms`.
        """
        known, found = np.append(-beta, 1.0)[:, None], []
        for step, size in zip(reversed(steps), self._sizes(), strict=True):
            known = np.repeat(known, size, axis=1)
            right = np.einsum("iag,ag->ig", step.RZX, known)
            u = solve(step.R, right[:, None])[:, 0]
            found.append(step.factor @ u)
            known = np.concatenate([-found[-1], known])
        return found[::-1]

    def gradient(self, steps, moments):
        """Derivative of the criterion by each level's factor, given its derivative by `remaining`.

        Parameters
        ----------
        steps : list of Eliminated
        moments : ndarray (p + 1, p + 1)
            Derivative of the criterion by the matrix that :meth:`eliminate` left.

        Returns
        -------
        list of ndarray (q, q)
        """
        found = []
        for step, own, cross in self._spread(steps, moments):
            scaled = np.einsum("ijg,jk->ikg", step.ZZ, step.factor)
            by_own = np.einsum("ikg,jkg->ij", scaled, own)
            found.append(2 * (by_own + np.einsum("iag,jag->ij", step.ZR, cross)))
        return found[::-1]

    def conditional_covariances(self, steps):
        """Covariances of the group-level effects given y, theta and beta, in units of the residual variance.

        Returns
        -------
        list of ndarray (q, q, groups)
        """
        p1 = len(self.products) - sum(len(step.factor) for step in steps)
        spread = self._spread(steps, np.zeros((p1, p1)))
        return [sandwich(step.factor, own) for step, own, _ in spread][::-1]

    def _spread(self, steps, moments):
        """Go back from the population to the innermost groups, from parent to children.

        `moments` is the derivative of the criterion by the cross-products of what remains. Under REML it is also the
        matrix of second moments of the coefficients (-beta, 1) over the residual variance; under ML beta counts as
        known, and with zeros at the top only what varies given beta is left. For every level this yields the step, the
        same matrix for its spherical effects -u, and that of -u with the coefficients of what remains.
        """
        moments = moments[:, :, None]
        for step, size in zip(reversed(steps), self._sizes(), strict=True):
            moments = np.repeat(moments, size, axis=2)
            identity = np.eye(len(step.factor))[:, :, None]
            identity = np.broadcast_to(identity, step.R.shape)
            inverse = solve(step.R, solve_transposed(step.R, identity))
            W = solve(step.R, step.RZX)
            cross = -np.einsum("iag,abg->ibg", W, moments)
            own = inverse - np.einsum("iag,jag->ijg", cross, W)
            yield step, own, cross
            cross = np.einsum("ij,jag->iag", step.factor, cross)
            above = np.concatenate([sandwich(step.factor, own), cross], axis=1)
            below = np.concatenate([cross.swapaxes(0, 1), moments], axis=1)
            moments = np.concatenate([above, below])

    def _sizes(self):
        """Number of children of each parent, from the outermost level to the innermost."""
        for labels, starts in zip(reversed(self.labels), reversed(self.starts), strict=True):
            yield np.diff(np.append(starts, len(labels)))


def _products(blocks, codes, groups):
    """Cross-products of all columns, for every group.

    A predictor whose effect varies between groups is there twice; equal columns are multiplied once.
    """
    distinct, places = [], []
    for column in (column for block in blocks for column in np.atleast_2d(block.T)):
        same = (place for place, other in enumerate(distinct) if np.array_equal(column, other))
        place = next(same, len(distinct))
        places.append(place)
        if place == len(distinct):
            distinct.append(np.ascontiguousarray(column))
    in_order = bool((codes[1:] >= codes[:-1]).all())  # then sums over runs of rows are several times faster
    first = np.searchsorted(codes, np.arange(groups)) if in_order else None
    sums = np.empty((len(distinct), len(distinct), groups))
    for i, one in enumerate(distinct):
        for j, other in enumerate(distinct[: i + 1]):
            product = one * other
            summed = np.add.reduceat(product, first) if in_order else np.bincount(codes, product, groups)
            sums[i, j] = sums[j, i] = summed
    return sums[np.ix_(places, places)]


def are_nested(inner, outer):
    """Whether every label of `inner` occurs with one label of `outer` only."""
    inner, outer = pd.factorize(inner)[0], pd.factorize(outer)[0]
    parent = np.empty(inner.max() + 1, int)
    parent[inner] = outer
    return bool((parent[inner] == outer).all())


def _nested_codes(labels):
    """Number the groups of every level so that children of one parent follow each other.

    Parameters
    ----------
    labels : list of ndarray (rows,)
        From the innermost level to the outermost.

    Returns
    -------
    codes, groups, starts : tuples of ndarray
        For each level the group number of every row, the labels of the groups, and where each parent's children begin.
    """
    above, parents, found = np.zeros(len(labels[0]), int), 1, []
    for of_level in reversed(labels):
        own, names = pd.factorize(of_level, sort=True)
        parent = np.empty(len(names), int)
        parent[own] = above
        order = np.argsort(parent, kind="stable")
        starts = np.searchsorted(parent[order], np.arange(parents))
        above, parents = np.argsort(order)[own], len(names)
        found.append((above, np.asarray(names)[order], starts))
    return tuple(zip(*found[::-1], strict=True))
