"""All that is known of a statsmodels MixedLM: its grouping factors, their effects, its columns, and its optimum.

A MixedLM keeps its formula and its arrays, but neither `re_formula` nor `vc_formula`. What varies between which groups
is read from the arrays: which rows share a column, and what stands there. Labels come from the data. Of the names that
patsy printed for the columns only the expressions are taken, and only if patsy, asked to print them again, prints the
same, and if their values on the data are those of the arrays.
"""

import ast
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
import patsy
from pandas.api import types
from patsy import EvalFactor, ModelDesc, Term
from scipy import sparse

from partial_pooling.engine.columns import cross_products
from partial_pooling.engine.likelihood import fit_products
from partial_pooling.engine.model_columns import STANDARDISING, Columns, Part
from partial_pooling.engine.nested import are_nested
from partial_pooling.engine.terms import DataError, GroupTerm

UNNAMED = "groups"
"""What the factor of MixedLM's argument `groups` is called where no column of the data holds it."""

UNNAMED_BY_STATSMODELS = "Group"
"""What it calls the intercept of groups that are given as an array."""

UNLIKE_NUMBERS = {
    "datetime64": ("dates", "({0} - {0}.min()).dt.days"),
    **dict.fromkeys(["date", "datetime"], ("dates", "(pd.to_datetime({0}) - pd.to_datetime({0}).min()).dt.days")),
    **dict.fromkeys(
        ["integer", "floating", "mixed-integer", "mixed-integer-float", "decimal"],
        ("numbers as objects", "pd.to_numeric({0})"),
    ),
}
"""By what pandas says that a column holds: what to call it, and how to make numbers of it."""

KEEP_ALL_ROWS = patsy.NAAction(NA_types=[])


class Component(NamedTuple):
    """A variance component: an effect that varies, independently of others, between the groups of a factor."""

    factor: tuple  # columns of the data whose labels tell its groups apart; empty if they are those of `groups`
    effect: str  # what it multiplies: "Intercept", or an expression of the data's columns
    groups: np.ndarray  # (rows,), numbered from 0 through the columns of all groups, in statsmodels' order
    column: np.ndarray  # (rows,), what the effect multiplies
    codes: tuple  # the expressions of which the effect is the product


@dataclass(frozen=True)
class Structure:
    """The group-level part of a MixedLM.

    Parameters
    ----------
    outer : str
        The column given as `groups`.
    correlated : list of str
        The effects of `re_formula`, with the intercept called so.
    terms : list of tuple of str
        The terms of which they are the columns, each the expressions that it multiplies; None if they are not known.
    components : dict of str to Component
        By the names of `vc_formula`.
    """

    outer: str
    correlated: list
    terms: list
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
    printed = list(zip(model.data.exog_re_names if model.k_re else [], constant, strict=True))
    outer = _outer(model, [name for name, one in printed if one])
    correlated, terms = _correlated(model, ["Intercept" if one else name for name, one in printed], outer)
    spec = zip(model.exog_vc.names, model.exog_vc.mats, model.exog_vc.colnames, strict=True)
    return Structure(outer, correlated, terms, {name: _component(model, name, *of_groups) for name, *of_groups in spec})


def _outer(model, intercept):
    """The column given as `groups`; statsmodels calls the intercept after it, and may have dropped the column."""
    frame, known = _frame(model), UNNAMED
    if intercept and intercept[0] not in frame and getattr(model, "formula", None) is not None:
        known = intercept[0]
    for name in [*intercept, *frame] if known in (UNNAMED, UNNAMED_BY_STATSMODELS) else ():
        if name in frame and np.array_equal(frame[name].to_numpy(), np.asarray(model.groups)):
            return name
    return known


def _frame(model):
    """The rows of the data; no columns if the model was made from arrays."""
    frame = getattr(model.data, "frame", None)
    if frame is None:
        return pd.DataFrame(index=range(len(model.endog)))
    return frame if isinstance(frame, pd.DataFrame) else pd.DataFrame(frame)


def _correlated(model, printed, outer):
    """Names of the effects of `re_formula`, and its terms."""
    if not printed or getattr(model, "formula", None) is None:
        return printed, []
    printer = _printer(model, lambda name: name.replace("Intercept", outer))  # as statsmodels does
    terms = None
    for readings in product(*(list(_readings(name, printer)) for name in printed)):
        terms = list(dict.fromkeys(tuple(code for code, _ in reading) for reading in readings))
        if _reproduces(model, terms, model.exog_re):
            return list(_evaluate(model, terms, _frame(model))), terms
    return printed, terms


def _component(model, name, matrices, printed):
    groups, values = _groups_and_values(model, name, matrices)
    there = np.flatnonzero(values)  # a row whose value is zero does not say which column it belongs to
    printed = [str(column) for of_group in printed for column in of_group]
    first = printed[groups[there[0]] if len(there) else 0]
    if getattr(model, "formula", None) is None:  # there is nothing else to call it by
        effect = "Intercept" if (values == 1).all() else first
        return Component((name,), effect, groups, values, ())
    frame = _frame(model)
    for reading in _readings(first, _printer(model)):
        factor = [_column(code) for code, is_label in reading if is_label]
        codes = tuple(code for code, is_label in reading if not is_label)
        if not set(factor) <= set(frame) or not _reproduces(model, [codes], values[:, None]):
            continue
        labels = [np.asarray(model.groups), *(frame[column] for column in factor)]
        cells = pd.MultiIndex.from_arrays([np.asarray(of_factor)[there] for of_factor in labels])
        if are_nested(cells, groups[there]) and are_nested(groups[there], cells):
            return Component(tuple(factor), ":".join(codes) or "Intercept", groups, values, codes)
    raise DataError(f"the column {first!r} of a variance component cannot be read: make a column of the data of it")


def _groups_and_values(model, name, matrices):
    """Every column, within every group, is a group of the component."""
    groups, values = np.zeros(len(model.endog), int), np.zeros(len(model.endog))
    first = 0
    for label, matrix in zip(model.group_labels, matrices, strict=True):
        rows, matrix = np.asarray(model.row_indices[label]), sparse.csr_array(matrix, copy=True)
        matrix.eliminate_zeros()
        if matrix.shape[0] != len(rows):
            raise DataError(
                f"variance component {name!r} has {matrix.shape[0]} rows for the {len(rows)} of the group {label}: "
                "statsmodels goes by the index of the data, in which a row must occur once, and by values that are "
                "not missing; data.reset_index(drop=True) and data.dropna() make them so"
            )
        columns = np.diff(matrix.indptr)
        if (columns > 1).any():
            raise DataError(f"variance component {name!r}: each row may have one column that is not zero")
        groups[rows] = first
        groups[rows[columns == 1]], values[rows[columns == 1]] = first + matrix.indices, matrix.data
        first += matrix.shape[1]
    return groups, values


def _is_close(values, expected):
    """Whether the values are those expected, but for rounding."""
    return np.allclose(values, expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max(initial=0))


def _reproduces(model, terms, expected):
    """Whether terms can be evaluated on the model's own data, and give the columns expected."""
    with suppress(ValueError):
        found = _evaluate(model, terms, _frame(model))
        return found.shape == np.shape(expected) and _is_close(found, np.asarray(expected))
    return False


def _readings(printed, printer):
    """All ways to take a printed name apart: lists of a factor's code, and whether the name holds a label of it."""
    if printed == "Intercept":
        yield []
    for end in [i for i in range(len(printed) + 1) if printed[i : i + 1] in (":", "")]:
        piece, rest = printed[:end], printed[end + 1 :]
        codes = [*(piece[:i] for i, sign in enumerate(piece) if sign in "[.^"), piece]
        for code in [code for code in codes if piece in printer(code)[0]][:1]:
            others = _readings(rest, printer) if end < len(printed) else [[]]
            yield from ([(code, printer(code)[1]), *other] for other in others)


def _printer(model, change=str):
    """A function from an expression to all names that patsy prints for its columns, and whether they hold labels."""

    @cache
    def names(code):
        try:
            full, reduced = (_design_info(model, terms, _frame(model)) for terms in ([[code]], [[], [code]]))
        except Exception:  # part of a printed name need not be an expression, nor one of numbers
            return set(), False
        (info,) = full.factor_infos.values()
        return {change(name) for name in full.column_names + reduced.column_names}, info.type == "categorical"

    return names


def _column(code):
    """The column in ``store``, ``C(store)``, ``C(store, levels=...)`` or ``Q('store')``; otherwise not a column."""
    node = ast.parse(code, mode="eval").body
    while isinstance(node, ast.Call) and getattr(node.func, "id", None) in {"C", "Q"} and node.args:
        node = node.args[0]
    return getattr(node, "id", getattr(node, "value", None))


def _environment(model, plain=False):
    """What the author of the formula had at hand, as far as the formula uses it."""
    namespace = {"np": np}
    for factor, info in model.data.model_spec.factor_infos.items():
        known = info.state["eval_env"].namespace
        names = {node.id for node in ast.walk(ast.parse(factor.code)) if isinstance(node, ast.Name)}
        namespace |= {name: known[name] for name in names if name in known}
    if plain:
        namespace |= dict.fromkeys(STANDARDISING, lambda column, *_, **__: column)
    return patsy.EvalEnvironment([namespace])


def _description(terms):
    """What patsy takes in place of a formula, from lists of expressions of which each term is the product."""
    return ModelDesc([], [Term([EvalFactor(code) for code in codes]) for codes in terms])


def _design_info(model, terms, data):
    return patsy.incr_dbuilder(_description(terms), lambda: iter([data]), _environment(model), KEEP_ALL_ROWS)


def _evaluate(model, terms, data, plain=False):
    """Columns of terms; as the attribute `design_info`, what patsy knows of them."""
    try:
        with np.errstate(all="ignore"):  # the logarithm of a negative number is refused later, with the term named
            return patsy.dmatrix(_description(terms), data, _environment(model, plain), KEEP_ALL_ROWS, "dataframe")
    except patsy.PatsyError as error:
        what = " + ".join(":".join(codes) or "1" for codes in terms)
        raise ValueError(f"{what!r} cannot be evaluated: {error}; make a column of the data of it") from error


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
        ends = [start + matrix.shape[1] for start, matrix in zip(place, matrices, strict=True)]
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
        columns = [list(_frame(model)[name].iloc[rows]) for name in component.factor]
        labels = (
            columns[0] if len(columns) == 1 else [":".join(map(str, label)) for label in zip(*columns, strict=True)]
        )
        if not pd.Index(labels).is_unique:
            outer = np.asarray(model.groups)[rows]
            labels = [f"{group}:{label}" for group, label in zip(outer, labels, strict=True)]
        if not pd.Index(labels).is_unique:
            raise DataError(
                f"the labels of {':'.join(component.factor)!r} are not told apart when joined by a colon: rename them"
            )
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
    own = _columns(model, known, _frame(model))
    if known.correlated:
        names = {effect: f"{effect} | {known.outer}" for effect in known.correlated}
        _refuse_unequal(
            own.groups[known.outer].iloc[:, : model.k_re].rename(columns=names), names.values(), model.exog_re
        )
    _refuse_unequal(own.design, model.exog_names, model.exog)
    if not _is_close(own.response, model.endog):
        raise _unequal("the response")
    return own if data is _frame(model) and not plain else _columns(model, known, data, plain)


def _refuse_unequal(table, names, expected):
    for place, (name, column) in enumerate(zip(names, np.asarray(expected).T, strict=True)):
        if list(table) != list(names) or not _is_close(table.iloc[:, place], column):
            raise _unequal(f"the column {name!r}")


def _unequal(what):
    return ValueError(
        f"{what} of the model cannot be evaluated again by its name; make a column of the data of it, and leave the "
        "data as they are between making the model and fitting it"
    )


def _columns(model, known, data, plain=False):
    response = ModelDesc.from_formula(model.formula).lhs_termlist
    design = [[factor.code for factor in term.factors] for term in model.data.model_spec.terms]
    groups, parts = {}, {}
    of_factors = [(known.outer, known.terms)] if known.correlated else []
    of_factors += [(known.name(name), [component.codes]) for name, component in known.components.items()]
    for factor, terms in of_factors:
        table, of_columns = _evaluate_parts(model, terms, data, plain)
        groups[factor] = pd.concat([groups[factor], table], axis=1) if factor in groups else table
        parts[factor] = parts.get(factor, []) + of_columns
    design, parts[None] = _evaluate_parts(model, design, data, plain)
    response, (of_response,) = _evaluate_parts(
        model, [[factor.code for term in response for factor in term.factors]], data, plain
    )
    return Columns(response.iloc[:, 0].to_numpy(), design, groups, parts, of_response)


def _evaluate_parts(model, terms, data, plain):
    """Columns of terms, and for each what it is a product of."""
    found, parts = _evaluate(model, terms, data, plain), []
    for subterm in (part for of_term in found.design_info.term_codings.values() for part in of_term):
        parts += [tuple(_part(factor.code, data) for factor in subterm.factors)] * subterm.num_columns
    return found.reset_index(drop=True), parts


def _part(code, data):
    calls = [node for node in ast.walk(ast.parse(code, mode="eval")) if isinstance(node, ast.Call)]
    standardising = [node for node in calls if getattr(node.func, "id", None) in STANDARDISING]
    standardised = frozenset().union(*(_variables(node, data) for node in standardising))
    return Part(code, _variables(ast.parse(code, mode="eval"), data), standardised)


def _variables(node, data):
    """Columns of the data that an expression reads."""
    nodes = list(ast.walk(node))
    functions = [call.func for call in nodes if isinstance(call, ast.Call)]
    names = {name.id for name in nodes if isinstance(name, ast.Name) and name not in functions}
    quoted = [call.args[0] for call in nodes if isinstance(call, ast.Call) and getattr(call.func, "id", None) == "Q"]
    return frozenset(names | {constant.value for constant in quoted if isinstance(constant, ast.Constant)}) & set(data)


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
    frame = _frame(model)
    for code in _calculated(model):
        values, names = _value(model, code, frame), sorted(_variables(ast.parse(code, mode="eval"), frame))
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
        ((factor, info),) = _design_info(model, [[code]], data).factor_infos.items()
        value = factor.eval(info.state, data)
        if hasattr(value, "dtype") and not isinstance(value.dtype, pd.CategoricalDtype):
            return pd.Series(value if np.ndim(value) == 1 else np.ravel(value))
    return None


def _refuse_overflow(model, code, name, values):
    """Refuse a calculation whose result changes when a column of integers or truth values is made one of floats."""
    frame = _frame(model)
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
