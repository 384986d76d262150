"""GPBoost, for its mixed models without boosting."""

from importlib.metadata import version

import gpboost
import numpy as np
from timing import CannotStateError, run

MODELS = {
    "pastes": ("strength", [], ["batch", "sample"]),
    "penicillin": ("diameter", [], ["plate", "sample"]),
    "insteval": ("y", ["service"], ["s", "d", "dept"]),
}
"""Response, predictors and groups; it takes arrays, not formulas."""


def fit(problem, data):
    """Fit by full maximum likelihood (it has no REML) with the default optimiser (L-BFGS)."""
    if problem.name not in MODELS:
        raise CannotStateError("a slope that correlates with its intercept cannot be stated")
    response, predictors, groups = MODELS[problem.name]
    design = np.column_stack([np.ones(len(data)), data[predictors]])
    labels = np.column_stack([data[group].cat.codes for group in groups])
    model = gpboost.GPModel(group_data=labels, likelihood="gaussian", num_parallel_threads=1)
    return model.fit(y=data[response].to_numpy(float), X=design)


def describe(fitted):
    """What is compared."""
    return {
        "loglik": None,
        "loglik_ml": -fitted.get_current_neg_log_likelihood(),
        "fixed": fitted.get_coef(format_pandas=False),
        "sd": np.sqrt(fitted.get_cov_pars(format_pandas=False)),
        "note": "full maximum likelihood, it has no REML",
    }


run(version("gpboost"), fit, describe)
