"""What programs do with an input, as the book's pages say it: each case is named after the sentence.

The sentences are about statsmodels, Bambi and the book's own helpers, on both locks, and about lme4 and its companions
where R has them.
"""

import math
import os
import re
import subprocess
import sys
import time
import tracemalloc
import warnings

import arviz as az
import bambi as bmb
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from formulae.parser import ParseError
from numpy.testing import assert_allclose
from patsy import PatsyError
from scipy.optimize import minimize
from scipy.stats import chi2
from sklearn.linear_model import Ridge
from statsmodels.genmod.bayes_mixed_glm import BinomialBayesMixedGLM, PoissonBayesMixedGLM
from statsmodels.genmod.cov_struct import Autoregressive, Exchangeable
from statsmodels.stats.anova import AnovaRM
from statsmodels.tools.sm_exceptions import MissingDataError

from partial_pooling import FitError, checked_fit, compare, deviations, lmm, load, sampling_checks, standardise
from partial_pooling.engine import DataError, GroupTerm, cross_products, profile
from r import run_r

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*'str' dtypes are included:DeprecationWarning"  # Bambi's use of pandas
)


def stores():
    data = load("stores")
    return data.assign(
        log_sales=np.log(data["sales"]), log_price=np.log(data["price"] / 4), gdp10=(data["gdp"] - 50) / 10
    )


def juice():
    data = load("orange_juice")
    return data.assign(log_sales=np.log(data["sales"]), log_price=np.log(data["price"] / 3), all_rows=1)


# pooling --------------------------------------------------------------------------------------------------------------
RADON = "log_radon ~ floor + uranium"


def slopes_of_stores(response="log_sales"):
    return smf.mixedlm(f"{response} ~ log_price", stores(), groups="store", re_formula="~log_price")


def quietly(model, **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit = model.fit(**options)
    return fit, [str(warning.message) for warning in caught]


def test_checked_fit_of_the_stores_is_statsmodels_own():
    assert checked_fit(slopes_of_stores()).start == "its own"


def test_statsmodels_stops_short_on_radon_and_retries_where_it_stopped():
    model = smf.mixedlm(RADON, load("radon"), groups="county")
    fit, said = quietly(model)
    best = lmm(f"{RADON} + (1 | county)", load("radon")).llf
    assert fit.llf == pytest.approx(-1067.0984, abs=1e-4)
    assert best - fit.llf == pytest.approx(0.0053, abs=1e-4)
    assert said[0].startswith("Maximum Likelihood optimization failed to converge")
    assert said[1] == "Retrying MixedLM optimization with lbfgs"


def test_lbfgs_started_afresh_arrives_on_radon_and_warns_of_a_zero_variance_that_is_none():
    fit, said = quietly(smf.mixedlm(RADON, load("radon"), groups="county"), method="lbfgs")
    assert fit.llf == pytest.approx(lmm(f"{RADON} + (1 | county)", load("radon")).llf, abs=1e-6)
    assert said == ["Random effects covariance is singular"]
    assert fit.cov_re.iloc[0, 0] == pytest.approx(0.0245, abs=1e-4)


def test_statsmodels_stops_at_the_same_place_whatever_the_processor_and_whatever_it_reports():
    """Whether it says "converged" there differs between OpenBLAS kernels; where it stops does not."""
    code = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "import statsmodels.formula.api as smf\n"
        "from partial_pooling import load\n"
        f"print(smf.mixedlm({RADON!r}, load('radon'), groups='county').fit().llf)"
    )
    kernels = [os.environ | {"OPENBLAS_CORETYPE": name} for name in ("Prescott", "Haswell")]
    ends = [subprocess.check_output([sys.executable, "-c", code], env=kernel, text=True) for kernel in kernels]
    assert [float(end) for end in ends] == pytest.approx([-1067.0984, -1067.0984], abs=1e-4)


def test_statsmodels_standard_error_of_a_variance_grows_tenfold_where_the_variance_grows_a_hundredfold():
    once, tenfold = (checked_fit(slopes_of_stores(y)) for y in ("log_sales", "I(10 * log_sales)"))
    printed = [float(fit.summary().tables[1].loc["log_price Var", "Std.Err."]) for fit in (once, tenfold)]
    ratio = tenfold.cov_re.loc["log_price", "log_price"] / once.cov_re.loc["log_price", "log_price"]
    assert ratio == pytest.approx(100, rel=1e-3)
    assert printed[1] / printed[0] == pytest.approx(10, rel=0.01)


def test_statsmodels_takes_standard_errors_from_the_curvature_in_all_parameters_at_once():
    """lme4 and the engine take them from the coefficients alone, with the variances as given."""
    model = slopes_of_stores()
    fit = checked_fit(model)
    curvature = -model.hessian(fit.params_object)[0]
    together = np.sqrt(np.diag(np.linalg.inv(curvature)))[:2]
    alone = np.sqrt(np.diag(np.linalg.inv(curvature[:2, :2])))
    engine = lmm("log_sales ~ log_price + (1 + log_price | store)", stores())
    assert fit.bse_fe.to_numpy() == pytest.approx(together, rel=1e-6)
    assert engine.bse_fe.to_numpy() == pytest.approx(alone, rel=1e-4)
    assert together[1] > 1.02 * alone[1]


def scale_of_levels(predictors, data):
    text = str(bmb.Model(f"log_sales ~ {predictors} + (1 | store)", data))
    (line,) = (line for line in text.splitlines() if "1|store" in line)
    return float(line.split("HalfNormal(sigma: ")[1].split(")")[0])


def test_bambis_default_for_levels_is_two_and_a_half_standard_deviations_without_a_predictor():
    data = stores()
    assert scale_of_levels("1", data) == pytest.approx(2.5 * data["log_sales"].std(ddof=0), abs=1e-4)


def test_bambis_default_for_levels_grows_with_the_means_of_the_predictors_so_it_moves_with_their_zero():
    data = stores().assign(log_dollars=lambda rows: np.log(rows["price"]))
    response = 2.5 * data["log_sales"].std(ddof=0)
    for name, printed in {"log_price": 1.7182, "log_dollars": 14.1175}.items():
        x = data[name]
        expected = np.hypot(response, response / x.std(ddof=0) * x.mean())
        assert scale_of_levels(name, data) == pytest.approx(expected, abs=1e-4)
        assert scale_of_levels(name, data) == pytest.approx(printed, abs=1e-4)


def test_predict_of_a_mixed_model_in_statsmodels_gives_the_average_line():
    fit = checked_fit(slopes_of_stores())
    new = stores().iloc[[0, -1]]
    assert fit.predict(new).to_numpy() == pytest.approx(
        fit.fe_params["Intercept"] + fit.fe_params["log_price"] * new["log_price"].to_numpy()
    )


# names ----------------------------------------------------------------------------------------------------------------


def test_the_column_behind_groups_is_a_label_whatever_its_type():
    data = load("orange_juice")
    data = data.assign(log_sales=np.log(data["sales"]), log_price=np.log(data["price"] / 3))
    fits = [
        checked_fit(smf.mixedlm("log_sales ~ log_price", data.assign(store=data["store"].astype(kind)), groups="store"))
        for kind in (int, str)
    ]
    assert np.isclose(fits[0].llf, fits[1].llf)


def test_a_number_in_the_formula_is_a_quantity():
    data = load("orange_juice").assign(number=lambda rows: rows["store"].astype(int))
    data["log_sales"] = np.log(data["sales"])
    assert len(smf.ols("log_sales ~ number", data).fit().params) == 2
    assert len(smf.ols("log_sales ~ C(number)", data).fit().params) == 83


def test_statsmodels_finds_this_optimum_by_itself():
    fit = checked_fit(smf.mixedlm("log_sales ~ log_price", stores(), groups="store"))
    assert fit.start == "its own"


def test_scale_is_the_variance_within_and_cov_re_that_between():
    fit = checked_fit(smf.mixedlm("log_sales ~ log_price", stores(), groups="store"))
    assert np.isclose(fit.cov_re.iloc[0, 0] ** 0.5, 0.3857, atol=1e-3)
    assert np.isclose(fit.scale**0.5, 0.3991, atol=1e-3)


def test_predict_is_the_population_line():
    fit = checked_fit(smf.mixedlm("log_sales ~ log_price", stores(), groups="store"))
    line = fit.fe_params["Intercept"] + fit.fe_params["log_price"] * stores()["log_price"]
    assert np.allclose(fit.predict(stores()), line)


# shrinkage ------------------------------------------------------------------------------------------------------------


def test_bambi_chooses_a_half_normal_with_a_scale_above_ten_for_the_stores_slopes():
    model = bmb.Model("log_sales ~ 0 + store + log_price + (0 + log_price | store)", stores())
    model.build()
    scale = re.search(r"log_price\|store ~ Normal\(mu: 0\.0, sigma: HalfNormal\(sigma: ([\d.]+)\)\)", str(model))
    assert 10 < float(scale.group(1)) < 11


def test_student_t_effects_need_noncentered_false():
    heavy = {"log_price|store": bmb.Prior("StudentT", nu=2, mu=0, sigma=bmb.Prior("HalfNormal", sigma=2))}
    formula = "log_sales ~ 0 + store + log_price + (0 + log_price | store)"
    with pytest.raises(NotImplementedError, match="non-centered"):
        bmb.Model(formula, stores(), priors=heavy, noncentered=True).build()
    bmb.Model(formula, stores(), priors=heavy, noncentered=False).build()


def test_ridge_penalises_every_column_it_is_given():
    x = pd.DataFrame({"level": np.ones(50), "x": np.linspace(-1, 1, 50)})
    found = Ridge(alpha=10, fit_intercept=False).fit(x, 5 + 0 * x["x"]).coef_
    assert found[0] < 4.5


@pytest.mark.parametrize(("zero", "tau"), [("4 dollars", 0.13), ("1 dollar", 0.00), ("own mean", 0.32)])
@pytest.mark.filterwarnings("ignore")  # one fit is singular
def test_maximum_likelihood_depends_on_the_zero_of_the_price_when_every_store_has_a_free_level(zero, tau):
    data = stores()
    mean = data.groupby("store")["log_price"].transform("mean")
    zeros = {"4 dollars": data["log_price"], "1 dollar": np.log(data["price"]), "own mean": data["log_price"] - mean}
    moved = data.assign(log_price=zeros[zero])
    formula = "log_sales ~ 0 + store + log_price + (0 + log_price | store)"
    for reml, expected in ((False, tau), (True, 0.32)):
        fit = lmm(formula, moved, reml=reml)
        assert np.sqrt(fit.cov_re["store"].iloc[0, 0]) == pytest.approx(expected, abs=0.005)


# random_slopes --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def intercepts():
    return checked_fit(smf.mixedlm("log_sales ~ log_price", stores(), groups="store"))


def test_statsmodels_profile_re_holds_the_ratio_of_variances_and_leads_to_an_interval(intercepts):
    profile = intercepts.profile_re(0, vtype="re", dist_low=0.06, dist_high=0.08)
    variance, lost = profile[:, 0], intercepts.llf - profile[:, 1]
    signed = lost * np.sign(variance - intercepts.cov_re.iloc[0, 0])
    assert (lost >= -1e-6).all()
    assert (np.diff(signed) > 0).all()
    estimate = intercepts.cov_re.iloc[0, 0]
    asked = np.concatenate([np.linspace(estimate - 0.06, estimate, 6), np.linspace(estimate, estimate + 0.08, 6)[1:]])
    assert abs(variance - asked).max() > 1e-6  # the ratio is held, so the variances are not those asked for
    ends = np.sqrt(np.interp([-1.92, 1.92], signed, variance))
    assert_allclose(ends, [0.329, 0.451], atol=0.005)  # lme4's confint, which profiles the ML likelihood


def test_statsmodels_profile_re_forgets_what_it_holds_with_powell(intercepts):
    profile = intercepts.profile_re(0, vtype="re", dist_low=0.06, dist_high=0.08, method="powell")
    assert_allclose(profile[:, 1], intercepts.llf, atol=1e-4)


def test_statsmodels_summary_has_no_interval_of_a_variance(intercepts):
    assert intercepts.summary().tables[1].loc["store Var", ["[0.025", "0.975]"]].tolist() == ["", ""]


def test_statsmodels_random_effects_cov_is_the_conditional_variance(intercepts):
    weeks = stores().groupby("store").size()
    tau2, sigma2 = intercepts.cov_re.iloc[0, 0], intercepts.scale
    formula = tau2 * (1 - weeks / (weeks + sigma2 / tau2))
    found = pd.Series({group: cov.iloc[0, 0] for group, cov in intercepts.random_effects_cov.items()})
    assert_allclose(found.loc[formula.index], formula, rtol=1e-8)


def test_statsmodels_predict_knows_no_groups_and_says_nothing(intercepts):
    rows = stores()
    with warnings.catch_warnings(action="error"):
        with_stores = intercepts.predict(rows)
        without = intercepts.predict(rows[["log_price"]])
    assert (with_stores == without).all()
    own = rows["store"].map(deviations(intercepts)["Intercept"])
    assert_allclose(intercepts.fittedvalues, with_stores + own, atol=1e-8)


def test_statsmodels_without_re_formula_the_components_replace_the_random_intercept():
    slopes = {"log_price": "0 + log_price"}
    dropped = smf.mixedlm("log_sales ~ log_price", juice(), groups="store", vc_formula=slopes)
    kept = smf.mixedlm("log_sales ~ log_price", juice(), groups="store", re_formula="1", vc_formula=slopes)
    assert (dropped.k_re, kept.k_re) == (0, 1)


def test_bambi_writes_group_effects_as_standardised_deviations_by_default():
    model = bmb.Model("log_sales ~ log_price + (1 | store)", stores())
    assert model.noncentered is True
    model.build()
    assert any("offset" in variable.name for variable in model.backend.model.free_RVs)


def test_bambi_has_no_correlation_between_the_effects_of_a_group():
    model = bmb.Model("log_sales ~ log_price + (1 + log_price | store)", juice())
    model.build()
    names = {variable.name for variable in model.backend.model.free_RVs}
    assert not any("corr" in name or "chol" in name for name in names)
    assert {"1|store_sigma", "log_price|store_sigma"} <= names


def test_engine_warns_of_a_singular_fit_and_not_with_weeks():
    formula = "log_sales ~ log_price + deal + feature + (1 + log_price + feature | store)"
    with pytest.warns(UserWarning, match="singular"):
        alone = lmm(formula, juice())
    with warnings.catch_warnings(action="error"):
        weekly = lmm(formula + " + (1 | week)", juice())
    assert alone.singular
    assert not weekly.singular


def test_engine_shift_of_a_predictor_changes_the_independent_model_only():
    sleep = load("sleepstudy")
    shifted = sleep.assign(days=sleep["days"] - 4.5)
    for bars, differs in (("|", False), ("||", True)):
        formula = f"reaction ~ days + (1 + days {bars} subject)"
        assert (abs(lmm(formula, sleep).llf - lmm(formula, shifted).llf) > 1) == differs


def test_lme4_anova_does_not_halve_the_p_value_of_a_variance():
    plain, larger = (
        lmm(f"reaction ~ days + (1 | subject){more}", load("sleepstudy")) for more in ("", " + (0 + days | subject)")
    )
    found = run_r(
        "library(lme4); small <- lmer(Reaction ~ Days + (1 | Subject), sleepstudy);"
        "large <- update(small, . ~ . + (0 + Days | Subject));"
        "cat(anova(small, large, refit = FALSE)[2, 'Pr(>Chisq)'])"
    )
    assert_allclose(float(found), chi2.sf(2 * (larger.llf - plain.llf), 1), rtol=1e-3)


# formulas -------------------------------------------------------------------------------------------------------------
DATA = pd.DataFrame({
    "y": np.random.default_rng(1).normal(size=60),
    "x": np.tile([0.0, 1.0, 2.0], 20),
    "a": np.repeat(list("ABCDE"), 12),
    "number": np.tile(np.repeat(["1", "2"], 6), 5),
    "treatment": np.tile(["s", "s", "t", "t"], 15),
}).assign(store=lambda data: data["a"] + data["number"])  # fmt: skip
DATA["yield"], DATA["net price"], DATA["my group"] = DATA["y"], DATA["x"], DATA["a"]


def variables(formula, **arguments):
    """The variables of a Bambi model."""
    model = bmb.Model(formula, DATA, **arguments)
    model.build()
    return model.backend.model.named_vars


def effects(formula):
    """The numbers of group-level effects of a Bambi model, by factor."""
    model = bmb.Model(formula, DATA)
    model.build()
    coordinates = model.backend.model.coords
    return {name.split("__")[0]: len(labels) for name, labels in coordinates.items() if name.endswith("factor_dim")}


@pytest.mark.parametrize("bracket", ["(x || a)", "(1 || a)", "(1 || a) + x"])
def test_bambi_refuses_two_bars_within_a_bracket(bracket):
    with pytest.raises(ParseError, match=r"\|"):
        bmb.Model(f"y ~ {bracket}", DATA)


def test_bambi_drops_two_bars_outside_a_bracket_and_all_that_follows():
    assert set(variables("y ~ x || a")) == set(variables("y ~ x"))
    assert set(variables("y ~ (1 | a) || a + x")) == set(variables("y ~ (1 | a)"))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        bmb.Model("y ~ x || a", DATA)


def test_bambis_group_level_effects_are_independent_with_one_bar():
    names = set(variables("y ~ x + (x | a)"))
    assert {"1|a_sigma", "x|a_sigma"} <= names
    assert not any("corr" in name or "chol" in name or "lkj" in name.lower() for name in names)


def test_bambi_makes_an_effect_for_every_pair_of_labels():
    assert effects("y ~ (1 | a/number)") == {"a": 5, "a:number": 10}
    assert effects("y ~ (1 | a/store)") == {"a": 5, "a:store": 50}
    assert effects("y ~ (1 | a) + (1 | store)") == {"a": 5, "store": 10}


def test_bambi_takes_labels_that_are_used_again_for_one_group_without_a_word():
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        assert effects("y ~ (1 | a) + (1 | number)") == {"a": 5, "number": 2}


def test_bambis_center_predictors_leaves_the_group_level_columns_alone():
    far = DATA.assign(x=DATA["x"] + 100)
    terms = "Intercept", "x", "1|a", "x|a"

    def mu(center):
        model = bmb.Model("y ~ x + (x | a)", far, center_predictors=center, noncentered=False)
        model.build()
        named = model.backend.model.named_vars
        values = 0.0, 0.0, np.zeros(5), np.ones(5)
        return named["mu"].eval({named[name]: np.asarray(value) for name, value in zip(terms, values, strict=True)})

    np.testing.assert_allclose(mu(True), far["x"])  # not x minus its mean
    np.testing.assert_allclose(mu(False), far["x"])


def test_bambi_reads_a_name_with_a_space_in_backticks_only():
    assert "net price" in variables("y ~ `net price` + (1 | `my group`)")
    assert "1|my group_sigma" in variables("y ~ `net price` + (1 | `my group`)")
    with pytest.raises(KeyError):
        bmb.Model("y ~ net price + (1 | a)", DATA)
    with pytest.raises(KeyError):
        bmb.Model("y ~ Q('net price') + (1 | a)", DATA)


def test_bambi_reads_a_keyword_with_and_without_backticks():
    assert set(variables("yield ~ x + (1 | a)")) == set(variables("`yield` ~ x + (1 | a)"))
    with pytest.raises(KeyError):
        bmb.Model("Q('yield') ~ x + (1 | a)", DATA)


def test_statsmodels_reads_such_names_in_q_only():
    model = smf.mixedlm("Q('yield') ~ Q('net price')", DATA, groups="my group")
    assert model.exog_names == ["Intercept", "Q('net price')"]
    with pytest.raises(PatsyError):
        smf.mixedlm("yield ~ x", DATA, groups="a")
    with pytest.raises((PatsyError, SyntaxError)):
        smf.mixedlm("y ~ net price", DATA, groups="a")
    with pytest.raises((PatsyError, SyntaxError)):  # the first on Python 3.11, the second on 3.13
        smf.mixedlm("`yield` ~ x", DATA, groups="a")


def test_statsmodels_drops_the_intercept_of_the_groups_beside_a_vc_formula():
    components = {"store": "0 + C(store)"}
    without = smf.mixedlm("y ~ x", DATA, groups="a", vc_formula=components)
    beside = smf.mixedlm("y ~ x", DATA, groups="a", vc_formula=components, re_formula="1")
    assert (without.k_re, beside.k_re) == (0, 1)


def test_statsmodels_makes_a_component_anew_within_each_of_the_groups():
    model = smf.mixedlm("y ~ x", DATA, groups="a", re_formula="1", vc_formula={"number": "0 + C(number)"})
    assert sum(matrix.shape[1] for matrix in model.exog_vc.mats[0]) == 10
    assert smf.mixedlm("y ~ x", DATA, groups="number").n_groups == 2


def test_statsmodels_cov_re_is_a_matrix_of_the_groups_alone():
    model = smf.mixedlm("y ~ x", DATA, groups="a", re_formula="1", vc_formula={"store": "0 + C(store)"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = model.fit()
    assert isinstance(fit.cov_re, pd.DataFrame)
    assert fit.cov_re.shape == (1, 1)
    assert fit.vcomp.shape == (1,)


def test_statsmodels_predict_leaves_the_group_level_effects_out():
    shifted = DATA.assign(y=DATA["y"] + 3 * DATA["a"].map({label: place for place, label in enumerate("ABCDE")}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = smf.mixedlm("y ~ x", shifted, groups="a").fit()
    line = fit.fe_params["Intercept"] + fit.fe_params["x"] * shifted["x"]
    np.testing.assert_allclose(fit.predict(shifted), line)
    assert np.abs(fit.fittedvalues - line).max() > 1


def test_two_bars_keep_the_columns_of_a_category_together_in_the_engine():
    from partial_pooling import lmm

    rng = np.random.default_rng(2)
    data = pd.DataFrame({"group": np.repeat(np.arange(30), 20).astype(str), "kind": np.tile(["p", "q"], 300)})
    data["y"] = rng.normal(size=30)[data["group"].astype(int)] + rng.normal(size=600)
    data["y"] += rng.normal(size=30)[data["group"].astype(int)] * (data["kind"] == "q")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (covariance,) = lmm("y ~ kind + (kind || group)", data).cov_re.values()
    off = covariance.to_numpy()[1, 2]
    assert covariance.shape == (3, 3)
    assert off != 0
    assert covariance.to_numpy()[0, 1] == 0


LME4 = """suppressPackageStartupMessages(library(lme4))
set.seed(1)
d <- data.frame(a = rep(letters[1:10], each = 12), number = rep(rep(1:3, each = 4), 10), kind = rep(c("p", "q"), 60))
d$store <- paste(d$a, d$number)
d$y <- rnorm(10)[factor(d$a)] + rnorm(30)[factor(d$store)] + rnorm(120)
options(warn = 2)
"""


def test_lme4_takes_labels_that_are_used_again_for_one_group_without_a_word():
    said = run_r(LME4 + 'd$y <- d$y + d$number; cat(ngrps(lmer(y ~ 1 + (1 | a) + (1 | number), d))["number"])')
    assert said.strip() == "3"


def test_lme4_writes_the_slash_out_as_two_terms():
    said = run_r(LME4 + "cat(names(ngrps(lmer(y ~ 1 + (1 | a/number), d))), ngrps(lmer(y ~ 1 + (1 | a/number), d)))")
    assert said.split() == ["number:a", "a", "30", "10"]


def test_two_bars_keep_the_columns_of_a_category_together_in_lme4():
    said = run_r(LME4 + "cat(sapply(lFormula(y ~ kind + (kind || a), d)$reTrms$cnms, length))")
    assert sorted(said.split()) == ["1", "2"]


def test_lme4_has_cs_and_ar1_from_version_2_on():
    said = run_r(
        LME4
        + """has <- function(f) !inherits(try(lFormula(f, d), silent = TRUE), "try-error")
cat(packageVersion("lme4") >= "2.0.0", has(y ~ 1 + cs(0 + kind | a)), has(y ~ 1 + ar1(0 + kind | a)))"""
    )
    assert len(set(said.split())) == 1


NUMBERS = pd.DataFrame({
    "y": np.random.default_rng(3).normal(size=12),
    "x": np.random.default_rng(4).normal(size=12),
    "t": np.random.default_rng(5).uniform(size=12),
    "kind": np.tile(["p", "q"], 6),
    "g": np.repeat(list("abc"), 4),
}).assign(xt=lambda data: data["x"] * data["t"])  # fmt: skip


def contribution(bracket, term):
    """What the effects 1, 10 and 100 of three groups add to a Bambi model's linear predictor, all else at zero."""
    model = bmb.Model(f"y ~ x * t + {bracket}", NUMBERS, center_predictors=False, noncentered=False)
    model.build()
    variables, given = model.backend.model.named_vars, {}
    for variable in model.backend.model.free_RVs:
        if not variable.name.endswith("sigma"):
            value = np.zeros([int(size.eval()) for size in variable.shape])
            if variable.name == term:
                value += np.reshape([1, 10, 100], (3,) + (1,) * (value.ndim - 1))
            given[variable] = value
    return variables["mu"].eval(given)


@pytest.mark.parametrize("bracket", ["(x * t | g)", "(x + t + x:t | g)", "(0 + x:t | g)"])
def test_bambi_gives_every_row_the_sum_of_all_rows_effects_of_a_product_of_numbers(bracket):
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)
        np.testing.assert_allclose(contribution(bracket, "x:t|g"), NUMBERS["xt"] * 4 * 111)


def test_bambi_is_right_with_a_column_of_the_products_and_with_a_category():
    own = np.repeat([1, 10, 100], 4)
    np.testing.assert_allclose(contribution("(x + t + xt | g)", "xt|g"), NUMBERS["xt"] * own)
    np.testing.assert_allclose(
        contribution("(x * kind | g)", "x:kind|g"), NUMBERS["x"] * own * (NUMBERS["kind"] == "q")
    )


def test_the_engine_and_lme4_take_a_product_behind_two_bars_apart():
    from partial_pooling.engine.evaluate import read_formula

    _, _, (term,) = read_formula("y ~ x * t + (x * t || g)", NUMBERS)
    assert term.columns.shape == (12, 4)
    np.testing.assert_allclose(term.columns[:, -1], NUMBERS["xt"])
    code = (
        "d$x <- rnorm(120); d$z <- rnorm(120); cat(sapply(lFormula(y ~ x * z + (x * z || a), d)$reTrms$cnms, length))"
    )
    assert run_r(LME4 + code).split() == ["1"] * 4


def test_lme4s_slash_calls_the_inner_factor_by_both_names_the_inner_first():
    assert run_r(LME4 + "cat(names(ngrps(lmer(y ~ 1 + (1 | a/store), d)))[1])").strip() == "store:a"


LONELY = "log_volume ~ log_price + display"


def lonely():
    """Cheese in the cities with one retailer."""
    from partial_pooling import load

    data = load("cheese")
    alone = data.groupby("city")["retailer"].nunique().loc[lambda number: number == 1].index
    return data[data["city"].isin(alone)].assign(
        log_volume=lambda rows: np.log(rows["volume"]), log_price=lambda rows: np.log(rows["price"])
    )


def test_the_engine_refuses_two_factors_with_the_same_groups():
    from partial_pooling import lmm

    with pytest.raises(ValueError, match="the same groups under two names"):
        lmm(f"{LONELY} + (1 | city) + (1 | retailer)", lonely())


def test_statsmodels_divides_between_two_factors_with_the_same_groups_and_reports_convergence():
    model = smf.mixedlm(LONELY, lonely(), groups="city", re_formula="1", vc_formula={"retailer": "0 + C(retailer)"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = model.fit()
    assert fit.converged
    assert fit.vcomp[0] == pytest.approx(fit.cov_re.iloc[0, 0], rel=1e-3)
    assert fit.bse["city Var"] > 1000 or np.isnan(fit.bse["city Var"])


def test_lme4_divides_between_two_factors_with_the_same_groups_and_warns():
    said = run_r("""suppressPackageStartupMessages(library(lme4))
d <- read.csv("data/cheese.csv")
d <- d[ave(as.integer(factor(d$retailer)), d$city, FUN = function(x) length(unique(x))) == 1, ]
warned <- FALSE
fit <- withCallingHandlers(
  lmer(log(volume) ~ I(log(price) - mean(log(price))) + display + (1 | city) + (1 | retailer), d),
  warning = function(w) { warned <<- TRUE; invokeRestart("muffleWarning") })
cat(warned, all(sapply(VarCorr(fit), c) > 0))""")
    assert said.split() == ["TRUE", "TRUE"]


# crossed --------------------------------------------------------------------------------------------------------------


def peak_of_a_fit(rows, use_sparse):
    components = {"store": "0 + C(store)", "week": "0 + C(week)"}
    tracemalloc.start()
    model = smf.mixedlm("log_sales ~ log_price", rows, groups="all_rows", vc_formula=components, use_sparse=use_sparse)
    with warnings.catch_warnings(action="ignore"):
        model.fit(method="powell", maxiter=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_the_memory_of_a_crossed_fit_in_statsmodels_is_some_nine_times_its_indicator_columns():
    data = juice()
    for weeks in (15, 40):
        rows = data[data["week"] < 40 + weeks]
        columns = rows["store"].nunique() + rows["week"].nunique()
        assert 7 < peak_of_a_fit(rows, False) / (8 * len(rows) * columns) < 14


def test_sparse_columns_do_not_lower_the_peak_of_a_fit_in_statsmodels():
    rows = juice().query("week < 80")
    assert peak_of_a_fit(rows, True) > 0.8 * peak_of_a_fit(rows, False)


def test_statsmodels_starts_the_labels_of_a_component_afresh_within_each_group_and_says_nothing():
    data = load("penicillin")
    model = smf.mixedlm("diameter ~ 1", data, groups="plate", re_formula="1", vc_formula={"sample": "0 + C(sample)"})
    with warnings.catch_warnings(action="error"):
        fit = model.fit()
    assert fit.converged
    assert sum(matrix.shape[1] for matrix in model.exog_vc.mats[0]) == 144


def test_with_two_readings_a_pair_the_wrong_model_passes_the_checks_and_with_one_it_does_not():
    data = load("penicillin")
    rng = np.random.default_rng(1)
    noisy = data.assign(diameter=data["diameter"] + rng.normal(0, 0.5, len(data)))
    twice = pd.concat([data, noisy], ignore_index=True)  # statsmodels takes rows by their labels, which must differ

    def within_plates(rows):
        return smf.mixedlm("diameter ~ 1", rows, groups="plate", re_formula="1", vc_formula={"sample": "0 + C(sample)"})

    assert checked_fit(within_plates(twice)).vcomp[0] > 0
    with pytest.raises(FitError, match="cannot be told apart"):
        checked_fit(within_plates(data))


def test_a_mixed_model_compares_samples_of_blocks_that_nothing_connects_without_a_warning():
    data = load("penicillin")
    number = data["plate"].map(sorted(data["plate"].unique()).index)
    blocks = data[data["sample"].map("ABCDEF".index) // 2 == number % 3]
    design = smf.ols("diameter ~ sample + C(plate)", blocks).exog
    assert (np.linalg.matrix_rank(design), design.shape[1]) == (27, 29)
    with warnings.catch_warnings(action="error"):
        fit = lmm("diameter ~ sample + (1 | plate)", blocks)
    assert fit.bse_fe["sample[C]"] > 1.5 * fit.bse_fe["sample[B]"]


def test_ols_with_collinear_columns_gives_the_shortest_coefficients_in_any_order_of_terms():
    radon = load("radon")
    orders = ["floor + uranium + county", "county + uranium + floor"]
    models = [smf.ols(f"log_radon ~ {terms}", radon) for terms in orders]
    with warnings.catch_warnings(action="ignore"):
        fits = [model.fit() for model in models]
        other = smf.ols("log_radon ~ floor + uranium + C(county, Treatment('ST LOUIS'))", radon).fit()
    shortest = np.linalg.lstsq(models[0].exog, models[0].endog, rcond=1e-10)[0]
    np.testing.assert_allclose(fits[0].params, shortest, atol=1e-8)
    np.testing.assert_allclose(fits[0].params["uranium"], fits[1].params["uranium"], atol=1e-8)
    assert abs(other.params["uranium"] - fits[0].params["uranium"]) > 0.1


def test_ols_warns_of_collinear_columns_from_statsmodels_0_15_on():
    radon = load("radon")
    with pytest.warns(Warning, match="rank-deficient"):
        smf.ols("log_radon ~ floor + uranium + county", radon).fit()


def test_lm_in_r_leaves_one_of_collinear_coefficients_out():
    code = """
    radon <- read.csv("data/radon.csv")
    cat(sum(is.na(coef(lm(log_radon ~ floor + uranium + county, radon)))))
    """
    assert run_r(code).strip() == "1"


# group_level_predictors -----------------------------------------------------------------------------------------------
STORES = {"store": "0 + C(store)", "store:log_price": "0 + C(store):log_price"}


def three_levels(fixed, data):
    return smf.mixedlm(f"log_sales ~ {fixed}", data, groups="county", re_formula="~log_price", vc_formula=STORES)


def test_statsmodels_counts_the_outer_groups_and_not_the_stores():
    summary = str(checked_fit(three_levels("log_price * gdp10", stores())).summary())
    assert "No. Groups:           20" in summary


def test_variance_components_of_statsmodels_have_no_covariance():
    fit = checked_fit(three_levels("log_price * gdp10", stores()))
    assert fit.vcomp.shape == (2,)
    assert fit.cov_re.shape == (2, 2)
    assert not any("store" in name and "Cov" in name for name in fit.params.index)


def test_aic_of_statsmodels_is_nan_under_reml_and_counts_every_parameter_under_ml():
    radon = load("radon")
    model = smf.mixedlm("log_radon ~ floor + uranium", radon, groups="county")
    assert math.isnan(checked_fit(model).aic)
    ml = checked_fit(model, reml=False)
    assert ml.aic == pytest.approx(2 * 5 - 2 * ml.llf)


@pytest.mark.parametrize("fit", ["statsmodels", "lmm"])
def test_reml_likelihood_depends_on_the_unit_of_a_predictor_and_ml_does_not(fit):
    radon = load("radon").assign(tenths=lambda data: 10 * data["uranium"])

    def llf(predictor, reml):
        if fit == "lmm":
            return lmm(f"log_radon ~ floor + {predictor} + (1 | county)", radon, reml=reml).llf
        return checked_fit(smf.mixedlm(f"log_radon ~ floor + {predictor}", radon, groups="county"), reml=reml).llf

    assert llf("uranium", False) == pytest.approx(llf("tenths", False), abs=1e-5)
    assert llf("uranium", True) - llf("tenths", True) == pytest.approx(math.log(10), abs=1e-4)


def test_statsmodels_gives_the_interval_of_1_96_standard_errors():
    fit = checked_fit(smf.mixedlm("log_radon ~ floor + uranium", load("radon"), groups="county"))
    low, high = fit.conf_int().loc["uranium"]
    assert (high - low) / 2 / fit.bse_fe["uranium"] == pytest.approx(1.959964, abs=1e-5)


def test_lmm_takes_county_slash_store_with_correlated_effects_at_both_levels():
    full = lmm("log_sales ~ log_price * gdp10 + (1 + log_price | county/store)", stores())
    assert not compare(full, "stores_gdp_full").table.empty
    assert full.cov_re["county:store"].loc["Intercept", "log_price"] != 0


def test_raw_predictor_beside_its_mean_is_the_within_between_model_in_other_columns():
    cheese = load("cheese")
    log_price = np.log(cheese["price"])
    between = log_price.groupby(cheese["retailer"]).transform("mean")
    cheese = cheese.assign(
        log_volume=np.log(cheese["volume"]), log_price=log_price, between=between, within=log_price - between
    )

    def fit(first):
        return lmm(f"log_volume ~ {first} + between + display + (1 + within | retailer)", cheese, reml=False)

    split, raw = fit("within"), fit("log_price")
    assert raw.llf == pytest.approx(split.llf, abs=1e-5)
    assert raw.fe_params["log_price"] == pytest.approx(split.fe_params["within"], abs=1e-4)
    contextual = split.fe_params["between"] - split.fe_params["within"]
    assert raw.fe_params["between"] == pytest.approx(contextual, abs=1e-4)


R_RADON = """
suppressPackageStartupMessages(library(lmerTest))
fit <- lmer(log_radon ~ floor + uranium + (1 | county), read.csv("data/radon.csv"))
cat(summary(fit)$coefficients["uranium", "df"], summary(fit, ddf = "Kenward-Roger")$coefficients["uranium", "df"])
"""
R_STORES = """
suppressPackageStartupMessages(library(lmerTest))
stores <- transform(read.csv("data/stores.csv"), log_sales = log(sales), log_price = log(price / 4))
stores <- transform(stores, gdp10 = (gdp - 50) / 10)
fit <- lmer(log_sales ~ log_price * gdp10 + (1 + log_price | county) + (1 + log_price || county:store), stores,
            control = lmerControl(optimizer = "bobyqa"))
cat(summary(fit)$coefficients["log_price:gdp10", "df"],
    summary(fit, ddf = "Kenward-Roger")$coefficients["log_price:gdp10", "df"])
"""


def test_degrees_of_freedom_of_uranium_are_46_and_58_not_83():
    satterthwaite, kenward_roger = map(float, run_r(R_RADON).split())
    assert satterthwaite == pytest.approx(46.0, abs=0.05)
    assert kenward_roger == pytest.approx(57.6, abs=0.05)


@pytest.mark.robust  # only another version of pbkrtest can break it, and it is slow
def test_degrees_of_freedom_of_the_stores_interaction_are_14_and_15_not_18():
    satterthwaite, kenward_roger = map(float, run_r(R_STORES).split())
    assert satterthwaite == pytest.approx(14.1, abs=0.05)
    assert kenward_roger == pytest.approx(15.2, abs=0.1)


def test_cluster_robust_ordinary_regression_of_statsmodels_uses_t_with_groups_less_one():
    radon = load("radon")
    merged = smf.ols("log_radon ~ floor + uranium", radon).fit()
    groups = pd.factorize(radon["county"])[0]
    robust = merged.get_robustcov_results("cluster", groups=groups)
    assert robust.use_t
    assert robust.df_resid_inference == 84


@pytest.mark.robust  # only another version of pbkrtest can break it, and it is slow
def test_degrees_of_freedom_of_gdp_itself_are_18():
    code = R_STORES.replace("log_price:gdp10", "gdp10")
    satterthwaite, kenward_roger = map(float, run_r(code).split())
    assert satterthwaite == pytest.approx(17.9, abs=0.1)
    assert kenward_roger == pytest.approx(18.0, abs=0.1)


def juice_and_income():
    area = load("orange_juice_stores").set_index("store")["log_income"]
    data = load("orange_juice")
    return data.assign(
        log_sales=np.log(data["sales"]),
        log_price=np.log(data["price"] / 3),
        income_z=data["store"].map((area - area.mean()) / area.std()),
    )


def test_income_and_uranium_keep_their_coefficients_beside_the_means_of_price_and_floor():
    data = juice_and_income()
    data["usual"] = data.groupby("store")["log_price"].transform("mean")
    rest = (
        "log_sales ~ log_price * income_z + deal + feature{}"
        " + (1 + log_price + feature | store) + (1 + log_price | week)"
    )
    alone, beside = (lmm(rest.format(more), data) for more in ("", " + usual"))
    change = beside.fe_params["log_price:income_z"] - alone.fe_params["log_price:income_z"]
    assert change == pytest.approx(0, abs=0.001)
    assert beside.fe_params["usual"] > 3 * beside.bse_fe["usual"]

    radon = load("radon")
    radon["usual"] = radon.groupby("county")["floor"].transform("mean")
    alone, beside = (lmm(f"log_radon ~ floor + uranium{more} + (1 | county)", radon) for more in ("", " + usual"))
    assert beside.fe_params["uranium"] - alone.fe_params["uranium"] == pytest.approx(0, abs=0.002)
    assert beside.fe_params["usual"] > 2 * beside.bse_fe["usual"]


def test_leaving_out_the_counties_covariance_costs_a_third_of_a_unit_of_likelihood():
    full, free = (
        lmm(f"log_sales ~ log_price * gdp10 + (1 + log_price {bars} county) + (1 + log_price || store)", stores())
        for bars in ("|", "||")
    )
    assert full.llf - free.llf == pytest.approx(0.35, abs=0.005)


def test_the_true_effect_of_gdp_does_not_improve_the_stores_coefficients():
    data, truth = stores(), load("stores_truth").set_index("store")["elasticity"]
    gdp10 = data.groupby("county")["gdp10"].first()
    of_store = data.groupby("store")["county"].first()
    net = data.assign(log_sales=data["log_sales"] - data["gdp10"] * (0.10 + 0.15 * data["log_price"]))
    random_part = " + (1 + log_price | county) + (1 + log_price || store)"

    def error(fit, line):
        county = of_store.map(line + fit.random_effects["county"]["log_price"])
        return np.sqrt(((county + fit.random_effects["store"]["log_price"] - truth) ** 2).mean())

    without = lmm("log_sales ~ log_price" + random_part, data)
    known = lmm("log_sales ~ log_price" + random_part, net)
    assert error(without, without.fe_params["log_price"] + 0 * gdp10) == pytest.approx(0.343, abs=5e-4)
    assert error(known, known.fe_params["log_price"] + 0.15 * gdp10) == pytest.approx(0.344, abs=5e-4)


# repeated_measures ----------------------------------------------------------------------------------------------------


def after_treatment():
    visits = load("beat_the_blues")
    data = visits[visits["months"] > 0].copy()
    return data.assign(after=data["months"] - 2, before=data["baseline"] - 23)


def gee(correlation):
    formula = "bdi ~ before + drug + programme * after"
    return smf.gee(formula, "patient", after_treatment(), cov_struct=correlation).fit()


def test_anova_of_statsmodels_refuses_subjects_with_missing_visits():
    with pytest.raises(ValueError, match="Data is unbalanced"):
        AnovaRM(after_treatment(), "bdi", "patient", within=["months"])


def test_anova_of_statsmodels_has_no_factors_between_subjects():
    with pytest.raises(NotImplementedError, match="Between subject"):
        AnovaRM(after_treatment(), "bdi", "patient", within=["months"], between=["programme"])


def test_autoregressive_gee_with_grid_multiplies_from_visit_to_visit_whatever_the_time_between():
    fits = []
    for months in (None, after_treatment()["months"].to_numpy(float)):
        formula = "bdi ~ before + drug + programme * after"
        model = smf.gee(formula, "patient", after_treatment(), time=months, cov_struct=Autoregressive(grid=True))
        fits.append(model.fit())
    assert np.allclose(fits[0].params, fits[1].params)


def test_autoregressive_gee_without_grid_stops_on_the_trial():  # statsmodels 0.15
    with pytest.raises(ValueError, match="right bracket"):
        gee(Autoregressive(grid=False))


def test_autoregressive_gee_without_a_word_about_grid_is_without_grid_and_warns():  # statsmodels 0.15
    with pytest.warns(FutureWarning):
        default = Autoregressive()
    assert default.grid is False


def test_equal_correlations_in_gee_are_nearly_the_mixed_model_at_eight_months():
    def at_eight(params):
        return params["programme"] + 6 * params["programme:after"]

    mixed = lmm("bdi ~ before + drug + programme * after + (1 | patient)", after_treatment()).fe_params
    assert abs(at_eight(gee(Exchangeable()).params) - at_eight(mixed)) < 0.1


def test_falling_correlations_in_gee_are_not():
    falling = gee(Autoregressive(grid=True)).params
    assert falling["programme"] + 6 * falling["programme:after"] == pytest.approx(-1.52, abs=0.005)


def test_mixedlm_takes_no_correlation_of_residuals():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = smf.mixedlm("bdi ~ after", after_treatment(), groups="patient")
    assert not hasattr(model, "cov_struct")


def test_lmm_refuses_an_effect_of_the_arm_that_varies_between_patients():
    with pytest.raises(ValueError, match="constant within every group"):
        lmm("bdi ~ before + programme * after + (1 + programme | patient)", after_treatment())


def test_bambi_has_independent_intercepts_and_slopes():
    model = bmb.Model("bdi ~ after + (1 + after | patient)", after_treatment())
    model.build()
    assert {"1|patient_sigma", "after|patient_sigma"} <= {variable.name for variable in model.backend.model.free_RVs}
    assert not any(re.search("corr|chol", variable.name) for variable in model.backend.model.free_RVs)


def test_handbooks_columns_are_in_the_data():
    assert {"baseline", "months", "programme", "drug", "long_episode"} <= set(pd.DataFrame(load("beat_the_blues")))


def test_lme4_before_version_2_does_not_know_ar1_and_cs():  # its NEWS has both under 2.0
    code = """
    suppressMessages(library(lme4))
    for (name in c("ar1", "cs")) {
      formula <- as.formula(sprintf("Reaction ~ Days + %s(Days | Subject)", name))
      fit <- tryCatch({ lmer(formula, sleepstudy); "fitted" }, error = function(e) "refused")
      cat(packageVersion("lme4") >= "2.0", fit, "\\n")
    }
    """
    for line in run_r(code).split("\n"):
        assert line.split() in ([], ["TRUE", "fitted"], ["FALSE", "refused"])


def test_nlme_finds_no_correlation_that_falls_with_the_months_beside_the_patients_level():
    code = """
    library(nlme)
    d <- read.csv("data/beat_the_blues.csv")
    d <- d[d$months > 0, ]
    d$after <- d$months - 2
    d$before <- d$baseline - 23
    plain <- lme(bdi ~ before + drug + programme * after, random = ~ 1 | patient, data = d)
    serial <- update(plain, correlation = corCAR1(form = ~ months | patient))
    phi <- coef(serial$modelStruct$corStruct, unconstrained = FALSE)
    cat(phi, logLik(plain), logLik(serial))
    """
    phi, plain, serial = (float(number) for number in run_r(code).split())
    assert phi < 1e-4
    assert plain == pytest.approx(-933.79, abs=0.005)
    assert serial == pytest.approx(plain, abs=1e-4)


def test_a_random_walk_of_a_patient_fits_as_a_variance_component():
    data = after_treatment()
    steps = {
        f"walk{k}": (data["months"] >= month).astype(float) * gap**0.5
        for k, (month, gap) in enumerate([(3, 1), (5, 2), (8, 3)])
    }
    data = data.assign(**steps)
    model = smf.mixedlm(
        "bdi ~ before + drug + programme * after",
        data,
        groups="patient",
        re_formula="1",
        vc_formula={"walk": "0 + walk0 + walk1 + walk2"},
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = model.fit()
    at_eight = fit.fe_params["programme"] + 6 * fit.fe_params["programme:after"]
    assert fit.vcomp[0] > 0
    assert at_eight == pytest.approx(-0.09, abs=0.05)


# scaling --------------------------------------------------------------------------------------------------------------


def test_statsmodels_misses_the_optimum_of_the_cheese_in_cents_and_reaches_it_in_standard_deviations():
    cheese = load("cheese")
    cheese = cheese.assign(log_volume=np.log(cheese["volume"]), cents=100 * cheese["price"])
    short = {}
    for scale in (False, True):
        data, _ = standardise(cheese, ["cents", "display"], False, scale)
        model = smf.mixedlm("log_volume ~ cents + display", data, groups="retailer", re_formula="~cents + display")
        with warnings.catch_warnings(action="ignore"):
            found = model.fit()
        short[scale] = lmm("log_volume ~ cents + display + (cents + display | retailer)", data).llf - found.llf
    assert short[False] > 100
    assert short[True] < 0.01


def test_statsmodels_tries_three_optimisers_by_default():
    sleep = load("sleepstudy")
    model = smf.mixedlm("reaction ~ days", sleep.assign(days=sleep["days"] + 100), groups="subject", re_formula="~days")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(maxiter=1)
    said = " ".join(str(one.message) for one in caught)
    assert "Retrying MixedLM optimization with lbfgs" in said
    assert "Retrying MixedLM optimization with cg" in said


def test_independent_effects_at_a_far_zero_are_another_model():
    """Why Bambi's answer for the drivers' days from 2000 to 2009 is no fault of the sampler."""
    sleep = load("sleepstudy")
    late = sleep.assign(days=sleep["days"] + 2000)
    with warnings.catch_warnings(action="ignore"):
        independent = lmm("reaction ~ days + (days || subject)", late)
    correlated = lmm("reaction ~ days + (days | subject)", late)
    assert correlated.llf - independent.llf > 20
    assert np.sqrt(independent.cov_re["subject"].loc["days", "days"]) < 0.05
    assert np.sqrt(correlated.cov_re["subject"].loc["days", "days"]) > 5


def test_log_likelihoods_go_back_as_the_table_says():
    sleep = load("sleepstudy")
    days, reaction = sleep["days"].std(), sleep["reaction"].std()
    for reml in (True, False):
        raw = lmm("reaction ~ days + (days | subject)", sleep, reml=reml).llf
        divided = lmm("reaction ~ days + (days | subject)", sleep.assign(days=sleep["days"] / days), reml=reml).llf
        unitless = sleep.assign(reaction=sleep["reaction"] / reaction)
        response = lmm("reaction ~ days + (days | subject)", unitless, reml=reml)
        assert abs(divided - reml * np.log(days) - raw) < 1e-5
        assert abs(response.llf - (len(sleep) - 2 * reml) * np.log(reaction) - raw) < 1e-5


def test_lme4_asks_for_other_units_when_it_fails_on_the_cheese_in_cents():
    said = run_r("""
        suppressMessages(library(lme4))
        data <- transform(read.csv("data/cheese.csv"), log_volume = log(volume), cents = 100 * price)
        fit <- suppressWarnings(lmer(log_volume ~ cents + display + (cents + display | retailer), data))
        cat(unlist(fit@optinfo$conv$lme4$messages))
    """)
    assert "Rescale variables?" in said


def test_lme4_starts_from_effects_that_vary_as_much_as_the_residual():
    said = run_r("""
        suppressMessages(library(lme4))
        cat(lFormula(reaction ~ days + (days | subject), read.csv("data/sleepstudy.csv"))$reTrms$theta)
    """)
    assert said.split() == ["1", "0", "1"]


def test_lme4s_profile_of_the_drivers_correlation_reaches_from_minus_048_to_068():
    said = run_r("""
        suppressMessages(library(lme4))
        fit <- lmer(reaction ~ days + (days | subject), read.csv("data/sleepstudy.csv"))
        cat(round(confint(profile(fit, which = 2, signames = FALSE))[1, ], 2))
    """)
    assert said.split()[-2:] == ["-0.48", "0.68"]


# engine ---------------------------------------------------------------------------------------------------------------


def rows_of_stores(weeks):
    rng = np.random.default_rng(1)
    store = np.repeat(np.arange(100), weeks)
    data = pd.DataFrame({"store": store, "x": rng.normal(size=len(store))})
    return data.assign(y=5 - 2 * data["x"] + rng.normal(size=100)[store] + rng.normal(size=len(store)))


def test_an_evaluation_of_statsmodels_takes_longer_with_more_rows():
    seconds = []
    for weeks in (20, 2000):
        model = smf.mixedlm("y ~ x", rows_of_stores(weeks), groups="store", re_formula="~x")
        with warnings.catch_warnings(action="ignore"):
            start = model.fit(method="bfgs", maxiter=1).params_object
        begin = time.process_time()
        for _ in range(10):
            model.loglike(start)
        seconds.append(time.process_time() - begin)
    assert seconds[1] > 2 * seconds[0]


def test_an_evaluation_of_lme4_takes_longer_with_more_rows():
    said = run_r("""
        suppressMessages(library(lme4))
        for (rows in c(2000, 200000)) {
          set.seed(1)
          d <- data.frame(store = factor(rep(1:100, each = rows / 100)), x = rnorm(rows))
          d$y <- rnorm(rows)
          f <- do.call(mkLmerDevfun, lFormula(y ~ x + (x | store), d))
          begin <- sum(proc.time()[1:2]); for (i in 1:40) f(c(1, i / 1e4, 1)); cat(sum(proc.time()[1:2]) - begin, "")
        }
    """)
    few, many = map(float, said.split())
    assert many > 20 * max(few, 0.005)


@pytest.fixture
def radon():
    data = load("radon")
    design = np.column_stack([np.ones(len(data)), data["floor"], data["uranium"]])
    return cross_products(
        data["log_radon"], design, [GroupTerm("county", data["county"], design[:, :1], ("Intercept",))]
    )


@pytest.mark.parametrize(
    ("start", "bounded", "arrives"),
    [
        (0.25, False, True),
        (0.25, True, True),
        (0.6, False, True),
        (0.6, True, False),
        (1.0, False, False),
        (1.0, True, False),
    ],
)
def test_a_bound_and_a_long_first_step_both_lead_to_a_false_zero(radon, start, bounded, arrives):
    bounds = [(0, None)] if bounded else None
    found = minimize(
        lambda theta: profile(radon, theta)[:2], np.array([start]), jac=True, method="L-BFGS-B", bounds=bounds
    )
    assert found.success
    assert (abs(found.x[0]) > 0.1) == arrives


def test_lme4_reaches_the_optimum_of_the_radon_houses_and_its_theta_is_bounded_at_zero():
    said = run_r("""
        suppressMessages(library(lme4))
        fit <- lmer(log_radon ~ floor + uranium + (1 | county), read.csv("data/radon.csv"))
        cat(as.numeric(logLik(fit)), fit@lower, lmerControl()$optimizer, lmerControl()$restart_edge)
    """)
    loglik, lower, optimiser, again = said.split()
    assert abs(float(loglik) + 1067.0931) < 1e-3
    assert (lower, optimiser, again) == ("0", "nloptwrap", "TRUE")


def grouped(seed):
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(20), 10)
    data = pd.DataFrame({"g": g.astype(str), "x": rng.normal(size=200), "z": rng.normal(size=20)[g]})
    data["y"] = 1 + data["x"] + 0.5 * data["z"] + rng.normal(size=20)[g] + rng.normal(size=200)
    return data.assign(twice=2 * data["x"])


@pytest.mark.parametrize("seed", range(6))
def test_collinear_predictors_are_a_singular_matrix_to_statsmodels_and_refused_by_name_here(seed):
    data = grouped(seed)
    model = smf.mixedlm("y ~ x + twice", data, groups="g")
    with pytest.raises(np.linalg.LinAlgError, match="Singular matrix"):
        model.fit()
    with pytest.raises(DataError, match="'twice' is a sum of the columns before it"):
        lmm("y ~ x + twice + (1 | g)", data)
    with pytest.raises(FitError, match="'twice' is a sum of the columns before it"):
        checked_fit(model)


@pytest.mark.parametrize("seed", range(6))
def test_a_slope_constant_within_groups_does_not_stop_statsmodels_and_is_refused_by_name_here(seed):
    data = grouped(seed)
    model = smf.mixedlm("y ~ x + z", data, groups="g", re_formula="~z")
    with warnings.catch_warnings(action="ignore"):
        fit = model.fit()  # whether it says "converged" depends on rounding
    assert np.isfinite(fit.fe_params).all()
    with pytest.raises(DataError, match="'z' is constant within every group"):
        lmm("y ~ x + z + (z | g)", data)
    with pytest.raises(FitError, match="'z' is constant within every group"):
        checked_fit(model)


def test_lme4_drops_a_collinear_predictor_and_says_so():
    said = run_r("""
        suppressMessages(library(lme4))
        set.seed(1); g <- factor(rep(1:20, each = 10)); x <- rnorm(200); y <- x + rnorm(20)[g] + rnorm(200)
        withCallingHandlers(lmer(y ~ x + I(2 * x) + (1 | g)), message = function(m) cat(conditionMessage(m)))
    """)
    assert "rank deficient so dropping 1 column" in said


# faq ------------------------------------------------------------------------------------------------------------------


def with_a_gap(column):
    data = load("radon").astype({"county": object, "floor": float})
    data.loc[5, column] = np.nan
    return data


@pytest.mark.parametrize(
    ("column", "error", "arguments"),
    [
        ("log_radon", PatsyError, {}),
        ("floor", PatsyError, {}),
        ("county", MissingDataError, {}),
        ("uranium", ValueError, {"re_formula": "~uranium"}),
    ],
)
def test_statsmodels_refuses_rows_with_missing_values_unless_told_to_drop_them(column, error, arguments):
    with pytest.raises(error):
        smf.mixedlm("log_radon ~ floor", with_a_gap(column), groups="county", **arguments)
    kept = smf.mixedlm("log_radon ~ floor", with_a_gap(column), groups="county", missing="drop", **arguments)
    assert len(kept.endog) == 918


def test_ordinary_regression_of_statsmodels_drops_them_without_a_word():
    assert smf.ols("log_radon ~ floor", with_a_gap("floor")).fit().nobs == 918


@pytest.mark.filterwarnings("ignore:.*'str' dtypes are included:DeprecationWarning")
@pytest.mark.parametrize("column", ["log_radon", "floor", "county"])
def test_bambi_and_the_engine_refuse_rows_with_missing_values(column, capsys):
    formula, data = "log_radon ~ floor + (1 | county)", with_a_gap(column)
    with pytest.raises(ValueError, match="1 incomplete rows"):
        bmb.Model(formula, data)
    dropped = bmb.Model(formula, data, dropna=True)
    dropped.build()
    assert len(dropped.backend.model.coords["__obs__"]) == 918
    with pytest.raises(DataError, match=f"'?{column}'?: 1 of 919 values are missing"):
        lmm(formula, data)


def test_statsmodels_stops_far_short_where_the_predictor_is_far_from_zero():
    far = load("sleepstudy").assign(days=lambda data: data["days"] + 2000)
    model = smf.mixedlm("reaction ~ days", far, groups="subject", re_formula="~days")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        default = model.fit()
    assert lmm("reaction ~ days + (days | subject)", far).llf - default.llf > 10
    assert np.sqrt(default.cov_re.loc["days", "days"]) < 2  # 5.92 at the optimum


def test_degrees_of_freedom_of_the_drivers_slope_are_17():
    code = """suppressPackageStartupMessages(library(lmerTest))
fit <- lmer(reaction ~ days + (days | subject), read.csv("data/sleepstudy.csv"))
cat(summary(fit)$coefficients["days", "df"], summary(fit, ddf = "Kenward-Roger")$coefficients["days", "df"])"""
    assert list(map(float, run_r(code).split())) == pytest.approx([17, 17], abs=0.01)


def test_bambi_and_statsmodels_have_binomial_and_poisson_mixed_models():
    data = pd.DataFrame({"y": np.tile([0, 1, 1, 0], 10), "x": np.arange(40) % 7, "g": np.repeat(list("abcd"), 10)})
    for family in ("bernoulli", "poisson"):
        bmb.Model("y ~ x + (1 | g)", data, family=family).build()
    for kind in (BinomialBayesMixedGLM, PoissonBayesMixedGLM):
        model = kind.from_formula("y ~ x", {"g": "0 + C(g)"}, data)
        with warnings.catch_warnings(action="ignore"):  # its search may overflow on the way
            assert np.isfinite(model.fit_vb().params).all()


@pytest.mark.filterwarnings("ignore")  # of PyTensor, without a C compiler
@pytest.mark.robust  # two minutes, and only another version can break it
def test_variational_inference_of_bambi_is_far_off_without_a_warning():
    sleep = load("sleepstudy")
    model = bmb.Model("reaction ~ days + (days | subject)", sleep)
    draws = model.fit(inference_method="vi", random_seed=1, progressbar=False).sample(1000, random_seed=1)
    assert draws["posterior"]["days"].mean() < 6  # 10.47 by every other method
    assert 290 < draws["posterior"]["Intercept"].mean() < 305  # at the mean of the days; at day 0 it is 251
    with pytest.raises(KeyError):
        sampling_checks(draws)


def test_the_likelihood_ratio_test_of_a_predictor_of_six_groups_rejects_too_often():
    """At 5 % it rejects in 13 % of balanced sets: 6 log(1 + t^2 / 4) is beyond 3.84 where |t| with 4 df is 1.90."""
    rng, rejected = np.random.default_rng(1), 0
    rows = pd.DataFrame({"group": np.repeat(list("abcdef"), 20), "known": np.repeat([-1.0, 1, -1, 1, -1, 1], 20)})
    for _ in range(300):
        rows["y"] = np.repeat(rng.normal(0, 2, 6), 20) + rng.normal(size=120)
        with_it, without = (lmm(f"y ~ {fixed} + (1 | group)", rows, reml=False) for fixed in ("known", "1"))
        rejected += 2 * (with_it.llf - without.llf) > 3.84
    assert 0.09 < rejected / 300 < 0.18


@pytest.mark.filterwarnings("ignore")  # of ArviZ on its own future
def test_the_width_of_arviz_intervals_depends_on_its_version():
    draws = {"x": np.random.default_rng(1).normal(size=(4, 500))}
    old = az.__version__.startswith("0.")
    summary = az.summary(az.from_dict(posterior=draws) if old else az.from_dict({"posterior": draws}))
    assert ({"hdi_3%", "hdi_97%"} if old else {"eti89_lb", "eti89_ub"}) <= set(summary)
