"""The package interlace-lme, in Python."""

import re
import warnings
from importlib.metadata import version

import interlace
import numpy as np
import pandas as pd
from timing import run


def fit(problem, data):
    """Fit by REML with the default optimiser (L-BFGS-B)."""
    random = re.findall(r"\(.*?\)", problem.formula.replace("(days", "(1 + days"))  # it adds no intercept by itself
    fixed = re.sub(r" \+ \(.*?\)", "", problem.formula)
    return interlace.fit(fixed, data, random=random)


def describe(fitted):
    """What is compared."""
    variances = [fitted.scale]
    for component in fitted.variance_components.values():
        variances += list(np.diag(component)) if isinstance(component, pd.DataFrame) else [component]
    described = {"loglik": fitted.llf, "fixed": fitted.fe_params, "sd": np.sqrt(variances)}
    return described if fitted.converged else {**described, "note": "says that it did not converge"}


warnings.simplefilter("ignore")
run(version("interlace-lme"), fit, describe)
