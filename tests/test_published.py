"""Published results, typed from their sources, against statsmodels through the checked fit.

A reference file that is wrong cannot agree with a fit that is wrong in the same way: these numbers come from neither.
"""

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from partial_pooling import checked_fit, load


def test_sleepstudy_as_in_the_lme4_paper():
    """Bates et al. (2015), Journal of Statistical Software 67(1), section 1.1 and tables of model fm1."""
    fit = checked_fit(smf.mixedlm("reaction ~ days", load("sleepstudy"), groups="subject", re_formula="~days"))
    assert fit.fe_params.to_dict() == pytest.approx({"Intercept": 251.4051, "days": 10.4673}, abs=5e-5)
    assert fit.bse_fe.to_dict() == pytest.approx({"Intercept": 6.8246, "days": 1.5458}, rel=0.03)
    sd = np.sqrt(np.diag(fit.cov_re))
    assert sd == pytest.approx([24.741, 5.922], abs=1e-3)
    assert fit.cov_re.iloc[0, 1] / sd.prod() == pytest.approx(0.0656, abs=1e-4)
    assert np.sqrt(fit.scale) == pytest.approx(25.592, abs=1e-3)
    assert -2 * fit.llf == pytest.approx(1743.6283, abs=2e-4)


def test_sleepstudy_deviance_under_ml():
    """The deviance of the same model under ML, on which lme4, nlme and MixedModels.jl agree."""
    model = smf.mixedlm("reaction ~ days", load("sleepstudy"), groups="subject", re_formula="~days")
    assert -2 * checked_fit(model, reml=False).llf == pytest.approx(1751.9393, abs=2e-4)


def test_pastes_nested_under_ml():
    """Casks in batches, ``(1 | batch / cask)``: lme4 and MixedModels.jl."""
    model = smf.mixedlm(
        "strength ~ 1", load("pastes"), groups="batch", re_formula="1", vc_formula={"cask": "0 + C(cask)"}
    )
    fit = checked_fit(model, reml=False)
    assert fit.fe_params["Intercept"] == pytest.approx(60.0533, abs=5e-5)
    found = np.sqrt([fit.vcomp[0], fit.cov_re.iloc[0, 0], fit.scale])
    assert found == pytest.approx([2.9041, 1.0951, 0.8234], abs=1e-3)
    assert -2 * fit.llf == pytest.approx(247.9945, abs=2e-4)


def test_penicillin_crossed_under_ml():
    """Plates by samples, ``(1 | plate) + (1 | sample)``: lme4 and MixedModels.jl. One group holds both factors."""
    data = load("penicillin").assign(all_rows=1)
    components = {"plate": "0 + C(plate)", "sample": "0 + C(sample)"}
    fit = checked_fit(smf.mixedlm("diameter ~ 1", data, groups="all_rows", vc_formula=components), reml=False)
    assert fit.fe_params["Intercept"] == pytest.approx(22.9722, abs=5e-5)
    assert np.sqrt([*fit.vcomp, fit.scale]) == pytest.approx([0.8456, 1.7706, 0.5499], abs=1e-3)
    assert -2 * fit.llf == pytest.approx(332.1883, abs=2e-4)


RADON = {
    "floor": (
        {"Intercept": 1.4616, "floor": -0.6930},
        {"Intercept": 0.0516, "floor": 0.0704},
        0.3282,
        0.7556,
        -1085.6527,
    ),
    "floor + uranium": (
        {"Intercept": 1.4658, "floor": -0.6682, "uranium": 0.7203},
        {"uranium": 0.0918},
        0.1564,
        0.7584,
        -1067.0931,
    ),
}


@pytest.mark.parametrize("predictors", RADON)
def test_radon_as_in_the_textbook(predictors):
    """Gelman and Hill (2007), chapter 12, models with one intercept a county; four digits from lme4, REML."""
    coefficients, errors, tau, sigma, llf = RADON[predictors]
    fit = checked_fit(smf.mixedlm(f"log_radon ~ {predictors}", load("radon"), groups="county"))
    assert fit.fe_params.to_dict() == pytest.approx(coefficients, abs=5e-5)
    assert fit.bse_fe[list(errors)].to_dict() == pytest.approx(errors, rel=0.03)
    assert [np.sqrt(fit.cov_re.iloc[0, 0]), np.sqrt(fit.scale)] == pytest.approx([tau, sigma], abs=1e-3)
    assert fit.llf == pytest.approx(llf, abs=1e-4)


def test_radon_is_where_statsmodels_by_itself_stops_short():
    """By 0.005. Whether it then says that it converged depends on the machine's mathematical library."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        default = smf.mixedlm("log_radon ~ floor + uranium", load("radon"), groups="county").fit()
    assert default.llf == pytest.approx(RADON["floor + uranium"][-1] - 0.0053, abs=2e-4)


def test_a_variance_of_zero_as_in_dyestuff2():
    """Batch means all alike, as in lme4's Dyestuff2: the REML estimate of the variance between batches is zero."""
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"batch": np.repeat(list("ABCDEF"), 5), "yield_": rng.normal(5, 4, 30)})
    data["yield_"] -= 0.9 * (data.groupby("batch")["yield_"].transform("mean") - 5)
    with pytest.warns(UserWarning, match="singular fit"):
        fit = checked_fit(smf.mixedlm("yield_ ~ 1", data, groups="batch"))
    assert fit.cov_re.iloc[0, 0] == pytest.approx(0, abs=1e-4)
    assert fit.llf == pytest.approx(_loglike_without_batches(data["yield_"]), abs=1e-4)


def _loglike_without_batches(y):
    """Restricted log-likelihood of independent observations with a common mean."""
    df = len(y) - 1
    return -0.5 * (df * (np.log(2 * np.pi * y.var()) + 1) + np.log(len(y)))
