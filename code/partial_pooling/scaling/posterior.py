"""The posterior of a Bambi model on standardised data, in original units."""

import re
from itertools import combinations

import numpy as np
import xarray as xr

from partial_pooling.engine.formula import columns_of_formula
from partial_pooling.scaling.change import Change


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
    formula, posterior = str(model.formula.main), idata["posterior"]
    scaled = columns_of_formula(formula, model.data)
    raw = columns_of_formula(formula, scaling.undo(model.data))
    change = Change.between(scaled, raw, scaling)
    s = change.factor
    coefficients = _Draws(posterior, [_variable(name) for name in scaled.design])
    draws = coefficients.replaced(s * coefficients.values @ change.design.T + change.shift * change.constant)
    for factor, T in change.groups.items():
        variables = [f"{_variable(name).replace('Intercept', '1')}|{factor}" for name in scaled.groups[factor]]
        effects = _Draws(posterior, variables, last=f"{factor}__factor_dim")
        draws |= effects.replaced(s * effects.values @ T.T)
        sd = _Draws(posterior, [f"{name}_sigma" for name in variables])
        covariance = s**2 * np.einsum("ij,...j,kj->...ik", T, sd.values**2, T)
        between = np.sqrt(np.einsum("...ii->...i", covariance))
        draws |= sd.replaced(between)
        names = [_effect(name) for name in scaled.groups[factor]]
        for i, j in combinations(range(len(names)), 2):
            if covariance[..., i, j].any():
                correlation = covariance[..., i, j] / (between[..., i] * between[..., j])
                draws[f"{names[i]}, {names[j]}|{factor}_corr"] = (("chain", "draw"), correlation)
    if "sigma" in posterior.data_vars:
        draws["sigma"] = s * posterior["sigma"]
    groups = {"posterior": xr.Dataset(draws), "sample_stats": idata["sample_stats"]}
    if isinstance(idata, xr.DataTree):
        return xr.DataTree.from_dict({name: group.copy() for name, group in groups.items()})
    return type(idata)(**groups)


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


def _variable(column):
    """Bambi's name of the variable that holds a column's coefficient: ``half`` for ``half[b]``."""
    return re.sub(r"\[[^\]]*\]", "", column)


def _effect(column):
    return "1" if column == "Intercept" else column
