"""The stored result on units, which the chapter on scaling shows, is that of its command."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from partial_pooling.datasets import DATA

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
UNITS = {"raw", "centred", "scaled", "standardised"}


@pytest.fixture(scope="module")
def stored():
    return pd.read_csv(DATA / "reference" / "scaling_benchmark.csv", dtype={"version": str})


def test_every_model_was_fitted_in_all_units(stored):
    of_one = stored[stored["engine"] != "nutpie, center_predictors=False"].groupby(["data", "effects", "engine"])
    assert (of_one["units"].agg(set) == UNITS).all()
    assert pd.to_datetime(stored["measured"]).notna().all()
    assert stored[["version", "seconds", "ratio", "work"]].notna().all(axis=None)
    assert (stored.loc[(stored["units"] == "raw") & stored["short"].notna(), "ratio"] == 1).all()


def test_no_fit_ends_above_the_optimum(stored):
    assert (stored["short"].dropna() > -1e-4).all()


def test_the_guarded_fit_reaches_every_optimum(stored):
    assert (stored.loc[stored["engine"] == "statsmodels, checked", "short"] < 1e-4).all()


def test_the_command_explains_itself():
    asked = [sys.executable, BENCHMARKS / "scaling.py", "--help"]
    assert "--quick" in subprocess.run(asked, capture_output=True, text=True, check=True).stdout
