"""The optimum of a MixedLM, by the engine."""

from dataclasses import replace

import numpy as np
import pandas as pd

from partial_pooling.engine.columns import cross_products
from partial_pooling.engine.likelihood import fit_products
from partial_pooling.engine.nested import are_nested
from partial_pooling.engine.terms import GroupTerm
from partial_pooling.mixedlm.structure import UNNAMED, groups_and_values


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
        labels, values = groups_and_values(model, component, matrices)
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
