"""Tables of posteriors and of groups: digits that are meant, and words for what is wrong."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
import xarray as xr

from partial_pooling import by_group, checked_fit, deviations, load, posterior_table, sampling_checks
from partial_pooling.posterior import meant_decimals, supported_decimals


@pytest.fixture(scope="module")
def stores():
    data = load("stores")
    return data.assign(log_sales=np.log(data["sales"]), log_price=np.log(data["price"] / 4))


@pytest.fixture(scope="module")
def fit(stores):
    return checked_fit(smf.mixedlm("log_sales ~ log_price", stores, groups="store", re_formula="~log_price"))


def chains(mean=1.234, sd=0.5, draws=1000, number=4, seed=1, divergences=0):
    """Independent normal draws, in the shape of a Bambi fit."""
    rng = np.random.default_rng(seed)
    diverging = np.zeros((number, draws), bool)
    diverging[0, :divergences] = True
    return {
        "posterior": xr.Dataset({"x": (("chain", "draw"), rng.normal(mean, sd, (number, draws)))}),
        "sample_stats": xr.Dataset({"diverging": (("chain", "draw"), diverging)}),
    }


# Digits --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("error", "decimals"), [(0.005, 2), (0.0051, 1), (0.05, 1), (0.4, 0), (0.6, -1), (5e-5, 4)])
def test_a_unit_of_the_last_digit_is_two_monte_carlo_errors(error, decimals):
    assert supported_decimals([error, error / 10]) == decimals


@pytest.mark.parametrize(("sd", "decimals"), [(0.199, 2), (0.201, 1), (0.043, 2), (1.9, 1), (3, 0), (31, 0)])
def test_the_standard_deviation_says_how_many_decimals_are_meant(sd, decimals):
    assert meant_decimals(sd) == decimals


@pytest.mark.parametrize("seed", range(5))
def test_posterior_table_prints_as_many_decimals_whatever_the_seed(seed):
    table = posterior_table(chains(1.234, 0.04, draws=2000, seed=seed), {"x": "slope"})
    (mean, interval), numbers = table.loc["slope"], [1.234, 1.234 - 1.96 * 0.04, 1.234 + 1.96 * 0.04]
    printed = [mean, *interval.split(" to ")]
    assert [float(text) for text in printed] == pytest.approx(numbers, abs=0.011)
    assert {len(text) for text in printed} == {4}


def test_draws_that_support_less_get_a_decimal_less():
    """The error of the mean of n draws is 1 / sqrt(n) standard deviations, that of an interval's end 2.7 times it."""
    assert list(posterior_table(chains(1.234, 0.09, draws=2000), {"x": "x"}).loc["x"]) == ["1.23", "1.06 to 1.41"]
    assert list(posterior_table(chains(1.234, 0.09, draws=500), {"x": "x"}).loc["x"]) == ["1.23", "1.1 to 1.4"]
    assert posterior_table(chains(1.234, 0.15, draws=100), {"x": "x"}).loc["x", "mean"] == "1.2"


def test_all_parameters_but_the_groups_effects_are_shown_where_none_is_named():
    idata = chains()
    posterior = idata["posterior"].assign_coords(arm_dim=["small", "aide"])
    effects = np.random.default_rng(2).normal(3.0, 0.04, (4, 1000, 2))
    posterior["arm"] = ("chain", "draw", "arm_dim"), effects
    posterior["1|g"] = ("chain", "draw", "g__factor_dim"), np.zeros((4, 1000, 3))
    posterior["x_log__"] = posterior["x"]
    idata["posterior"] = posterior
    table = posterior_table(idata)
    assert list(table.index) == ["x", "arm[small]", "arm[aide]"]
    assert table.loc["arm[aide]", "mean"] == "3.00"
    assert list(posterior_table(idata, {"arm[small]": "small"}).index) == ["small"]
    with pytest.raises(KeyError, match=r"no 'arm'; its parameters are x, arm\[small\], arm\[aide\]"):
        posterior_table(idata, {"arm": "arm"})


def test_draws_that_say_next_to_nothing_are_refused():
    slow = chains(1.2, 0.01)
    slow["posterior"]["x"] += np.array([[0, 0, 0, 1]]).T  # a chain elsewhere
    with pytest.raises(ValueError, match=r"'slope': the draws are too few. .*sampling_checks"):
        posterior_table(slow, {"x": "slope"})


def test_posterior_table_shows_the_central_interval():
    ends = posterior_table(chains(0, 1, draws=10_000), {"x": "x"}).loc["x", "95 % interval"]
    assert [float(end) for end in ends.split(" to ")] == pytest.approx([-1.96, 1.96], abs=0.1)


def test_an_unknown_parameter_is_answered_with_the_known_ones():
    with pytest.raises(KeyError, match="no 'y'; its parameters are x"):
        posterior_table(chains(), {"y": "slope"})


def test_sampling_checks_pass_on_independent_draws():
    assert set(sampling_checks(chains())["result"]) == {"passed"}


def test_sampling_checks_fail_one_by_one():
    assert sampling_checks(chains(divergences=1)).loc["divergences", "result"] == "failed"
    assert sampling_checks(chains(draws=50)).loc["smallest effective sample size", "result"] == "failed"
    apart = chains()
    apart["posterior"]["x"][0] += 1
    assert sampling_checks(apart).loc["largest R-hat", "result"] == "failed"


def test_a_parameter_that_never_moved_is_said():
    with pytest.raises(ValueError, match="did the chains move"):
        posterior_table(chains(1.0, 0.0), {"x": "slope"})


# Groups --------------------------------------------------------------------------------------------------------


def test_by_group_holds_what_each_group_alone_gives(stores):
    fit = smf.ols("log_sales ~ 0 + store + store:log_price", stores).fit()
    alone = smf.ols("log_sales ~ log_price", stores[stores["store"] == "D4"]).fit()
    assert by_group(fit, "store").loc["D4"].to_dict() == pytest.approx(alone.params.to_dict())
    wider = np.sqrt(fit.scale / alone.scale)
    errors = by_group(fit, "store", fit.bse).loc["D4"] / wider
    assert errors.to_dict() == pytest.approx(alone.bse.to_dict())


def test_by_group_leaves_other_terms_out(stores):
    fit = smf.ols("log_sales ~ 0 + store + store:log_price + week", stores).fit()
    assert list(by_group(fit, "store")) == ["Intercept", "log_price"]


LABELS = {
    "text": ["a [old]", "T.x", "a:b", "(5, 9]"],
    "words of a formula": ["g]:x", "g[T.x]", "", " "],
    "numbers": [10, 2, 3, 1],
    "truth": [True, False],
}


@pytest.mark.parametrize("slope", ["x", 'Q("day of [x]:y")', "kind", "kind:x"])
@pytest.mark.parametrize("written", ["g", "C(g)", 'Q("my [T.g]: g")', 'C(Q("my [T.g]: g"))'])
@pytest.mark.parametrize("labels", LABELS.values(), ids=list(LABELS))
def test_by_group_holds_what_each_group_alone_gives_for_any_labels_and_names(labels, written, slope):
    rng = np.random.default_rng(1)
    name = "g" if written in ("g", "C(g)") else "my [T.g]: g"
    group = pd.Categorical.from_codes(rng.choice(len(labels), 200), labels)
    data = pd.DataFrame(rng.normal(size=(200, 3)), columns=["y", "x", "day of [x]:y"])
    data = data.assign(**{name: group, "kind": rng.choice(["T.x", "[k]:x"], 200)})
    alone = pd.DataFrame(smf.ols(f"y ~ {slope}", data[group == label]).fit().params for label in labels)
    for both in (f"{written}:{slope}", f"{slope}:{written}"):
        table = by_group(smf.ols(f"y ~ 0 + {written} + {both}", data).fit(), name)
        pd.testing.assert_frame_equal(table, alone.set_axis(table.index))
        assert list(table.index) == labels


OWN = r"write the formula as 'y ~ 0 \+ store \+ store:x', with store as text or category"


@pytest.mark.parametrize(
    "formula", ["store * log_price", "0 + store + log_price + store:log_price", "0 + C(store, Sum)"]
)
def test_by_group_refuses_what_is_measured_from_something_else(stores, formula):
    with pytest.raises(ValueError, match=rf"does not have one coefficient a group; {OWN}"):
        by_group(smf.ols(f"log_sales ~ {formula}", stores).fit(), "store")


@pytest.mark.parametrize("formula", ["log_price", "0 + store:log_price", "0 + number"])
def test_by_group_refuses_a_formula_without_levels(stores, formula):
    data = stores.assign(number=stores["store"].astype("category").cat.codes)
    group = "number" if "number" in formula else "store"
    with pytest.raises(ValueError, match=rf"no group has an intercept of its own; {OWN.replace('store', group)}"):
        by_group(smf.ols(f"log_sales ~ {formula}", data).fit(), group)


def test_by_group_says_how_a_name_that_is_not_pythons_is_written(stores):
    with pytest.raises(ValueError, match=r'y ~ 0 \+ Q\("my store"\) \+ Q\("my store"\):x'):
        by_group(smf.ols("log_sales ~ log_price", stores).fit(), "my store")


def test_by_group_refuses_values_of_another_fit(stores):
    fit = smf.ols("log_sales ~ 0 + store", stores).fit()
    with pytest.raises(ValueError, match=r"one a coefficient, in the order of fit\.params"):
        by_group(fit, "store", fit.bse.sort_values())


def test_deviations_and_the_average_make_the_fitted_values(stores, fit):
    line = (fit.fe_params + deviations(fit)).loc[stores["store"]]
    fitted = line["Intercept"].to_numpy() + line["log_price"].to_numpy() * stores["log_price"].to_numpy()
    assert fitted == pytest.approx(fit.fittedvalues.to_numpy())


def test_effects_of_stores_and_counties_add_up_to_the_fitted_values(stores):
    components = {"store": "0 + C(store)", "store:log_price": "0 + C(store):log_price"}
    model = smf.mixedlm(
        "log_sales ~ log_price", stores, groups="county", re_formula="~log_price", vc_formula=components
    )
    fit = checked_fit(model)
    county, store = deviations(fit).loc[stores["county"]], deviations(fit, "store").loc[stores["store"]]
    line = county.to_numpy() + store.to_numpy() + fit.fe_params.to_numpy()
    fitted = line[:, 0] + line[:, 1] * stores["log_price"]
    np.testing.assert_allclose(fitted, fit.fittedvalues, rtol=1e-10)


def test_a_label_used_again_in_another_group_is_told_apart():
    components = {"cask": "0 + C(cask)"}
    fit = checked_fit(
        smf.mixedlm("strength ~ 1", load("pastes"), groups="batch", re_formula="1", vc_formula=components)
    )
    assert list(deviations(fit, "cask").index[:4]) == ["A:a", "A:b", "A:c", "B:a"]
    with pytest.raises(
        ValueError, match="groups of 'sample'; in this model they vary between those of 'batch', 'cask'"
    ):
        deviations(fit, "sample")
