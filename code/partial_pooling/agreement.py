"""Whether several programs fit one and the same model."""

import bambi as bmb
import numpy as np
import pandas as pd

from partial_pooling.engine import MixedFit
from partial_pooling.engine.formula import read_formula
from partial_pooling.reference import KINDS, DisagreementError, differences

SAME_PREDICTOR = 1e-6
"""Largest difference between two linear predictors that is rounding."""


def agreement(name, *fits, bambi=None):
    """Table by how much fits of a model differ from lme4's, and whether a Bambi model has the same linear predictor.

    Every fit is held against lme4 by :func:`partial_pooling.compare`, with its tolerances. A Bambi model is not
    sampled: its linear predictor is evaluated at the estimates of one of the fits, which must give that fit's fitted
    values. That the two state the same columns and the same groups is thereby exact; their distributions may differ.

    Parameters
    ----------
    name : str
        Name of the model in data/reference/lme4.json.
    *fits : MixedLMResultsWrapper or MixedFit
        By statsmodels or by the engine; with a Bambi model one of them must be the engine's.
    bambi : bambi.Model, optional

    Returns
    -------
    pandas.DataFrame
        One column a program; largest absolute differences, to four decimals.

    Raises
    ------
    ValueError, DisagreementError
        As :func:`partial_pooling.compare`; also if Bambi's linear predictor differs by more than `SAME_PREDICTOR`.
    """
    columns = {}
    for fit in fits:
        table = differences(fit, name)
        columns[table.columns[0]] = table["difference"].abs().groupby(table["kind"]).max()
    table = pd.DataFrame(columns).loc[list(KINDS[:4])].rename_axis(None)
    if bambi is not None:
        (engine,) = (fit for fit in fits if isinstance(fit, MixedFit))
        apart = linear_predictor_difference(bambi, engine)
        if not apart <= SAME_PREDICTOR:
            raise DisagreementError(
                f"{name!r}: Bambi's linear predictor differs from the engine's by up to {apart:.6g}"
            )
        table.loc["linear predictor", "Bambi"] = apart
    return table.map(lambda value: "" if np.isnan(value) else f"{value:.4f}")


def linear_predictor_difference(model, fit):
    """Largest difference between a Bambi model's linear predictor at a fit's estimates and the fitted values.

    Parameters
    ----------
    model : bambi.Model
    fit : MixedFit
        Of the same formula to the same data, by the engine.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the two do not have the same coefficients and group-level effects.
    """
    plain = bmb.Model(model.formula, model.data, center_predictors=False, noncentered=False)
    plain.build()
    variables, coordinates = plain.backend.model.named_vars, plain.backend.model.coords
    values = {name: value for name, value in fit.fe_params.items() if name in variables}
    for name, labels in coordinates.items():  # a categorical predictor has one parameter with an element a category
        term = name.removesuffix("_dim")
        if name != term and f"{term}[{labels[0]}]" in fit.fe_params:
            values[term] = [fit.fe_params[f"{term}[{label}]"] for label in labels]
    for factor, effects in fit.random_effects.items():
        for effect in effects:
            groups = list(coordinates.get(f"{factor}__factor_dim", effects.index))
            of_groups = effects[effect].set_axis(effects.index.astype(str))  # Bambi's labels are text
            of_groups = of_groups.reindex(map(str, groups), fill_value=0.0)  # a:b has groups of pairs that do not occur
            values[f"{effect.replace('Intercept', '1')}|{factor}"] = of_groups.to_numpy()
    known = {variable.name for variable in plain.backend.model.free_RVs if not variable.name.endswith("sigma")}
    if known != set(values):
        raise ValueError(f"Bambi's terms are {', '.join(sorted(known))}; the fit's are {', '.join(sorted(values))}")
    given = {variables[term]: np.asarray(value, float) for term, value in values.items()}
    return float(np.abs(variables["mu"].eval(given) - _fitted_values(model, fit)).max())


def _fitted_values(model, fit):
    _, design, terms = read_formula(str(model.formula.main), model.data)
    fitted = design.to_numpy() @ fit.fe_params.to_numpy()
    for term in terms:
        effects = fit.random_effects[term.name].loc[np.asarray(term.labels)].to_numpy()
        fitted = fitted + (term.columns * effects).sum(axis=1)
    return fitted
