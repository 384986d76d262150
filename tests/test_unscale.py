"""Back to original units: an unscaled fit is the fit to the original data, or the reason why there is none."""

import warnings
from functools import partial
from types import SimpleNamespace

import bambi as bmb
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams

from partial_pooling import (
    NotClosedError,
    Scaling,
    bambi_model,
    by_group,
    checked_fit,
    compare,
    deviations,
    lmm,
    load,
    posterior_table,
    sampling_checks,
    standardise,
    unscale,
)
from partial_pooling.engine import MixedFit, fit_products
from partial_pooling.estimates import estimates

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*'str' dtypes are included:DeprecationWarning"
)  # Bambi's use of pandas

OPTIMISER = 1e-4
"""Part of a standard error, or of a variance, by which two searches for one optimum may differ."""


@pytest.fixture(scope="module")
def sleep():
    return load("sleepstudy")


@pytest.fixture(scope="module")
def shops():
    """Shops in towns: prices in cents, calendar years, incomes of towns; everything varies between both."""
    rng = np.random.default_rng(1)
    towns, shops, weeks = 8, 5, 14
    rows = towns * shops * weeks
    town, shop = np.repeat(np.arange(towns), shops * weeks), np.repeat(np.arange(towns * shops), weeks)
    price, year, income = rng.normal(size=(2, rows)), rng.normal(size=rows), rng.normal(size=towns)[town]
    price, other = price
    plain = rng.random(rows) < 0.6
    of_shop, of_town = rng.normal(size=(towns * shops, 5)), rng.normal(size=(towns, 5))
    line = np.column_stack([np.ones(rows), price, year, price**2, plain])
    y = (
        3
        - 2 * price
        + year
        + 0.5 * income * price
        + 0.3 * price**2
        + ((of_shop[shop] + of_town[town]) * line).sum(axis=1)
    )
    return pd.DataFrame({
        "town": np.char.add("T", town.astype(str)),
        "shop": np.char.add("S", shop.astype(str)),
        "kind": np.where(plain, "plain", "organic"),
        "price": 280 + 60 * price,
        "other": 300 + 50 * other,
        "year": 2010 + 5 * year,
        "income": 50_000 + 8_000 * income,
        "sales": 400 + 90 * (y + rng.normal(size=rows)),
    })  # fmt: skip


def quietly(fit, *arguments, **keywords):
    """Fit, with a variance of zero allowed."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*singular fit")
        return fit(*arguments, **keywords)


def assert_same(unscaled, fit, tolerance=OPTIMISER):
    """Every estimate, in parts of its standard error or of the standard deviations that belong to it."""
    fit = estimates(fit)
    assert unscaled.method == fit.method
    assert unscaled.llf == pytest.approx(fit.llf, abs=1e-5)
    assert unscaled.scale == pytest.approx(fit.scale, rel=tolerance)
    assert list(unscaled.fe_params.index) == list(fit.fe_params.index)
    np.testing.assert_allclose((unscaled.fe_params - fit.fe_params) / fit.bse_fe, 0, atol=tolerance)
    np.testing.assert_allclose((unscaled.cov_fe - fit.cov_fe) / np.outer(fit.bse_fe, fit.bse_fe), 0, atol=tolerance)
    assert unscaled.cov_re.keys() == fit.cov_re.keys()
    for factor, covariance in fit.cov_re.items():
        sd = (
            np.sqrt(np.diag(covariance))
            + 1e-3 * np.sqrt(fit.scale) / np.abs(fit.columns.groups[factor]).max().to_numpy()
        )
        np.testing.assert_allclose((unscaled.cov_re[factor] - covariance) / np.outer(sd, sd), 0, atol=tolerance)
        np.testing.assert_allclose(
            (unscaled.random_effects[factor] - fit.random_effects[factor]) / sd, 0, atol=tolerance
        )


def fitted(fit, labels=None):
    """Fitted values, from the coefficients and the effects of the groups."""
    values = fit.columns.design.to_numpy() @ fit.fe_params.to_numpy()
    for factor, columns in fit.columns.groups.items():
        effects = fit.random_effects[factor].loc[(fit.data[factor] if labels is None else labels[factor]).astype(str)]
        values = values + (columns.to_numpy() * effects.to_numpy()).sum(axis=1)
    return values


def assert_same_fitted_values(fit, unscaled, scaling, response):
    expected = (
        scaling.undo(fit.data.assign(**{response: fitted(fit)}))[response]
        if response in scaling.columns
        else fitted(fit)
    )
    np.testing.assert_allclose(fitted(unscaled), expected, rtol=1e-8, atol=0)


# One model, two units -------------------------------------------------------------------------------------------

ENGINE_CASES = {
    "centred": ("sales ~ price + (1 | shop)", ["price"], True, False),
    "scaled": ("sales ~ price + (price | shop)", ["price"], False, True),
    "both": ("sales ~ price + (price | shop)", ["price"], True, True),
    "response too": ("sales ~ price + (price | shop)", ["price", "sales"], True, True),
    "interaction of two": ("sales ~ price * income + (price | shop)", ["price", "income", "sales"], True, True),
    "interaction of three": ("sales ~ price * income * year + (1 | shop)", ["price", "income", "year"], True, True),
    "polynomial": ("sales ~ price + I(price**2) + (price | shop)", ["price"], True, True),
    "random polynomial": ("sales ~ price + I(price**2) + (price + I(price**2) | town)", ["price"], True, True),
    "polynomial, interaction": ("sales ~ (price + I(price**2)) * year + (1 | shop)", ["price", "year"], True, True),
    "category": ("sales ~ kind * price + (price | shop)", ["price", "sales"], True, True),
    "slopes of categories": ("sales ~ 0 + kind + kind:price + (1 | shop)", ["price", "sales"], True, True),
    "random part only": ("sales ~ price + (year | shop)", ["year", "sales"], True, True),
    "two slopes": ("sales ~ price + year + (price + year | shop)", ["price", "year"], True, True),
    "several factors": ("sales ~ price + (price | town) + (price | shop)", ["price", "sales"], True, True),
    "random category": ("sales ~ kind + price + (kind + price | shop)", ["price"], True, True),
    "log of a divided column": ("sales ~ np.log(price) + (np.log(price) | shop)", ["price"], False, True),
    "log of the divided response": ("np.log(np.abs(sales)) ~ price + (1 | shop)", ["sales", "price"], False, True),
    "no lower terms, divided": ("sales ~ price:year + I(price**2) + (0 + year | shop)", ["price", "year"], False, True),
}  # fmt: skip


@pytest.mark.parametrize("reml", [True, False], ids=["REML", "ML"])
@pytest.mark.parametrize(("formula", "columns", "centre", "scale"), ENGINE_CASES.values(), ids=ENGINE_CASES)
def test_an_unscaled_fit_is_the_fit_to_the_original_data(shops, formula, columns, centre, scale, reml):
    scaled, scaling = standardise(shops, columns, centre, scale)
    fit = lmm(formula, scaled, reml)
    unscaled = unscale(fit, scaling)
    assert_same(unscaled, lmm(formula, shops, reml))
    if not formula.startswith("np.log"):
        assert_same_fitted_values(estimates(fit), unscaled, scaling, "sales")


IDIOMS = [
    ("sales ~ scale(price) + (scale(price) | shop)", "sales ~ price + (price | shop)"),
    ("sales ~ center(price) * scale(year) + (1 | shop)", "sales ~ price * year + (1 | shop)"),
    ("scale(sales) ~ kind * center(price) + I(center(price)**2) + (1 | town/shop)",
     "sales ~ kind * price + I(price**2) + (1 | town/shop)"),
    ("sales ~ scale(np.log(price)) + (scale(np.log(price)) | shop)", "sales ~ np.log(price) + (np.log(price) | shop)"),
]  # fmt: skip
"""How a formula standardises by itself, and the formula in original units."""


@pytest.mark.parametrize(("formula", "plain"), IDIOMS)
def test_what_the_formula_standardises_is_undone(shops, formula, plain):
    shops = shops.assign(price=shops["price"].clip(lower=10))
    assert_same(unscale(lmm(formula, shops)), lmm(plain, shops))
    scaled, scaling = standardise(shops, ["income"])  # beside columns that were standardised before
    both = unscale(lmm(formula.replace("~", "~ income +"), scaled), scaling)
    assert_same(both, lmm(plain.replace("~", "~ income +"), shops))


def test_statsmodels_standardising_formula_is_undone(shops):
    expected = checked_fit(smf.mixedlm("sales ~ price * kind", shops, groups="shop", re_formula="~price"))
    for price in ("scale(price)", "center(price)", "standardize(price)"):
        model = smf.mixedlm(f"sales ~ {price} * kind", shops, groups="shop", re_formula=f"~{price}")
        assert_same(unscale(checked_fit(model)), expected, 5e-3)


def test_rows_that_statsmodels_drops_leave_names_and_numbers_as_they_are(sleep):
    scaling = Scaling({"days": 4.0}, {"days": 2.0})
    holes = scaling.apply(sleep.assign(other=1.0))
    holes["days"] = holes["days"].where(sleep["days"] != 3)
    model = smf.mixedlm("reaction ~ days", holes, groups="subject", re_formula="~days", missing="drop")
    assert_same(
        unscale(checked_fit(model), scaling), lmm("reaction ~ days + (days | subject)", sleep[sleep["days"] != 3]), 0.02
    )


def test_a_column_is_standardised_by_the_formula_or_before_not_both(sleep, shops):
    """R's commonest idiom, with the numbers it used: the data were never standardised."""
    fit = lmm("reaction ~ scale(days) + (scale(days) | subject)", sleep)
    with pytest.raises(ValueError, match=r"the formula standardises 'days' itself.*unscale\(fit\).*plain name"):
        unscale(fit, Scaling({"days": 4.5}, {"days": 2.88}))
    unscaled = unscale(fit)
    assert unscaled.fe_params["days"] == pytest.approx(10.467286, abs=1e-5)  # lme4's
    assert fit.fe_params["scale(days)"] == pytest.approx(30.07, abs=0.01)
    assert_same(unscaled, lmm("reaction ~ days + (days | subject)", sleep))
    scaled, scaling = standardise(shops.assign(shop=shops["shop"].str[1:].astype(float)), ["shop", "price"])
    with pytest.raises(ValueError, match="'shop' tells the groups of 'town:shop' apart"):
        unscale(lmm("sales ~ price + (1 | town/shop)", scaled), scaling)


STATSMODELS_CASES = {
    "intercept": ("sales ~ price", {"groups": "shop"}),
    "slope": ("sales ~ price * income", {"groups": "shop", "re_formula": "~price"}),
    "random part only": ("sales ~ price", {"groups": "shop", "re_formula": "~year"}),
    "polynomial": ("sales ~ price + I(price**2)", {"groups": "shop", "re_formula": "~price + I(price**2)"}),
    "category": ("sales ~ kind * price", {"groups": "shop", "re_formula": "~C(kind) + price"}),
    "nested": ("sales ~ price", {"groups": "town", "re_formula": "1", "vc_formula": {"shop": "0 + C(shop)"}}),
    "function": ("sales ~ np.tanh(other / 300) * price", {"groups": "shop"}),
}


@pytest.mark.parametrize("reml", [True, False], ids=["REML", "ML"])
@pytest.mark.parametrize(("formula", "random"), STATSMODELS_CASES.values(), ids=STATSMODELS_CASES)
def test_statsmodels_is_unscaled_by_the_same_call(shops, formula, random, reml):
    scaled, scaling = standardise(shops, ["price", "income", "year", "sales"])
    fit = checked_fit(smf.mixedlm(formula, scaled, **random), reml)
    unscaled = unscale(fit, scaling)
    assert_same_fitted_values(estimates(fit), unscaled, scaling, "sales")
    # the very parameters, put into the model of the original data, have the log-likelihood that was computed
    model, outer = smf.mixedlm(formula, shops, **random), random["groups"]
    variances = [np.diag(unscaled.cov_re[factor]) for factor in unscaled.cov_re if factor != outer]
    parameters = MixedLMParams.from_components(
        unscaled.fe_params.to_numpy(),
        cov_re=unscaled.cov_re[outer].to_numpy() / unscaled.scale,
        vcomp=np.concatenate(variances or [[]]) / unscaled.scale,
    )
    model.reml, model.cov_pen, model.fe_pen = reml, None, None  # as its fit would set them
    assert model.loglike(parameters, profile_fe=False) == pytest.approx(unscaled.llf, abs=1e-6)
    np.testing.assert_allclose(unscaled.columns.design, model.exog, rtol=1e-12)


def test_standard_errors_of_statsmodels_are_those_of_its_fit_to_the_original_data():
    stores = load("stores").assign(log_sales=lambda data: np.log(data["sales"]))
    scaled, scaling = standardise(stores, ["price", "gdp", "log_sales"])
    scaled, original = (
        checked_fit(smf.mixedlm("log_sales ~ price * gdp", data, groups="store", re_formula="~price"))
        for data in (scaled, stores)
    )
    np.testing.assert_allclose(unscale(scaled, scaling).bse_fe, original.bse_fe, rtol=1e-3)


def test_statsmodels_and_the_engine_meet_in_original_units(shops):
    scaled, scaling = standardise(shops, ["price", "sales"])
    model = smf.mixedlm("sales ~ price", scaled, groups="shop", re_formula="~price")
    assert_same(unscale(checked_fit(model), scaling), lmm("sales ~ price + (price | shop)", shops), tolerance=2e-3)


def test_independent_components_become_correlated_effects_with_the_same_covariance_of_the_data(shops):
    """Diagonal on centred columns, full in original units: the covariance of the rows of a shop is the same."""
    components = {"shop": "0 + C(shop)", "shop:price": "0 + C(shop):price"}
    scaled, scaling = standardise(shops, ["price", "sales"])
    model = smf.mixedlm("sales ~ price", scaled, groups="town", re_formula="~price", vc_formula=components)
    fit = checked_fit(model)
    unscaled = unscale(fit, scaling)
    assert list(unscaled.cov_re) == ["town", "shop"]
    own = unscaled.columns.groups["shop"].to_numpy()[:14]
    standardised = np.column_stack([np.ones(14), scaled["price"][:14]])
    ours = own @ unscaled.cov_re["shop"] @ own.T
    theirs = scaling.scale["sales"] ** 2 * standardised * fit.vcomp @ standardised.T
    np.testing.assert_allclose(ours, theirs, rtol=1e-8)
    assert unscaled.cov_re["shop"].loc["Intercept", "price"] < -1
    assert_same_fitted_values(estimates(fit), unscaled, scaling, "sales")
    engine = lmm("sales ~ price + (price | town) + (price || shop)", scaled)
    assert_same(unscaled, unscale(engine, scaling), tolerance=2e-3)


def test_an_independent_slope_of_the_outer_groups_belongs_to_them(sleep):
    scaled, scaling = standardise(sleep, ["days"])
    components = {"a slope by any name": "0 + days"}
    fit = checked_fit(smf.mixedlm("reaction ~ days", scaled, groups="subject", re_formula="1", vc_formula=components))
    unscaled = unscale(fit, scaling)
    assert list(unscaled.random_effects["subject"]) == ["Intercept", "days"]
    assert_same(unscaled, unscale(lmm("reaction ~ days + (days || subject)", scaled), scaling), tolerance=2e-3)


def test_crossed_components(shops):
    components = {"shop": "0 + C(shop)", "shop:price": "0 + C(shop):price", "kind": "0 + C(kind)"}
    scaled, scaling = standardise(shops, ["price"], scale=False)
    everything = np.ones(len(shops))
    fit = quietly(checked_fit, smf.mixedlm("sales ~ price", scaled, groups=everything, vc_formula=components))
    unscaled = unscale(fit, scaling)
    assert {factor: table.shape for factor, table in unscaled.random_effects.items()} == {
        "kind": (2, 1),
        "shop": (40, 2),
    }
    assert_same_fitted_values(estimates(fit), unscaled, scaling, "sales")


def test_labels_that_occur_in_several_groups_stay_apart():
    pastes = load("pastes")
    scaled, scaling = standardise(pastes, ["strength"])
    model = smf.mixedlm("strength ~ 1", scaled, groups="batch", re_formula="1", vc_formula={"cask": "0 + C(cask)"})
    unscaled = unscale(checked_fit(model, reml=False), scaling)
    assert list(unscaled.random_effects["cask"].index[:4]) == ["A:a", "A:b", "A:c", "B:a"]
    found = [
        unscaled.fe_params["Intercept"],
        *(np.sqrt(c.iloc[0, 0]) for c in unscaled.cov_re.values()),
        unscaled.scale**0.5,
    ]
    np.testing.assert_allclose(found, [60.0533, 1.0951, 2.9041, 0.8234], atol=2e-4)  # Bates et al. (2015)


# Random models, centres and scales ------------------------------------------------------------------------------

PREDICTORS = ("price", "other", "year")


@st.composite
def closed_formulas(draw):
    """A polynomial of three predictors and a category with all its lower-order terms, and effects of groups."""
    highest = draw(st.lists(st.tuples(*[st.integers(0, 2)] * 3, st.booleans()), min_size=1, max_size=2))
    highest = [powers for powers in highest if sum(powers) <= 3]
    below = {lower for powers in highest for lower in np.ndindex(*(power + 1 for power in powers))}
    terms = sorted((sum(powers), powers) for powers in below if sum(powers))
    fixed = ["1", *(_product(powers) for _, powers in terms)]
    random = draw(
        st.sampled_from([
            "(1 | shop)", "(price | shop)", "(price + year | shop)", "(price * year | town)",
            "(year | town) + (price | shop)", "(price | town/shop)", "(kind:price + kind | shop)",
        ])
    )  # fmt: skip
    return f"sales ~ {' + '.join(fixed)} + {random}"


def _product(powers):
    names = [*PREDICTORS, "kind"]
    return ":".join(
        name if power == 1 else f"I({name}**{power})" for name, power in zip(names, powers, strict=True) if power
    )


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(
    formula=closed_formulas(),
    centres=st.lists(st.floats(-3, 3), min_size=4, max_size=4),
    scales=st.lists(st.floats(-3, 3), min_size=4, max_size=4),
    reml=st.booleans(),
)
def test_any_closed_model_any_centre_any_scale(shops, formula, centres, scales, reml):
    """Centres up to three standard deviations beside the mean, scales over six orders of magnitude."""
    columns = [*PREDICTORS, "sales"]
    mean, sd = shops[columns].mean(), shops[columns].std()
    scaling = Scaling(dict(mean + sd * centres), dict(sd * np.power(10.0, scales)))
    fit = quietly(lmm, formula, scaling.apply(shops), reml)
    unscaled = unscale(fit, scaling)
    assert_same(unscaled, quietly(lmm, formula, shops, reml), tolerance=2e-3)
    back = Scaling(
        {name: -scaling.centre[name] / scaling.scale[name] for name in columns},
        {name: 1 / scaling.scale[name] for name in columns},
    )
    assert_same(unscale(unscaled, back), fit)


def test_standardised_twice_and_back_again(shops):
    once, first = standardise(shops, ["price", "sales"])
    second = Scaling({"price": 0.7, "sales": -2}, {"price": 3, "sales": 0.1})
    fit = lmm("sales ~ price + (price | shop)", second.apply(once))
    assert_same(unscale(unscale(fit, second), first), lmm("sales ~ price + (price | shop)", shops))


# Published values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", ["engine", "statsmodels"])
def test_published_sleepstudy_from_standardised_days(sleep, program):
    """Correlation 0.753 on standardised days and 0.066 in days: one model."""
    scaled, scaling = standardise(sleep, ["days"])
    if program == "engine":
        fit = lmm("reaction ~ days + (days | subject)", scaled)
    else:
        fit = checked_fit(smf.mixedlm("reaction ~ days", scaled, groups="subject", re_formula="~days"))
    covariance = estimates(fit).cov_re["subject"].to_numpy()
    assert covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]) == pytest.approx(0.753, abs=5e-4)
    unscaled = unscale(fit, scaling)
    np.testing.assert_allclose(unscaled.fe_params, [251.4051, 10.4673], atol=1e-4)
    np.testing.assert_allclose(unscaled.bse_fe, [6.8246, 1.5458], atol=1e-4)
    table = unscaled.summary()["estimate"]
    assert table["SD between, subject: Intercept"] == pytest.approx(24.741, abs=1e-3)
    assert table["SD between, subject: days"] == pytest.approx(5.922, abs=1e-3)
    assert table["correlation between, subject: Intercept, days"] == pytest.approx(0.0656, abs=1e-4)
    assert table["SD within (residual)"] == pytest.approx(25.592, abs=1e-3)
    assert -2 * unscaled.llf == pytest.approx(1743.6283, abs=1e-3)
    assert compare(unscaled, "sleepstudy_slopes").table.columns[0] == program


def test_a_year_far_from_zero_loses_no_digits(sleep):
    """Days counted from the year zero: the fit on standardised days is that in days, shifted."""
    far = sleep.assign(days=sleep["days"] + 730_000)
    scaled, scaling = standardise(far, ["days"])
    unscaled = unscale(lmm("reaction ~ days + I(days**2) + (days | subject)", scaled), scaling)
    near = lmm("reaction ~ days + I(days**2) + (days | subject)", sleep)
    assert unscaled.fe_params["I(days ** 2)"] == pytest.approx(near.fe_params["I(days ** 2)"], rel=1e-4)
    shift = Scaling({"days": 730_000.0})
    np.testing.assert_allclose(unscale(near, shift).fe_params, unscaled.fe_params, rtol=1e-4)


# The four ways to get it wrong ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def interaction(shops):
    columns = ["price", "income", "sales"]
    scaled, scaling = standardise(shops, columns)
    fit = lmm("sales ~ price * income + (price | shop)", scaled)
    centre, scale = (SimpleNamespace(**numbers) for numbers in (scaling.centre, scaling.scale))
    return fit, unscale(fit, scaling), centre, scale


def test_the_intercept_is_where_all_columns_are_zero(interaction):
    fit, unscaled, centre, scale = interaction
    b, price, income = fit.fe_params, centre.price / scale.price, centre.income / scale.income
    at_zero = b["Intercept"] - b["price"] * price - b["income"] * income + b["price:income"] * price * income
    assert unscaled.fe_params["Intercept"] == pytest.approx(centre.sales + scale.sales * at_zero)


def test_main_effects_of_an_interaction_are_where_the_other_is_zero(interaction):
    fit, unscaled, centre, scale = interaction
    b = fit.fe_params
    slope = (b["price"] - b["price:income"] * centre.income / scale.income) * scale.sales / scale.price
    assert unscaled.fe_params["price"] == pytest.approx(slope)
    assert unscaled.fe_params["price"] != pytest.approx(b["price"] * scale.sales / scale.price, rel=0.1)


def test_standard_errors_need_the_covariances(interaction):
    fit, unscaled, centre, scale = interaction
    weights = np.array([1, -centre.income / scale.income])
    names = ["price", "price:income"]
    variance = weights @ fit.cov_fe.loc[names, names] @ weights * (scale.sales / scale.price) ** 2
    assert unscaled.bse_fe["price"] == pytest.approx(np.sqrt(variance))
    highest = fit.bse_fe["price:income"] * scale.sales / (scale.price * scale.income)
    assert unscaled.bse_fe["price:income"] == pytest.approx(highest)


def test_the_effects_of_groups_move_like_the_coefficients(interaction):
    fit, unscaled, centre, scale = interaction
    shop = fit.random_effects["shop"]
    at_zero = scale.sales * (shop["Intercept"] - shop["price"] * centre.price / scale.price)
    pd.testing.assert_series_equal(unscaled.random_effects["shop"]["Intercept"], at_zero, check_names=False)
    psi, c = fit.cov_re["shop"].to_numpy(), centre.price / scale.price
    variance = scale.sales**2 * (psi[0, 0] - 2 * c * psi[0, 1] + c**2 * psi[1, 1])
    assert unscaled.cov_re["shop"].iloc[0, 0] == pytest.approx(variance)


def test_the_scale_of_the_response_reaches_everything(shops, interaction):
    fit, unscaled, _, scale = interaction
    assert np.sqrt(unscaled.scale) == pytest.approx(scale.sales * np.sqrt(fit.scale))
    n, p = len(shops), 4
    predictors = np.log(scale.price) + np.log(scale.income) + np.log(scale.price * scale.income)
    assert unscaled.llf == pytest.approx(fit.llf - (n - p) * np.log(scale.sales) - predictors)


def test_the_log_likelihood_of_full_maximum_likelihood_knows_the_response_only(shops):
    scaled, scaling = standardise(shops, ["price", "sales"])
    fit = lmm("sales ~ price + (price | shop)", scaled, reml=False)
    assert unscale(fit, scaling).llf == pytest.approx(fit.llf - len(shops) * np.log(scaling.scale["sales"]))


# Models that are another model in original units ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (
            "sales ~ income + price:income + (1 | shop)",
            "'price:income' in the model needs 'price', because columns were centred. Without, this fit says that "
            "'price' has no effect where 'income' is 5",
        ),
        ("sales ~ price:income + (1 | shop)", "Add 'income', 'price', or standardise with centre=False"),
        ("sales ~ price + income + year*(price + income) + year:price:income + (1 | shop)", "needs 'price:income'"),
        ("sales ~ kind:price + (1 | shop)", "'kind:price' in the model needs 'kind'"),
        (
            "sales ~ price + (0 + price | shop)",
            "'price' in the group-level effects of 'shop' needs 'Intercept', because columns were centred. "
            "Without, this fit says that groups do not differ where 'price' is 2",
        ),
        ("sales ~ price + (1 + price:year | shop)", "group-level effects of 'shop' needs 'year', 'price'"),
        ("sales ~ 0 + price + (1 | shop)", "'price' in the model needs 'Intercept'.* the response is zero where"),
        ("sales ~ I(price**2) + (1 | shop)", r"'I\(price \*\* 2\)' in the model: a function .* add the lower powers"),
        ("sales ~ np.tanh(price / 300) + (1 | shop)", "make a column of the function's values and standardise that"),
        ("sales ~ np.tanh(price) + (1 | shop)", r"the columns Intercept, np.tanh\(price\) depend on one another"),
        ("sales ~ np.minimum(price, 0) + (1 | shop)", "in the model: a function of a standardised column"),
    ],
)  # fmt: skip
def test_a_model_that_is_not_closed_is_refused_with_the_term_named(shops, formula, message):
    scaled, scaling = standardise(shops, ["price", "year", "income"])
    with pytest.raises(NotClosedError, match=message):
        unscale(lmm(formula, scaled), scaling)


def test_the_refused_model_really_is_another_one(shops):
    """Without the main effect the maximum of the likelihood depends on where the columns are centred."""
    scaled, scaling = standardise(shops, ["price", "income"], scale=False)
    formula = "sales ~ income + price:income + (1 | shop)"
    assert abs(lmm(formula, scaled, reml=False).llf - lmm(formula, shops, reml=False).llf) > 1
    with pytest.raises(NotClosedError):
        unscale(lmm(formula, scaled), scaling)


@pytest.mark.parametrize(
    ("random", "message"),
    [
        ({"re_formula": "0 + price"}, "'price' in the group-level effects of 'shop' needs 'Intercept'"),
        ({"vc_formula": {"slope": "0 + price"}}, "'price' in the group-level effects of 'shop' needs 'Intercept'"),
    ],
)
def test_statsmodels_models_that_are_not_closed(shops, random, message):
    scaled, scaling = standardise(shops, ["price"])
    with pytest.raises(NotClosedError, match=message):
        unscale(checked_fit(smf.mixedlm("sales ~ price", scaled, groups="shop", **random)), scaling)


def test_a_function_that_is_not_defined_in_original_units(shops):
    """The logarithm of a share of the largest price: in cents it is that of a negative number."""
    scaled = shops.assign(price=shops["price"] / shops["price"].max())
    fit = checked_fit(smf.mixedlm("sales ~ np.log(2 - price)", scaled, groups="shop"))
    with pytest.raises(NotClosedError, match=r"'np.log\(2 - price\)' in the model: a function"):
        unscale(fit, Scaling(scale={"price": shops["price"].max()}))
    with pytest.raises(ValueError, match=r"np.log\(2 - price\)"):
        unscale(lmm("sales ~ np.log(2 - price) + (1 | shop)", scaled), Scaling(scale={"price": shops["price"].max()}))


def test_a_shifted_response_needs_an_intercept(shops):
    scaled, scaling = standardise(shops, ["sales"])
    with pytest.raises(NotClosedError, match="no term of a model without an intercept takes up"):
        unscale(lmm("sales ~ 0 + price + (1 | shop)", scaled), scaling)
    assert unscale(lmm("sales ~ 0 + kind + (1 | shop)", scaled), scaling).fe_params.min() > 0
    scaled, scaling = standardise(shops, ["sales"], centre=False)
    assert_same(
        unscale(lmm("sales ~ 0 + price + (1 | shop)", scaled), scaling), lmm("sales ~ 0 + price + (1 | shop)", shops)
    )


def test_a_response_shifted_inside_a_function(shops):
    scaled, scaling = standardise(shops, ["sales"])
    with pytest.raises(NotClosedError, match="the response was standardised inside a function"):
        unscale(lmm("np.tanh(sales) ~ price + (1 | shop)", scaled), scaling)


def test_a_standardised_column_used_as_a_category(sleep):
    scaled, scaling = standardise(sleep, ["days"])
    unscaled = unscale(lmm("reaction ~ C(days) + (1 | subject)", scaled), scaling)
    assert_same(unscaled, lmm("reaction ~ C(days) + (1 | subject)", unscaled.data))
    fit = checked_fit(smf.mixedlm("reaction ~ C(np.round(days))", scaled, groups="subject"))
    with pytest.raises(NotClosedError, match="a standardised column is used as a category"):
        unscale(fit, scaling)


# Wrong input ----------------------------------------------------------------------------------------------------


def test_standardise_makes_mean_zero_and_sd_one_and_is_undone(shops):
    scaled, scaling = standardise(shops, ["price", "income"])
    np.testing.assert_allclose(scaled[["price", "income"]].mean(), 0, atol=1e-12)
    np.testing.assert_allclose(scaled[["price", "income"]].std(), 1)
    pd.testing.assert_frame_equal(scaling.undo(scaled), shops)
    pd.testing.assert_frame_equal(scaled.drop(columns=["price", "income"]), shops.drop(columns=["price", "income"]))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["prize"], "the data have no column 'prize'; they have town, shop, kind, price"),
        (["kind"], "'kind' is .*, not a number: categories are left as they are"),
        (["gap"], "'gap': 1 of 560 values are missing"),
        (["one"], "'one' has one value only"),
        ("price and year", "no column 'price and year'"),
    ],
)
def test_standardise_names_what_it_cannot_use(shops, columns, message):
    data = shops.assign(gap=shops["price"].where(shops.index > 0), one=1.0)
    with pytest.raises(ValueError, match=message):
        standardise(data, columns)


def test_scaling_takes_means_and_standard_deviations_as_they_come(shops):
    columns = ["price", "sales"]
    scaled, _ = standardise(shops, columns)
    pd.testing.assert_frame_equal(Scaling(shops[columns].mean(), shops[columns].std()).apply(shops), scaled)


@pytest.mark.parametrize(
    ("centre", "scale", "message"),
    [
        ({"price": np.nan}, {}, "the centre of 'price' is nan"),
        ({}, {"price": 0}, "the scale of 'price' is 0; it must be a positive number"),
        ({}, {"price": -1}, "the scale of 'price' is -1"),
    ],
)
def test_scaling_refuses_impossible_numbers(centre, scale, message):
    with pytest.raises(ValueError, match=message):
        Scaling(centre, scale)


def test_a_fit_must_know_its_formula_and_its_columns(shops):
    scaled, scaling = standardise(shops, ["price", "sales"])
    fit = lmm("sales ~ 1 + (1 | shop)", scaled.drop(columns="price"))
    with pytest.raises(ValueError, match="the data have no column 'price'"):
        unscale(fit, scaling)
    with pytest.raises(ValueError, match="the model was made from arrays"):
        unscale(fit_products(fit.products), scaling)
    arrays = MixedLM(scaled["sales"], np.ones(len(scaled)), groups=scaled["shop"]).fit()
    with pytest.raises(ValueError, match="the model was made from arrays"):
        unscale(arrays, scaling)
    with pytest.raises(TypeError, match="SimpleNamespace is not a fit"):
        unscale(SimpleNamespace(fe_params=smf.ols("sales ~ price", scaled).fit().params), scaling)


def test_a_column_that_cannot_be_evaluated_by_its_name_is_named(shops):
    scaled, scaling = standardise(shops, ["price"])
    model = smf.mixedlm("sales ~ price", scaled, groups="shop", re_formula="~price")
    fit = checked_fit(model)
    model.data.frame["price"] = shops["price"]
    with pytest.raises(ValueError, match=r"the column 'price \| shop' of the model cannot be evaluated again"):
        unscale(fit, scaling)


def test_the_summary_is_that_of_the_engine(shops):
    scaled, scaling = standardise(shops, ["price"], centre=False)
    unscaled = unscale(lmm("sales ~ price + (price || shop)", scaled), scaling)
    assert isinstance(lmm("sales ~ price + (price || shop)", shops), MixedFit)
    assert list(unscaled.summary().index) == list(lmm("sales ~ price + (price || shop)", shops).summary().index)


# Posteriors -----------------------------------------------------------------------------------------------------


def made_up_draws(model_terms, factors, shape=(2, 5), seed=1):
    """Draws of no particular distribution, in the shape of a Bambi fit."""
    rng = np.random.default_rng(seed)
    posterior = xr.Dataset({"sigma": (("chain", "draw"), 1 + rng.random(shape))})
    for name, levels in model_terms.items():
        extra = [f"{name}_dim"] if levels else []
        posterior[name] = (("chain", "draw", *extra), rng.normal(size=(*shape, *([levels] if levels else []))))
    for factor, (labels, effects) in factors.items():
        for effect, levels in effects.items():
            extra = [f"{effect}__expr_dim"] if levels else []
            sizes = [levels] if levels else []
            posterior[f"{effect}|{factor}_sigma"] = (("chain", "draw", *extra), 1 + rng.random((*shape, *sizes)))
            values = rng.normal(size=(*shape, *sizes, len(labels)))
            posterior[f"{effect}|{factor}"] = (("chain", "draw", *extra, f"{factor}__factor_dim"), values)
            posterior = posterior.assign_coords({f"{factor}__factor_dim": labels})
    posterior["sigma_log__"] = np.log(posterior["sigma"])  # nutpie keeps these
    diverging = xr.Dataset({"diverging": (("chain", "draw"), np.zeros(shape, bool))})
    return {"posterior": posterior, "sample_stats": diverging}


def test_every_draw_is_unscaled_by_arithmetic(sleep):
    scaled, scaling = standardise(sleep, ["days", "reaction"])
    subjects = sorted(sleep["subject"].unique())
    idata = made_up_draws({"Intercept": 0, "days": 0}, {"subject": (subjects, {"1": 0, "days": 0})})
    model = bmb.Model("reaction ~ days + (days | subject)", scaled)
    old, new = idata["posterior"], unscale(idata, scaling, model)["posterior"]
    c, s = scaling.centre["days"] / scaling.scale["days"], scaling.scale["reaction"]
    slope = s / scaling.scale["days"]
    expected = {
        "Intercept": scaling.centre["reaction"] + s * (old["Intercept"] - c * old["days"]),
        "days": slope * old["days"],
        "sigma": s * old["sigma"],
        "1|subject": s * (old["1|subject"] - c * old["days|subject"]),
        "days|subject": slope * old["days|subject"],
        "1|subject_sigma": s * np.hypot(old["1|subject_sigma"], c * old["days|subject_sigma"]),
        "days|subject_sigma": slope * old["days|subject_sigma"],
        "1, days|subject_corr": -1 / np.sqrt(1 + (old["1|subject_sigma"] / (c * old["days|subject_sigma"])) ** 2),
    }
    assert set(new.data_vars) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(new[name].transpose(*values.dims), values, rtol=1e-10)


def test_divided_columns_leave_independent_effects_independent(sleep):
    scaled, scaling = standardise(sleep, ["days"], centre=False)
    subjects = sorted(sleep["subject"].unique())
    idata = made_up_draws({"Intercept": 0, "days": 0}, {"subject": (subjects, {"1": 0, "days": 0})})
    unscaled = unscale(idata, scaling, bmb.Model("reaction ~ days + (days | subject)", scaled))
    assert not [name for name in unscaled["posterior"].data_vars if name.endswith("corr")]


def test_the_linear_predictor_of_every_draw_is_unchanged(shops):
    scaled, scaling = standardise(shops, ["price", "year", "sales"])
    formula = "sales ~ kind * price + I(price**2) + (kind + price | shop) + (year | town)"
    terms = {"Intercept": 0, "kind": 1, "price": 0, "kind:price": 1, "I(price ** 2)": 0}
    labels = {factor: sorted(shops[factor].unique()) for factor in ("shop", "town")}
    factors = {"shop": (labels["shop"], {"1": 0, "kind": 1, "price": 0}), "town": (labels["town"], {"1": 0, "year": 0})}
    idata = made_up_draws(terms, factors)
    unscaled = unscale(idata, scaling, bmb.Model(formula, scaled))
    before, after = (
        _predictor(posterior["posterior"], data) for posterior, data in ((idata, scaled), (unscaled, shops))
    )
    np.testing.assert_allclose(after, scaling.centre["sales"] + scaling.scale["sales"] * before, rtol=1e-8)


def _predictor(posterior, data):
    """Linear predictor of the model above, written out."""
    plain, price, year = ((data["kind"] == "plain").to_numpy(), data["price"].to_numpy(), data["year"].to_numpy())
    of = {name: values.to_numpy().reshape(2, 5, -1) for name, values in posterior.data_vars.items()}
    shop, town = (pd.Categorical(data[factor]).codes for factor in ("shop", "town"))
    fixed = of["Intercept"] + of["kind"] * plain + of["price"] * price + of["kind:price"] * plain * price
    fixed = fixed + of["I(price ** 2)"] * price**2
    own = of["1|shop"][..., shop] + of["kind|shop"][..., shop] * plain + of["price|shop"][..., shop] * price
    return fixed + own + of["1|town"][..., town] + of["year|town"][..., town] * year


def test_a_posterior_needs_its_model(sleep):
    scaled, scaling = standardise(sleep, ["days"])
    idata = made_up_draws({"Intercept": 0}, {"subject": (sorted(sleep["subject"].unique()), {"1": 0})})
    with pytest.raises(TypeError, match=r"unscale\(idata, scaling, model\)"):
        unscale(idata, scaling)
    with pytest.raises(ValueError, match="the posterior has no 'days', which the formula names"):
        unscale(idata, scaling, bmb.Model("reaction ~ days + (1 | subject)", scaled))
    with pytest.raises(NotClosedError, match="'days' in the group-level effects of 'subject'"):
        unscale(idata, scaling, bmb.Model("reaction ~ days + (0 + days | subject)", scaled))


@pytest.mark.filterwarnings("ignore")  # a short run, by this or that version of the samplers
def test_a_real_posterior_keeps_its_kind_and_can_be_tabulated(sleep):
    scaled, scaling = standardise(sleep, ["days", "reaction"])
    model = bmb.Model("reaction ~ days + (days | subject)", scaled)
    idata = model.fit(draws=300, tune=400, chains=2, random_seed=1, inference_method="nutpie")
    unscaled = unscale(idata, scaling, model)
    assert type(unscaled) is type(idata)
    names = {name: name for name in ("Intercept", "days", "1|subject_sigma", "1, days|subject_corr")}
    assert list(posterior_table(unscaled, names).index) == list(names)
    means = {name: float(unscaled["posterior"][name].mean()) for name in names}
    assert means["Intercept"] == pytest.approx(251.4, abs=15)  # lme4's; the Monte-Carlo error is about 1
    assert means["days"] == pytest.approx(10.47, abs=2)
    assert means["1, days|subject_corr"] < 0
    np.testing.assert_array_equal(unscaled["sample_stats"]["diverging"], idata["sample_stats"]["diverging"])


def test_a_posterior_of_a_formula_that_standardises_has_plain_names(sleep):
    subjects = sorted(sleep["subject"].unique())
    effects = {"1": 0, "scale(days)": 0}
    idata = made_up_draws({"Intercept": 0, "scale(days)": 0}, {"subject": (subjects, effects)})
    old = idata["posterior"]
    model = bmb.Model("reaction ~ scale(days) + (scale(days) | subject)", sleep)
    new = unscale(idata, model=model)["posterior"]
    mean, sd = sleep["days"].mean(), sleep["days"].std(ddof=0)
    np.testing.assert_allclose(new["days"], old["scale(days)"] / sd)
    np.testing.assert_allclose(new["Intercept"], old["Intercept"] - mean / sd * old["scale(days)"])
    np.testing.assert_allclose(new["days|subject"], old["scale(days)|subject"] / sd)
    np.testing.assert_allclose(new["days|subject_sigma"], old["scale(days)|subject_sigma"] / sd)
    assert not [name for name in new.data_vars if "scale" in name]
    with pytest.raises(ValueError, match="the formula standardises 'days' itself"):
        unscale(idata, Scaling({"days": 4.5}), model)


def test_a_posterior_of_rows_without_missing_values(sleep):
    """Bambi leaves them out on demand; the mean and the matrix are those of the rows that stayed."""
    holes = sleep.assign(days=sleep["days"].where(sleep["days"] != 3), other=np.nan)
    subjects = sorted(sleep["subject"].unique())
    idata = made_up_draws({"Intercept": 0, "scale(days)": 0}, {"subject": (subjects, {"1": 0})})
    whole = sleep[sleep["days"] != 3]
    formula = "reaction ~ scale(days) + (1 | subject)"
    one = unscale(idata, model=bmb.Model(formula, holes, dropna=True))["posterior"]
    other = unscale(idata, model=bmb.Model(formula, whole))["posterior"]
    for name in other.data_vars:
        np.testing.assert_allclose(one[name], other[name])


def test_a_posterior_of_names_labels_and_categories_of_any_kind(sleep):
    rng = np.random.default_rng(1)
    kind = pd.Categorical(np.array(["z [1]", "a:b"])[rng.integers(0, 2, len(sleep))], ["z [1]", "a:b"])
    odd = sleep.assign(**{"days of sleep": sleep["days"].astype("int8"), "the kind": kind})
    scaled, scaling = standardise(odd, ["days of sleep"])
    model = bmb.Model("reaction ~ `days of sleep` * `the kind` + (`days of sleep` | subject)", scaled)
    subjects = sorted(sleep["subject"].unique())
    terms = {"Intercept": 0, "days of sleep": 0, "the kind": 1, "days of sleep:the kind": 1}
    idata = made_up_draws(terms, {"subject": (subjects, {"1": 0, "days of sleep": 0})})
    old, new = idata["posterior"], unscale(idata, scaling, model)["posterior"]
    c, s = scaling.centre["days of sleep"], scaling.scale["days of sleep"]
    for whole, slope in (("Intercept", "days of sleep"), ("the kind", "days of sleep:the kind")):
        np.testing.assert_allclose(new[slope], old[slope] / s)
        np.testing.assert_allclose(new[whole], old[whole].to_numpy() - c / s * old[slope].to_numpy())


def test_a_posterior_of_a_weighted_response_with_a_renamed_coefficient(sleep):
    scaled, scaling = standardise(sleep.assign(w=1.0 + np.arange(180) % 3), ["days", "reaction"])
    model = bmb.Model("weighted(reaction, w) ~ days + (1 | subject)", scaled)
    model.set_alias({"days": "a day"})
    subjects = sorted(sleep["subject"].unique())
    idata = made_up_draws({"Intercept": 0, "a day": 0}, {"subject": (subjects, {"1": 0})})
    new = unscale(idata, scaling, model)["posterior"]
    slope = scaling.scale["reaction"] / scaling.scale["days"]
    np.testing.assert_allclose(new["a day"], slope * idata["posterior"]["a day"])


BAMBI_REFUSED = {
    "another link": ("reaction ~ days + (1 | subject)", {"link": {"mu": "log"}}, "with its link are not in its units"),
    "another family": ("reaction ~ days + (1 | subject)", {"family": "gamma", "link": "log"}, "the family 'gamma'"),
    "two predictors": (bmb.Formula("reaction ~ days", "sigma ~ days"), {}, "sigma has a formula of its own"),
    "an offset": ("reaction ~ days + offset(w) + (1 | subject)", {}, "has an offset, which must stay in its units"),
    "no predictor": ("reaction ~ 0 + (1 | subject)", {}, "at least one population-level effect"),
    "a process": ("reaction ~ hsgp(days, m=3, c=2)", {}, "hsgp.* is a Gaussian process"),
    "the last word": ("reaction ~ days + (1 + days - 1 | subject)", {}, "Bambi has taken .* for 1 . subject, days"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*'str' dtypes are included:DeprecationWarning")
@pytest.mark.parametrize(("formula", "arguments", "message"), BAMBI_REFUSED.values(), ids=BAMBI_REFUSED)
def test_bambi_models_that_cannot_be_unscaled_are_refused(sleep, formula, arguments, message):
    scaled, scaling = standardise(sleep.assign(w=1.0), ["reaction"], centre=False)
    effects = {"1": 0, "days": 0}
    idata = made_up_draws({"Intercept": 0, "days": 0}, {"subject": (sorted(sleep["subject"].unique()), effects)})
    with pytest.raises(ValueError, match=message.replace("1 . subject", "Intercept . subject|1 . subject")):
        unscale(idata, scaling, bmb.Model(formula, scaled, **arguments))


def test_predictors_of_counts_are_unscaled_beside_an_offset(sleep):
    counts = sleep.assign(count=sleep["reaction"].astype(int), hours=1.0 + sleep["days"])
    scaled, scaling = standardise(counts, ["days"])
    model = bmb.Model("count ~ days + offset(np.log(hours)) + (1 | subject)", scaled, family="poisson")
    subjects = sorted(sleep["subject"].unique())
    idata = made_up_draws({"Intercept": 0, "days": 0}, {"subject": (subjects, {"1": 0})})
    new = unscale(idata, scaling, model)["posterior"]
    np.testing.assert_allclose(new["days"], idata["posterior"]["days"] / scaling.scale["days"])


def test_a_chosen_category_as_response_and_short_floats_are_unscaled(sleep):
    slow = sleep.assign(
        slow=np.where(sleep["reaction"] > 300, "yes", "no"), days=(1000 + 0.1 * sleep["days"]).astype("float32")
    )
    model = bmb.Model("slow['yes'] ~ scale(days) + center(days):scale(days)", slow, family="bernoulli")
    terms = {"Intercept": 0, "scale(days)": 0, "center(days):scale(days)": 0}
    scaled = bambi_model.columns(model)
    np.testing.assert_array_equal(scaled.response, slow["slow"] == "yes")
    new = unscale(made_up_draws(terms, {}), model=bmb.Model("slow['yes'] ~ scale(days)", slow, family="bernoulli"))
    assert set(new["posterior"].data_vars) == {"Intercept", "days"}


def test_other_parameters_of_the_family_are_kept(sleep):
    scaled, scaling = standardise(sleep, ["days", "reaction"])
    model = bmb.Model("reaction ~ days", scaled, family="t")
    model.build()
    model.set_alias({"sigma": "s"})
    idata = made_up_draws({"Intercept": 0, "days": 0}, {})
    old = idata["posterior"].rename({"sigma": "s"}).assign(nu=idata["posterior"]["sigma"] + 4)
    new = unscale({"posterior": old}, scaling, model)["posterior"]
    np.testing.assert_allclose(new["s"], scaling.scale["reaction"] * old["s"])
    np.testing.assert_array_equal(new["nu"], old["nu"])


def test_what_is_handed_over_wrongly_is_said(sleep):
    scaled, scaling = standardise(sleep, ["days"])
    fit = lmm("reaction ~ days + (1 | subject)", scaled)
    with pytest.raises(TypeError, match="standardise returns the data and the scaling"):
        unscale(fit, (scaled, scaling))
    with pytest.raises(TypeError, match=r"unscale\(idata, scaling, model\)"):
        unscale(fit, scaling, bmb.Model("reaction ~ days", scaled))
    with pytest.raises(TypeError, match=r"checked_fit takes a model of smf\.mixedlm"):
        checked_fit(smf.ols("reaction ~ days", sleep))
    for wrong in (deviations, partial(by_group, group="subject")):
        with pytest.raises(TypeError, match="takes a fit of"):
            wrong(fit)
    for data, columns, message in (
        (sleep.rename(columns={"days": 2020}), [2020], r"2020 is not text: data.rename\(columns=str\)"),
        (sleep.assign(days=sleep["days"].astype(object)), "days", "pd.to_numeric"),
        (sleep.assign(days=sleep["days"] * 1j), "days", "'days' is complex128, not a number"),
    ):
        with pytest.raises(ValueError, match=message):
            standardise(data, columns)
    pd.testing.assert_frame_equal(standardise(sleep, ["days", "days"])[0], scaled)


def test_a_bambi_model_whose_integers_overflowed_is_refused(sleep):
    small = sleep.assign(days=(sleep["days"] * 10).astype("int8"))
    idata = made_up_draws({"Intercept": 0, "I(days ** 2)": 0, "days": 0}, {"subject": ([1], {"1": 0})})
    with pytest.raises(ValueError, match=r"'I\(days \*\* 2\)': Bambi has calculated with integers that overflow"):
        unscale(idata, Scaling(), bmb.Model("reaction ~ days + I(days**2) + (1 | subject)", small))
    with pytest.raises(ValueError, match="has no place"):
        unscale(idata, Scaling(), bmb.Model("reaction ~ days reaction + (1 | subject)", sleep))


@pytest.mark.filterwarnings("ignore")  # a short run, by this or that version of the samplers
def test_draws_of_an_approximation_are_unscaled_with_the_intercept_of_the_formula(sleep):
    """After variational inference Bambi leaves the intercept at the means of the predictors."""
    model = bmb.Model("reaction ~ days + (days | subject)", sleep)
    idata = model.fit(inference_method="vi", n=100, progressbar=False).sample(5)
    new, codes = unscale(idata, Scaling(), model)["posterior"], pd.Categorical(sleep["subject"]).codes
    days, of = sleep["days"].to_numpy(), {name: values.to_numpy()[0] for name, values in new.items()}
    predictor = of["Intercept"][:, None] + of["days"][:, None] * days
    predictor = predictor + of["1|subject"][:, codes] + of["days|subject"][:, codes] * days
    np.testing.assert_allclose(predictor, idata["posterior"]["mu"].to_numpy()[0], rtol=1e-8)
    with pytest.raises(ValueError, match="the draws are of one chain, and these checks compare chains"):
        sampling_checks(idata)


def test_draws_without_the_samplers_statistics(sleep):
    scaled, scaling = standardise(sleep, ["days"])
    idata = made_up_draws({"Intercept": 0}, {"subject": (sorted(sleep["subject"].unique()), {"1": 0})}, (4, 500))
    alone = {"posterior": idata["posterior"]}
    checks = sampling_checks(alone)
    assert checks["result"].tolist() == ["passed", "passed", "not recorded"]
    assert sampling_checks(idata)["result"].tolist() == ["passed"] * 3
    model = bmb.Model("reaction ~ 1 + (1 | subject)", scaled)
    for kind in (xr.DataTree.from_dict, dict):
        unscaled = unscale(kind(alone), scaling, model)
        assert "sample_stats" not in getattr(unscaled, "children", unscaled)
