"""How far the three poolings err, simulated over numbers of rows and groups.

``python -m partial_pooling.pooling_study`` writes data/pooling_study.csv (a few minutes; it says how far it is).
"""

import warnings
from itertools import product
from typing import NamedTuple

import joblib
import numpy as np
import pandas as pd

from partial_pooling.datasets import DATA
from partial_pooling.engine import lmm

POOLINGS = ["no pooling", "complete pooling", "partial pooling"]


class Design(NamedTuple):
    """Groups of equal size, whose intercepts or slopes differ.

    Rows scatter around their group's line with standard deviation 1 and the predictor has standard deviation 1, so
    `ratio` is at once the standard deviation of the effects and its ratio to the scatter of the rows.
    """

    effect: str  # "intercept" or "slope"
    groups: int
    rows: int  # of each group
    ratio: float


GRID = [
    Design(effect, groups, rows, ratio)
    for effect, groups, rows, ratio in product(
        ["intercept", "slope"], [5, 10, 30, 50, 100], [2, 3, 5, 8, 12, 20, 35, 60, 100, 200], [0.25, 0.5, 1.0]
    )
    if effect == "intercept" or rows >= 5  # the error of a slope of its own has no finite variance below 4 rows
]


def simulate_groups(design, rng):
    r"""Simulate rows of :math:`y = a_g + b_g x + e` in which one of the coefficients varies between groups.

    Parameters
    ----------
    design : Design
    rng : numpy.random.Generator

    Returns
    -------
    data : pandas.DataFrame
        Columns `group`, `x` and `y`; intercepts alone have no `x`. In a design of slopes the intercepts vary as well,
        with standard deviation 1.
    true : numpy.ndarray
        The groups' intercepts or slopes, drawn around zero.
    """
    group = np.repeat(np.arange(design.groups), design.rows)
    true = rng.normal(0, design.ratio, design.groups)
    scatter = rng.normal(size=len(group))
    labels = pd.Categorical.from_codes(group, [f"{g:03d}" for g in range(design.groups)])
    if design.effect == "intercept":
        return pd.DataFrame({"group": labels, "y": true[group] + scatter}), true
    x = rng.normal(size=len(group))
    y = rng.normal(size=design.groups)[group] + true[group] * x + scatter
    return pd.DataFrame({"group": labels, "x": x, "y": y}), true


def estimate(design, data):
    """Estimate every group's coefficient by each of the three poolings.

    Of slopes, complete pooling is one slope for all groups, each with an intercept of its own.

    Parameters
    ----------
    design : Design
    data : pandas.DataFrame
        As :func:`simulate_groups` makes it.

    Returns
    -------
    pandas.DataFrame
        One row a group; columns the three poolings.
    """
    formula = {"intercept": "y ~ 1 + (1 | group)", "slope": "y ~ x + (1 + x | group)"}[design.effect]
    column = {"intercept": "Intercept", "slope": "x"}[design.effect]
    groups = data.groupby("group", observed=True)
    if design.effect == "intercept":
        own, complete = groups["y"].mean(), data["y"].mean()
    else:
        centred = data[["x", "y"]] - groups[["x", "y"]].transform("mean")
        products = pd.DataFrame({"xy": centred["x"] * centred["y"], "xx": centred["x"] ** 2})
        sums = products.groupby(data["group"], observed=True).sum()
        own, complete = sums["xy"] / sums["xx"], sums["xy"].sum() / sums["xx"].sum()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a variance of zero is one of the results studied
        fit = lmm(formula, data)
    partial = fit.fe_params[column] + fit.random_effects["group"][column]
    return pd.DataFrame({"no pooling": own, "complete pooling": complete, "partial pooling": partial})


def mean_squared_errors(design, seed, replication):
    """Mean squared error over the groups of one simulated data set.

    Parameters
    ----------
    design : Design
    seed, replication : int
        Together with the design they fix the random numbers, whatever else is simulated and wherever it runs.

    Returns
    -------
    numpy.ndarray
        One value for each of `POOLINGS`.
    """
    code = [design.effect == "slope", design.groups, design.rows, round(1000 * design.ratio)]
    data, true = simulate_groups(design, np.random.default_rng([seed, replication, *code]))
    estimates = estimate(design, data)
    return ((estimates[POOLINGS].to_numpy() - true[:, None]) ** 2).mean(axis=0)


def pooling_study(designs, replications, seed=1, verbose=0):
    """Simulate the error of the three poolings on every core there is.

    Parameters
    ----------
    designs : list of Design
    replications : int
        Data sets simulated for each design.
    seed : int
    verbose : int
        How much joblib reports of its progress; 0 is nothing.

    Returns
    -------
    pandas.DataFrame
        One row a design and pooling: the fields of `Design`, `pooling`, `error` (root mean squared error over groups
        and data sets), its Monte-Carlo `standard_error`, and `replications`.

    Notes
    -----
    The work is handed out by joblib. Inside ``with joblib.parallel_config(backend="dask"):`` it goes to the Dask
    cluster of the current client, and to other clusters by their backends; the result is the same to the last digit.
    """
    tasks = [(design, replication) for design in designs for replication in range(replications)]
    parallel = joblib.Parallel(n_jobs=-1, verbose=verbose)
    squared = parallel(
        [joblib.delayed(mean_squared_errors)(design, seed, replication) for design, replication in tasks]
    )
    squared = np.reshape(squared, (len(designs), replications, len(POOLINGS)))
    error = np.sqrt(squared.mean(axis=1))
    standard_error = squared.std(axis=1, ddof=1) / np.sqrt(replications) / (2 * error)  # of a root: delta method
    rows = [
        (*design, pooling, error[i, j], standard_error[i, j], replications)
        for i, design in enumerate(designs)
        for j, pooling in enumerate(POOLINGS)
    ]
    return pd.DataFrame(rows, columns=[*Design._fields, "pooling", "error", "standard_error", "replications"])


if __name__ == "__main__":
    result = pooling_study(GRID, replications=200, verbose=1)
    result.to_csv(DATA / "pooling_study.csv", index=False, float_format="%.5f")
