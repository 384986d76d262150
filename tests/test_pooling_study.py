"""The study of the three poolings: its numbers repeat wherever it runs, and agree with what theory says."""

import distributed
import joblib
import numpy as np
import pytest

from partial_pooling import load
from partial_pooling.pooling_study import GRID, Design, estimate, pooling_study, simulate_groups


def stored(design):
    study = load("pooling_study")
    return study[(study[list(Design._fields)] == list(design)).all(axis=1)].reset_index(drop=True)


@pytest.mark.parametrize("design", [Design("intercept", 5, 3, 0.25), Design("slope", 10, 12, 1.0)], ids=str)
def test_the_stored_study_is_made_again(design):
    again = pooling_study([design], replications=200)
    assert again.drop(columns=["error", "standard_error"]).equals(
        stored(design)[again.columns.drop(["error", "standard_error"])]
    )
    np.testing.assert_allclose(again["error"], stored(design)["error"], atol=2e-5)


def test_the_stored_study_holds_every_design():
    assert len(load("pooling_study")) == 3 * len(GRID)


@pytest.mark.parametrize("design", [Design("intercept", 100, 8, 0.5), Design("slope", 100, 20, 0.5)], ids=str)
def test_errors_are_those_of_theory(design):
    error = stored(design).set_index("pooling")["error"]
    lost = 3 if design.effect == "slope" else 0
    own = (design.rows - lost) ** -0.5
    weight = design.ratio**2 / (design.ratio**2 + own**2)
    expected = {"no pooling": own, "complete pooling": design.ratio, "partial pooling": np.sqrt(weight) * own}
    assert error.to_dict() == pytest.approx(expected, rel=0.03)


def test_no_pooling_is_a_regression_in_each_group():
    design = Design("slope", 4, 7, 0.5)
    data, true = simulate_groups(design, np.random.default_rng(1))
    estimates = estimate(design, data)
    assert len(true) == len(estimates) == 4
    for group, rows in data.groupby("group", observed=True):
        assert estimates.loc[group, "no pooling"] == pytest.approx(np.polyfit(rows["x"], rows["y"], 1)[0])


def test_a_dask_cluster_gives_the_same_numbers():
    designs = [Design("intercept", 5, 3, 0.5), Design("slope", 5, 8, 0.5)]
    here = pooling_study(designs, replications=3)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        there = pooling_study(designs, replications=3)
    assert there.equals(here)
