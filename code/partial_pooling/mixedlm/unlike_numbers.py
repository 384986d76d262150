"""Columns that a formula of patsy does not take as the numbers that they are."""

import ast
from contextlib import suppress

import numpy as np
import pandas as pd
from pandas.api import types
from patsy import ModelDesc

from partial_pooling.engine.terms import DataError
from partial_pooling.mixedlm.expressions import design_info, frame_of, variables_of
from partial_pooling.mixedlm.structure import structure

UNLIKE_NUMBERS = {
    "datetime64": ("dates", "({0} - {0}.min()).dt.days"),
    **dict.fromkeys(["date", "datetime"], ("dates", "(pd.to_datetime({0}) - pd.to_datetime({0}).min()).dt.days")),
    **dict.fromkeys(
        ["integer", "floating", "mixed-integer", "mixed-integer-float", "decimal"],
        ("numbers as objects", "pd.to_numeric({0})"),
    ),
}
"""By what pandas says that a column holds: what to call it, and how to make numbers of it."""


def refuse_unlike_numbers(model):
    """Refuse columns that a formula does not take as the numbers that they are.

    Parameters
    ----------
    model : statsmodels.regression.mixed_linear_model.MixedLM

    Raises
    ------
    DataError
        If a calculation within the formula overflows because its column holds small integers or truth values, or if
        dates or numbers stand in it as categories.
    """
    if getattr(model, "formula", None) is None:
        return
    frame = frame_of(model)
    for code in _calculated(model):
        values, names = _value(model, code, frame), sorted(variables_of(ast.parse(code, mode="eval"), frame))
        if values is None or not names:
            continue
        what, remedy = UNLIKE_NUMBERS.get(types.infer_dtype(values), (None, None))
        if what and not types.is_numeric_dtype(values):
            column = f"data[{names[0]!r}]"
            raise DataError(
                f"{code!r} holds {what}, of which each would be a category: make a number of it, as in "
                f"{column} = {remedy.format(column)}"
            )
        for name in names:
            _refuse_overflow(model, code, name, values)


def _calculated(model):
    """All expressions of a model that are not labels, as far as they are known."""
    terms = [*ModelDesc.from_formula(model.formula).lhs_termlist, *model.data.model_spec.terms]
    codes = [factor.code for term in terms for factor in term.factors]
    with suppress(DataError):
        known = structure(model)
        codes += [code for term in known.terms or () for code in term]
        codes += [code for component in known.components.values() for code in component.codes]
    return dict.fromkeys(codes)


def _value(model, code, data):
    """The value of an expression, before patsy makes columns of it; None if it is of labels, or not known."""
    with np.errstate(all="ignore"), suppress(Exception):  # what is not known, or not possible with these columns
        ((factor, info),) = design_info(model, [[code]], data).factor_infos.items()
        value = factor.eval(info.state, data)
        if hasattr(value, "dtype") and not isinstance(value.dtype, pd.CategoricalDtype):
            return pd.Series(value if np.ndim(value) == 1 else np.ravel(value))
    return None


def _refuse_overflow(model, code, name, values):
    """Refuse a calculation whose result changes when a column of integers or truth values is made one of floats."""
    frame = frame_of(model)
    exact = types.is_integer_dtype(frame[name]) or types.is_bool_dtype(frame[name])
    if not exact or not types.is_numeric_dtype(values):
        return
    floats = _value(model, code, frame.assign(**{name: frame[name].astype(float)}))
    if floats is not None and not np.allclose(
        np.asarray(values, float), np.asarray(floats, float), rtol=1e-6, equal_nan=True
    ):
        raise DataError(
            f"{code!r} overflows or loses digits, because {name!r} is {frame[name].dtype}, into which its products do "
            f"not fit: make it a float, data[{name!r}] = data[{name!r}].astype(float)"
        )
