"""The book's engine."""

import warnings
from importlib.metadata import version

import numpy as np
from timing import run

from partial_pooling.engine import lmm


def fit(problem, data):
    """Fit by REML."""
    return lmm(problem.formula, data)


def describe(fitted):
    """What is compared."""
    sd = [value for covariance in fitted.cov_re.values() for value in np.sqrt(np.diag(covariance))]
    return {"loglik": fitted.llf, "fixed": fitted.fe_params, "sd": [*sd, np.sqrt(fitted.scale)]}


warnings.simplefilter("ignore")
run(version("partial-pooling"), fit, describe)
