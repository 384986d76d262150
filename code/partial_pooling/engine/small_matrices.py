"""Cholesky factors and triangular solves of many small matrices at once.

The matrices are stacked on the last axis: ``A[i, j]`` holds element (i, j) of all of them, so each line below is one
operation on all, and Python's loops run over rows and columns only.
"""

import numpy as np


def cholesky(A):
    """Upper triangular factors R with R'R = A.

    Parameters
    ----------
    A : ndarray (q, q, groups)
        Symmetric positive definite matrices; only their upper triangles are read.

    Returns
    -------
    ndarray (q, q, groups)
    """
    R = np.zeros_like(A)
    for j in range(len(A)):
        R[j, j:] = A[j, j:] - sum(R[i, j] * R[i, j:] for i in range(j))
        R[j, j:] /= np.sqrt(R[j, j])
    return R


def solve_transposed(R, B):
    """W with R'W = B.

    Parameters
    ----------
    R : ndarray (q, q, groups)
        Upper triangular.
    B : ndarray (q, columns, groups)

    Returns
    -------
    ndarray (q, columns, groups)
    """
    W = np.empty_like(B)
    for j in range(len(R)):
        W[j] = (B[j] - sum(R[i, j] * W[i] for i in range(j))) / R[j, j]
    return W


def solve(R, B):
    """W with R W = B; shapes as for :func:`solve_transposed`."""
    W = np.empty_like(B)
    for j in reversed(range(len(R))):
        W[j] = (B[j] - sum(R[j, i] * W[i] for i in range(j + 1, len(R)))) / R[j, j]
    return W


def sandwich(factor, matrices):
    """Factor times matrix times factor', for every matrix.

    Parameters
    ----------
    factor : ndarray (q, q)
    matrices : ndarray (q, q, groups)

    Returns
    -------
    ndarray (q, q, groups)
    """
    return np.einsum("ijg,kj->ikg", np.einsum("ij,jkg->ikg", factor, matrices), factor)
