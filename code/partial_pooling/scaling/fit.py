"""A fit of any program, in the units of its data, and the same fit in other units."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from partial_pooling.engine import MixedFit
from partial_pooling.groups import by_label, component_effects, deviations
from partial_pooling.scaling.change import Change
from partial_pooling.scaling.columns import MixedLMColumns, columns_of_formula


@dataclass(frozen=True)
class FitInUnits:
    """Estimates of a linear mixed model, in the units of `data`; names as those of the engine's fits.

    Parameters
    ----------
    program : str
        Who made the fit.
    evaluate : callable
        From data to the columns of the model.
    data : pandas.DataFrame
    method : str
        REML or ML.
    fe_params : pandas.Series (p,)
        Population-level coefficients.
    cov_fe : pandas.DataFrame (p, p)
        Their covariance matrix.
    cov_re : dict of str to pandas.DataFrame (q, q)
        Covariance matrix of the group-level effects of each grouping factor.
    random_effects : dict of str to pandas.DataFrame (groups, q)
        Conditional modes of those effects.
    scale : float
        Residual variance.
    llf : float
        Log-likelihood, restricted or full.
    """

    program: str
    evaluate: Callable
    data: pd.DataFrame
    method: str
    fe_params: pd.Series
    cov_fe: pd.DataFrame
    cov_re: dict
    random_effects: dict
    scale: float
    llf: float

    @classmethod
    def read(cls, fit):
        """Read a fit of statsmodels or of the engine.

        Parameters
        ----------
        fit : MixedLMResultsWrapper, MixedFit or FitInUnits

        Returns
        -------
        FitInUnits
            In the units in which it was fitted.

        Raises
        ------
        TypeError, ValueError
            If it is no such fit, or it does not know its formula and its data.
        """
        if isinstance(fit, cls):
            return fit
        if isinstance(fit, MixedFit):
            return cls._of_engine(fit)
        if hasattr(getattr(fit, "model", None), "exog_vc"):
            return cls._of_statsmodels(fit)
        raise TypeError(f"{type(fit).__name__} is not a fit of statsmodels' MixedLM or of lmm")

    @classmethod
    def _of_engine(cls, fit):
        if fit.formula is None:
            raise ValueError("this fit knows its cross-products only: fit with lmm(formula, data)")
        return cls(
            "engine", partial(columns_of_formula, fit.formula), fit.data, fit.method,
            fit.fe_params, fit.cov_fe, fit.cov_re, fit.random_effects, fit.scale, fit.llf,
        )  # fmt: skip

    @classmethod
    def _of_statsmodels(cls, fit):
        model, columns = fit.model, MixedLMColumns(fit)
        names = list(fit.fe_params.index)
        covariances, effects = {}, {}
        if model.k_re:
            covariances[columns.outer] = np.asarray(fit.cov_re)
            effects[columns.outer] = deviations(fit)
        for (component, (factor, effect)), variance in zip(columns.components.items(), fit.vcomp, strict=True):
            of_factor = covariances.get(factor, np.zeros((0, 0)))
            covariances[factor] = np.pad(of_factor, (0, 1))
            covariances[factor][-1, -1] = variance
            found = component_effects(fit, component)
            if factor == columns.outer:
                found = found.set_axis(list(fit.random_effects))
            effects[factor] = effects.get(factor, pd.DataFrame(index=found.index)).assign(**{effect: found})
        effects = {factor: by_label(table) if table.index.nlevels > 1 else table for factor, table in effects.items()}
        return cls(
            "statsmodels", columns, model.data.frame, fit.method,
            fit.fe_params, fit.cov_params().loc[names, names],
            {factor: _square(matrix, effects[factor]) for factor, matrix in covariances.items()},
            effects, float(fit.scale), float(fit.llf),
        )  # fmt: skip

    def unscaled(self, scaling):
        """The same fit in original units.

        Parameters
        ----------
        scaling : Scaling
            By what the columns of `data` were shifted and divided.

        Returns
        -------
        FitInUnits
        """
        data = scaling.undo(self.data)
        raw = self.evaluate(data)
        change = Change.between(self.evaluate(self.data), raw, scaling)
        T, s, names = change.design, change.factor, list(raw.design)
        of_groups = {factor: (s * T, list(raw.groups[factor])) for factor, T in change.groups.items()}
        return replace(
            self,
            data=data,
            fe_params=pd.Series(s * T @ self.fe_params.to_numpy() + change.shift * change.constant, names),
            cov_fe=pd.DataFrame(s**2 * T @ self.cov_fe.to_numpy() @ T.T, names, names),
            cov_re={
                factor: pd.DataFrame(T @ self.cov_re[factor].to_numpy() @ T.T, effects, effects)
                for factor, (T, effects) in of_groups.items()
            },
            random_effects={
                factor: pd.DataFrame(table.to_numpy() @ of_groups[factor][0].T, table.index, of_groups[factor][1])
                for factor, table in self.random_effects.items()
            },
            scale=s**2 * self.scale,
            llf=self.llf + change.loglik(self.nobs, self.method == "REML"),
        )

    @property
    def columns(self):
        """The columns of the model on `data`: response, design and those of the groups."""
        return self.evaluate(self.data)

    @property
    def names(self):
        """Names of the population-level effects."""
        return list(self.fe_params.index)

    @property
    def nobs(self):
        """Number of rows."""
        return len(self.data)

    @property
    def bse_fe(self):
        """Standard errors of `fe_params`: Series."""
        return pd.Series(np.sqrt(np.diag(self.cov_fe)), self.names)

    summary = MixedFit.summary


def _square(matrix, effects):
    return pd.DataFrame(matrix, list(effects), list(effects))
