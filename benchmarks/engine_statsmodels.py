"""MixedLM of statsmodels, as ``fit()`` fits it by default."""

import warnings

import numpy as np
import statsmodels
from statsmodels.formula.api import mixedlm
from timing import CannotStateError, run

SLOPES = {"sleepstudy": ("reaction ~ days", "subject", "days")}
SLOPES |= {f"stores_1e{power}": ("log_sales ~ log_price", "store", "log_price") for power in [3, 4, 5, 6]}


def fit(problem, data):
    """Fit by REML."""
    if problem.name in SLOPES:
        formula, group, slope = SLOPES[problem.name]
        return mixedlm(formula, data, groups=group, re_formula=f"~{slope}").fit()
    if problem.name == "pastes":
        casks = {"cask": "0 + C(cask)"}
        return mixedlm("strength ~ 1", data, groups="batch", re_formula="1", vc_formula=casks).fit()
    if problem.name == "penicillin":
        crossed = {"plate": "0 + C(plate)", "sample": "0 + C(sample)"}
        return mixedlm("diameter ~ 1", data, groups=np.ones(len(data)), vc_formula=crossed).fit()
    if problem.name == "cheese":
        raise CannotStateError("slopes that correlate with intercepts on two levels cannot be stated")
    raise CannotStateError("crossed factors are one group to it, whose dense covariance of all rows does not fit")


def describe(fitted):
    """What is compared."""
    variances = [*np.diag(np.atleast_2d(fitted.cov_re)), *fitted.vcomp, fitted.scale]
    described = {"loglik": fitted.llf, "fixed": fitted.fe_params, "sd": np.sqrt(variances)}
    return described if fitted.converged else {**described, "note": "says that it did not converge"}


warnings.simplefilter("ignore")
run(statsmodels.__version__, fit, describe)
