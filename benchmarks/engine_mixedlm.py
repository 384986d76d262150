"""The package mixedlm: Python with a backend in Rust. Not to be confused with MixedLM of statsmodels."""

import warnings
from importlib.metadata import version

import mixedlm
from timing import run


def fit(problem, data):
    """Fit by REML with the default optimiser (L-BFGS-B with exact gradients)."""
    return mixedlm.lmer(problem.formula, data)


def describe(fitted):
    """What is compared."""
    sd = [value for group in fitted.VarCorr().groups.values() for value in group.stddev.values()]
    described = {"loglik": fitted.logLik().value, "fixed": fitted.fixef().values(), "sd": [*sd, fitted.sigma]}
    return described if fitted.converged else {**described, "note": "says that it did not converge"}


warnings.simplefilter("ignore")
run(version("mixedlm"), fit, describe)
