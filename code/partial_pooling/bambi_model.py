"""All that is known of a Bambi model: its columns, as formulae made them for it, and what its draws are called."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from formulae import model_description
from formulae.matrices import DesignMatrices
from formulae.terms import Call
from pandas.api import types

from partial_pooling.engine.formula import parse
from partial_pooling.engine.model_columns import Columns
from partial_pooling.engine.parts import part_of, without_standardising


class Variables(NamedTuple):
    """Names of the draws that belong to a model's columns, one a column; a term's columns share one."""

    design: list
    groups: dict  # by the grouping factor


def variables(model):
    """Name the draws of a model's coefficients and effects.

    Parameters
    ----------
    model : bambi.Model
        Of one linear predictor.

    Returns
    -------
    Variables
    """
    component = _component(model)
    design = component.design

    def names(terms):
        return [component.terms[name].alias or name for name, term in terms for _ in range(_numbers(term).shape[1])]

    groups = {factor: names([(term.name, term.expr) for term in terms]) for factor, terms in _by_factor(design).items()}
    renamed = [term.name for terms in _by_factor(design).values() for term in terms if component.terms[term.name].alias]
    if renamed:
        raise ValueError(f"{renamed[0]!r} was given an alias, under which its draws cannot be found: leave it out")
    return Variables(names([pair for pair in design.common.terms.items() if pair[1].kind != "offset"]), groups)


def columns(model, data=None, plain=False):
    """Evaluate the columns of a model on any data.

    Parameters
    ----------
    model : bambi.Model
    data : pandas.DataFrame, optional
        By default the rows that the model was made of, which are those without missing values.
    plain : bool
        Leave out what the formula itself standardises: ``scale(x)`` is then ``x``.

    Returns
    -------
    Columns

    Raises
    ------
    ValueError
        If Bambi has taken the formula for another one without a word, if the model is more than one sum of columns
        times coefficients, or if Bambi has calculated with integers that overflow.
    """
    own = _component(model).design
    _refuse_other_models(model, own)
    _refuse_overflow(model, own)
    data = rows(model) if data is None else data
    return _columns(_evaluate(model, data, plain), _factors(own))


def constants(model):
    """Names of the draws of the family's other parameters, such as ``sigma``: dict from Bambi's name to the draws'."""
    others = {name: part for name, part in _components_of(model).items() if name != model.family.likelihood.parent}
    return {name: part.alias or name for name, part in others.items()}


def has_identity_link(model):
    """Whether the linear predictor is in the units of the response: bool."""
    return model.family.link[model.family.likelihood.parent].name == "identity"


def offsets(model):
    """Columns of the data that are read in offsets: set of str."""
    design = _component(model).design
    terms = [term for term in design.common.terms.values() if term.kind == "offset"]
    return {name for term in terms for component in term.components for name in part_of(component).variables}


def predictor(model, posterior):
    """The linear predictor that was kept with the draws: ndarray (chain, draw, rows), or None."""
    name = model.family.likelihood.parent
    if name not in posterior.data_vars:
        return None
    return model.family.link[name].link(posterior[name].transpose("chain", "draw", ...).to_numpy())


def groups_of_rows(model):
    """Place of each row's group among those of each factor: dict of ndarray (rows,)."""
    groups = _by_factor(_component(model).design).items()
    return {factor: np.asarray(terms[0].factor.data).argmax(axis=1) for factor, terms in groups}


def rows(model):
    """The rows that a model was made of: DataFrame."""
    used = model.data[list(_component(model).design.data)]
    return model.data[used.notna().all(axis=1).to_numpy()]


def _components_of(model):
    return model.parameters if hasattr(model, "parameters") else model.components  # renamed in Bambi 0.21


def _component(model):
    return _components_of(model)[model.family.likelihood.parent]


def _is_exact(dtype):
    return types.is_integer_dtype(dtype) or types.is_bool_dtype(dtype)


def _evaluate(model, data, plain=False, as_float=types.is_numeric_dtype):
    """The formula on other data, as Bambi evaluates it, but that columns of some types are floats."""
    own = _component(model).design
    description = model_description(str(model.formula.main))
    used = data[[name for name in data if name in description.var_names]]
    for component in _components(description) if plain else ():
        if isinstance(component, Call):
            component.call = without_standardising(component.call)
            component.name = str(component.call)
    numbers = [name for name in used if as_float(used[name])]
    with np.errstate(all="ignore"):
        return DesignMatrices(description, used.astype(dict.fromkeys(numbers, float)), own.env)


def _components(description):
    terms = [*description.common_terms, *(term.expr for term in description.group_terms), description.response.term]
    return [component for term in terms for component in getattr(term, "components", ())]


def _columns(design, factors):
    response = np.asarray(design.response.design_matrix, float)
    response = response.reshape(len(response), -1)[:, 0]  # beside it may stand weights, bounds or trials
    common = [term for term in design.common.terms.values() if term.kind != "offset"]
    groups = {factor: [term.expr for term in terms] for factor, terms in _by_factor(design).items()}
    parts = {None: _parts(common)} | {factor: _parts(terms) for factor, terms in groups.items()}
    frames = {factor: _frame(terms) for factor, terms in groups.items()}
    response_parts = tuple(part_of(component) for component in design.response.term.term.components)
    return Columns(response, _frame(common), frames, parts, response_parts, factors)


def _by_factor(design):
    found = {}
    for term in design.group.terms.values() if design.group else ():
        found.setdefault(term.factor.name, []).append(term)
    return found


def _factors(design):
    groups = _by_factor(design).items()
    return {factor: tuple(component.name for component in terms[0].factor.components) for factor, terms in groups}


def _numbers(term):
    return np.asarray(term.data, float).reshape(len(term.data), -1)


def _frame(terms):
    names = [label for term in terms for label in term.labels]
    return pd.DataFrame(np.concatenate([_numbers(term) for term in terms], axis=1), columns=names)


def _parts(terms):
    return [
        tuple(part_of(component) for component in getattr(term, "components", ()))
        for term in terms
        for _ in range(_numbers(term).shape[1])
    ]


def _refuse_other_models(model, own):
    """Refuse a model that is not the sum of columns times coefficients that its formula states."""
    formula, parent = parse(str(model.formula.main)), model.family.likelihood.parent
    modelled = [name for name, part in _components_of(model).items() if name != parent and hasattr(part, "design")]
    if modelled:
        raise ValueError(f"{', '.join(modelled)} has a formula of its own, and only that of {parent} can be unscaled")
    if own.common is None:
        raise ValueError(f"{formula.text!r} needs at least one population-level effect, such as an intercept")
    calls = [component for component in _components(own.model) if isinstance(component, Call)]
    for call in calls:
        if call.call.callee == "hsgp":
            raise ValueError(f"{call.name} is a Gaussian process, whose coefficients are not those of columns")
    stated = {(":".join(bracket.factor), term.name) for bracket in formula.brackets for term in bracket.effects}
    taken = {(factor, term.expr.name) for factor, terms in _by_factor(own).items() for term in terms}
    if stated != taken:
        read = ", ".join(f"{effect} | {factor}" for factor, effect in sorted(taken))
        raise ValueError(f"Bambi has taken {formula.text!r} for {read}: write 0 + or 1 + first in a bracket")
    if list(own.common.terms) != list(_evaluate(model, rows(model)).common.terms):
        raise ValueError(f"models of the family {model.family.name!r} have other coefficients than their formula")


def _refuse_overflow(model, own):
    floats = _evaluate(model, rows(model), as_float=_is_exact)
    for one, other in ((own.common, floats.common), (own.group, floats.group)):
        if one is not None:
            for name, term in one.terms.items():
                mine, right = (_numbers(getattr(t, "expr", t)) for t in (term, other.terms[name]))
                if not np.allclose(mine, right, rtol=1e-6, atol=1e-6 * np.abs(right).max()):
                    raise ValueError(
                        f"{name!r}: Bambi has calculated with integers that overflow, so that the model is of other "
                        "numbers: make its columns floats, with .astype(float), and fit it again"
                    )
