"""What is read from a statsmodels MixedLM: factors, effects and labels come from its arrays and the data."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.regression.mixed_linear_model import MixedLM

from partial_pooling import checked_fit, deviations, estimates, lmm
from partial_pooling.mixedlm import structure

TOWNS = ["a:b", "x [old]", "T.c", "é", "1", "2"]


@pytest.fixture(scope="module")
def shops():
    """Six towns with four shops each, whose labels hold what printed names use as signs; numbered and named."""
    rng = np.random.default_rng(5)
    rows = pd.DataFrame({"town": np.repeat(TOWNS, 80), "number": np.tile(np.repeat([1, 2, 3, 4], 20), 6)})
    rows["shop name"] = rows["town"] + "]" + rows["number"].astype(str)
    rows["x"] = rng.normal(size=480)
    codes = rows["shop name"].astype("category").cat.codes
    town = rows["town"].astype("category").cat.codes
    level, slope = rng.normal(0, 1, 24)[codes] + rng.normal(0, 1, 6)[town], rng.normal(0, 0.5, 24)[codes]
    return rows.assign(y=level + (1 + slope) * rows["x"] + rng.normal(size=480))


@pytest.mark.parametrize(
    ("components", "factor", "in_lmm", "in_engine"),
    [
        (
            {"any": "0 + C(number)", "other": "0 + C(number):x"},
            "number",
            "(1 | town) + (1 + x || town:number)",
            "town:number",
        ),
        ({"any": "0 + C(number, levels=[4, 3, 2, 1])"}, "number", "(1 | town) + (1 | town:number)", "town:number"),
        ({"any": "0 + C(Q('shop name'))"}, "shop name", "(1 | town) + (1 | shop)", "shop"),
        ({"any": "0 + C(Q('shop name')):np.abs(x)"}, "shop name", "(1 | town) + (0 + np.abs(x) | shop)", "shop"),
        ({"any": "0 + x"}, "town", "(1 + x || town)", "town"),
    ],
)
def test_effects_are_those_of_the_engine_whatever_the_labels_and_names(shops, components, factor, in_lmm, in_engine):
    fit = checked_fit(smf.mixedlm("y ~ x", shops, groups="town", re_formula="1", vc_formula=components))
    engine = lmm(f"y ~ x + {in_lmm}", shops.rename(columns={"shop name": "shop"}))
    ours, theirs = deviations(fit, factor), engine.random_effects[in_engine]
    assert list(ours) == list(theirs)
    assert len(ours) == len(theirs)
    labels = {"number": [f"{town}:{number}" for town in TOWNS for number in (1, 2, 3, 4)]}
    expected = labels.get(factor, list(shops[factor].unique()))
    assert set(ours.index) == set(expected)
    np.testing.assert_allclose(ours.sort_index(), theirs.set_axis(theirs.index.astype(str)).sort_index(), atol=2e-4)
    covariance = estimates(fit).cov_re[factor]
    np.testing.assert_allclose(covariance, engine.cov_re[in_engine], atol=1e-3)


def test_labels_keep_their_type(shops):
    fit = checked_fit(smf.mixedlm("y ~ x", shops, groups="number"))
    assert list(deviations(fit).index) == [1, 2, 3, 4]
    rows = shops.assign(shop=shops["shop name"].astype("category").cat.codes)
    fit = checked_fit(smf.mixedlm("y ~ x", rows, groups="town", re_formula="1", vc_formula={"shop": "0 + C(shop)"}))
    assert set(deviations(fit, "shop").index) == set(range(24))


def test_a_category_that_does_not_occur_has_no_effect(shops):
    rows = shops.assign(number=pd.Categorical(shops["number"], [1, 2, 3, 4, 5]))
    fit = checked_fit(smf.mixedlm("y ~ x", rows, groups="town", re_formula="1", vc_formula={"number": "0 + C(number)"}))
    assert len(deviations(fit, "number")) == 24


def test_an_effect_of_what_a_group_never_has_is_zero(shops):
    rows = shops.assign(x=shops["x"].where(shops["shop name"] != "é]2", 0))
    parts = {"shop": "0 + C(Q('shop name'))", "slope": "0 + C(Q('shop name')):x"}
    fit = checked_fit(smf.mixedlm("y ~ x", rows, groups="town", re_formula="1", vc_formula=parts))
    effects = deviations(fit, "shop name")
    assert effects.loc["é]2", "x"] == 0
    assert effects.notna().all(axis=None)
    assert len(effects) == 24


def test_a_model_from_arrays_has_groups_without_a_name(shops):
    model = MixedLM(shops["y"], np.ones(480), shops["town"])
    assert structure(model).outer == "groups"
    assert estimates(model.fit()).cov_re["groups"].shape == (1, 1)


def test_a_column_made_in_the_formula_is_to_be_made_in_the_data(shops):
    model = smf.mixedlm("y ~ x", shops, groups="town", vc_formula={"half": "0 + C(number > 2)"})
    with pytest.raises(ValueError, match="make a column of the data of it"):
        structure(model)


def test_rows_that_were_dropped_do_not_move_the_labels(shops):
    rows = shops.assign(x=shops["x"].where(np.arange(480) % 7 > 0))
    parts = {"number": "0 + C(number)"}
    dropped = checked_fit(smf.mixedlm("y ~ x", rows, groups="town", re_formula="1", vc_formula=parts, missing="drop"))
    complete = checked_fit(smf.mixedlm("y ~ x", rows.dropna(), groups="town", re_formula="1", vc_formula=parts))
    pd.testing.assert_frame_equal(deviations(dropped, "number"), deviations(complete, "number"), atol=1e-6)


def test_labels_are_read_where_every_column_is_a_number(shops):
    rows = shops[["x", "y", "number"]].assign(town=shops["town"].astype("category").cat.codes)
    fit = checked_fit(smf.mixedlm("y ~ x", rows, groups="town", re_formula="1", vc_formula={"number": "0 + C(number)"}))
    assert list(deviations(fit, "number").index[:2]) == ["0:1", "0:2"]
