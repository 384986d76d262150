"""The posterior of a Bambi model on standardised data, in original units."""

from itertools import combinations

import numpy as np
import xarray as xr

from partial_pooling import bambi_model
from partial_pooling.posterior import sample_stats
from partial_pooling.scaling.change import Change
from partial_pooling.scaling.standardise import refuse_what_cannot_be_undone

LINEAR = ("gaussian", "t")
"""Families of Bambi of which every parameter but ``sigma`` and the mean has no unit."""


def unscale_posterior(idata, scaling, model):
    """Bring every draw back to original units; see :func:`partial_pooling.unscale`.

    Parameters
    ----------
    idata : arviz.InferenceData or xarray.DataTree
    scaling : Scaling
    model : bambi.Model
        Whose fit `idata` is.

    Returns
    -------
    arviz.InferenceData or xarray.DataTree
        As `idata`.
    """
    posterior, scaled = idata["posterior"], bambi_model.columns(model)
    variables = bambi_model.variables(model)
    refuse_what_cannot_be_undone(scaling, scaled)
    raw = bambi_model.columns(model, scaling.undo(bambi_model.rows(model)), plain=True)
    change = Change.between(scaled, raw, scaling)
    _refuse_other_predictors(model, np.array_equal(scaled.response, raw.response), scaling)
    s = change.factor
    coefficients = _Draws(posterior, variables.design)
    effects_of = {
        factor: _Draws(posterior, names, last=f"{factor}__factor_dim") for factor, names in variables.groups.items()
    }
    beta = _of_the_formula(coefficients, effects_of, scaled, posterior, model)
    draws = coefficients.replaced(s * beta @ change.design.T + change.shift * change.constant)
    for factor, T in change.groups.items():
        effects = effects_of[factor]
        draws |= effects.replaced(s * effects.values @ T.T)
        sd = _Draws(posterior, [f"{name}_sigma" for name in variables.groups[factor]])
        covariance = s**2 * np.einsum("ij,...j,kj->...ik", T, sd.values**2, T)
        between = np.sqrt(np.einsum("...ii->...i", covariance))
        draws |= sd.replaced(between)
        names = ["1" if name == "Intercept" else name for name in raw.groups[factor]]
        for i, j in combinations(range(len(names)), 2):
            if covariance[..., i, j].any():
                correlation = covariance[..., i, j] / (between[..., i] * between[..., j])
                draws[f"{names[i]}, {names[j]}|{factor}_corr"] = (("chain", "draw"), correlation)
    for parameter, name in bambi_model.constants(model).items():
        if name in posterior.data_vars:
            draws[name] = s * posterior[name] if parameter == "sigma" else posterior[name]
    plain = _plain_names(variables, scaled, raw)
    draws = {plain.get(name, name): values for name, values in draws.items()}
    stats = sample_stats(idata)
    groups = {"posterior": xr.Dataset(draws)} | ({} if stats is None else {"sample_stats": stats})
    if isinstance(idata, xr.DataTree):
        return xr.DataTree.from_dict({name: group.copy() for name, group in groups.items()})
    return type(idata)(**groups)


def _refuse_other_predictors(model, same_response, scaling):
    """Refuse a response in other units where the linear predictor is not in them, and an offset in other units."""
    if not same_response and not (bambi_model.has_identity_link(model) and model.family.name in LINEAR):
        raise ValueError(
            f"the response was standardised, and coefficients of the family {model.family.name!r} with its link are "
            "not in its units: fit the response as it is, and standardise predictors only"
        )
    offsets = bambi_model.offsets(model)
    if offsets and not (same_response and offsets.isdisjoint(scaling.columns)):
        raise ValueError("the model has an offset, which must stay in its units, and the response with it")


def _plain_names(variables, scaled, raw):
    """What variables are called where the formula standardises: ``days`` for ``scale(days)``."""
    plain = {}
    for factor, names in ({None: variables.design} | variables.groups).items():
        for name, before, after in zip(names, scaled.parts[factor], raw.parts[factor], strict=True):
            if before != after:
                product = ":".join(part.text for part in after)
                new = f"{product}|{factor}" if factor else product
                plain |= {name: new, f"{name}_sigma": f"{new}_sigma"}
    return plain


def _of_the_formula(coefficients, effects_of, scaled, posterior, model):
    """Coefficients with the intercept of the formula, which after variational inference is that of centred predictors.

    Bambi centres predictors while it samples, and moves the intercept back in draws of a sampler only.
    """
    predictor = bambi_model.predictor(model, posterior)
    if predictor is None or "Intercept" not in scaled.design:
        return coefficients.values
    linear, ends = coefficients.values @ scaled.design.iloc[[0, -1]].to_numpy().T, bambi_model.groups_of_rows(model)
    for factor, effects in effects_of.items():
        own = effects.values[:, :, ends[factor][[0, -1]]]
        linear = linear + (own * scaled.groups[factor].iloc[[0, -1]].to_numpy()).sum(axis=-1)
    moved = predictor[..., [0, -1]] - linear
    if not np.allclose(moved[..., 0], moved[..., 1], atol=1e-6 * np.abs(predictor).max()):
        raise ValueError("the draws' predictor is not that of the formula and of the model's data: is it this model's?")
    return coefficients.values + moved[..., :1] * (scaled.design.columns == "Intercept")


class _Draws:
    """Draws of several variables as one array (chain, draw, ..., columns), and the way back to variables."""

    def __init__(self, posterior, names, last=None):
        self.variables = {}
        for name in dict.fromkeys(names):
            if name not in posterior.data_vars:
                raise ValueError(f"the posterior has no {name!r}, which the formula names: is it this model's?")
            first = ["chain", "draw", *([last] if last else [])]
            self.variables[name] = posterior[name].transpose(*first, ...)
        shared = 3 if last else 2
        flat = [draws.to_numpy().reshape(*draws.shape[:shared], -1) for draws in self.variables.values()]
        self.sizes = [part.shape[-1] for part in flat]
        self.values = np.concatenate(flat, axis=-1)
        if self.values.shape[-1] != len(names):
            raise ValueError(f"the posterior's {', '.join(self.variables)} are not {len(names)} columns: {names}")

    def replaced(self, values):
        """The same variables with other values."""
        parts = np.split(values, np.cumsum(self.sizes)[:-1], axis=-1)
        return {
            name: draws.copy(data=part.reshape(draws.shape))
            for (name, draws), part in zip(self.variables.items(), parts, strict=True)
        }
