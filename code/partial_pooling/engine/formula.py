"""Read a mixed-model formula, as lme4 and Bambi write it, with the parser that Bambi uses."""

import warnings
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from formulae import design_matrices, model_description

from partial_pooling.engine.columns import WHAT_TO_DO, cross_products
from partial_pooling.engine.likelihood import fit_products
from partial_pooling.engine.terms import DataError, GroupTerm


class Columns(NamedTuple):
    """What the coefficients and effects of a mixed model multiply."""

    response: np.ndarray  # (rows,)
    design: pd.DataFrame  # (rows, p), the population-level effects
    groups: dict  # grouping factor to DataFrame (rows, q), the group-level effects


def lmm(formula, data, reml=True):
    """Fit a linear mixed model, written as a formula, with the book's engine.

    Parameters
    ----------
    formula : str
        ``"y ~ x + (1 + x | county/store)"``. Effects within one bracket are correlated; those of ``(1 + x || store)``,
        or of two brackets, are independent. Grouping factors may be nested, by ``/`` or by their labels, or crossed.
    data : pandas.DataFrame
        Without missing values in the columns that the formula names.
    reml : bool
        Restricted (default) or full maximum likelihood.

    Returns
    -------
    MixedFit

    Raises
    ------
    DataError
        If the formula names a column that the data do not have, or the data cannot support the model; the message says
        why and what to do.

    Warns
    -----
    UserWarning
        If the fit is singular, or the search did not converge.
    """
    response, design, terms = read_formula(formula, data)
    fit = fit_products(cross_products(response, design, terms), design.columns, reml)
    if not fit.converged:
        warnings.warn(f"{formula!r}: the search stopped before the optimum was certain", stacklevel=2)
    if fit.singular:
        warnings.warn(
            f"{formula!r}: singular fit, some combination of the effects of {', '.join(fit.singular)} is estimated not "
            "to vary at all; the data do not show that these groups differ in it",
            stacklevel=2,
        )
    return replace(fit, formula=formula, data=data)


def read_formula(formula, data):
    """Evaluate a formula on data.

    Parameters
    ----------
    formula : str
    data : pandas.DataFrame

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
        As :func:`lmm`.
    """
    if not data.columns.is_unique:
        raise DataError(f"the data have two columns named {data.columns[data.columns.duplicated()][0]!r}")
    description = _describe(formula.replace("||", "|"))
    if description.response is None:
        raise DataError(f"{formula!r} has no response: write 'y ~ ...'")
    _refuse_unusable_columns(description.var_names - {""}, data)
    population = [_name(term) for term in description.common_terms]
    if not population:
        raise DataError(f"{formula!r} needs at least one population-level effect, such as an intercept")
    if any("offset(" in name for name in population):
        raise DataError(f"{formula!r}: subtract an offset from the response instead")
    matrices = _evaluate(f"{description.response.term.name} ~ 0 + {' + '.join(population)}", data)
    response = matrices.response.design_matrix
    if response.ndim > 1 or response.dtype.kind not in "iuf":
        raise DataError(f"the response {description.response.term.name!r} is not a number")
    terms, evaluated = {}, {tuple(population): matrices.common}
    for bracket in _brackets(formula):
        for term in _read_bracket(bracket, data, evaluated):
            terms[term.name] = _merge(terms[term.name], term) if term.name in terms else term
    return response.astype(float), matrices.common.as_dataframe(), list(terms.values())


def columns_of_formula(formula, data):
    """Columns of a model of the engine or of Bambi.

    Parameters
    ----------
    formula : str
    data : pandas.DataFrame

    Returns
    -------
    Columns
    """
    with np.errstate(all="ignore"):
        response, design, terms = read_formula(formula, data)
    return Columns(response, design, {term.name: pd.DataFrame(term.columns, columns=term.effects) for term in terms})


def _name(term):
    return "1" if term.name == "Intercept" else term.name


def _describe(formula):
    try:
        return model_description(formula)
    except Exception as error:  # formulae's own, of several kinds
        raise DataError(f"{formula!r} cannot be read ({error}); write 0 + x for x without an intercept") from error


def _evaluate(formula, data):
    try:
        return design_matrices(formula, data, na_action="error", extra_namespace={"np": np})
    except KeyError as error:
        raise DataError(f"{error} in {formula!r} is not known: write np.log for log, or make a column of it") from error
    except Exception as error:  # formulae's and the evaluated functions' own, of several kinds
        raise DataError(f"{formula!r} cannot be evaluated: {error}; are its columns numbers or text?") from error


def _refuse_unusable_columns(names, data):
    for name in sorted(names):
        if name not in data:
            raise DataError(f"the data have no column {name!r}; they have {', '.join(map(str, data))}")
        missing = data[name].isna().sum()
        if missing:
            raise DataError(f"{name!r}: {missing} of {len(data)} values are missing; {WHAT_TO_DO}")


def _brackets(formula):
    """What stands between the parentheses of each group-level term."""
    found, depth, begin = [], 0, 0
    for place, character in enumerate(formula):
        if character == "(":
            depth += 1
            begin = place + 1 if depth == 1 else begin
        elif character == ")":
            depth -= 1
            if depth == 0 and "|" in formula[begin:place]:
                found.append(formula[begin:place])
    return found


def _read_bracket(bracket, data, evaluated):
    """Read one bracket: a GroupTerm for each of its grouping factors, which are several if they are written with /.

    `evaluated` holds the columns of what has been evaluated already; a bracket often repeats the predictors.
    """
    effects_of = {}
    description = _describe(f"y ~ 0 + ({bracket.replace('||', '|')})")
    for term in description.group_terms:
        effects_of.setdefault(term.factor.name, (term.factor, []))[1].append(_name(term.expr))
    for factor, effects in effects_of.values():
        # Independent effects are evaluated apart, as lme4 does: a category then has a column for each of its values.
        parts = [(effect,) for effect in effects] if "||" in bracket else [tuple(effects)]
        for part in parts:
            if part not in evaluated:
                evaluated[part] = _evaluate("0 + " + " + ".join(part), data).common
        columns = [evaluated[part].as_dataframe() for part in parts]
        blocks = np.repeat(np.arange(len(parts)), [part.shape[1] for part in columns])
        columns = pd.concat(columns, axis=1)
        yield GroupTerm(factor.name, _labels(factor, data), columns.to_numpy(float), tuple(columns), tuple(blocks))


def _labels(factor, data):
    """Group of each row; groups of two columns together are named A:1."""
    names = [component.name for component in factor.components]
    for name in names:
        if name not in data:
            raise DataError(f"the groups {name!r} are not a column of the data: make them one first")
    labels = pd.Categorical(data[names[0]])
    for name in names[1:]:
        inner = pd.Categorical(data[name])
        pairs, codes = np.unique(labels.codes.astype(int) * len(inner.categories) + inner.codes, return_inverse=True)
        outer_code, inner_code = np.divmod(pairs, len(inner.categories))
        categories = [
            f"{labels.categories[i]}:{inner.categories[j]}" for i, j in zip(outer_code, inner_code, strict=True)
        ]
        if len(set(categories)) < len(categories):
            raise DataError(f"the labels of {factor.name!r} are not told apart when joined by a colon: rename them")
        labels = pd.Categorical.from_codes(codes, categories)
    return labels


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
