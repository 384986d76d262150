"""The package glmm: a Python interface to an engine in Rust."""

import warnings
from importlib.metadata import version

import glmm
import numpy as np
from timing import run

OTHER_FORMULA = {"cheese": "log_volume ~ log_price + display + (1 + log_price | city) + (1 + log_price | market)"}
"""Where it refuses the one with ``/``."""


def fit(problem, data):
    """Fit by REML, with what lme4 computes: no degrees of freedom, standard errors given the variances."""
    formula = OTHER_FORMULA.get(problem.name, problem.formula)
    return glmm.fit(data, formula, satterthwaite=False, wald_se="rx")


def describe(fitted):
    """What is compared."""
    sd = [value for group in range(len(fitted.varcorr)) for value in fitted.stddev_corr(group)[0]]
    described = {"loglik": fitted.loglik, "fixed": fitted.beta, "sd": [*sd, np.sqrt(fitted.dispersion)]}
    return described if fitted.converged else {**described, "note": "says that it did not converge"}


warnings.simplefilter("ignore")
run(version("glmm"), fit, describe)
