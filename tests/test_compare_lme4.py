"""Comparison with lme4's stored results: every model, every program, and every way to be wrong."""

import copy
import json
import re
import sys
import warnings

import bambi as bmb
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
import xarray as xr
from bs4 import BeautifulSoup

from partial_pooling import checked_fit, compare, lmm, load
from partial_pooling.compare import DisagreementError
from partial_pooling.datasets import DATA

REFERENCE = json.loads((DATA / "reference" / "lme4.json").read_text())
CHANGES = ("_long", "_later", "_centred", "_deprived", "_dollar")


def data_of(name):
    """The data of a reference model, with the logarithms that data/reference/lme4.R takes."""
    if name == "six_rows":
        return pd.DataFrame({"store": list("AAABBB"), "y": [1, 2, 3, 5, 7, 12]})
    name, _, change = name.rpartition("_") if name.endswith(CHANGES) else (name, "", "")
    data = load(name)
    typical = {"stores": 4, "orange_juice": 3}.get(name, 1) if change != "dollar" else 1
    logs = {f"log_{column}": np.log(data[column]) for column in ("sales", "volume") if column in data}
    if "price" in data:
        logs["log_price"] = np.log(data["price"] / typical)
    if name == "stores":
        logs["gdp10"] = (data["gdp"] - 50) / 10
        logs["number"] = data["store"].str[1:]
    if name == "orange_juice":
        logs["square"] = logs["log_price"] ** 2
        income = load("orange_juice_stores").set_index("store")["log_income"]
        logs["income_z"] = data["store"].map((income - income.mean()) / income.std())
    if name == "cheese":
        logs["between"] = logs["log_price"].groupby(data["retailer"]).transform("mean")
        logs["within"] = logs["log_price"] - logs["between"]
        logs["chain"] = data["retailer"].str.split(" - ", n=1).str[1]
    if name == "beat_the_blues":
        data = data[data["months"] > 0].eval("after = months - 2 \n before = baseline - 23")
    if "low_income" in data:
        logs["poverty"] = (data["low_income"] - 50) / 10
        logs["visit"] = (data["year"] + 3.5).astype(int).astype(str)
    if "floor" in data:
        logs["level"] = np.where(data["floor"] == 1, "first", "basement")
    data = data.assign(**logs)
    if change == "long":
        return data[data.groupby("store")["week"].transform("size") >= 12]
    if change == "later":
        return data.assign(days=data["days"] - 9)
    if change == "deprived":
        return data[data["days"] >= 2].assign(days=lambda rows: rows["days"] - 2)
    if change == "centred":
        predictor = "days" if name == "sleepstudy" else "log_price"
        return data.assign(**{predictor: data[predictor] - data[predictor].mean()})
    return data


@pytest.fixture(scope="module")
def stores():
    return data_of("stores")


@pytest.fixture(scope="module")
def fit(stores):
    return checked_fit(smf.mixedlm("log_sales ~ log_price", stores, groups="store", re_formula="~log_price"))


def test_the_reference_says_what_made_it():
    assert REFERENCE["optimizer"] == "bobyqa"
    assert set(REFERENCE["versions"]) == {"R", "lme4"}


@pytest.mark.parametrize("name", REFERENCE["models"])
def test_the_engine_agrees_with_lme4_on_every_model(name):
    model = REFERENCE["models"][name]
    table = compare(lmm(model["formula"], data_of(model["data"])), name).table
    assert list(table.columns) == ["engine", "lme4", "difference"]
    full = lmm(model["formula"], data_of(model["data"]), reml=False)
    assert full.llf == pytest.approx(model["loglik_ml"], abs=1e-4)


NESTED = {"groups": "batch", "re_formula": "1", "vc_formula": {"cask": "0 + C(cask)"}}
CROSSED = {"groups": "all_rows", "vc_formula": {"plate": "0 + C(plate)", "sample": "0 + C(sample)"}}


@pytest.mark.parametrize(
    ("name", "formula", "arguments"),
    [("pastes_nested", "strength ~ 1", NESTED), ("penicillin_crossed", "diameter ~ 1", CROSSED)],
)
def test_statsmodels_agrees_with_lme4_on_variance_components(name, formula, arguments):
    data = data_of(REFERENCE["models"][name]["data"]).assign(all_rows=1)
    table = compare(checked_fit(smf.mixedlm(formula, data, **arguments)), name).table
    assert table.loc["largest difference of a group's effect", "difference"] == "0.0000"


# Wrong numbers ------------------------------------------------------------------------------------------------------


def places(tree, path=()):
    """Every number in a reference model: the keys that lead to it."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from places(value, (*path, key))
        elif isinstance(value, float) and key != "loglik_ml":
            yield (*path, key)


SLEEPSTUDY = REFERENCE["models"]["sleepstudy_slopes"]


@pytest.mark.parametrize("path", list(places(SLEEPSTUDY)), ids="/".join)
def test_a_changed_number_in_the_reference_is_found(path, monkeypatch):
    """Each of them, changed by 1 % or by 0.01, a standard error by 5 %."""
    models = copy.deepcopy(REFERENCE["models"])
    place = models["sleepstudy_slopes"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] += max(0.05 * abs(place[path[-1]]), 0.01)
    monkeypatch.setattr(sys.modules["partial_pooling.compare"], "_models", lambda: models)
    with pytest.raises(DisagreementError):
        compare(lmm(SLEEPSTUDY["formula"], load("sleepstudy")), "sleepstudy_slopes")


def test_every_quantity_agrees_with_lme4(fit):
    table = compare(fit, "stores_slopes").table
    assert table.loc["log-likelihood (REML)", "lme4"] == "-1588.3603"
    assert table.loc["largest difference of a group's effect", "difference"] == "0.0000"


def test_a_line_says_how_much_was_compared_and_what_differs_most(fit, stores):
    engine = lmm("log_sales ~ log_price + (1 + log_price | store)", stores)
    counted = "agrees with lme4 in 9 quantities and 190 groups' effects"
    assert compare(engine, "stores_slopes").line == f"engine: {counted}; no difference reaches 0.0005."
    line = compare(fit, "stores_slopes").line
    difference, quantity = re.fullmatch(rf"statsmodels: {counted}; the largest .* (0\.\d+) \((.*)\)\.", line).groups()
    assert compare(fit, "stores_slopes").table.loc[quantity, "difference"].lstrip("-") == difference


def test_a_line_folds_its_table(fit):
    comparison = compare(fit, "stores_slopes")
    page = BeautifulSoup(comparison._repr_html_(), "html.parser")
    assert repr(comparison) == comparison.line == page.select_one("details > summary").text
    assert "open" not in page.details.attrs
    shown = [[cell.text for cell in row.select("td")] for row in page.select("details > table > tbody tr")]
    assert shown == comparison.table.to_numpy().tolist()


def test_a_number_that_is_none_disagrees_with_lme4(fit, monkeypatch):
    monkeypatch.setattr(fit._results, "cov_re", fit.cov_re * np.nan)
    with pytest.raises(DisagreementError, match="SD between"):
        compare(fit, "stores_slopes")


def test_an_unfinished_fit_disagrees_with_lme4(stores):
    model = smf.mixedlm("log_sales ~ log_price", stores, groups="store", re_formula="~log_price")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stopped = model.fit(method="bfgs", maxiter=2)
    with pytest.raises(DisagreementError, match=r"(?s)'stores_slopes' disagrees with lme4.*log-likelihood"):
        compare(stopped, "stores_slopes")


def test_another_model_is_not_compared(stores):
    short = checked_fit(smf.mixedlm("log_sales ~ log_price", stores[:1000], groups="store"))
    with pytest.raises(ValueError, match="2905 rows by lme4, this fit has 1000"):
        compare(short, "stores_intercepts")
    with pytest.raises(ValueError, match=r"no reference model 'cheese': .*stores_slopes.* checked_fit\(model\)"):
        compare(short, "cheese")
    ml = checked_fit(smf.mixedlm("log_sales ~ log_price", stores, groups="store"), reml=False)
    with pytest.raises(ValueError, match="reml=True"):
        compare(ml, "stores_intercepts")


def test_a_model_with_other_terms_is_named(stores):
    other = checked_fit(smf.mixedlm("log_sales ~ week", stores, groups="store"))
    with pytest.raises(ValueError, match=r"'stores_intercepts' is log_sales ~ log_price \+ \(1 \| store\)"):
        compare(other, "stores_intercepts")


# Posteriors ---------------------------------------------------------------------------------------------------------


def posterior(name, seed=1, shift=0.0):
    """Draws that scatter around lme4's estimates, under Bambi's names; `shift` is in standard deviations."""
    rng, model = np.random.default_rng(seed), REFERENCE["models"][name]
    centres = {term: (found["estimate"], found["standard_error"]) for term, found in model["fixed"].items()}
    for term, sd in model["sd"].items():
        factor, effect = term.split(": ")
        centres[f"{effect.replace('Intercept', '1')}|{factor}_sigma"] = sd, sd / 10
    centres["sigma"] = model["sigma"], model["sigma"] / 10
    draws = {name: (("chain", "draw"), rng.normal(m + shift * s, s, (4, 1000))) for name, (m, s) in centres.items()}
    draws["sigma_log__"] = draws["sigma"]  # nutpie keeps these
    labels = {}
    for factor, effects in model["modes"].items():
        for effect, modes in effects.items():
            dimension = f"{factor}__factor_dim"
            labels[dimension] = list(modes)[::-1]  # in another order than lme4's
            means = np.array(list(modes.values()))[::-1]
            values = rng.normal(means, 1.0, (4, 1000, len(means)))
            draws[f"{effect.replace('Intercept', '1')}|{factor}"] = ("chain", "draw", dimension), values
    return {"posterior": xr.Dataset(draws, labels)}


def test_a_posterior_is_held_against_the_model_with_independent_effects():
    table = compare(posterior("sleepstudy_slopes_independent"), "sleepstudy_slopes").table
    assert list(table.columns) == ["Bambi, mean", "95 % interval", "lme4", "distance"]
    assert table.loc["SD between, subject: days", "lme4"] == "5.9882"  # 5.9221 with a correlation
    assert set(table["distance"]) == {"0.0"}


def test_the_line_of_a_posterior_gives_the_largest_distance_of_each_kind():
    line = compare(posterior("sleepstudy_slopes_independent"), "sleepstudy_slopes").line
    assert line == (
        "Bambi: its means agree with lme4 in 5 quantities and 36 groups' effects; the largest distance, in standard "
        "deviations of the posterior, is 0.0 for coefficients, 0.0 for SDs, 0.0 for groups' effects."
    )


@pytest.mark.parametrize("shift", [-1.0, 1.0])
def test_a_posterior_that_lies_elsewhere_is_refused_although_its_intervals_hold_lme4s_estimates(shift):
    with pytest.raises(DisagreementError, match=rf"days +{shift:.1f}"):
        compare(posterior("sleepstudy_slopes_independent", shift=shift), "sleepstudy_slopes")


@pytest.mark.parametrize("factor", [4, 0.25])
def test_a_posterior_of_another_width_is_refused(factor):
    draws = posterior("sleepstudy_slopes_independent")
    days = draws["posterior"]["days"]
    draws["posterior"]["days"] = days.mean() + factor * (days - days.mean())
    with pytest.raises(DisagreementError, match=r"posterior of days is .* times as wide"):
        compare(draws, "sleepstudy_slopes")


def test_a_group_whose_effect_lies_elsewhere_is_found():
    draws = posterior("sleepstudy_slopes_independent")
    draws["posterior"]["days|subject"][..., 3] += 2
    with pytest.raises(DisagreementError, match=r"largest distance of a group's effect +(1\.9|2\.0)"):
        compare(draws, "sleepstudy_slopes")


def test_a_posterior_of_other_data_is_refused():
    draws = posterior("sleepstudy_slopes_independent")
    dimension = "subject__factor_dim"
    draws["posterior"] = draws["posterior"].assign_coords(
        {dimension: [f"driver {label}" for label in draws["posterior"][dimension].to_numpy()]}
    )
    with pytest.raises(ValueError, match="no group of 'subject' called 308, 309"):
        compare(draws, "sleepstudy_slopes")
    draws["observed_data"] = xr.Dataset({"reaction": ("__obs__", np.zeros(144))})
    with pytest.raises(ValueError, match="180 rows by lme4, this posterior has seen 144"):
        compare(draws, "sleepstudy_slopes")


def test_a_posterior_of_another_model_is_refused():
    """As one that has forgotten a grouping: a reference with it has a spread that this posterior lacks."""
    with pytest.raises(ValueError, match=r"'stores_intercepts' is .*, this posterior has .*days\|subject_sigma"):
        compare(posterior("sleepstudy_slopes_independent"), "stores_intercepts")
    with pytest.raises(ValueError, match=r"'stores_nested' is .*county.*, this posterior has"):
        compare(posterior("stores_intercepts"), "stores_nested")


WRONG = {
    "centred instead of raw": lambda data: data.assign(days=data["days"] - data["days"].mean()),
    "each first day given to the driver before": lambda data: data.assign(subject=np.roll(data["subject"], 1)),
}


@pytest.mark.filterwarnings("ignore:.*'str' dtypes are included:DeprecationWarning")  # Bambi's use of pandas
@pytest.mark.parametrize("change", WRONG)
def test_a_wrong_model_is_beyond_the_distance(change):
    """Sampled by Bambi. In the second, every estimate of lme4 but those of the groups lies inside its interval."""
    formula, data = "reaction ~ days + (days | subject)", WRONG[change](load("sleepstudy"))
    idata = bmb.Model(formula, data).fit(
        inference_method="nutpie", draws=500, chains=2, random_seed=1, progressbar=False
    )
    with pytest.raises(DisagreementError, match="the posterior lies elsewhere"):
        compare(idata, "sleepstudy_slopes")
