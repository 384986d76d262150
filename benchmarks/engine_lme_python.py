"""The package lme-python: a Python interface to lme-rs, an engine in Rust."""

from importlib.metadata import version

import lme_python
import numpy as np
import polars as pl
from timing import run


def read(problem, path):
    """Read the data into polars, which it takes without conversion."""
    return pl.read_csv(path, schema_overrides=dict.fromkeys(problem.groups, pl.String))


def fit(problem, data):
    """Fit by REML."""
    return lme_python.lmer(problem.formula, data, reml=True)


def describe(fitted):
    """What is compared."""
    variances = [variance for _, one, other, variance, _ in fitted.var_corr if one == other]
    described = {"loglik": fitted.log_likelihood, "fixed": fitted.coefficients, "sd": np.sqrt(variances)}
    return described if fitted.converged else {**described, "note": "says that it did not converge"}


run(version("lme-python"), fit, describe, read)
