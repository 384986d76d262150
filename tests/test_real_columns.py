"""Columns as people have them: whatever they are called, hold and are labelled by, the answer is that of plain ones.

Names, types, labels and the order of rows are drawn at random. A fit has to give what the same data give under plain
names, as floats. What is refused instead, with the column named, is in test_formula.py.
"""

import warnings

import bambi as bmb
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from partial_pooling import bambi_model, checked_fit, deviations, lmm, standardise, unscale
from partial_pooling.estimates import estimates

REPEATABLE = {"deadline": None, "derandomize": True, "database": None}
PLAIN = ["y", "x", "z", "k", "g", "h"]

words = st.sampled_from([
    "price per litre", "1st_price", "2", "Depth rel. skull [mm]", "a:b", "a", "b", "x*y", "x|g", "~", "log(x)", "class",
    "np.log(x)", "lambda", "None", "True", "Intercept", "groups", "Group", "größe", "цена", "価格", "it's", 'say "a"',
    "a, b", "(5, 9]", "[T.x]", "C(k)", "Q('x')", "Group Var", "0", "-1", "%", "x ", " x", "a\\b", "{x}", "#",
    "scale(x)", "days.of.sleep",
])  # fmt: skip
"""Names that people have given to columns and labels, and those that a reader of formulas could mistake."""

short = st.text("abz09 _.:,;[](){}'\"|~+-*/^%#@!?=<>äλ", min_size=1, max_size=6)
names = st.lists((words | short).filter(lambda name: name != "Intercept"), min_size=6, max_size=6, unique=True)
labels = st.lists(words | short, min_size=9, max_size=9, unique=True)
numbers = st.sampled_from(
    ["int8", "uint8", "int16", "Int8", "UInt16", "int64", "float32", "Float64", "int8[pyarrow]", "double[pyarrow]"]
)
texts = st.sampled_from(["object", "str", "string", "string[pyarrow]", "category", "ordered", "reversed"])


@pytest.fixture(scope="module")
def rows():
    """Whole numbers and labels 0, 1, 2, ...: 6 groups, 4 of a crossed factor, 3 of a category."""
    rng = np.random.default_rng(7)
    n = 120
    g, h, k = np.repeat(np.arange(6), 20), rng.integers(0, 4, n), rng.integers(0, 3, n)
    x, z = rng.integers(1, 100, n), rng.integers(0, 12, n)
    own = rng.normal(size=(6, 2))[g]
    y = 5 + (0.05 + 0.02 * own[:, 1]) * x + own[:, 0] + rng.normal(size=4)[h] + 0.4 * k + 0.001 * x * z
    return pd.DataFrame({"y": y + rng.normal(size=n), "x": x, "z": z, "k": k, "g": g, "h": h})


def dressed(rows, names, labels, number, text, order):
    """The rows under other names, with labels for whole numbers, of other types and in another order."""
    data = rows.assign(x=rows["x"].astype(number), z=rows["z"].astype(number))
    for column, of_column in (("k", labels[:3]), ("g", labels[3:]), ("h", labels[3:7])):
        values = pd.Series(np.array(of_column, dtype=object)[rows[column]], index=rows.index)
        if text in ("category", "ordered", "reversed"):
            categories = of_column[::-1] if text == "reversed" else of_column
            data[column] = pd.Categorical(values, categories, ordered=text == "ordered")
        else:
            data[column] = values.astype(text)
    rng = np.random.default_rng(order)
    return data.iloc[rng.permutation(len(data))].set_axis(names, axis=1)


def plain(rows, labels, text, bambi=False):
    """The same rows with plain labels that are sorted as the dressed ones are."""
    data = rows.astype({"x": float, "z": float})
    for column, of_column in (("k", labels[:3]), ("g", labels[3:]), ("h", labels[3:7])):
        ranks = np.argsort(np.argsort(np.array(of_column, dtype=object)))  # text is sorted
        if text in ("category", "ordered") and not (bambi and text == "category"):
            ranks = np.arange(len(of_column))
        elif text == "reversed" and not bambi:
            ranks = np.arange(len(of_column))[::-1]
        data[column] = np.char.add("l", ranks[rows[column]].astype(str))
    return data


def quietly(fit, *arguments, **keywords):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*singular fit")
        return fit(*arguments, **keywords)


def in_backquotes(formula, names):
    return formula.format(**{plainly: f"`{name}`" for plainly, name in zip(PLAIN, names, strict=True)})


def in_q(names):
    return {plainly: f"Q({name!r})" for plainly, name in zip(PLAIN, names, strict=True)} | {"group": names[4]}


def assert_same(one, other, labels, tolerance=1e-6):
    one, other = estimates(one), estimates(other)
    assert one.llf == pytest.approx(other.llf, abs=1e-5)
    scale = np.abs(other.fe_params).to_numpy()
    np.testing.assert_allclose(one.fe_params, other.fe_params, atol=tolerance * scale.max(), rtol=tolerance)
    for (factor, table), expected in zip(one.random_effects.items(), other.random_effects.values(), strict=True):
        assert table.shape == expected.shape
        assert set(map(str, table.index)) <= set(labels), factor
        mine, theirs = (np.sort(effects.to_numpy(), axis=0) for effects in (table, expected))
        np.testing.assert_allclose(mine, theirs, atol=1e-3 * np.abs(theirs).max() + 1e-6)


FORMULAS = st.sampled_from([
    "{y} ~ {x} + (1 | {g})",
    "{y} ~ {x} * {z} + {k} + ({x} | {g})",
    "{y} ~ {k} * {x} + I({x}**2) + (1 | {g}) + (1 | {h})",
    "{y} ~ 0 + {k} + C({z}) + ({x} || {g})",
    "{y} ~ {x} + np.log({x}) + ({k} | {h})",
])  # fmt: skip
DRESS = {"names": names, "labels": labels, "number": numbers, "text": texts, "order": st.integers(0, 9)}


@settings(max_examples=150, **REPEATABLE)
@given(formula=FORMULAS, **DRESS)
def test_the_engine(rows, formula, names, labels, number, text, order):
    expected = quietly(lmm, formula.format(**{name: name for name in PLAIN}), plain(rows, labels, text))
    data = dressed(rows, names, labels, number, text, order)
    assert_same(quietly(lmm, in_backquotes(formula, names), data), expected, labels)


MODELS = st.sampled_from([
    ("{y} ~ {x}", {}, {}),
    ("{y} ~ {x} + {k}", {"re_formula": "1 + {x}"}, {}),
    ("{y} ~ {x}", {"re_formula": "1"}, {"h": "0 + C({h})"}),
    ("{y} ~ {x}", {"re_formula": "1"}, {"h": "0 + C({h})", "slope": "0 + C({h}):{x}"}),
])  # fmt: skip


def mixedlm(rows, model, given):
    formula, random, components = model
    keywords = {name: value.format(**given) for name, value in random.items()}
    if components:
        keywords["vc_formula"] = {name: value.format(**given) for name, value in components.items()}
    return smf.mixedlm(formula.format(**given), rows, **keywords, groups=given["group"])


@settings(max_examples=25, **REPEATABLE)
@given(model=MODELS, **DRESS)
def test_statsmodels(rows, model, names, labels, number, text, order):
    plainly = {name: name for name in PLAIN} | {"group": "g"}
    expected = quietly(checked_fit, mixedlm(plain(rows, labels, text), model, plainly))
    data = dressed(rows, names, labels, number, text, order).reset_index(drop=True)
    fit = quietly(checked_fit, mixedlm(data, model, in_q(names)))
    assert fit.llf == pytest.approx(expected.llf, abs=1e-3)
    np.testing.assert_allclose(fit.fe_params, expected.fe_params, rtol=1e-2, atol=1e-2)
    assert list(estimates(fit).random_effects) == [names[4], names[5]][: 1 + bool(model[2])]
    mine, theirs = deviations(fit), deviations(expected)
    assert set(mine.index) == set(labels[3:])
    np.testing.assert_allclose(np.sort(mine, axis=0), np.sort(theirs, axis=0), rtol=0.02, atol=0.02)


@settings(max_examples=40, **REPEATABLE)
@given(program=st.sampled_from(["engine", "statsmodels"]), **DRESS)
def test_unscaled(rows, program, names, labels, number, text, order):
    data = dressed(rows, names, labels, number, text, order).reset_index(drop=True)
    plainly = plain(rows, labels, text)
    scaled, scaling = standardise(data, names[:2])
    if program == "engine":
        fit = quietly(lmm, in_backquotes("{y} ~ {x} * {k} + ({x} | {g})", names), scaled)
    else:
        model = ("{y} ~ {x} * {k}", {"re_formula": "1 + {x}"}, {})
        fit = quietly(checked_fit, mixedlm(scaled, model, in_q(names)))
    unscaled, expected = unscale(fit, scaling), quietly(lmm, "y ~ x * k + (x | g)", plainly)
    assert unscaled.llf == pytest.approx(expected.llf, abs=1e-3)
    np.testing.assert_allclose(sorted(unscaled.fe_params), sorted(expected.fe_params), rtol=0.02, atol=1e-3)
    assert set(unscaled.random_effects[names[4]].index) == set(labels[3:])


@pytest.mark.filterwarnings("ignore:.*'str' dtypes are included:DeprecationWarning")  # Bambi's use of pandas
@settings(max_examples=40, **REPEATABLE)
@given(**DRESS)
def test_bambi(rows, names, labels, number, text, order):
    """The columns that a posterior is unscaled by are those that Bambi has made of the plain ones."""
    formula = "{y} ~ {x} * {k} + {z} + ({x} | {g})"
    expected = bambi_model.columns(bmb.Model(formula.format(**{n: n for n in PLAIN}), plain(rows, labels, text, True)))
    data = dressed(rows, names, labels, number, text, order)
    try:
        model = bmb.Model(in_backquotes(formula, names), data)
    except Exception:  # formulae's own: it takes some of these names for something else
        reject()
    columns = bambi_model.columns(model)
    same_order = np.random.default_rng(order).permutation(len(rows))
    np.testing.assert_allclose(columns.design, expected.design.to_numpy()[same_order], rtol=1e-6)
    np.testing.assert_allclose(columns.groups[names[4]], expected.groups["g"].to_numpy()[same_order], rtol=1e-6)
    assert bambi_model.variables(model).groups == {names[4]: [f"1|{names[4]}", f"{names[1]}|{names[4]}"]}
