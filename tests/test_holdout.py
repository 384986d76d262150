"""Holding out: the right rows, chosen at random, and nothing lost."""

import numpy as np
import pandas as pd
import pytest

from partial_pooling import keep_few_rows, load


@pytest.fixture
def data():
    return load("orange_juice")


def test_thinned_stores_keep_the_stated_numbers_and_no_row_is_lost(data):
    train, test = keep_few_rows(data, "store", [3, 3, 10], np.random.default_rng(1))
    pd.testing.assert_frame_equal(pd.concat([train, test.drop(columns="kept")]).sort_index(), data)
    kept = train["store"].value_counts()[test["store"].unique()]
    assert sorted(kept) == [3, 3, 10]
    assert (test["store"].map(kept) == test["kept"]).all()
    whole = ~data["store"].isin(test["store"])
    assert train["store"].isin(data.loc[whole, "store"]).sum() == whole.sum()


def test_every_week_has_the_same_chance_of_staying():
    data = pd.DataFrame({"store": ["a"] * 10, "week": range(10)})
    rng = np.random.default_rng(2)
    trains = [keep_few_rows(data, "store", [3], rng)[0] for _ in range(1000)]
    stayed = pd.concat(trains)["week"].value_counts(normalize=True)
    assert stayed.reindex(range(10)).to_numpy() == pytest.approx(np.full(10, 0.1), abs=0.02)


def test_what_cannot_be_split_is_named(data):
    rng = np.random.default_rng(3)
    with pytest.raises(KeyError, match="no column 'shop'; the columns are store, week"):
        keep_few_rows(data, "shop", [3], rng)
    with pytest.raises(ValueError, match="84 groups are to be thinned, but column 'store' has only 83"):
        keep_few_rows(data, "store", [3] * 84, rng)
    with pytest.raises(ValueError, match="has 10 rows: none is left to hold out"):
        keep_few_rows(pd.DataFrame({"store": ["a"] * 10}), "store", [10], rng)
