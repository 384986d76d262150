"""Expressions of patsy: what they read, how their columns are called, and their values on data."""

import ast
from functools import cache

import numpy as np
import pandas as pd
import patsy
from patsy import EvalFactor, ModelDesc, Term

from partial_pooling.engine.model_columns import STANDARDISING

KEEP_ALL_ROWS = patsy.NAAction(NA_types=[])


def frame_of(model):
    """The rows of the data; no columns if the model was made from arrays."""
    frame = getattr(model.data, "frame", None)
    if frame is None:
        return pd.DataFrame(index=range(len(model.endog)))
    return frame if isinstance(frame, pd.DataFrame) else pd.DataFrame(frame)


def column_of(code):
    """The column in ``store``, ``C(store)``, ``C(store, levels=...)`` or ``Q('store')``; otherwise not a column."""
    node = ast.parse(code, mode="eval").body
    while isinstance(node, ast.Call) and getattr(node.func, "id", None) in {"C", "Q"} and node.args:
        node = node.args[0]
    return getattr(node, "id", getattr(node, "value", None))


def variables_of(node, data):
    """Columns of the data that an expression reads."""
    nodes = list(ast.walk(node))
    functions = [call.func for call in nodes if isinstance(call, ast.Call)]
    names = {name.id for name in nodes if isinstance(name, ast.Name) and name not in functions}
    quoted = [call.args[0] for call in nodes if isinstance(call, ast.Call) and getattr(call.func, "id", None) == "Q"]
    return frozenset(names | {constant.value for constant in quoted if isinstance(constant, ast.Constant)}) & set(data)


class _WithoutStandardising(ast.NodeTransformer):
    def visit_Call(self, call):
        self.generic_visit(call)
        if getattr(call.func, "id", None) not in STANDARDISING:
            return call
        return [*call.args, *(keyword.value for keyword in call.keywords)][0]


def without_standardising(code):
    """An expression without the functions in it that standardise: ``days`` for ``scale(days)``."""
    tree = ast.parse(code, mode="eval")
    without = ast.unparse(_WithoutStandardising().visit(tree))
    return code if without == ast.unparse(ast.parse(code, mode="eval")) else without


def _environment(model):
    """What the author of the formula had at hand, as far as the formula uses it."""
    namespace = {"np": np}
    for factor, info in model.data.model_spec.factor_infos.items():
        known = info.state["eval_env"].namespace
        names = {node.id for node in ast.walk(ast.parse(factor.code)) if isinstance(node, ast.Name)}
        namespace |= {name: known[name] for name in names if name in known}
    return patsy.EvalEnvironment([namespace])


def _description(terms):
    """What patsy takes in place of a formula, from lists of expressions of which each term is the product."""
    return ModelDesc([], [Term([EvalFactor(code) for code in codes]) for codes in terms])


def design_info(model, terms, data):
    """What patsy knows of terms before it makes columns of them."""
    return patsy.incr_dbuilder(_description(terms), lambda: iter([data]), _environment(model), KEEP_ALL_ROWS)


def evaluate(model, terms, data):
    """Columns of terms; as the attribute `design_info`, what patsy knows of them."""
    try:
        with np.errstate(all="ignore"):  # the logarithm of a negative number is refused later, with the term named
            return patsy.dmatrix(_description(terms), data, _environment(model), KEEP_ALL_ROWS, "dataframe")
    except patsy.PatsyError as error:
        what = " + ".join(":".join(codes) or "1" for codes in terms)
        raise ValueError(f"{what!r} cannot be evaluated: {error}; make a column of the data of it") from error


def is_close(values, expected):
    """Whether the values are those expected, but for rounding."""
    return np.allclose(values, expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max(initial=0))


def printer_of(model, change=str):
    """A function from an expression to all names that patsy prints for its columns, and whether they hold labels."""

    @cache
    def names(code):
        try:
            full, reduced = (design_info(model, terms, frame_of(model)) for terms in ([[code]], [[], [code]]))
        except Exception:  # part of a printed name need not be an expression, nor one of numbers
            return set(), False
        (info,) = full.factor_infos.values()
        return {change(name) for name in full.column_names + reduced.column_names}, info.type == "categorical"

    return names


def readings_of(printed, printer):
    """All ways to take a printed name apart: lists of a factor's code, and whether the name holds a label of it."""
    if printed == "Intercept":
        yield []
    for end in [i for i in range(len(printed) + 1) if printed[i : i + 1] in (":", "")]:
        piece, rest = printed[:end], printed[end + 1 :]
        codes = [*(piece[:i] for i, sign in enumerate(piece) if sign in "[.^"), piece]
        for code in [code for code in codes if piece in printer(code)[0]][:1]:
            others = readings_of(rest, printer) if end < len(printed) else [[]]
            yield from ([(code, printer(code)[1]), *other] for other in others)
