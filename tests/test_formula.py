"""Formulas and columns that no one here made: every word in the model, every number right, or a sentence why not."""

import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest

from partial_pooling import lmm, load, unscale
from partial_pooling.engine import DataError, cross_products, fit_products
from partial_pooling.engine.evaluate import columns_of_formula, read_formula
from r import run_r

PLAIN = {"price per litre": "ppl", "1st_price": "first", "y (€)": "y", "my group": "g", "a:b": "ab", "class": "kind"}
"""Names that are not one plain word, and plain ones."""


@pytest.fixture(scope="module")
def odd():
    """A frame whose columns have such names; `price`, `Intercept` and `z` are there to be taken by mistake."""
    rng = np.random.default_rng(3)
    group = np.repeat(list("abcdefgh"), 12)
    numbers = pd.DataFrame(
        rng.normal(size=(96, 6)), columns=["price", "price per litre", "1st_price", "a:b", "Intercept", "z"]
    )
    own = np.repeat(rng.normal(size=(8, 2)), 12, axis=0)
    y = 1 + 2 * numbers["price per litre"] + (1 + own[:, 1]) * numbers["1st_price"] + own[:, 0] + rng.normal(size=96)
    half = np.where(rng.random(96) < 0.5, "one", "two")
    return numbers.assign(**{"my group": group, "y (€)": y, "class": half, "a": numbers["z"], "b": numbers["price"]})


def quietly(formula, data, reml=True):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*singular fit")
        return lmm(formula, data, reml)


def assert_same_fit(one, other, rtol=1e-9):
    """Every estimate of two fits, whatever their columns and groups are called."""
    assert one.llf == pytest.approx(other.llf, abs=1e-8)
    np.testing.assert_allclose(one.fe_params, other.fe_params, rtol=rtol, atol=1e-9)
    np.testing.assert_allclose(one.bse_fe, other.bse_fe, rtol=rtol)
    pairs = [(getattr(one, what), getattr(other, what)) for what in ("cov_re", "random_effects")]
    for mine, theirs in pairs:
        for table, expected in zip(mine.values(), theirs.values(), strict=True):
            np.testing.assert_allclose(table, expected, rtol=1e-6, atol=1e-7)


# Names ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "plain"),
    [
        ("`y (€)` ~ `price per litre` + (1 | `my group`)", "y ~ ppl + (1 | g)"),
        ("`y (€)` ~ price + (`1st_price` | `my group`)", "y ~ price + (first | g)"),
        ("`y (€)` ~ price:`1st_price` + (0 + `1st_price` || `my group`)", "y ~ price:first + (0 + first || g)"),
        ("`y (€)` ~ `a:b` + a + (1 | `my group`)", "y ~ ab + a + (1 | g)"),
        ("`y (€)` ~ `class` * `1st_price` + (`class` | `my group`)", "y ~ kind * first + (kind | g)"),
        ("`y (€)` ~ np.exp(`price per litre`) + (1 | `my group`/`class`)", "y ~ np.exp(ppl) + (1 | g/kind)"),
        ("`y (€)` ~ I(`1st_price`**2) + (1 | `my group`)", "y ~ I(first**2) + (1 | g)"),
        ("`y (€)` ~ C(`class`) + (1 | `my group`)", "y ~ C(kind) + (1 | g)"),
    ],
)  # fmt: skip
def test_a_name_in_backquotes_is_that_column(odd, formula, plain):
    assert_same_fit(quietly(formula, odd), quietly(plain, odd.rename(columns=PLAIN)))


def test_names_are_printed_without_their_quotes(odd):
    fit = lmm("`y (€)` ~ `price per litre` + (`1st_price` | `my group`)", odd)
    assert list(fit.fe_params.index) == ["Intercept", "price per litre"]
    assert list(fit.random_effects["my group"]) == ["Intercept", "1st_price"]


def test_a_column_called_intercept_is_a_column(odd):
    data = odd.rename(columns=PLAIN)
    fit = lmm("y ~ 0 + Intercept + (1 | g)", data)
    assert_same_fit(fit, lmm("y ~ 0 + x + (1 | g)", data.rename(columns={"Intercept": "x"})))
    with pytest.raises(DataError, match="two predictors are called 'Intercept'"):
        lmm("y ~ Intercept + (1 | g)", data)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("y ~ price z + (1 | g)", "'z' after 'price' has no place"),
        ("y ~ price, z + (1 | g)", "',' after 'price' has no place"),
        ("y ~ price + (1 | g) z", r"'z' after '\)' has no place"),
        ("y ~ price + 1st_price + (1 | g)", "'st_price' after '1' has no place.*backquotes"),
        ("y ~ price % z + (1 | g)", "'%' after 'price' has no place"),
        ("y ~ price + 1 | g", "'|' after '1' has no place.*brackets"),
        ("y ~ price - z + (1 | g)", "'z' ends up nowhere"),
        ("y ~ price + 5 + (1 | g)", "the number 5 has no place"),
        ("y ~ price + z**2 + (1 | g)", r"write I\(x\*\*2\)"),
        ("y ~ I(price**2**3) + (1 | g)", "put parentheses into a power"),
        ("y ~ I(-price**2) + (1 | g)", "put parentheses into a power"),
        ("y ~ I(0 < price < 1) + (1 | g)", "put parentheses into a comparison"),
        ("y ~ price + (0 | g)", "a bracket has no effects before its bar"),
        ("y ~ price + (1 | 1)", "no grouping column behind its bar"),
        ("y ~ price^2 + (1 | g)", r"write \*\* for a power"),
        ("y ~ kind['one'] + (1 | g)", r"write I\(kind == ...\)"),
        ("kind['one'] ~ price + (1 | g)", r"write I\(kind == ...\)"),
        ("y ~ price + (1 | g) - (1 | g)", "can only be added"),
        ("y ~ `price + (1 | g)", "a backquote is not closed"),
        ("y ~ (price | C(kind))", "make them one first"),
        ("y ~ C(kind, levels=['one']) + (1 | g)", "cannot be read"),
        ("y ~ a:b + `a:b` + (1 | g)", "two predictors are called 'a:b'"),
        ("y ~ price", "no group-level effects"),
    ],
)
def test_every_word_of_a_formula_is_in_the_model_or_in_an_error(odd, formula, message):
    with pytest.raises(DataError, match=message):
        lmm(formula, odd.rename(columns={name: plain for name, plain in PLAIN.items() if name != "a:b"}))


def test_functions_and_values_may_be_the_callers_own(odd):
    data = odd.rename(columns=PLAIN)
    knots, order = [-0.5, 0.5], ["two", "one"]  # noqa: F841, the formula names it

    def twice(x):
        return 2 * x

    fit = lmm("y ~ bs(price, knots=knots) + C(kind, levels=order) + twice(z) + (1 | g)", data)
    assert list(fit.fe_params.index)[-2:] == ["C(kind, levels=order)[one]", "twice(z)"]
    reversed_halves = data.assign(kind=data["kind"].map({"one": "z one", "two": "a two"}), z=2 * data["z"])
    assert_same_fit(fit, lmm("y ~ bs(price, knots=knots) + kind + z + (1 | g)", reversed_halves))
    assert_same_fit(unscale(lmm("y ~ scale(twice(z)) + (1 | g)", data)), lmm("y ~ twice(z) + (1 | g)", data))
    with pytest.raises(DataError, match="levels in the data differ"):
        lmm("y ~ C(kind, levels=knots) + (1 | g)", data)
    assert order


LME4_LLF = {
    "y ~ x + (x + z - 1 | g)": "y ~ x + (0 + x + z | g)",
    "y ~ x + (1 + x - 1 | g)": "y ~ x + (0 + x | g)",
    "y ~ x + (1 + x + 0 | g)": "y ~ x + (0 + x | g)",
    "y ~ x + ((1 + x) - 1 | g)": "y ~ x + (0 + x | g)",
    "y ~ x + (x - 1 | g)": "y ~ x + (0 + x | g)",
    "y ~ x + (0 + x + 1 | g)": "y ~ x + (1 + x | g)",
    "y ~ x + (1 - 1 + x || g)": "y ~ x + (0 + x | g)",
    "y ~ x + (x * z - x:z | g)": "y ~ x + (x + z | g)",
    "y ~ x + (1 | g) - 1": "y ~ 0 + x + (1 | g)",
    "y ~ I((x - 2) * z):f + I(x - 2 * z) + (1 | g)": "y ~ a:f + b + (1 | g)",
    "y ~ I((x - 2)**2) + I(x - 2**2) + (1 | g)": "y ~ c + x + (1 | g)",
    "y ~ I((x > 2) + (z > 5)) + (1 | g)": "y ~ both + (1 | g)",
    "y ~ C(f, Sum) + (1 | g)": "y ~ s1 + s2 + (1 | g)",
}
"""Formulas that are easily taken for others, and the model that they state."""


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    g, f = rng.integers(0, 15, 240), np.array(list("abc"))[rng.integers(0, 3, 240)]
    x, z = rng.normal(2, 1, 240), rng.normal(5, 2, 240)
    own = rng.normal(size=(15, 2))[g]
    y = 1 + 0.5 * x + own[:, 0] + 0.5 * own[:, 1] * x + rng.normal(size=240)
    data = pd.DataFrame({"y": y, "x": x, "z": z, "f": f, "g": g, "both": (x > 2).astype(int) + (z > 5)})
    sums = {"s1": (f == "a") * 1.0 - (f == "c"), "s2": (f == "b") * 1.0 - (f == "c")}
    return data.assign(a=(x - 2) * z, b=x - 2 * z, c=(x - 2) ** 2, **sums)


@pytest.mark.parametrize(("formula", "stated"), LME4_LLF.items())
def test_a_formula_is_the_model_that_it_is_to_lme4(sample, formula, stated):
    fit, expected = quietly(formula, sample, reml=False), quietly(stated, sample, reml=False)
    assert fit.llf == pytest.approx(expected.llf, abs=1e-5)
    assert [list(table) for table in fit.cov_re.values()] == [list(table) for table in expected.cov_re.values()]


def test_lme4_states_the_same_models(sample, tmp_path):
    """Full likelihoods, which do not depend on how a category is coded."""
    formulas = [formula for formula in LME4_LLF if "Sum" not in formula]
    sample.to_csv(tmp_path / "sample.csv", index=False)
    code = "; ".join(f"cat(logLik(lmer({formula}, d, REML=FALSE)), '')" for formula in formulas)
    said = run_r(f"library(lme4); d <- read.csv('{(tmp_path / 'sample.csv').as_posix()}'); {code}")
    ours = [quietly(formula, sample, reml=False).llf for formula in formulas]
    np.testing.assert_allclose(ours, list(map(float, said.split())), atol=2e-3)


def test_calls_are_printed_with_their_parentheses(sample):
    fit = lmm("y ~ I((x - 2)**2) + I(x - 2*z) + I((x > 2) * 1) + I(-(x + z) / (z * 2)) + (1 | g)", sample)
    expected = ["I((x - 2) ** 2)", "I(x - 2 * z)", "I((x > 2) * 1)", "I(-(x + z) / (z * 2))"]
    assert list(fit.fe_params.index)[1:] == expected


def test_a_column_of_the_callers_goes_by_the_index_as_in_pandas(sample):
    shuffled = sample.sample(frac=1, random_state=1)
    other = np.log(shuffled["z"] ** 2)
    fit = lmm("y ~ I(x * other) + (1 | g)", shuffled)
    assert_same_fit(fit, lmm("y ~ I(x * other) + (1 | g)", shuffled.assign(other=other)))
    some = shuffled[shuffled["x"] > 1]
    other = np.log(some["z"] ** 2)
    assert_same_fit(lmm("y ~ I(other) + (1 | g)", some), lmm("y ~ other + (1 | g)", some.assign(other=other)))
    other = np.ones(3)
    with pytest.raises(DataError, match=r"'I\(other\)' has 3 values for 240 rows"):
        lmm("y ~ I(other) + (1 | g)", sample)


def test_the_callers_own_function_does_not_take_the_place_of_a_formulas(sample):
    def center(x):
        return x - 10

    with pytest.raises(DataError, match="'center' is a function of formulas themselves: give your own another name"):
        lmm("y ~ center(x) * z + (1 | g)", sample)
    assert center(10) == 0
    renamed = sample.rename(columns={"x": "center"})
    fit = lmm("y ~ center + I(center * z) + (1 | g)", renamed)
    assert fit.llf == pytest.approx(lmm("y ~ x + I(x * z) + (1 | g)", sample).llf)
    assert not fit.namespace
    with pytest.raises(DataError, match=r"no column 'elsewhere'.*looked for where lmm is called"):
        lmm("y ~ bs(x, knots=elsewhere) + (1 | g)", sample)


def test_a_fit_can_be_stored(sample):
    fit = lmm("y ~ np.exp(x / 9) + (1 | g)", sample)
    assert_same_fit(pickle.loads(pickle.dumps(fit)), fit)
    assert_same_fit(copy.deepcopy(fit), fit)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (lambda data: data[data["x"] > 99], "the data have no rows"),
        (dict, "the data are a dict: make a table of them"),
        (lambda data: None, "the data are a NoneType: make a table of them"),
        (lambda data: data.assign(g=[[1]] * len(data)), "'g' holds no labels .*unhashable"),
    ],
)
def test_data_that_are_no_table_of_columns_are_refused(sample, data, message):
    with pytest.raises(DataError, match=message):
        lmm("y ~ x + (1 | g)", data(sample))
    with pytest.raises(DataError, match="a formula is text"):
        lmm(None, sample)


# Types ----------------------------------------------------------------------------------------------------------------

TYPES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "UInt8", "Int16", "float32", "int8[pyarrow]"]


@pytest.fixture(scope="module")
def doses():
    """Ages and doses in whole numbers that fit into eight bits, unlike their products."""
    rng = np.random.default_rng(5)
    age, dose, group = rng.integers(20, 90, 200), rng.integers(1, 120, 200), np.repeat(np.arange(10), 20)
    flag, other = rng.random((2, 200)) < 0.5
    y = 0.1 * age + 0.02 * age * dose / 10 + rng.normal(size=10)[group] + rng.normal(size=200) + flag
    return pd.DataFrame({"age": age, "dose": dose, "flag": flag, "other": other, "y": y, "g": group})


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    "formula",
    ["y ~ age * dose + (1 | g)", "y ~ I(age**2) + I(age * dose) + (1 | g)", "y ~ I(age - dose) + (I(age**2) | g)"],
)  # fmt: skip
def test_whole_numbers_of_any_type_are_calculated_with_as_floats(doses, formula, dtype):
    floats = doses.astype({"age": float, "dose": float})
    assert_same_fit(quietly(formula, doses.astype({"age": dtype, "dose": dtype})), quietly(formula, floats))


def test_squares_of_large_whole_numbers_do_not_overflow(doses):
    large = doses.assign(age=(doses["age"] * 10_000).astype("int32"))
    fit = lmm("y ~ age + I(age**2) + (1 | g)", large)
    assert_same_fit(fit, lmm("y ~ age + I(age**2) + (1 | g)", large.astype({"age": float})))


@pytest.mark.parametrize("dtype", ["bool", "boolean", "bool[pyarrow]"])
def test_truth_values_are_zeros_and_ones(doses, dtype):
    typed, floats = (doses.astype({"flag": kind, "other": kind}) for kind in (dtype, float))
    for formula in ("y ~ flag * dose + (1 | g)", "y ~ I(flag + other) + (1 | g)", "y ~ I(flag * other) + (1 | g)"):
        assert_same_fit(lmm(formula, typed), lmm(formula, floats))


def test_a_whole_number_as_a_category_keeps_its_label(doses):
    data = doses.assign(year=(doses["age"] % 3).astype("int8"))
    fit = lmm("y ~ C(year) + I(year * age) + (1 | g)", data.astype({"age": "int8"}))
    assert list(fit.fe_params.index) == ["Intercept", "C(year)[1]", "C(year)[2]", "I(year * age)"]
    by_hand = lmm("y ~ C(year) + x + (1 | g)", data.assign(x=data["age"] * data["year"].astype(int)))
    np.testing.assert_allclose(fit.fe_params, by_hand.fe_params)


def test_a_category_is_measured_from_its_own_first_as_in_statsmodels(doses):
    size = pd.Categorical(np.array(["small", "large", "medium"])[doses["age"] % 3], ["small", "medium", "large"])
    for ordered in (False, True):
        data = doses.assign(size=size.as_ordered() if ordered else size)
        assert list(lmm("y ~ size + (1 | g)", data).fe_params.index) == ["Intercept", "size[medium]", "size[large]"]
        assert list(lmm("y ~ C(size) + (1 | g)", data).fe_params.index)[1] == "C(size)[medium]"
    assert "size[small]" in lmm("y ~ size + (1 | g)", doses.assign(size=size.astype(str))).fe_params


def test_categories_are_compared_only_if_they_have_an_order(sample):
    kind = pd.Categorical(sample["f"], ["b", "c", "a"])
    with pytest.raises(DataError, match="Unordered Categoricals can only compare equality"):
        lmm("y ~ I(kind < 'c') + (1 | g)", sample.assign(kind=kind))
    fit = lmm("y ~ I(kind < 'c') + (1 | g)", sample.assign(kind=kind.as_ordered()))
    assert_same_fit(fit, lmm("y ~ b_only + (1 | g)", sample.assign(b_only=sample["f"] == "b")))


def test_a_category_that_does_not_occur_has_no_coefficient(doses):
    size = pd.Categorical(np.where(doses["age"] > 50, "old", "young"), ["none", "young", "old"])
    fit = lmm("y ~ size + (size | g)", doses.assign(size=size, g=pd.Categorical(doses["g"], range(12))))
    assert list(fit.fe_params.index) == ["Intercept", "size[old]"]
    assert fit.random_effects["g"].shape == (10, 2)


def test_cells_that_do_not_occur_have_a_way_out(doses):
    data = doses.assign(a=np.where(doses["age"] > 50, "old", "young"), b=np.where(doses["dose"] > 60, "much", "little"))
    data = data[(data["a"] != "old") | (data["b"] != "much")]
    with pytest.raises(DataError, match=r"'a\[young\]:b\[much\]' is .*|one factor of the cells"):
        lmm("y ~ a * b + (1 | g)", data)
    cells = data.assign(cell=data["a"] + " " + data["b"])
    assert lmm("y ~ 0 + cell + (1 | g)", cells).fe_params.shape == (3,)
    zeros = data.assign(zero=0.0)
    with pytest.raises(DataError, match=r"'zero' is zero in every row.*remove_unused_categories.*one factor of"):
        lmm("y ~ zero + (1 | g)", zeros)


DAYS = pd.date_range("2024-01-01", periods=200)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (DAYS, "'x' holds dates: .*days since the first"),
        (DAYS.to_period("M"), "'x' holds dates"),
        (DAYS - DAYS[0], r"'x' holds durations: .*total_seconds"),
        (pd.Series(range(200), dtype=object), r"'x' holds numbers as objects: pd.to_numeric"),
        (pd.Series([1, "a"] * 100, dtype=object), r"'x' holds objects \(mixed-integer\)"),
        (np.arange(200) * 1j, "'x' holds complex numbers"),
    ],
    ids=["dates", "months", "durations", "numbers as objects", "mixed", "complex"],
)
def test_a_column_that_is_neither_number_nor_label_is_named(doses, column, message):
    data = doses.assign(x=column)
    for formula in ("y ~ x + (1 | g)", "y ~ I(x) + (1 | g)", "y ~ age + (x | g)", "x ~ age + (1 | g)"):
        with pytest.raises(DataError, match=message):
            lmm(formula, data)


def test_dates_may_be_groups_and_categories(doses):
    week = DAYS[:4][doses["age"] % 4]
    data = doses.assign(week=week)
    assert lmm("y ~ age + (1 | week)", data).random_effects["week"].index.tolist() == list(DAYS[:4])
    assert lmm("y ~ C(week) + (1 | g)", data).fe_params.shape == (4,)


# Labels ---------------------------------------------------------------------------------------------------------------

LABELS = {
    "brackets": ["c [x]", "x", "[T.x]", "c"],
    "colons": ["a:b", "a", "b", ":"],
    "intervals": pd.cut([1, 6, 11, 16], [0, 5, 10, 15, 20]),
    "quotes and commas": ["a, b", 'say "a"', "it's", "`"],
    "numbers": [10, 2, 33, 4],
    "truth": [True, False, True, False],
    "dates": pd.date_range("2024-01-01", periods=4),
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_labels_may_say_anything(labels):
    rng = np.random.default_rng(6)
    labels = pd.Series(labels)
    group, kind = np.repeat(np.arange(24), 8), np.tile([0, 1, 2, 3, 3, 2, 1, 0], 24)
    x = rng.normal(size=192)
    y = rng.normal(size=24)[group] + rng.normal(size=4)[kind] + x + rng.normal(size=192)
    data = pd.DataFrame({"y": y, "x": x, "g": group, "kind": labels[kind].to_numpy(), "code": labels[kind].to_numpy()})
    plain = {label: f"k{i}" for i, label in enumerate(sorted(labels.unique()))}
    renamed = data["kind"].map(plain).astype(str)
    expected = lmm("y ~ C(kind) * x + (1 | g) + (x || code)", data.assign(kind=renamed, code=renamed))
    fit = lmm("y ~ C(kind) * x + (1 | g) + (x || code)", data)
    assert_same_fit(fit, expected)
    assert fit.random_effects["code"].index.tolist() == sorted(labels.unique())


# Data frames ----------------------------------------------------------------------------------------------------------


def test_names_that_are_not_columns_have_a_way_out(doses):
    with pytest.raises(DataError, match=r"'g' is in the index of the data, not a column: data.reset_index"):
        lmm("y ~ age + (1 | g)", doses.set_index("g"))
    with pytest.raises(DataError, match=r"the name of column 7 is not text: data.rename\(columns=str\)"):
        lmm("y ~ `7` + (1 | g)", doses.rename(columns={"age": 7}))
    levels = pd.MultiIndex.from_tuples([(name, "") for name in doses])
    with pytest.raises(DataError, match=r"several levels: data.columns = "):
        lmm("y ~ age + (1 | g)", doses.set_axis(levels, axis=1))


def test_the_index_of_the_data_does_not_matter(doses):
    expected = lmm("y ~ age + (1 | g)", doses)
    for index in (doses.index[::-1], np.zeros(len(doses), int), pd.Index(doses["age"].to_numpy())):
        assert_same_fit(lmm("y ~ age + (1 | g)", doses.set_axis(index)), expected)


def test_a_fit_shows_a_summary():
    shown = repr(lmm("reaction ~ days + (days | subject)", load("sleepstudy")))
    assert shown.startswith("reaction ~ days + (days | subject)\nREML, 180 rows; groups: 18 of subject\n")
    assert "10.467" in shown
    assert len(shown) < 1000


# As many effects as rows ----------------------------------------------------------------------------------------------


def visits():
    """100 persons, 80 of them with one visit."""
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(100), np.where(np.arange(100) < 20, 6, 1))
    t = rng.normal(size=len(person))
    own = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 0.5]], 100)[person]
    return pd.DataFrame({"id": person, "t": t, "y": 1 + own[:, 0] + (2 + own[:, 1]) * t + rng.normal(0, 0.5, len(t))})


def test_more_effects_than_rows_are_fitted_where_predictors_tell_them_apart():
    data = visits()
    assert len(data) == 200
    sparse = data.groupby("id").head(2).reset_index(drop=True)
    assert len(sparse) == 120
    with pytest.warns(UserWarning, match="as many effects of id as there are rows"):
        fit = lmm("y ~ t + (t | id)", sparse)
    text = sparse.to_csv(index=False).replace("\n", "\\n")
    said = run_r(
        "library(lme4); d <- read.csv(text='" + text + "'); "
        "m <- lmer(y ~ t + (t | id), d, control=lmerControl(check.nobs.vs.nRE='ignore')); "
        "cat(logLik(m), fixef(m), sqrt(diag(as.matrix(vcov(m)))))"
    )
    llf, *rest = map(float, said.split())
    assert fit.llf == pytest.approx(llf, abs=1e-3)
    np.testing.assert_allclose([*fit.fe_params, *fit.bse_fe], rest, rtol=1e-3)


@pytest.mark.parametrize("formula", ["y ~ 1 + (t | id)", "y ~ t + (1 | row)", "y ~ t + (1 | id) + (1 | row)"])
def test_effects_that_nothing_tells_from_the_residual_are_refused(formula):
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"y": rng.normal(size=40), "id": np.repeat(np.arange(20), 2), "t": np.tile([0.0, 1.0], 20)})
    with pytest.raises(DataError, match=r"group-level effects for 40 rows, .* cannot be told apart"):
        lmm(formula, data.assign(row=np.arange(40)))
    lmm("y ~ 1 + (1 | id)", data)


@pytest.mark.parametrize("brackets", ["(0 + a | s) + (0 + b | s)", "(1 | s) + (0 + b | s)"])
def test_the_groups_of_each_arm_may_have_a_variance_of_their_own(brackets, tmp_path):
    rng = np.random.default_rng(3)
    s = np.repeat(np.arange(30), 10)
    a, b = (s % 2 == 0) * 1, (s % 2) * 1
    y = 1 + b + np.where(a, 0.5, 2) * rng.normal(size=30)[s] + rng.normal(size=300)
    data = pd.DataFrame({"y": y, "a": a, "b": b, "s": s})
    data.to_csv(tmp_path / "arms.csv", index=False)
    fit = lmm(f"y ~ b + {brackets}", data)
    path = (tmp_path / "arms.csv").as_posix()
    said = run_r(
        f"library(lme4); m <- lmer(y ~ b + {brackets}, read.csv('{path}')); cat(logLik(m), sqrt(diag(vcov(m))))"
    )
    np.testing.assert_allclose([fit.llf, *fit.bse_fe], list(map(float, said.split())), rtol=1e-4)
    with pytest.raises(DataError, match=r"'s': the variances of .* cannot be told apart"):
        lmm("y ~ b + (1 | s) + (0 + a | s) + (0 + b | s)", data)
    with pytest.raises(DataError, match="'b' is constant within every group of 's'"):
        lmm("y ~ b + (b | s)", data)


def test_a_covariance_is_told_apart_in_any_unit():
    """The rank is that of the covariance matrix's parts, whatever the predictor's zero and unit."""
    data = visits().groupby("id").head(2)
    with pytest.warns(UserWarning, match="as many effects"):
        expected = lmm("y ~ t + (t | id)", data, reml=False).llf
    for shift, unit in ((2000, 1), (0, 1e-6), (-50, 1e4)):
        with pytest.warns(UserWarning, match="as many effects"):
            fit = lmm("y ~ t + (t | id)", data.assign(t=shift + unit * data["t"]), reml=False)
        assert fit.llf == pytest.approx(expected, abs=1e-5)


# What a formula standardises ------------------------------------------------------------------------------------------


def test_columns_know_what_the_formula_standardises():
    sleep = load("sleepstudy")
    columns = columns_of_formula("reaction ~ scale(days) + (center(days) | subject)", sleep)
    assert columns.standardised == {"days"}
    assert list(columns.design) == ["Intercept", "scale(days)"]
    plain = columns_of_formula("reaction ~ scale(days) + (center(days) | subject)", sleep, plain=True)
    assert list(plain.design) == list(plain.groups["subject"]) == ["Intercept", "days"]
    np.testing.assert_array_equal(plain.design["days"], sleep["days"])


def test_reading_a_formula_twice_gives_the_same_columns():
    sleep = load("sleepstudy")
    response, design, terms = read_formula("reaction ~ days + (days | subject)", sleep)
    fit = fit_products(cross_products(response, design, terms), design.columns)
    assert fit.llf == pytest.approx(-871.8141, abs=1e-4)  # lme4's
