"""Cross-products of data whose grouping factors are crossed, and the elimination of their group-level effects.

Crossed groups cannot be eliminated one by one: every student meets many lecturers. As in MixedModels.jl, the largest
factor is eliminated first, where it is block-diagonal and cheap; the other factors follow together by one dense
Cholesky factorisation. Time and memory grow with the square of the number of effects of these other factors (time with
the cube, beyond a few thousand); that of the largest factor hardly matters. Where the other factors are nested in each
other, or few of their groups meet, a sparse factorisation as in lme4 does better.

The interface is that of :mod:`partial_pooling.engine.nested`.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.linalg import cho_solve
from scipy.linalg.lapack import dpotri

from partial_pooling.engine import small_matrices

GROUPS_AT_ONCE = 500
"""How many groups of the largest factor have their conditional covariances computed together, to bound the memory."""


DENSE_UP_TO = 100_000
"""Elements of the products beside the largest factor up to which an ordinary array is faster than a sparse one."""


class Eliminated(NamedTuple):
    """The two steps of the elimination, kept for the way back."""

    factors: list  # Lambda of every term, the largest factor's first
    R: np.ndarray  # Cholesky factor of the largest factor's Lambda'Z'Z Lambda + I (q, q, groups)
    dense: np.ndarray  # what the first step leaves of the cross-products of all else
    root: np.ndarray  # upper Cholesky factor of Lambda' dense Lambda + I, for the effects of the other factors
    W: np.ndarray  # their coefficients in a regression on what remains (effects, p + 1)


@dataclass(frozen=True)
class CrossedProducts:
    """All that a fit needs of data with crossed grouping factors.

    Parameters
    ----------
    terms : tuple of GroupTerm
        From the factor with the most groups to that with the fewest.
    basis : Basis
        The units in which the columns were multiplied.
    rows : int
    labels : tuple of ndarray
        For each term its groups, sorted.
    own : ndarray (q, q, groups)
        Z'Z of the largest factor.
    beside : ndarray or csr_array (groups * q, rest)
        Its cross-products with the effects of all other factors, the predictors and the response.
    rest : ndarray (rest, rest)
        The cross-products of those.
    """

    terms: tuple
    basis: object
    rows: int
    labels: tuple
    own: np.ndarray
    beside: sparse.csr_array
    rest: np.ndarray

    @classmethod
    def of_rows(cls, terms, basis, response, design):
        """Multiply the columns of data; see :func:`partial_pooling.engine.cross_products`."""
        *group_columns, X, y = basis.apply([term.columns for term in terms], design, response)
        codes, labels = zip(*(pd.factorize(term.labels, sort=True) for term in terms), strict=True)
        Z = [_indicator(code, columns) for code, columns in zip(codes, group_columns, strict=True)]
        groups = len(labels[0])
        rest = sparse.hstack([*Z[1:], sparse.csr_array(np.column_stack([X, y]))], format="csr")
        pairs = [
            [np.bincount(codes[0], one * other, groups) for other in group_columns[0].T] for one in group_columns[0].T
        ]
        beside = (Z[0].T @ rest).tocsr()
        beside = beside.toarray() if np.prod(beside.shape) <= DENSE_UP_TO else beside
        return cls(tuple(terms), basis, len(response), labels, np.array(pairs), beside, (rest.T @ rest).toarray())

    def eliminate(self, factors):
        """Take the group-level effects out, the largest factor's first; see :class:`NestedProducts`."""
        first, q = factors[0], len(factors[0])
        R = small_matrices.cholesky(small_matrices.sandwich(first.T, self.own) + np.eye(q)[:, :, None])
        transposed = np.broadcast_to(first.T[:, :, None], R.shape)
        RZX = _times(small_matrices.solve_transposed(R, transposed), self.beside)
        dense = self.rest - _dense(RZX.T @ RZX)

        m = len(dense) - len(self.basis.origin) - 1
        system = self._scaled(self._scaled(dense[:m, :m], factors).T, factors)
        system[np.arange(m), np.arange(m)] += 1.0
        root = np.linalg.cholesky(system).T
        scaled = self._scaled(dense[:m, m:], factors)
        W = cho_solve((root, False), scaled, check_finite=False)
        logdet = 2 * np.log(np.einsum("iig->ig", R)).sum() + 2 * np.log(np.diag(root)).sum()
        return dense[m:, m:] - W.T @ scaled, logdet, Eliminated(factors, R, dense, root, W)

    def modes(self, step, beta):
        """Conditional modes of the group-level effects: a list of ndarray (q, groups), one a term."""
        known = np.append(-beta, 1.0)
        others = self._unscaled((step.W @ known)[:, None], step.factors)
        right = (self.beside @ np.concatenate([-others[:, 0], known])).reshape(-1, len(step.factors[0])).T
        found = [np.einsum("ijg,jg->ig", self._inverse(step), right)]
        return found + [others[place].reshape(-1, q).T for place, q in self._places()]

    def gradient(self, step, moments):
        """Derivative of the criterion by each factor, given its derivative by `remaining`.

        See :meth:`NestedProducts.gradient`.
        """
        own, cross = self._spread(step, moments)
        right = np.concatenate([self._unscaled(own, step.factors), cross.T])
        of_others = []
        for place, q in self._places():
            rows = step.dense[place].reshape(-1, q, len(right))
            of_others.append(2 * np.einsum("gir,rgj->ij", rows, right[:, place].reshape(len(right), -1, q)))
        return [self._gradient_of_largest(step, self._all_moments(step, own, cross, moments)), *of_others]

    def _gradient_of_largest(self, step, moments):
        """One element after the other: the derivative of what the largest factor takes out of the rest, times moments.

        It takes out beside' C beside with C = Lambda (Lambda'Z'Z Lambda + I)^-1 Lambda', so that each element of Lambda
        needs one sparse product, which costs less than one dense row for every group.
        """
        transposed = np.broadcast_to(step.factors[0].T[:, :, None], step.R.shape)
        right = small_matrices.solve(step.R, small_matrices.solve_transposed(step.R, transposed))
        taken = np.einsum("ij,jkg->ikg", step.factors[0], right)
        left = np.eye(len(taken))[:, :, None] - np.einsum("ijg,jkg->ikg", taken, self.own)
        found = 2 * np.einsum("ijg,jkg->ki", right, self.own)
        for i, j in zip(*np.nonzero(self.terms[0].free), strict=True):
            change = self.beside.T @ _times(left[:, i, None] * right[None, j], self.beside)
            found[i, j] -= 2 * np.sum(_dense(change) * moments)
        return found

    def conditional_covariances(self, step):
        """Covariances of the group-level effects given y, theta and beta, in units of the residual variance.

        Returns
        -------
        list of ndarray (q, q, groups)
        """
        p1 = len(self.basis.origin) + 1
        zero = np.zeros((p1, p1))
        own, cross = self._spread(step, zero)
        moments = self._all_moments(step, own, cross, zero)
        largest = self._inverse(step)
        q, groups = largest.shape[1:]
        for first in range(0, groups, GROUPS_AT_ONCE):
            some = slice(first, first + GROUPS_AT_ONCE)
            rows = self.beside[q * first : q * (first + GROUPS_AT_ONCE)]
            rows = _dense(_times(largest[:, :, some], rows)).reshape(-1, q, len(moments))
            largest[:, :, some] += np.einsum("gia,gja->ijg", rows @ moments, rows)
        return [largest, *self._diagonal_blocks(moments)]

    def _spread(self, step, moments):
        """Second moments of the other factors' spherical effects, and of these with the remaining coefficients."""
        cross = -step.W @ moments
        inverse = dpotri(step.root)[0]
        inverse = np.triu(inverse) + np.triu(inverse, 1).T
        return inverse - cross @ step.W.T, cross

    def _all_moments(self, step, own, cross, moments):
        own = self._unscaled(self._unscaled(own, step.factors).T, step.factors)
        cross = self._unscaled(cross, step.factors)
        return np.block([[own, cross], [cross.T, moments]])

    @staticmethod
    def _inverse(step):
        """Lambda (Lambda'Z'Z Lambda + I)^-1 Lambda' of the largest factor."""
        transposed = np.broadcast_to(step.factors[0].T[:, :, None], step.R.shape)
        half = small_matrices.solve_transposed(step.R, transposed)
        return np.einsum("kig,kjg->ijg", half, half)

    def _places(self):
        """Where the effects of each of the other terms lie among them all, and how many a group has."""
        offset = 0
        for labels, term in zip(self.labels[1:], self.terms[1:], strict=True):
            q = len(term.effects)
            yield slice(offset, offset := offset + len(labels) * q), q

    def _scaled(self, matrix, factors):
        """Lambda' times a matrix with a row for each effect of the other terms."""
        found = np.empty_like(matrix)
        for (place, q), factor in zip(self._places(), factors[1:], strict=True):
            groups = matrix[place].reshape(-1, q, matrix.shape[1])
            found[place] = np.einsum("ji,gjk->gik", factor, groups).reshape(-1, matrix.shape[1])
        return found

    def _unscaled(self, matrix, factors):
        """Lambda times such a matrix: from spherical effects to effects."""
        return self._scaled(matrix, [factor.T for factor in factors])

    def _diagonal_blocks(self, matrix):
        """For each of the other terms the blocks (q, q, groups) on the diagonal of a matrix over all their effects."""
        blocks = [
            matrix[place, place].reshape(-1, q, (place.stop - place.start) // q, q) for place, q in self._places()
        ]
        return [np.einsum("gigj->ijg", block) for block in blocks]


def _indicator(codes, columns):
    """Sparse model matrix of one factor: each row has its group's q columns."""
    rows, q = columns.shape
    index = codes[:, None] * q + np.arange(q)
    return sparse.csr_array(
        (columns.ravel(), index.ravel(), np.arange(rows + 1) * q), shape=(rows, (codes.max() + 1) * q)
    )


def _times(blocks, beside):
    """A matrix with the blocks (q, q, groups) on its diagonal, times one with q rows for each group."""
    q, groups = blocks.shape[1:]
    if sparse.issparse(beside):
        diagonal = sparse.bsr_array((blocks.transpose(2, 0, 1).copy(), np.arange(groups), np.arange(groups + 1)))
        return diagonal.tocsr() @ beside
    return np.einsum("ijg,gjk->gik", blocks, beside.reshape(groups, q, -1)).reshape(beside.shape)


def _dense(matrix):
    return matrix.toarray() if sparse.issparse(matrix) else matrix
