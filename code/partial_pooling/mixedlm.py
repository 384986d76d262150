"""All that is known of a statsmodels MixedLM: its grouping factors, their effects, its columns, and its optimum.

A MixedLM keeps its formula and its arrays, but neither `re_formula` nor `vc_formula`. What varies between which groups
is read from the arrays: which rows share a column, and what stands there. Labels come from the data, not from the
printed names; of a printed name only the expression is read, by patsy, which wrote it.
"""

import ast
import re
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import patsy

from partial_pooling.engine.columns import cross_products
from partial_pooling.engine.formula import Columns
from partial_pooling.engine.likelihood import fit_products
from partial_pooling.engine.nested import are_nested
from partial_pooling.engine.terms import DataError, GroupTerm

UNNAMED = "groups"
"""What the factor of MixedLM's argument `groups` is called where no column of the data holds it."""


class Component(NamedTuple):
    """A variance component: an effect that varies, independently of others, between the groups of a factor."""

    factor: tuple  # columns of the data whose labels tell its groups apart; empty if they are those of `groups`
    effect: str  # what it multiplies: "Intercept", or an expression of the data's columns
    groups: np.ndarray  # (rows,), numbered from 0 through the columns of all groups, in statsmodels' order
    column: np.ndarray  # (rows,), what the effect multiplies


@dataclass(frozen=True)
class Structure:
    """The group-level part of a MixedLM.

    Parameters
    ----------
    outer : str
        The column given as `groups`.
    correlated : list of str
        The effects of `re_formula`, with the intercept called so.
    components : dict of str to Component
        By the names of `vc_formula`.
    """

    outer: str
    correlated: list
    components: dict

    def name(self, component):
        """Name of a component's grouping factor: its columns, joined by colons."""
        return ":".join(self.components[component].factor) or self.outer


def structure(model):
    """Read the grouping factors and effects of a model.

    Parameters
    ----------
    model : statsmodels.regression.mixed_linear_model.MixedLM

    Returns
    -------
    Structure

    Raises
    ------
    DataError
        If a variance component has rows in which several columns are not zero, or its name cannot be read.
    """
    constant = (np.asarray(model.exog_re) == 1).all(axis=0) if model.k_re else []
    names = model.data.exog_re_names if model.k_re else []
    correlated = ["Intercept" if one else name for name, one in zip(names, constant, strict=True)]
    intercept = [name for name, one in zip(names, constant, strict=True) if one]
    spec = zip(model.exog_vc.names, model.exog_vc.colnames, model.exog_vc.mats, strict=True)
    return Structure(
        _outer(model, intercept), correlated, {name: _component(model, name, *of_groups) for name, *of_groups in spec}
    )


def _outer(model, intercept):
    """The column given as `groups`; statsmodels calls the intercept after it, and may have dropped the column."""
    frame = _frame(model)
    for name in [*(name for name in intercept if name in frame), *frame]:
        if np.array_equal(frame[name].to_numpy(), np.asarray(model.groups)):
            return name
    return intercept[0] if intercept and getattr(model, "formula", None) else UNNAMED


def _frame(model):
    """The rows of the data; no columns if the model was made from arrays."""
    frame = getattr(model.data, "frame", None)
    if frame is None:
        return pd.DataFrame(index=range(len(model.endog)))
    return frame


def _component(model, name, colnames, matrices):
    groups, values = _groups_and_values(model, name, matrices)
    printed = next(str(column) for of_group in colnames for column in of_group)
    if getattr(model, "formula", None) is None:  # from arrays: there is nothing else to call it by
        return Component((name,), "Intercept" if (values == 1).all() else printed, groups, values)
    there = np.flatnonzero(values)  # a row whose value is zero does not say which column it belongs to
    frame, groups_there = _frame(model).iloc[there], groups[there]
    factor, effect = _read(printed, frame[groups_there == 0].head(1))
    keys = [np.asarray(model.groups)[there], *(frame[column].to_numpy() for column in factor)]
    if not are_nested(frame.groupby(keys).ngroup().to_numpy(), groups_there):
        raise _unreadable(printed)
    return Component(factor, effect, groups, values)


def _groups_and_values(model, name, matrices):
    """Every column, within every group, is a group of the component."""
    groups, values = np.empty(len(model.endog), int), np.empty(len(model.endog))
    first = 0
    for label, matrix in zip(model.group_labels, matrices, strict=True):
        matrix = np.asarray(matrix)
        if (np.count_nonzero(matrix, axis=1) > 1).any():
            raise DataError(f"variance component {name!r}: each row may have one column that is not zero")
        rows, column = model.row_indices[label], np.abs(matrix).argmax(axis=1)
        groups[rows], values[rows] = first + column, matrix[np.arange(len(matrix)), column]
        first += matrix.shape[1]
    return groups, values


def _read(printed, row):
    """Factor and effect of a column that patsy named ``C(store)[A1]:log_price``, from a row of the store A1."""
    for label in sorted({str(row[column].iloc[0]) for column in row}, key=len, reverse=True):
        printed = re.sub(rf"\[(?:[TS]\.)?{re.escape(label)}\]", "[]", printed)
    try:
        (term,) = patsy.ModelDesc.from_formula("0 + " + printed.replace("[]", "")).rhs_termlist
        codes = [factor.code for factor in term.factors]
        factor = tuple(_column(code) for code in codes if f"{code}[]" in printed)
    except (patsy.PatsyError, ValueError) as error:
        raise _unreadable(printed) from error
    return factor, ":".join(code for code in codes if f"{code}[]" not in printed) or "Intercept"


def _unreadable(printed):
    return DataError(f"the column {printed!r} of a variance component cannot be read: make a column of the data of it")


def _column(code):
    """The column of the data in ``store``, ``C(store)``, ``C(store, levels=...)`` or ``Q('store')``."""
    node = ast.parse(code, mode="eval").body
    while isinstance(node, ast.Call) and getattr(node.func, "id", None) in {"C", "Q"} and node.args:
        node = node.args[0]
    name = getattr(node, "id", getattr(node, "value", None))
    if not isinstance(name, str):
        raise ValueError(code)
    return name


def random_effects(fit):
    """Table the group-level effects of a fit: the conditional modes.

    Parameters
    ----------
    fit : statsmodels.regression.mixed_linear_model.MixedLMResultsWrapper

    Returns
    -------
    dict of str to pandas.DataFrame
        For each grouping factor one row a group, columns the effects. Where a label occurs in more than one group of
        `groups`, that group's stands in front of it, as in ``"A:a"``. Groups that have no rows are left out.
    """
    model, known = fit.model, structure(fit.model)
    of_groups, outer = [values.to_numpy() for values in fit.random_effects.values()], list(fit.random_effects)
    tables = {}
    if known.correlated:
        correlated = np.array([values[: model.k_re] for values in of_groups])
        tables[known.outer] = pd.DataFrame(correlated, outer, known.correlated)
    place = [model.k_re] * len(outer)
    for (name, component), matrices in zip(known.components.items(), model.exog_vc.mats, strict=True):
        ends = [start + np.shape(matrix)[1] for start, matrix in zip(place, matrices, strict=True)]
        modes = np.concatenate([v[start:end] for v, start, end in zip(of_groups, place, ends, strict=True)])
        place = ends
        found = pd.Series(modes, outer) if not component.factor else _labelled(model, component, modes)
        before = tables.get(known.name(name), pd.DataFrame(index=found.index))
        table = before.reindex(before.index.union(found.index, sort=False)).assign(**{component.effect: found})
        tables[known.name(name)] = table.fillna(0.0)  # a column of zeros, as of a predictor that a group never has
    return tables


def _labelled(model, component, modes):
    """The modes of a component that has groups of its own, by their labels."""
    there = np.flatnonzero(component.column)
    occurring, first = np.unique(component.groups[there], return_index=True)
    rows = there[first]
    if not set(component.factor) <= set(_frame(model)):
        labels = occurring
    else:
        columns = [_frame(model)[name].to_numpy()[rows] for name in component.factor]
        labels = (
            columns[0] if len(columns) == 1 else [":".join(map(str, label)) for label in zip(*columns, strict=True)]
        )
        if not pd.Index(labels).is_unique:
            outer = np.asarray(model.groups)[rows]
            labels = [f"{group}:{label}" for group, label in zip(outer, labels, strict=True)]
    return pd.Series(modes[occurring], list(labels))


def covariances(fit):
    """Estimated covariance matrices of the group-level effects.

    Parameters
    ----------
    fit : statsmodels.regression.mixed_linear_model.MixedLMResultsWrapper

    Returns
    -------
    dict of str to pandas.DataFrame (q, q)
        One a grouping factor; variance components are independent of one another and of `re_formula`'s effects.
    """
    known = structure(fit.model)
    found = {}
    if known.correlated:
        found[known.outer] = pd.DataFrame(np.asarray(fit.cov_re), known.correlated, known.correlated)
    for (name, component), variance in zip(known.components.items(), fit.vcomp, strict=True):
        factor = known.name(name)
        before = found.get(factor, pd.DataFrame())
        effects = [*before, component.effect]
        padded = np.pad(before.to_numpy(dtype=float).reshape(len(before), len(before)), (0, 1))
        padded[-1, -1] = variance
        found[factor] = pd.DataFrame(padded, effects, effects)
    return found


def columns(model, data):
    """Evaluate the columns of a model on any data.

    Parameters
    ----------
    model : statsmodels.regression.mixed_linear_model.MixedLM
    data : pandas.DataFrame

    Returns
    -------
    Columns

    Raises
    ------
    ValueError
        If the model was not made from a formula, or a group-level column of its own differs from what its name gives.
    """
    if getattr(model, "formula", None) is None:
        raise ValueError("the model was made from arrays: make it from a formula, with smf.mixedlm")
    known = structure(model)
    correlated = zip(known.correlated, np.asarray(model.exog_re).T if model.k_re else [], strict=True)
    expected = [(known.outer, effect, column) for effect, column in correlated]
    expected += [(known.name(name), part.effect, part.column) for name, part in known.components.items()]
    own = _evaluate_groups(model, known, model.data.frame)
    for factor, effect, column in expected:
        if effect not in own[factor] or not np.allclose(own[factor][effect], column, rtol=1e-10, atol=0):
            raise ValueError(
                f"the column '{effect} | {factor}' of the model cannot be evaluated again by its name; "
                "make a column of the data of it"
            )
    response, design = _matrices(model, model.formula, data, patsy.dmatrices)
    return Columns(response.iloc[:, 0].to_numpy(), design.reset_index(drop=True), _evaluate_groups(model, known, data))


def _evaluate_groups(model, known, data):
    groups = {known.outer: _evaluate(model, known.correlated, data)} if known.correlated else {}
    for name, component in known.components.items():
        column, factor = _evaluate(model, [component.effect], data), known.name(name)
        groups[factor] = pd.concat([groups[factor], column], axis=1) if factor in groups else column
    return groups


def _evaluate(model, names, data):
    terms = dict.fromkeys("1" if name == "Intercept" else re.sub(r"\[[^\]]*\]", "", name) for name in names)
    return _matrices(model, "0 + " + " + ".join(terms), data, patsy.dmatrix).reset_index(drop=True)


def _matrices(model, formula, data, evaluate):
    factors = model.data.model_spec.factor_infos.values()
    known = next((info.state["eval_env"] for info in factors), patsy.EvalEnvironment([]))
    keep_all_rows = patsy.NAAction(NA_types=[])
    with np.errstate(all="ignore"):  # the logarithm of a negative number is refused later, with the term named
        environment = known.with_outer_namespace({"np": np})
        return evaluate(formula, data, environment, NA_action=keep_all_rows, return_type="dataframe")


def fit_mixedlm(model, reml=True):
    """Fit the model of a MixedLM with the engine.

    Parameters
    ----------
    model : statsmodels.regression.mixed_linear_model.MixedLM
        With any `re_formula` and `vc_formula`; their names need not be readable.
    reml : bool

    Returns
    -------
    fit : MixedFit
    parameters : dict
        The optimum as MixedLMParams.from_components takes it: covariances relative to the residual variance.

    Raises
    ------
    DataError
        If the data cannot support the model, or a variance component has rows in which several columns are not zero.
    """
    terms, places = [], []
    if model.k_re:
        labels = pd.Categorical(model.groups)
        terms.append(GroupTerm(UNNAMED, labels, model.exog_re, tuple(model.data.exog_re_names), (0,) * model.k_re))
    for component, matrices in zip(model.exog_vc.names, model.exog_vc.mats, strict=True):
        labels, values = _groups_and_values(model, component, matrices)
        name = f"component {component}"
        places.append(_add(terms, GroupTerm(name, pd.Categorical(labels), values[:, None], (component,), (0,))))
    fit = fit_products(cross_products(model.endog, model.exog, terms, model.exog_names), model.exog_names, reml)
    relative = {name: np.asarray(covariance) / fit.scale for name, covariance in fit.cov_re.items()}
    parameters = {
        "fe_params": fit.fe_params.to_numpy(),
        "cov_re": relative[UNNAMED][: model.k_re, : model.k_re] if model.k_re else None,
        "vcomp": np.array([relative[name][place, place] for name, place in places]),
    }
    return fit, parameters


def _add(terms, new):
    """Add a term, or its effect to the term that has the same groups; return the term's name and the effect's place."""
    for index, term in enumerate(terms):
        if are_nested(term.labels, new.labels) and are_nested(new.labels, term.labels):
            terms[index] = replace(
                term,
                columns=np.column_stack([term.columns, new.columns]),
                effects=term.effects + new.effects,
                blocks=(*term.blocks, 1 + max(term.blocks)),
            )
            return term.name, len(term.effects)
    terms.append(new)
    return new.name, 0
