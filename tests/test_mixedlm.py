"""What is read from a statsmodels MixedLM: factors, effects and labels come from its arrays and the data."""

import numpy as np
import pandas as pd
import patsy
import pytest
import statsmodels.formula.api as smf
from statsmodels.regression.mixed_linear_model import MixedLM

from partial_pooling import checked_fit, deviations, estimates, lmm
from partial_pooling.mixedlm import columns, random_effects, structure

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


TWO_PARTS = {"level": "0 + C(number)", "slope": "0 + C(number):x"}


@pytest.fixture(scope="module")
def plain_effects(shops):
    """Effects of the shops of each town under plain names: number and floats."""
    fit = checked_fit(smf.mixedlm("y ~ x", shops, groups="town", re_formula="1", vc_formula=TWO_PARTS))
    return random_effects(fit)["number"]


LABELS = {
    "brackets": ["c [x]", "x", "[x]", "T.x"],
    "colons and commas": ["a:b", "a", "b, ]:x", "a, b"],
    "names of columns": ["x", "town", "Intercept", "C(label)"],
    "floats": [0.1, -2.0, 1e10, 3.0],
    "dates": list(pd.date_range("2020-01-30", periods=4)),
    "intervals": list(pd.IntervalIndex.from_breaks([0, 1, 2.5, 9, 10])),
}


@pytest.mark.parametrize("dtype", [None, "category", "ordered", "string"])
@pytest.mark.parametrize("labels", LABELS)
def test_effects_are_the_same_under_any_labels_of_any_type(shops, plain_effects, labels, dtype):
    label = pd.Series(shops["number"].map(dict(zip([1, 2, 3, 4], LABELS[labels], strict=True))))
    if labels == "intervals" and dtype is None:
        label = label.astype("category")  # patsy does not know the type of such a column itself
    elif dtype == "ordered":
        label = label.astype(pd.CategoricalDtype(LABELS[labels][::-1], ordered=True))
    elif dtype is not None:
        label = label.astype(dtype)
    rows = shops.rename(columns={"number": "old"}).assign(**{"Depth rel. skull: [mm]": label})
    quoted = "C(Q('Depth rel. skull: [mm]'))"
    parts = {"level": f"0 + {quoted}", "slope": f"0 + {quoted}:x"}
    fit = checked_fit(smf.mixedlm("y ~ x", rows, groups="town", re_formula="1", vc_formula=parts))
    effects = random_effects(fit)["Depth rel. skull: [mm]"]
    names = [f"{town}:{label[shops['number'] == int(number)].iloc[0]}" for town, number in _split(plain_effects.index)]
    assert len(effects) == 24
    np.testing.assert_allclose(effects.loc[names], plain_effects, atol=1e-5)
    np.testing.assert_allclose(columns(fit.model, rows).groups["Depth rel. skull: [mm]"]["x"], rows["x"])


def _split(labels):
    return [label.rsplit(":", 1) for label in labels]


@pytest.mark.parametrize("kind", ["intervals", "truth values", "durations"])
def test_labels_of_crossed_groups_keep_their_type(shops, kind):
    label = {
        "intervals": pd.cut(shops["number"], [0, 1, 2, 3, 4]),
        "truth values": shops["number"] > 2,
        "durations": pd.to_timedelta(shops["number"], unit="D").astype("category"),
    }[kind]
    rows = shops.assign(label=label, one=1)
    parts = {"label": "0 + C(label)", "town": "0 + C(town)"}
    fit = checked_fit(smf.mixedlm("y ~ x", rows, groups="one", vc_formula=parts))
    effects = deviations(fit, "label")
    assert set(effects.index) == set(label)
    codes, found = pd.factorize(label)
    expected = lmm("y ~ x + (1 | code) + (1 | town)", rows.assign(code=codes)).random_effects["code"]["Intercept"]
    in_order = [dict(zip(effects.index, effects["Intercept"], strict=True))[one] for one in found]
    np.testing.assert_allclose(in_order, expected[range(len(found))], atol=2e-4)


@pytest.mark.parametrize("name", ["my town", "a:b [c]", "Intercept", "T.x"])
def test_the_grouping_column_may_have_any_name(shops, plain_effects, name):
    rows = shops.rename(columns={"town": name})
    fit = checked_fit(smf.mixedlm("y ~ x", rows, groups=name, re_formula="~x", vc_formula={"k": "0 + C(number)"}))
    assert list(random_effects(fit)) == [name, "number"]
    assert list(deviations(fit)) == ["Intercept", "x"]
    assert set(deviations(fit).index) == set(TOWNS)


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize(
    "effects", ["~ label", "0 + label", "~ C(label, Sum)", "~ C(label, Poly)", "0 + x + x:label", "~ label * x"]
)
def test_effects_of_categories_are_evaluated_again_whatever_the_labels(shops, labels, effects):
    label = shops["number"].map(dict(zip([1, 2, 3, 4], LABELS[labels], strict=True))).astype("category")
    rows = shops.assign(label=label)
    model = smf.mixedlm("y ~ x", rows, groups="town", re_formula=effects)
    half = rows.sample(frac=0.5, random_state=1)
    expected = patsy.dmatrix(effects, rows, return_type="dataframe")
    found = columns(model, half).groups["town"]
    assert list(found) == list(expected)
    np.testing.assert_array_equal(found, expected.loc[half.index])


def test_columns_say_what_they_are_products_of(shops):
    rows = shops.assign(half=shops["number"] > 2, center=1, **{"my z": shops["x"] ** 2})
    parts = {"slope": "0 + C(Q('shop name')):np.exp(x)"}
    model = smf.mixedlm(
        "np.log(y + 20) ~ half + standardize(np.abs(x) + 1):half + Q('my z') + np.exp(center(x) * Q('my z'))",
        rows, groups="town", re_formula="~ half:x", vc_formula=parts,
    )  # fmt: skip
    found = columns(model, rows)
    read = [
        [(part.text, set(part.variables), set(part.standardised)) for part in of_column]
        for of_column in found.parts[None]
    ]
    half, z = ("half", {"half"}, set()), ("Q('my z')", {"my z"}, set())
    scaled = ("standardize(np.abs(x) + 1)", {"x"}, {"x"})
    both = ("np.exp(center(x) * Q('my z'))", {"x", "my z"}, {"x"})
    assert dict(zip(found.design, read, strict=True)) == {
        "Intercept": [],
        "half[T.True]": [half],
        "standardize(np.abs(x) + 1):half[False]": [scaled, half],
        "standardize(np.abs(x) + 1):half[True]": [scaled, half],
        "Q('my z')": [z],
        "np.exp(center(x) * Q('my z'))": [both],
    }
    texts = {factor: [[part.text for part in of_column] for of_column in of] for factor, of in found.parts.items()}
    assert texts["town"] == [[], ["half", "x"], ["half", "x"]]
    assert texts["shop name"] == [["np.exp(x)"]]
    assert [part.variables for part in found.response_parts] == [{"y"}]
    np.testing.assert_array_equal(found.response, np.log(rows["y"] + 20))


KNOTS, LEVELS, MIDDLE = [-0.5, 0.5], [3, 1, 2, 4], 2.0


def test_plain_columns_leave_out_what_the_formula_standardises(shops):
    formula = "y ~ scale(x - MIDDLE) + bs(x, knots=KNOTS, degree=1) + C(number, levels=LEVELS)"
    model = smf.mixedlm(formula, shops, groups="town", re_formula="~ center(x)")
    for plain in (False, True):
        found = columns(model, shops, plain=plain)
        expected = formula.replace("scale(", "I(") if plain else formula
        _, design = patsy.dmatrices(expected, shops)
        np.testing.assert_allclose(found.design, design, atol=1e-12)
        x = shops["x"] if plain else shops["x"] - shops["x"].mean()
        np.testing.assert_allclose(found.groups["town"]["x" if plain else "center(x)"], x, atol=1e-12)
        assert ("x - MIDDLE" if plain else "scale(x - MIDDLE)") in found.design


def test_columns_that_have_changed_since_are_named(shops):
    rows = shops.copy()
    model = smf.mixedlm("y ~ x + np.abs(number)", rows, groups="town")
    rows["number"] += 1
    with pytest.raises(ValueError, match=r"the column 'np.abs\(number\)' of the model cannot be evaluated again"):
        columns(model, rows)
    rows["number"] -= 1
    rows["y"] = 0
    with pytest.raises(ValueError, match="the response of the model cannot be evaluated again"):
        columns(model, rows)


def test_sparse_components_give_the_effects_of_dense_ones(shops, plain_effects):
    arguments = {"groups": "town", "re_formula": "1", "vc_formula": TWO_PARTS, "use_sparse": True}
    fit = checked_fit(smf.mixedlm("y ~ x", shops, **arguments))
    pd.testing.assert_frame_equal(random_effects(fit)["number"], plain_effects, atol=1e-5)


@pytest.mark.parametrize("effects", [None, "1", "~x"])
def test_the_grouping_column_has_its_name_although_statsmodels_drops_it(shops, effects):
    rows = shops.assign(copy=shops["town"], x=shops["x"].where(np.arange(480) % 7 > 0))
    model = smf.mixedlm("y ~ x + copy", rows, groups="town", re_formula=effects, missing="drop")
    assert "town" not in model.data.frame
    assert structure(model).outer == "town"


def test_the_order_and_labels_of_rows_do_not_matter(shops, plain_effects):
    rows = shops.sample(frac=1, random_state=1)
    for index in (rows.index, rows.index.astype(str) + "a", pd.MultiIndex.from_arrays([rows["town"], rows.index])):
        shuffled = rows.set_axis(index)
        fit = checked_fit(smf.mixedlm("y ~ x", shuffled, groups="town", re_formula="1", vc_formula=TWO_PARTS))
        effects = random_effects(fit)["number"]
        np.testing.assert_allclose(effects.loc[plain_effects.index], plain_effects, atol=1e-5)


@pytest.mark.parametrize("convert", [np.asarray, list, pd.Index, lambda column: column.astype("category")])
def test_groups_may_be_given_as_an_array(shops, convert):
    assert structure(smf.mixedlm("y ~ x", shops, groups=convert(shops["town"]))).outer == "town"
    elsewhere = smf.mixedlm("y ~ x", shops.drop(columns="town"), groups=convert(shops["town"]))
    assert list(random_effects(elsewhere.fit())["Group"].index) == sorted(TOWNS)


@pytest.mark.filterwarnings("ignore:Using dict data structures")
def test_data_may_be_a_dictionary_or_have_numbers_as_names_of_columns(shops):
    expected = checked_fit(smf.mixedlm("y ~ x", shops, groups="town"))
    dictionary = {name: shops[name].to_numpy() for name in ("town", "x", "y")}
    for data in (dictionary, shops.rename(columns={"shop name": 0})):
        fit = checked_fit(smf.mixedlm("y ~ x", data, groups="town"))
        pd.testing.assert_frame_equal(deviations(fit), deviations(expected))
        np.testing.assert_array_equal(columns(fit.model, data).design["x"], shops["x"])


def test_labels_that_cannot_be_told_apart_are_refused(shops):
    rows = shops.assign(one=shops["number"].map({1: "a:b", 2: "a", 3: "c", 4: "d"}))
    rows["two"] = rows["one"].map({"a:b": "c", "a": "b:c", "c": "e", "d": "f"})
    fit = checked_fit(smf.mixedlm("y ~ x", rows, groups="town", re_formula="1", vc_formula={"k": "0 + one:two"}))
    with pytest.raises(ValueError, match="the labels of 'one:two' are not told apart when joined by a colon"):
        random_effects(fit)
