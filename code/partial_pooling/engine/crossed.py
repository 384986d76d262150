"""Cross-products of data whose grouping factors are crossed, and the elimination of their group-level effects.

Crossed groups cannot be eliminated one by one: every student meets many lecturers. Following MixedModels.jl, the factor
with the most groups is eliminated first, where it is block-diagonal and cheap, and the other factors together by one
dense Cholesky factorisation. Time and memory grow with the square of the number of effects of these other factors
(time with the cube, beyond a few thousand); that of the largest factor hardly matters.

The interface is that of :mod:`partial_pooling.engine.nested`.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.linalg import cho_solve, cholesky

from partial_pooling.engine import small_matrices

GROUPS_AT_ONCE = 500
"""How many groups of the largest factor have their conditional covariances computed together, to bound the memory."""


class Eliminated(NamedTuple):
    """The two steps of the elimination, kept for the way back."""

    factor: np.ndarray  # Lambda of the largest factor (q, q)
    R: np.ndarray  # Cholesky factor of its Lambda'Z'Z Lambda + I (q, q, groups)
    others: sparse.csr_array  # Lambda of all effects of the other factors together
    dense: np.ndarray  # what the first step leaves of the cross-products of all else
    root: np.ndarray  # upper Cholesky factor of others' dense others + I


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
    beside : csr_array (groups * q, rest)
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
        q, groups = group_columns[0].shape[1], len(labels[0])
        rest = sparse.hstack([*Z[1:], sparse.csr_array(np.column_stack([X, y]))], format="csr")
        own = (Z[0].T @ Z[0]).tobsr((q, q)).data.transpose(1, 2, 0).copy()
        beside = (Z[0].T @ rest).tocsr()
        return cls(
            tuple(terms), basis, len(response), labels, own.reshape(q, q, groups), beside, (rest.T @ rest).toarray()
        )

    def eliminate(self, factors):
        """Take the group-level effects out, the largest factor's first; see :class:`NestedProducts`."""
        factor, q = factors[0], len(factors[0])
        scaled = np.einsum("ji,jkg->ikg", factor, self.own)
        R = small_matrices.cholesky(np.einsum("ijg,jk->ikg", scaled, factor) + np.eye(q)[:, :, None])
        half = small_matrices.solve_transposed(R, np.broadcast_to(factor.T[:, :, None], R.shape))
        RZX = _block_diagonal(half) @ self.beside
        dense = self.rest - (RZX.T @ RZX).toarray()

        others = self._others(factors[1:])
        m = others.shape[0]
        system = others.T @ (others.T @ dense[:m, :m]).T
        system[np.arange(m), np.arange(m)] += 1.0
        root = cholesky(system, overwrite_a=True, check_finite=False)
        W = cho_solve((root, False), others.T @ dense[:m, m:])
        remaining = dense[m:, m:] - W.T @ (others.T @ dense[:m, m:])
        logdet = 2 * np.log(np.einsum("iig->ig", R)).sum() + 2 * np.log(np.diag(root)).sum()
        return remaining, logdet, Eliminated(factor, R, others, dense, root)

    def _others(self, factors):
        """Lambda of all effects of the other factors: every group of a factor has the same block."""
        sizes = [len(labels) for labels in self.labels[1:]]
        blocks = [sparse.kron(sparse.eye_array(size), factor) for size, factor in zip(sizes, factors, strict=True)]
        return sparse.block_diag(blocks, format="csr")

    def modes(self, step, beta):
        """Conditional modes of the group-level effects: a list of ndarray (q, groups), one a term."""
        known = np.append(-beta, 1.0)
        m = step.others.shape[0]
        dense = step.others @ cho_solve((step.root, False), step.others.T @ (step.dense[:m, m:] @ known))
        own = self._inverse(step)
        right = (self.beside @ np.concatenate([-dense, known])).reshape(-1, len(step.factor)).T
        sizes = [len(labels) * len(term.effects) for labels, term in zip(self.labels, self.terms, strict=True)]
        parts = np.split(dense, np.cumsum(sizes[1:-1]))
        others = [part.reshape(-1, len(term.effects)).T for part, term in zip(parts, self.terms[1:], strict=True)]
        return [np.einsum("ijg,jg->ig", own, right), *others]

    def gradient(self, step, moments):
        """Derivative of the criterion by each factor, given its derivative by `remaining`.

        See :meth:`NestedProducts.gradient`.
        """
        m = step.others.shape[0]
        own, cross = self._spread(step, moments)
        by_others = step.dense[:m, :m] @ (step.others @ own) + step.dense[:m, m:] @ cross.T
        of_others = [2 * blocks.sum(axis=2) for blocks in self._diagonal_blocks(by_others)]
        return [self._gradient_of_largest(step, self._all_moments(step, own, cross, moments)), *of_others]

    def _gradient_of_largest(self, step, moments):
        """One element after the other: the derivative of what the largest factor takes out of the rest, times moments.

        It takes out beside' C beside with C = Lambda (Lambda'Z'Z Lambda + I)^-1 Lambda', so that each element of Lambda
        needs one sparse product, which costs less than one dense row for every group.
        """
        q = len(step.factor)
        C = self._inverse(step)
        identity = np.broadcast_to(np.eye(q)[:, :, None], step.R.shape)
        inverse = small_matrices.solve(step.R, small_matrices.solve_transposed(step.R, identity))
        right = np.einsum("ijg,kj->ikg", inverse, step.factor)
        left = identity - np.einsum("ijg,jkg->ikg", C, self.own)
        found = 2 * np.einsum("ijg,jkg->ki", right, self.own)
        for i, j in zip(*np.nonzero(self.terms[0].free()), strict=True):
            change = left[:, i, None] * right[None, j]
            taken = self.beside.T @ (_block_diagonal(change) @ self.beside)
            found[i, j] -= 2 * taken.multiply(moments).sum()
        return found

    def conditional_covariances(self, step):
        """Covariances of the group-level effects given y, theta and beta, in units of the residual variance.

        Returns
        -------
        list of ndarray (q, q, groups)
        """
        p1 = len(self.rest) - step.others.shape[0]
        zero = np.zeros((p1, p1))
        own, cross = self._spread(step, zero)
        moments = self._all_moments(step, own, cross, zero)
        largest = self._inverse(step)
        q, groups = largest.shape[1:]
        for first in range(0, groups, GROUPS_AT_ONCE):
            some = slice(first, first + GROUPS_AT_ONCE)
            rows = self.beside[q * first : q * (first + GROUPS_AT_ONCE)]
            rows = (_block_diagonal(largest[:, :, some]) @ rows).toarray().reshape(-1, q, len(moments))
            largest[:, :, some] += np.einsum("gia,gja->ijg", rows @ moments, rows)
        return [largest, *self._diagonal_blocks(moments)]

    def _spread(self, step, moments):
        """Second moments of the other factors' spherical effects, and of these with the remaining coefficients."""
        m = step.others.shape[0]
        W = cho_solve((step.root, False), step.others.T @ step.dense[:m, m:])
        cross = -W @ moments
        return cho_solve((step.root, False), np.eye(m)) - cross @ W.T, cross

    @staticmethod
    def _all_moments(step, own, cross, moments):
        own, cross = step.others @ (step.others @ own.T).T, step.others @ cross
        return np.block([[own, cross], [cross.T, moments]])

    @staticmethod
    def _inverse(step):
        """Lambda (Lambda'Z'Z Lambda + I)^-1 Lambda' of the largest factor."""
        transposed = np.broadcast_to(step.factor.T[:, :, None], step.R.shape)
        half = small_matrices.solve_transposed(step.R, transposed)
        return np.einsum("kig,kjg->ijg", half, half)

    def _diagonal_blocks(self, matrix):
        """For each of the other terms the blocks (q, q, groups) on the diagonal of a matrix over all their effects."""
        found, offset = [], 0
        for labels, term in zip(self.labels[1:], self.terms[1:], strict=True):
            groups, q = len(labels), len(term.effects)
            place = slice(offset, offset := offset + groups * q)
            found.append(np.einsum("gigj->ijg", matrix[place, place].reshape(groups, q, groups, q)))
        return found


def _indicator(codes, columns):
    """Sparse model matrix of one factor: each row has its group's q columns."""
    rows, q = columns.shape
    index = codes[:, None] * q + np.arange(q)
    return sparse.csr_array(
        (columns.ravel(), index.ravel(), np.arange(rows + 1) * q), shape=(rows, (codes.max() + 1) * q)
    )


def _block_diagonal(blocks):
    """Sparse matrix with the blocks (q, q, groups) on its diagonal."""
    groups = blocks.shape[2]
    return sparse.bsr_array((blocks.transpose(2, 0, 1).copy(), np.arange(groups), np.arange(groups + 1))).tocsr()
