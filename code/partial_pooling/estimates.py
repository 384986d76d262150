"""A mixed-model fit of any program in one shape: what is compared, unscaled and tabulated."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from partial_pooling import mixedlm
from partial_pooling.engine import MixedFit
from partial_pooling.engine.evaluate import columns_of_formula
from partial_pooling.engine.likelihood import described


@dataclass(frozen=True)
class Estimates:
    """Estimates of a linear mixed model; names as those of the engine's fits.

    Parameters
    ----------
    program : str
        Who made the fit.
    evaluate : callable
        From data to the columns of the model.
    data : pandas.DataFrame
        What was fitted; None if the fit has seen arrays only.
    method : str
        REML or ML.
    nobs : int
        Number of rows.
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
    nobs: int
    fe_params: pd.Series
    cov_fe: pd.DataFrame
    cov_re: dict
    random_effects: dict
    scale: float
    llf: float

    def __repr__(self):
        return described(self.program, self, {factor: len(table) for factor, table in self.random_effects.items()})

    @property
    def names(self):
        """Names of the population-level effects."""
        return list(self.fe_params.index)

    @property
    def bse_fe(self):
        """Standard errors of `fe_params`: Series."""
        return pd.Series(np.sqrt(np.diag(self.cov_fe)), self.names)

    @property
    def columns(self):
        """The columns of the model on `data`: response, design and those of the groups."""
        return self.evaluate(self.data)

    summary = MixedFit.summary


def estimates(fit):
    """Read the estimates of a fit, whichever program made it.

    Parameters
    ----------
    fit : MixedLMResultsWrapper, MixedFit or Estimates
        By ``smf.mixedlm``, by :func:`partial_pooling.lmm`, or unscaled.

    Returns
    -------
    Estimates
        Its `summary()` is the table of the engine's fits. A variance component of statsmodels stands under the column
        of the data whose labels tell its groups apart.

    Raises
    ------
    TypeError
        If it is no such fit.
    """
    if isinstance(fit, Estimates):
        return fit
    if isinstance(fit, MixedFit):
        return _of_engine(fit)
    if hasattr(getattr(fit, "model", None), "exog_vc"):
        return _of_statsmodels(fit)
    raise TypeError(f"{type(fit).__name__} is not a fit of statsmodels' MixedLM or of lmm")


def _of_engine(fit):
    return Estimates(
        "engine", partial(columns_of_formula, fit.formula, namespace=fit.namespace), fit.data, fit.method, fit.nobs,
        fit.fe_params, fit.cov_fe, fit.cov_re, fit.random_effects, fit.scale, fit.llf,
    )  # fmt: skip


def _of_statsmodels(fit):
    names, data = list(fit.fe_params.index), getattr(fit.model.data, "frame", None)
    return Estimates(
        "statsmodels", partial(mixedlm.columns, fit.model), data, fit.method, len(fit.model.endog),
        fit.fe_params, fit.cov_params().loc[names, names], mixedlm.covariances(fit), mixedlm.random_effects(fit),
        float(fit.scale), float(fit.llf),
    )  # fmt: skip
