"""The grouping factors and effects of a MixedLM, read from its arrays.

A MixedLM keeps its formula and its arrays, but neither `re_formula` nor `vc_formula`. What varies between which groups
is read from the arrays: which rows share a column, and what stands there. Labels come from the data. Of the names that
patsy printed for the columns only the expressions are taken, and only if patsy, asked to print them again, prints the
same, and if their values on the data are those of the arrays.
"""

from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from partial_pooling.engine.nested import are_nested
from partial_pooling.engine.terms import DataError
from partial_pooling.mixedlm.expressions import column_of, evaluate, frame_of, is_close, printer_of, readings_of

UNNAMED = "groups"
"""What the factor of MixedLM's argument `groups` is called where no column of the data holds it."""


UNNAMED_BY_STATSMODELS = "Group"
"""What it calls the intercept of groups that are given as an array."""


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
    frame, known = frame_of(model), UNNAMED
    if intercept and intercept[0] not in frame and getattr(model, "formula", None) is not None:
        known = intercept[0]
    for name in [*intercept, *frame] if known in (UNNAMED, UNNAMED_BY_STATSMODELS) else ():
        if name in frame and np.array_equal(frame[name].to_numpy(), np.asarray(model.groups)):
            return name
    return known


def _correlated(model, printed, outer):
    """Names of the effects of `re_formula`, and its terms."""
    if not printed or getattr(model, "formula", None) is None:
        return printed, []
    printer = printer_of(model, lambda name: name.replace("Intercept", outer))  # as statsmodels does
    terms = None
    for readings in product(*(list(readings_of(name, printer)) for name in printed)):
        terms = list(dict.fromkeys(tuple(code for code, _ in reading) for reading in readings))
        if _reproduces(model, terms, model.exog_re):
            return list(evaluate(model, terms, frame_of(model))), terms
    return printed, terms


def _component(model, name, matrices, printed):
    groups, values = groups_and_values(model, name, matrices)
    there = np.flatnonzero(values)  # a row whose value is zero does not say which column it belongs to
    printed = [str(column) for of_group in printed for column in of_group]
    first = printed[groups[there[0]] if len(there) else 0]
    if getattr(model, "formula", None) is None:  # there is nothing else to call it by
        effect = "Intercept" if (values == 1).all() else first
        return Component((name,), effect, groups, values, ())
    frame = frame_of(model)
    for reading in readings_of(first, printer_of(model)):
        factor = [column_of(code) for code, is_label in reading if is_label]
        codes = tuple(code for code, is_label in reading if not is_label)
        if not set(factor) <= set(frame) or not _reproduces(model, [codes], values[:, None]):
            continue
        labels = [np.asarray(model.groups), *(frame[column] for column in factor)]
        cells = pd.MultiIndex.from_arrays([np.asarray(of_factor)[there] for of_factor in labels])
        if are_nested(cells, groups[there]) and are_nested(groups[there], cells):
            return Component(tuple(factor), ":".join(codes) or "Intercept", groups, values, codes)
    raise DataError(f"the column {first!r} of a variance component cannot be read: make a column of the data of it")


def groups_and_values(model, name, matrices):
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


def _reproduces(model, terms, expected):
    """Whether terms can be evaluated on the model's own data, and give the columns expected."""
    with suppress(ValueError):
        found = evaluate(model, terms, frame_of(model))
        return found.shape == np.shape(expected) and is_close(found, np.asarray(expected))
    return False
