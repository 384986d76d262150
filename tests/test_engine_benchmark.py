"""The benchmark's stored result, which the chapter on the engine shows, is that of its command."""

import ast
import subprocess
import sys
from pathlib import Path

import pandas as pd

from partial_pooling.datasets import DATA

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


def test_the_stored_table_has_every_problem_and_engine_with_date_and_version():
    stored = pd.read_csv(DATA / "reference" / "engine_benchmark.csv", dtype={"version": str})
    sys.path.insert(0, str(BENCHMARKS))
    try:
        from problems import PROBLEMS
    finally:
        sys.path.remove(str(BENCHMARKS))
    assert list(stored["problem"].unique()) == list(PROBLEMS)
    assert (stored.groupby("problem")["engine"].nunique() == 8).all()
    assert pd.to_datetime(stored["measured"]).notna().all()
    timed = stored[stored["ratio"].notna()]
    assert timed["version"].notna().all()
    assert (timed["ratio_low"] <= timed["ratio"]).all()
    assert (timed["ratio"] <= timed["ratio_high"]).all()
    assert stored.loc[stored["ratio"].isna(), "note"].notna().all()


def test_the_engine_is_at_the_optimum_of_every_problem():
    stored = pd.read_csv(DATA / "reference" / "engine_benchmark.csv")
    ours = stored[stored["engine"] == "partial_pooling"]
    assert (ours["loglik_short"] < 1e-4).all()
    assert (ours["largest_difference"] < 1e-4).all()


def test_rows_cost_lme4_and_statsmodels_time():
    """What the chapter says of the two; the engine's own times are measured on its page."""
    stored = pd.read_csv(DATA / "reference" / "evaluation_benchmark.csv", dtype={"version": str})
    times = stored.pivot(index="rows", columns="program", values="milliseconds")
    assert list(times.index) == [2_000, 20_000, 200_000]
    assert set(times) == {"lme4", "statsmodels"}
    assert (times.diff().dropna() > 0).all(axis=None)
    assert pd.to_datetime(stored["measured"]).notna().all()
    assert stored["version"].notna().all()


def test_the_command_explains_itself():
    asked = subprocess.run(
        [sys.executable, BENCHMARKS / "run.py", "--help"], capture_output=True, text=True, check=True
    )
    assert "--problems" in asked.stdout
    scripts = {path.stem for path in BENCHMARKS.glob("engine_*")}
    tree = ast.parse((BENCHMARKS / "run.py").read_text())
    lists = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    peers = ast.literal_eval(lists["PEERS"])
    assert scripts == {f"engine_{name}" for name in ("lme4", "ours", "statsmodels", *peers)}
    assert all((BENCHMARKS / f"requirements-{peer}.txt").exists() for peer in peers)
