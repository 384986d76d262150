"""Evaluate a formula on data: from columns of any type and name to arrays of numbers."""

from copy import deepcopy
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from formulae.categorical import ENCODINGS
from formulae.environment import Environment
from formulae.terms import Call, Intercept, Term
from formulae.terms.call_resolver import LazyCall, LazyOperator, LazyVariable
from formulae.terms.terms import Model
from formulae.transforms import TRANSFORMS

from partial_pooling.engine.data_columns import complete, labels, no_column, refuse_unusable_names, values
from partial_pooling.engine.formula import lazies, parse
from partial_pooling.engine.model_columns import Columns
from partial_pooling.engine.parts import part_of, without_standardising
from partial_pooling.engine.terms import DataError, GroupTerm

NAMES = {"np": np}
"""What a formula may use beside its author's own names."""

COMPARISONS = ("==", "!=", "<=", "<", ">=", ">")

CATEGORIES = ("C", "S", "T")
"""Functions of formulae whose first argument holds labels, not numbers."""


class Evaluated(NamedTuple):
    """Columns of some terms."""

    numbers: np.ndarray  # (rows, columns)
    names: list
    parts: list  # of tuples of Part


def read_formula(formula, data, namespace=None):
    """Evaluate a formula on data.

    Parameters
    ----------
    formula : str
    data : pandas.DataFrame
    namespace : dict, optional
        What else the formula may name: functions, knots, levels.

    Returns
    -------
    response : ndarray (rows,)
    design : pandas.DataFrame (rows, p)
        The population-level effects.
    terms : list of GroupTerm
        One a grouping factor.

    Raises
    ------
    DataError
        As :func:`partial_pooling.lmm`.
    """
    response, design, terms, _ = _read(parse(formula), data, namespace or {})
    return response.numbers[:, 0], design, terms


def columns_of_formula(formula, data, namespace=None, plain=False):
    """Columns of a model of the engine.

    Parameters
    ----------
    formula, data, namespace
        As :func:`read_formula`.
    plain : bool
        Leave out what the formula itself standardises: ``scale(x)`` is then ``x``.

    Returns
    -------
    Columns
    """
    parsed = parse(formula)
    with np.errstate(all="ignore"):
        response, design, terms, parts = _read(parsed, data, namespace or {}, plain)
    groups = {term.name: pd.DataFrame(term.columns, columns=term.effects) for term in terms}
    factors = {":".join(bracket.factor): bracket.factor for bracket in parsed.brackets}
    return Columns(response.numbers[:, 0], design, groups, parts, response.parts[0], factors)


def _read(formula, data, namespace, plain=False):
    refuse_unusable_names(data)
    if not formula.population:
        raise DataError(f"{formula.text!r} needs at least one population-level effect, such as an intercept")

    if getattr(formula.response.components[0], "reference", None) is not None:
        name = formula.response.name
        raise DataError(f"{formula.text!r}: write I({name} == ...) for {name}[...]")
    done = []

    def evaluate(terms):
        known = next((columns for others, columns in done if others == terms), None)  # a bracket repeats predictors
        if known is None:
            known = _evaluate(terms, data, NAMES | namespace, plain, formula.text)
            done.append((terms, known))
        return known

    response, design = evaluate((formula.response,)), evaluate(formula.population)
    if response.names != [response.parts[0][0].text]:  # a category, or several columns
        raise DataError(f"the response {formula.response.name!r} is not a number")
    terms, parts = {}, {}
    for bracket in formula.brackets:
        # Independent effects are evaluated apart, as lme4 does: a category then has a column for each of its values.
        apart = [(effect,) for effect in bracket.effects] if bracket.independent else [bracket.effects]
        term, of_columns = _group_term(bracket.factor, data, [evaluate(effects) for effects in apart])
        terms[term.name] = _merge(terms[term.name], term) if term.name in terms else term
        parts[term.name] = parts.get(term.name, []) + of_columns
    _refuse_equal_names(design.names, "predictors")
    for term in terms.values():
        _refuse_equal_names(term.effects, f"effects of {term.name!r}")
    return (
        response,
        pd.DataFrame(design.numbers, columns=design.names),
        list(terms.values()),
        {None: design.parts} | parts,
    )


def _refuse_equal_names(names, what):
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    if twice:
        raise DataError(f"two {what} are called {twice[0]!r}: rename the column, or its categories")


def _evaluate(terms, data, namespace, plain, text):
    """Columns of terms that stand side by side, so that categories are measured from a reference where they must be."""
    mask, parts = {}, {}
    renamed = [_renamed(term, data, namespace, plain, mask, parts) for term in terms]
    model = Model(*renamed)
    try:
        model.eval(pd.DataFrame(mask, index=data.index), Environment([namespace]))
    except Exception as error:  # formulae's and the evaluated functions' own, of several kinds
        raise DataError(f"{text!r} cannot be evaluated: {error}; are its columns numbers or text?") from error
    numbers, names, of_columns = [], [], []
    for term in model.common_terms:
        components = getattr(term, "components", ())
        of_term = [_names(component, parts[component.name].text) for component in components]
        if len(term.data) != len(data):
            what = ":".join(parts[component.name].text for component in components)
            raise DataError(f"{what!r} has {len(term.data)} values for {len(data)} rows")
        numbers.append(np.asarray(term.data, float).reshape(len(data), -1))
        names += [":".join(chosen) if components else "Intercept" for chosen in product(*of_term)]
        of_columns += [tuple(parts[component.name] for component in components)] * numbers[-1].shape[1]
    return Evaluated(np.concatenate(numbers, axis=1), names, of_columns)


def _names(component, text):
    """Names of a component's columns."""
    if component.kind == "categoric":
        return [f"{text}[{label}]" for label in component.contrast_matrix.labels]
    count = 1 if component.value.ndim == 1 else component.value.shape[1]
    return [text] if count == 1 else [f"{text}[{i}]" for i in range(count)]


def _renamed(term, data, namespace, plain, mask, parts):
    """A copy of a term whose components have names that no column has; what they read is put into the mask.

    formulae tells components apart by their names, so that a column called ``a:b`` or ``Intercept`` would be taken for
    something else; and arithmetic on a column of small integers overflows, so that numbers are put in as floats.
    """
    if isinstance(term, Intercept):
        return Intercept()
    components = [deepcopy(component) for component in term.components]
    for component in components:
        if isinstance(component, Call):
            part = _read_call(component, data, namespace, plain, mask)
        else:
            part = part_of(component)
        component.name = next((key for key, known in parts.items() if known == part), f"part {len(parts)}")
        parts[component.name] = part
        if not isinstance(component, Call):
            column = values(data, part.text)  # a category is measured from its own first
            is_category = isinstance(column.dtype, pd.CategoricalDtype)
            mask[component.name] = column.cat.as_ordered() if is_category else column
    return Term(*components)


def _read_call(component, data, namespace, plain, mask):
    if plain:
        component.call = without_standardising(component.call)
    functions = [lazy for lazy in lazies(component.call) if isinstance(lazy, LazyCall)]
    for function in functions:
        root = function.callee.split(".")[0]
        if function.callee == "offset":
            raise DataError(f"{component.name}: subtract an offset from the response instead")
        if root not in namespace and root not in TRANSFORMS and root not in ENCODINGS:
            raise DataError(
                f"{root!r} in {component.name} is not known: write np.log for log, define it where lmm is called, "
                "or make a column of it"
            )
    part = part_of(component)
    of_categories = [lazy.args[0] for lazy in functions if lazy.callee in CATEGORIES and lazy.args]
    for lazy in lazies(component.call):
        if isinstance(lazy, LazyOperator):
            for comparison in (part for part in lazy.args if getattr(part, "symbol", None) in COMPARISONS):
                comparison.op = _as_number(comparison.op)
        if isinstance(lazy, LazyVariable) and (
            lazy.name in data or not (lazy.name in namespace or lazy.name in ENCODINGS)
        ):
            if lazy.name not in data:
                raise DataError(f"{no_column(data, lazy.name)}; any other name is looked for where lmm is called")
            kind = labels if any(lazy is label for label in of_categories) else values
            column = kind(data, lazy.name)
            lazy.name = f"{kind.__name__} {lazy.name}"
            mask[lazy.name] = column
    return part


def _as_number(compare):
    """A comparison that gives zeros and ones, of which NumPy makes sums; of truth values it makes alternatives."""
    return lambda *sides: 1.0 * compare(*sides)


def _group_term(factor, data, evaluated):
    blocks = np.repeat(np.arange(len(evaluated)), [part.numbers.shape[1] for part in evaluated])
    effects = tuple(name for part in evaluated for name in part.names)
    numbers = np.concatenate([part.numbers for part in evaluated], axis=1)
    term = GroupTerm(":".join(factor), _groups(factor, data), numbers, effects, tuple(blocks))
    return term, [part for of_columns in evaluated for part in of_columns.parts]


def _groups(factor, data):
    """Group of each row; groups of two columns together are named A:1."""
    columns = [_categories(data, name) for name in factor]
    groups = columns[0]
    for inner in columns[1:]:
        pairs, codes = np.unique(groups.codes.astype(int) * len(inner.categories) + inner.codes, return_inverse=True)
        outer_code, inner_code = np.divmod(pairs, len(inner.categories))
        categories = [
            f"{groups.categories[i]}:{inner.categories[j]}" for i, j in zip(outer_code, inner_code, strict=True)
        ]
        if len(set(categories)) < len(categories):
            raise DataError(
                f"the labels of {':'.join(factor)!r} are not told apart when joined by a colon: rename them"
            )
        groups = pd.Categorical.from_codes(codes, categories)
    return groups


def _categories(data, name):
    column = complete(data, name)
    try:
        return pd.Categorical(column.astype(float) if column.dtype == "float16" else column)
    except TypeError as error:
        raise DataError(f"{name!r} holds no labels ({error}): make text of it with .astype(str)") from error


def _merge(one, other):
    """Two brackets of the same factor: their effects are independent."""
    twice = set(one.effects) & set(other.effects)
    if twice:
        raise DataError(
            f"{', '.join(sorted(twice))} varies between groups of {one.name!r} in two brackets; "
            "write (0 + x | group) to leave the intercept out of one"
        )
    blocks = (*one.blocks, *(max(one.blocks) + 1 + block for block in other.blocks))
    columns = np.column_stack([one.columns, other.columns])
    return GroupTerm(one.name, one.labels, columns, one.effects + other.effects, blocks)
