"""The columns of a model, evaluated on any data: on standardised ones, and on the same rows in original units."""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd
import patsy

from partial_pooling.engine.formula import read_formula
from partial_pooling.groups import effect_names


class Columns(NamedTuple):
    """What the coefficients and effects of a mixed model multiply."""

    response: np.ndarray  # (rows,)
    design: pd.DataFrame  # (rows, p), the population-level effects
    groups: dict  # grouping factor to DataFrame (rows, q), the group-level effects


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


class MixedLMColumns:
    """Columns of a statsmodels mixed model, on any data.

    A MixedLM keeps its formula and the names of its group-level columns, but not `re_formula` and `vc_formula`. So
    these columns are evaluated by their names, and the result is held against the columns of the model itself.

    Parameters
    ----------
    fit : statsmodels.regression.mixed_linear_model.MixedLMResultsWrapper

    Raises
    ------
    ValueError
        If the model was not made from a formula, a variance component has rows in which several columns are not zero,
        or its columns cannot be evaluated by their names.
    """

    def __init__(self, fit):
        model = fit.model
        if getattr(model, "formula", None) is None:
            raise ValueError("the model was made from arrays: make it from a formula, with smf.mixedlm")
        self.formula = model.formula
        factors = model.data.model_spec.factor_infos.values()
        known = next((info.state["eval_env"] for info in factors), patsy.EvalEnvironment([]))
        self.environment = known.with_outer_namespace({"np": np})
        self.outer = _name_of_groups(model)
        self.correlated = effect_names(fit) if model.k_re else []
        columns = [next(name for names in of_groups for name in names) for of_groups in model.exog_vc.colnames]
        self.components = dict(zip(model.exog_vc.names, map(self._read, columns), strict=True))
        self._refuse_what_differs(model)

    def __call__(self, data):
        """Columns on some data, as :class:`Columns`."""
        response, design = self._matrices(self.formula, data, patsy.dmatrices)
        groups = {self.outer: self._evaluate(self.correlated, data)} if self.correlated else {}
        for factor, effect in self.components.values():
            column = self._evaluate([effect], data)
            groups[factor] = pd.concat([groups[factor], column], axis=1) if factor in groups else column
        return Columns(response.iloc[:, 0].to_numpy(), design.reset_index(drop=True), groups)

    def _matrices(self, formula, data, evaluate):
        keep_all_rows = patsy.NAAction(NA_types=[])
        with np.errstate(all="ignore"):  # the logarithm of a negative number is refused later, with the term named
            return evaluate(formula, data, self.environment, NA_action=keep_all_rows, return_type="dataframe")

    def _evaluate(self, names, data):
        terms = dict.fromkeys("1" if name == "Intercept" else re.sub(r"\[[^\]]*\]", "", name) for name in names)
        formula = "0 + " + " + ".join(terms)
        return self._matrices(formula, data, patsy.dmatrix).reset_index(drop=True)

    def _read(self, column):
        """Factor and effect of a component's column, which is named like ``C(store)[A1]:log_price``."""
        parts = re.findall(r"[^:\[\]]+(?:\[[^\]]*\])?", column)
        codes = [part.partition("[")[0] for part in parts if part.endswith("]")]
        effect = ":".join(part for part in parts if not part.endswith("]")) or "Intercept"
        return ":".join(re.sub(r"^C\((\w+)\b.*\)$", r"\1", code) for code in codes) or self.outer, effect

    def _refuse_what_differs(self, model):
        groups = self(model.data.frame).groups
        own = [*model.exog_re.T] if model.k_re else []
        for name, mats in zip(model.exog_vc.names, model.exog_vc.mats, strict=True):
            if any((np.count_nonzero(matrix, axis=1) > 1).any() for matrix in mats):
                raise ValueError(f"variance component {name!r}: each row may have one column that is not zero")
            column = np.empty(len(model.endog))
            for group, matrix in zip(model.group_labels, mats, strict=True):
                column[model.row_indices[group]] = np.sum(matrix, axis=1)
            own.append(column)
        named = [(self.outer, effect) for effect in self.correlated] + list(self.components.values())
        for (factor, effect), column in zip(named, own, strict=True):
            if effect not in groups[factor] or not np.allclose(groups[factor][effect], column, rtol=1e-10, atol=0):
                raise ValueError(
                    f"the column '{effect} | {factor}' of the model cannot be evaluated again by its name; "
                    "make a column of the data of it"
                )


def _name_of_groups(model):
    """The column that was given as `groups`."""
    frame, names = model.data.frame, model.data.exog_re_names if model.k_re else []
    for name in [*(name for name in names if name in frame), *frame]:
        if np.array_equal(frame[name].to_numpy(), np.asarray(model.groups)):
            return name
    return "groups"
