"""The columns of a MixedLM on any data, and what each is a product of."""

import ast

import numpy as np
import pandas as pd
from patsy import ModelDesc

from partial_pooling.engine.model_columns import STANDARDISING, Columns, Part
from partial_pooling.mixedlm.expressions import evaluate, frame_of, is_close, variables_of, without_standardising
from partial_pooling.mixedlm.structure import structure


def columns(model, data, plain=False):
    """Evaluate the columns of a model on any data.

    Parameters
    ----------
    model : statsmodels.regression.mixed_linear_model.MixedLM
    data : pandas.DataFrame
    plain : bool
        Leave out what the formula itself standardises, by these data: ``scale(x)`` is then ``x``.

    Returns
    -------
    Columns

    Raises
    ------
    ValueError
        If the model was not made from a formula, or a column of its own differs from what its name gives.
    """
    if getattr(model, "formula", None) is None:
        raise ValueError("the model was made from arrays: make it from a formula, with smf.mixedlm")
    known = structure(model)
    if known.terms is None:
        raise _unequal(f"the columns {', '.join(known.correlated)} of re_formula")
    data = data if isinstance(data, pd.DataFrame) else pd.DataFrame(data)
    own = _columns(model, known, frame_of(model))
    if known.correlated:
        names = {effect: f"{effect} | {known.outer}" for effect in known.correlated}
        _refuse_unequal(
            own.groups[known.outer].iloc[:, : model.k_re].rename(columns=names), names.values(), model.exog_re
        )
    _refuse_unequal(own.design, model.exog_names, model.exog)
    if not is_close(own.response, model.endog):
        raise _unequal("the response")
    return _columns(model, known, data, without_standardising if plain else str)


def _refuse_unequal(table, names, expected):
    for place, (name, column) in enumerate(zip(names, np.asarray(expected).T, strict=True)):
        if list(table) != list(names) or not is_close(table.iloc[:, place], column):
            raise _unequal(f"the column {name!r}")


def _unequal(what):
    return ValueError(
        f"{what} of the model cannot be evaluated again by its name; make a column of the data of it, and leave the "
        "data as they are between making the model and fitting it"
    )


def _columns(model, known, data, read=str):
    """The columns of a model's terms, of which every expression is read by a function."""
    response = ModelDesc.from_formula(model.formula).lhs_termlist
    population = [[factor.code for factor in term.factors] for term in model.data.model_spec.terms]
    groups, parts, factors = {}, {}, {}
    of_factors = [(known.outer, (), known.terms)] if known.correlated else []
    of_factors += [(known.name(name), part.factor, [part.codes]) for name, part in known.components.items()]
    for factor, of_labels, terms in of_factors:
        table, of_columns = _evaluate_parts(model, terms, data, read)
        groups[factor] = pd.concat([groups[factor], table], axis=1) if factor in groups else table
        parts[factor] = parts.get(factor, []) + of_columns
        factors[factor] = of_labels or (known.outer,)
    design, parts[None] = _evaluate_parts(model, population, data, read)
    response, (of_response,) = _evaluate_parts(
        model, [[factor.code for term in response for factor in term.factors]], data, read
    )
    return Columns(response.iloc[:, 0].to_numpy(), design, groups, parts, of_response, factors)


def _evaluate_parts(model, terms, data, read):
    """Columns of terms, and for each what it is a product of."""
    found, parts = evaluate(model, [[read(code) for code in codes] for codes in terms], data), []
    for subterm in (part for of_term in found.design_info.term_codings.values() for part in of_term):
        parts += [tuple(_part(factor.code, data) for factor in subterm.factors)] * subterm.num_columns
    return found.reset_index(drop=True), parts


def _part(code, data):
    calls = [node for node in ast.walk(ast.parse(code, mode="eval")) if isinstance(node, ast.Call)]
    standardising = [node for node in calls if getattr(node.func, "id", None) in STANDARDISING]
    standardised = frozenset().union(*(variables_of(node, data) for node in standardising))
    return Part(code, variables_of(ast.parse(code, mode="eval"), data), standardised)
