"""Random problems for the engine: one to three grouping factors, nested or crossed, many with variances of zero."""

import numpy as np

from partial_pooling.engine import GroupTerm


def random_problem(seed, crossed=False, levels=None):
    """Draw data and a model of them.

    Parameters
    ----------
    seed : int
    crossed : bool
        Whether the groups of the factors are shuffled over the rows.
    levels : int, optional
        Number of grouping factors; by default drawn from one to three.

    Returns
    -------
    response : ndarray (rows,)
    design : ndarray (rows, 3)
    terms : list of GroupTerm
        With one to three effects each, correlated or not, whose true standard deviations may be zero.
    """
    rng = np.random.default_rng(seed)
    codes = [np.arange(rng.integers(4, 9))]
    for _ in range(rng.integers(0, 3) if levels is None else levels - 1):
        children = rng.integers(2, 5)
        codes = [np.repeat(code, children) for code in codes]
        codes.append(np.arange(len(codes[0])))
    rows = rng.integers(4, 10, len(codes[0]))
    codes = [np.repeat(code, rows) for code in codes]
    if crossed:
        codes = [rng.permutation(code) for code in codes]
    n = rows.sum()
    design = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
    response, terms = design[:, 1] + rng.normal(size=n), []
    for code in codes:
        effects = ("Intercept", "x", "z")[: rng.integers(1, 4)]
        sd = rng.choice([0, 0.5, 1.5], len(effects), p=[0.2, 0.4, 0.4])
        columns = design[:, : len(effects)]
        response = response + (columns * rng.normal(size=(code.max() + 1, len(effects)))[code] * sd).sum(axis=1)
        blocks = tuple(range(len(effects))) if rng.random() < 0.3 else None
        terms.append(GroupTerm(f"factor{len(terms)}", code, columns, effects, blocks))
    return response, design, terms
