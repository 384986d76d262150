"""The engine: at the optimum, with the right gradient, and with an answer that no change of units or order touches."""

import pickle
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import OptimizeResult, approx_fprime, minimize

from engine_problems import random_problem
from partial_pooling import lmm, load
from partial_pooling.engine import DataError, GroupTerm, cross_products, fit_products, likelihood, profile
from partial_pooling.engine import crossed as crossed_module
from partial_pooling.engine.crossed import CrossedProducts
from partial_pooling.engine.nested import NestedProducts

EITHER = pytest.mark.parametrize("crossed", [False, True], ids=["nested", "crossed"])
REML_OR_ML = pytest.mark.parametrize("reml", [True, False], ids=["REML", "ML"])


def fit(response, design, terms, reml=True, **options):
    return fit_products(cross_products(response, design, terms, **options), reml=reml)


@pytest.fixture
def stores():
    data = load("stores")
    return data.assign(log_sales=np.log(data["sales"]), log_price=np.log(data["price"] / 4))


STORES = "log_sales ~ log_price + (1 + log_price | county/store)"


# The optimum ---------------------------------------------------------------------------------------------------------


def best_of_several(products, start, seed):
    """Lowest criterion that searches with and without bounds and gradients find, from several starts."""
    rng = np.random.default_rng(seed)
    starts = [np.zeros(len(start)) + 0.5, start + rng.normal(0, 0.3, len(start)), rng.normal(size=len(start))]
    found = [
        minimize(lambda theta: profile(products, theta)[:2], one, jac=True, method=method).fun
        for one in starts
        for method in ("BFGS", "L-BFGS-B")
    ]
    found.append(minimize(lambda theta: profile(products, theta).value, start, method="Powell").fun)
    return min(found)


@pytest.mark.parametrize("first", [0, *(pytest.param(first, marks=pytest.mark.robust) for first in range(60, 300, 60))])
def test_nested_problems_end_at_the_best_of_several_optimisers(first):
    """Problems of which about half are singular: never short by 1e-3 in log-likelihood, nor by a tenth of that."""
    singular = 0
    for seed in range(first, first + 60):
        response, design, terms = random_problem(seed)
        products = cross_products(response, design, terms)
        found = fit_products(products)
        best = best_of_several(products, found.theta_in_basis, seed)
        assert found.converged
        assert (found.at_optimum.value - best) / 2 < 1e-4, seed
        singular += bool(found.singular)
    assert 20 <= singular <= 45


def test_crossed_problems_end_at_the_best_of_several_optimisers():
    for seed in range(12):
        response, design, terms = random_problem(seed, crossed=True)
        products = cross_products(response, design, terms)
        found = fit_products(products)
        assert (found.at_optimum.value - best_of_several(products, found.theta_in_basis, seed)) / 2 < 1e-4, seed


def test_a_search_that_hits_the_hump_at_zero_does_not_stay_there():
    """Zero is where the criterion's slope vanishes whatever the data; from a start there no search can move."""
    for seed in range(20):
        products = cross_products(*random_problem(seed))
        expected = fit_products(products)
        found = fit_products(products, start=np.zeros_like(expected.theta_in_basis))
        assert found.llf == pytest.approx(expected.llf, abs=1e-4)


UNBALANCED = {"two valleys": [10, 1, 10, 2, 1], "one large": [60, 1, 60, 3], "many small": [1, 1, 1, 1, 10, 3, 2, 60]}


@pytest.mark.parametrize("sizes", UNBALANCED.values(), ids=UNBALANCED)
@REML_OR_ML
def test_the_lower_of_two_valleys_is_found(sizes, reml):
    """With unbalanced groups the criterion can have a valley at zero and another one; a grid sees both."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        labels = np.repeat(np.arange(len(sizes)), sizes)
        ones = np.ones((len(labels), 1))
        response = rng.normal(size=len(sizes))[labels] * rng.choice([0.3, 1]) + rng.normal(size=len(labels))
        products = cross_products(response, ones, [GroupTerm("group", labels, ones, ("Intercept",))])
        found = fit_products(products, reml=reml)
        grid = [profile(products, np.array([theta]), reml).value for theta in np.r_[0, np.geomspace(0.01, 30, 300)]]
        assert found.at_optimum.value <= min(grid) + 1e-6, seed


@pytest.mark.parametrize("exponent", [3.5, 4, 4.5, 5])
def test_a_huge_ratio_of_standard_deviations_is_no_false_optimum(exponent):
    """Groups 10^4 times as far apart as the rows: the small variance of a crossed factor is still found."""
    rng = np.random.default_rng(0)
    group, item = np.repeat(np.arange(30), 10), np.tile(np.arange(10), 30)
    ones = np.ones((300, 1))
    far, near, noise = rng.normal(size=30), rng.normal(size=300), rng.normal(size=10)
    terms = [GroupTerm("group", group, ones, ("Intercept",)), GroupTerm("item", item, ones, ("Intercept",))]
    one, other = (fit(ratio * far[group] + near + noise[item], ones, terms) for ratio in (10**exponent, 100))
    if not one.converged:  # at a ratio at which the rounding errors are as large as what is searched, it says so
        assert exponent == 5
        return
    assert np.sqrt(one.cov_re["item"].iloc[0, 0]) == pytest.approx(np.sqrt(other.cov_re["item"].iloc[0, 0]), rel=1e-2)


def test_a_search_that_cannot_end_says_so(stores, monkeypatch):
    monkeypatch.setattr(likelihood, "minimize", lambda function, start, **_: OptimizeResult(x=start))
    with pytest.warns(UserWarning, match="stopped before the optimum was certain"):
        assert not lmm("log_sales ~ log_price + (1 | store)", stores).converged


@EITHER
@REML_OR_ML
def test_gradient_is_that_of_finite_differences(crossed, reml):
    for seed in range(10):
        response, design, terms = random_problem(seed, crossed)
        products = cross_products(response, design, terms)
        theta = np.random.default_rng(seed).normal(size=sum(term.free.sum() for term in terms))
        numeric = approx_fprime(theta, lambda theta: profile(products, theta, reml).value, 1e-7)  # noqa: B023
        assert profile(products, theta, reml).gradient == pytest.approx(numeric, abs=1e-3, rel=1e-4)


# Two ways to the same thing ------------------------------------------------------------------------------------------


@REML_OR_ML
def test_criterion_is_the_density_of_the_response(reml):
    """The log-likelihood by its definition, from the covariance matrix of all rows."""
    for seed in range(10):
        response, design, terms = random_problem(seed, crossed=seed % 2)
        found = fit(response, design, terms, reml)
        covariance = found.scale * np.eye(len(response))
        for term in terms:
            together = np.equal.outer(term.labels, term.labels)
            covariance += together * (term.columns @ found.cov_re[term.name].to_numpy() @ term.columns.T)
        weighted = np.linalg.solve(covariance, design)
        information = design.T @ weighted
        beta = np.linalg.solve(information, weighted.T @ response)
        residual = response - design @ beta
        df = len(response) - reml * design.shape[1]
        deviance = df * np.log(2 * np.pi) + np.linalg.slogdet(covariance)[1]
        deviance += residual @ np.linalg.solve(covariance, residual) + reml * np.linalg.slogdet(information)[1]
        assert found.llf == pytest.approx(-deviance / 2, abs=1e-6)
        assert found.fe_params.to_numpy() == pytest.approx(beta, abs=1e-6)
        assert found.cov_fe.to_numpy() == pytest.approx(np.linalg.inv(information), rel=1e-5, abs=1e-9)


def test_modes_and_their_sds_are_those_of_the_normal_distribution():
    """B given y is normal: its mean and variance from the joint covariance of b and y, at the estimated parameters."""
    for seed in range(10):
        response, design, terms = random_problem(seed, crossed=seed % 2)
        found = fit(response, design, terms)
        covariance, blocks = found.scale * np.eye(len(response)), {}
        for term in terms:
            indicator = pd.get_dummies(term.labels).to_numpy(float)
            psi = found.cov_re[term.name].to_numpy()
            columns = (indicator[:, :, None] * term.columns[:, None, :]).reshape(len(response), -1)
            blocks[term.name] = np.kron(np.eye(indicator.shape[1]), psi), columns
            covariance += columns @ blocks[term.name][0] @ columns.T
        residual = np.linalg.solve(covariance, response - design @ found.fe_params)
        for name, (psi, columns) in blocks.items():
            modes = psi @ columns.T @ residual
            variances = np.diag(psi - psi @ columns.T @ np.linalg.solve(covariance, columns @ psi))
            assert found.random_effects[name].to_numpy().ravel() == pytest.approx(modes, abs=1e-6)
            sd = np.sqrt(np.clip(variances, 0, None))
            assert found.random_effects_sd[name].to_numpy().ravel() == pytest.approx(sd, abs=1e-5)


def test_large_crossed_data_take_the_sparse_path_to_the_same_fit(monkeypatch):
    for seed in range(6):
        problem = random_problem(seed, crossed=True, levels=2)
        dense = fit(*problem)
        monkeypatch.setattr(crossed_module, "DENSE_UP_TO", 0)
        monkeypatch.setattr(crossed_module, "GROUPS_AT_ONCE", 7)
        sparse = fit(*problem)
        monkeypatch.undo()
        assert sparse.llf == pytest.approx(dense.llf, abs=1e-8)
        for name, table in dense.random_effects_sd.items():
            assert sparse.random_effects_sd[name].to_numpy() == pytest.approx(table.to_numpy(), abs=1e-6)


def test_a_crossed_group_whose_columns_are_zero_is_kept():
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"s": np.repeat(np.arange(6), 10), "i": np.tile(np.arange(10), 6), "x": rng.normal(size=60)})
    data.loc[data["s"] == 2, "x"] = 0.0
    data["y"] = rng.normal(size=6)[data["s"]] * data["x"] + rng.normal(size=10)[data["i"]] + rng.normal(size=60)
    found = lmm("y ~ x + (0 + x | s) + (1 | i)", data)
    assert found.random_effects["s"].loc[2, "x"] == 0


def test_the_nested_and_the_crossed_scheme_give_one_criterion():
    for seed in range(10):
        response, design, terms = random_problem(seed, levels=2 + seed % 2)
        nested = cross_products(response, design, terms)
        assert isinstance(nested, NestedProducts)
        crossed = CrossedProducts.of_rows(nested.terms, nested.basis, response, design)
        theta = np.random.default_rng(seed).normal(size=sum(term.free.sum() for term in terms))
        one, other = profile(nested, theta), profile(crossed, theta)
        assert one.value == pytest.approx(other.value, abs=1e-8)
        assert one.gradient == pytest.approx(other.gradient, abs=1e-8)


def test_reml_and_ml_are_related_as_they_must_be():
    """With the same theta the restricted criterion adds log|X'V^-1 X| and takes the coefficients off the rows."""
    response, design, terms = random_problem(1)
    products = cross_products(response, design, terms)
    theta = np.full(sum(term.free.sum() for term in terms), 0.7)
    restricted, full = profile(products, theta, reml=True), profile(products, theta, reml=False)
    n, p = design.shape
    rss = full.sigma**2 * n
    assert restricted.sigma**2 * (n - p) == pytest.approx(rss)
    assert restricted.beta == pytest.approx(full.beta)
    change = -p * (1 + np.log(2 * np.pi)) + (n - p) * np.log(rss / (n - p)) - n * np.log(rss / n)
    assert restricted.value - full.value == pytest.approx(change - np.linalg.slogdet(full.covariance)[1])


def test_without_variation_between_groups_it_is_ordinary_regression():
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"group": np.repeat(np.arange(10), 6), "x": rng.normal(size=60), "e": rng.normal(size=60)})
    data["y"] = 1 + 2 * data["x"] + data["e"] - data.groupby("group")["e"].transform("mean")
    with pytest.warns(UserWarning, match=r"'y ~ x \+ \(1 \| group\)': singular fit, .* effects of group"):
        found = lmm("y ~ x + (1 | group)", data)
    design = np.column_stack([np.ones(60), data["x"]])
    beta, rss = np.linalg.lstsq(design, data["y"])[:2]
    assert found.fe_params.to_numpy() == pytest.approx(beta, abs=1e-6)
    assert found.scale == pytest.approx(rss[0] / 58, rel=1e-6)
    assert found.random_effects["group"].to_numpy() == pytest.approx(0, abs=1e-6)


# What must not matter -------------------------------------------------------------------------------------------------


def same_fit(one, other):
    assert other.llf == pytest.approx(one.llf, abs=1e-6)
    assert other.fe_params.to_numpy() == pytest.approx(one.fe_params.to_numpy(), abs=1e-5)
    for name, covariance in one.cov_re.items():
        assert other.cov_re[name].to_numpy() == pytest.approx(covariance.to_numpy(), abs=1e-4)


def test_order_of_rows_and_names_of_groups_do_not_matter(stores):
    expected = lmm(STORES, stores)
    shuffled = stores.sample(frac=1, random_state=1)
    same_fit(expected, lmm(STORES, shuffled))
    names = {
        "county": lambda data: "c" + data["county"].str.lower().str[::-1],
        "store": lambda data: data["store"] + "!",
    }
    renamed = lmm(STORES, shuffled.assign(**names))
    same_fit(expected, renamed)
    modes = renamed.random_effects["county"].set_index(renamed.random_effects["county"].index.str[1:].str.upper())
    assert modes.loc["A"].to_numpy() == pytest.approx(expected.random_effects["county"].loc["A"].to_numpy(), abs=1e-5)


@pytest.mark.parametrize(("scale", "shift"), [(100, 0), (1e-6, 0), (1, 2000), (1e4, 1e6)])
def test_units_of_a_predictor_do_not_matter(stores, scale, shift):
    expected = lmm(STORES, stores)
    stores["log_price"] = scale * stores["log_price"] + shift
    found = lmm(STORES, stores)
    assert found.llf + np.log(scale) == pytest.approx(expected.llf, abs=1e-5)
    assert scale * found.fe_params["log_price"] == pytest.approx(expected.fe_params["log_price"], abs=1e-5)
    at_zero = found.fe_params["Intercept"] + shift * found.fe_params["log_price"]
    assert at_zero == pytest.approx(expected.fe_params["Intercept"], abs=1e-5)
    back = np.array([[1, shift], [0, scale]])
    for name, covariance in expected.cov_re.items():
        assert back @ found.cov_re[name].to_numpy() @ back.T == pytest.approx(covariance.to_numpy(), abs=1e-4)


def test_units_of_the_response_do_not_matter(stores):
    expected = lmm(STORES, stores)
    stores["log_sales"] = 1000 * stores["log_sales"] + 1e6
    found = lmm(STORES, stores)
    assert found.llf + (found.nobs - 2) * np.log(1000) == pytest.approx(expected.llf, abs=1e-4)
    assert found.fe_params["log_price"] / 1000 == pytest.approx(expected.fe_params["log_price"], abs=1e-5)
    assert found.scale / 1e6 == pytest.approx(expected.scale, rel=1e-6)


def test_parts_of_the_data_can_be_read_apart_and_added():
    """In any cut of the rows, also one that puts a group into both parts and a group into one only."""
    response, design, terms = random_problem(4)
    whole = cross_products(response, design, terms)
    theta = np.full(sum(term.free.sum() for term in terms), 0.7)
    n = len(response)
    for first in (slice(0, n // 3), slice(0, n, 2), np.random.default_rng(1).permutation(n)[: n // 4]):
        second = np.setdiff1d(np.arange(n), np.arange(n)[first])
        parts = [
            cross_products(
                response[rows],
                design[rows],
                [replace(term, labels=term.labels[rows], columns=term.columns[rows]) for term in terms],
                basis=whole.basis,
            )
            for rows in (first, second)
        ]
        total = parts[0] + parts[1]
        assert profile(total, theta).value == pytest.approx(profile(whole, theta).value, abs=1e-8)
        for labels, expected in zip(total.labels, whole.labels, strict=True):
            assert labels.tolist() == expected.tolist()


def test_a_basis_may_come_from_another_process():
    response, design, terms = random_problem(4)
    whole = cross_products(response, design, terms)
    basis = pickle.loads(pickle.dumps(whole.basis))
    again = cross_products(response, design, terms, basis=basis)
    assert (whole + again).rows == 2 * whole.rows


def test_parts_keep_the_order_of_the_factors():
    """A part in which every county has one store does not exchange the two."""
    rng = np.random.default_rng(5)
    store = np.repeat(np.arange(40), 5)
    ones, response = (
        np.ones((200, 1)),
        rng.normal(size=40)[store] + rng.normal(size=10)[store // 4] + rng.normal(size=200),
    )
    first = store % 4 == 0

    def terms(rows):
        counties = GroupTerm("county", store[rows] // 4, ones[rows], ("Intercept",))
        return [counties, GroupTerm("store", store[rows], ones[rows], ("Intercept",))]

    whole = cross_products(response, ones, terms(slice(None)))
    parts = [cross_products(response[rows], ones[rows], terms(rows), basis=whole.basis) for rows in (first, ~first)]
    assert fit_products(parts[0] + parts[1]).llf == pytest.approx(fit_products(whole).llf, abs=1e-8)


def test_parts_that_are_crossed_together_are_not_added():
    ones, response = np.ones((40, 1)), np.random.default_rng(1).normal(size=40)
    store = np.repeat(np.arange(10), 4)
    county = np.where(np.arange(40) < 20, store // 2, store // 3)

    def terms(rows, shift):
        places = (store[rows] + shift) % 10
        counties = GroupTerm("county", county[rows], ones[rows], ("Intercept",))
        return [counties, GroupTerm("store", places, ones[rows], ("Intercept",))]

    one = cross_products(response[:20], ones[:20], terms(slice(0, 20), 0))
    other = cross_products(response[20:], ones[20:], terms(slice(20, 40), 5), basis=one.basis)
    with pytest.raises(ValueError, match="together their groups are crossed"):
        one + other


def test_parts_in_different_units_are_not_added():
    response, design, terms = random_problem(4)
    one, other = (cross_products(response * factor, design, terms) for factor in (1, 2))
    with pytest.raises(ValueError, match="pass the first one's basis"):
        one + other


# The truth -----------------------------------------------------------------------------------------------------------


def test_simulation_recovers_the_truth():
    """400 counties of 5 stores with 20 weeks; each estimate within four of its standard errors."""
    rng = np.random.default_rng(8)
    county, store = np.repeat(np.arange(400), 100), np.repeat(np.arange(2000), 20)
    x = rng.normal(size=40_000)
    psi = np.array([[0.25, -0.06], [-0.06, 0.09]])
    of_store = rng.multivariate_normal([0, 0], psi, 2000)[store]
    y = 1 - 2 * x + 0.7 * rng.normal(size=400)[county] + of_store[:, 0] + of_store[:, 1] * x
    data = pd.DataFrame({"y": y + 0.5 * rng.normal(size=len(x)), "x": x, "county": county, "store": store})
    found = lmm("y ~ x + (1 | county) + (1 + x | store)", data)
    assert isinstance(found.products, NestedProducts)
    assert np.abs((found.fe_params - [1, -2]) / found.bse_fe).max() < 4
    assert found.cov_re["county"].iloc[0, 0] == pytest.approx(0.49, abs=4 * 0.49 * np.sqrt(2 / 400))
    errors = 4 * np.sqrt((psi**2 + np.outer(np.diag(psi), np.diag(psi))) / 2000)
    assert (np.abs(found.cov_re["store"] - psi) < errors).all(axis=None)
    assert found.scale == pytest.approx(0.25, abs=4 * 0.25 * np.sqrt(2 / 36_000))


# Other ways to say the same -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("(1 + log_price || store)", "(1 | store) + (0 + log_price | store)"),
        ("(log_price | county/store)", "(1 + log_price | county) + (1 + log_price | county:store)"),
        ("(1 | county/store)", "(1 | county) + (1 | store)"),
    ],
)
def test_two_ways_to_write_a_model(stores, one, other):
    left, right = (lmm(f"log_sales ~ log_price + {terms}", stores) for terms in (one, other))
    assert left.llf == pytest.approx(right.llf, abs=1e-9)


def test_the_theta_of_a_fit_is_lme4s(stores):
    """Bates et al. (2015), section 3: theta of model fm1 in lme4 is 0.9667, 0.0152, 0.2309."""
    found = lmm("reaction ~ days + (days | subject)", load("sleepstudy"))
    assert found.theta == pytest.approx([0.9667, 0.0152, 0.2309], abs=5e-5)


def test_theta_goes_column_by_column_as_in_lme4():
    rng = np.random.default_rng(1)
    labels, design = np.repeat(np.arange(40), 10), np.column_stack([np.ones(400), rng.normal(size=(400, 2))])
    response = (design * rng.normal(size=(40, 3))[labels]).sum(axis=1) + rng.normal(size=400)
    found = fit(response, design, [GroupTerm("group", labels, design, ("Intercept", "x", "z"))])
    factor = found.relative_factors["group"]
    assert found.theta.tolist() == [*factor[:, 0], *factor[1:, 1], factor[2, 2]]


def test_summary_names_every_estimate(stores):
    table = lmm("log_sales ~ log_price + (1 + log_price || store)", stores).summary()
    assert list(table.index) == [
        *("Intercept", "log_price", "SD between, store: Intercept", "SD between, store: log_price"),
        *("SD within (residual)", "log-likelihood (REML)"),
    ]
    assert (table["standard error"] != "").tolist() == [True, True, False, False, False, False]


def test_two_bars_make_a_category_independent_of_the_intercept_as_in_lme4(stores):
    """lme4 expands (t || s) to (1 | s) + (0 + t | s), so that the reference category does not matter."""
    stores["half"] = np.where(stores["week"] % 2, "odd", "even")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*singular fit")
        one = lmm("log_sales ~ half + (half || store)", stores)
        other = lmm("log_sales ~ half + (1 | store) + (0 + half | store)", stores)
    assert one.llf == pytest.approx(other.llf, abs=1e-8)
    assert list(one.cov_re["store"]) == ["Intercept", "half[even]", "half[odd]"]


# What cannot be fitted ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("log_sales ~ log_price", "no group-level effects, .* ordinary regression"),
        ("log_sales ~ 0 + (1 | store)", "at least one population-level effect"),
        ("log_sales ~ log_price + (1 | shop)", "no column 'shop'; they have county, store, week"),
        ("log_sales ~ gap + (1 | store)", "'gap': 95 of 2905 values are missing; .* yourself"),
        ("log_sales ~ log_price + (1 | gap_store)", "'gap_store': 95 of 2905 values are missing"),
        ("log_sales ~ endless + (1 | store)", "'endless': 1 of 2905 values are missing or infinite"),
        ("log_sales ~ log_price + (1 | all_rows)", "'all_rows' has one group only"),
        ("log_sales ~ log_price + (1 | row)", "2905 group-level effects for 2905 rows"),
        ("log_sales ~ log_price + twice + (1 | store)", "'twice' is a sum of the columns before it"),
        ("log_sales ~ log_price + (log_price + twice | store)", r"'twice \| store' is a sum of the columns before it"),
        ("all_rows ~ log_price + (1 | store)", "the response is constant"),
        ("twice ~ log_price + (1 | store)", "an exact sum of the predictors"),
        ("store ~ log_price + (1 | county)", "the response 'store' is not a number"),
        ("log_sales ~ offset(log_price) + (1 | store)", "subtract an offset"),
        ("log_sales ~ log(price) + (1 | store)", "write np.log for log"),
        ("log_sales ~ log_price + (1 | C(store))", r"'C\(store\)' are not a column"),
        ("log_sales ~ log_price + (log_price | store) + (1 | store)", "'store' in two brackets"),
        ("log_sales ~ log_price + (1 | store) + (1 | same_store)", "the same groups under two names"),
        ("log_sales ~ log_price + (1 | store) + (1 | county) + (1 | same_store)", "the same groups under two names"),
        ("log_sales ~ thing + (1 | store)", r"'thing' holds objects \(mixed\)"),
        ("log_sales ~ np.no(log_price) + (1 | store)", "cannot be evaluated"),
        ("store_mean ~ 1 + (1 | store)", "explain the response exactly"),
    ],
)
def test_what_cannot_be_fitted_is_refused_with_words(stores, formula, message):
    data = stores.assign(
        gap=stores["log_price"].where(stores["week"] > 1),
        gap_store=stores["store"].where(stores["week"] > 1),
        endless=stores["log_price"].where(stores.index > 0, np.inf),
        all_rows=1.0,
        row=np.arange(len(stores)),
        twice=2 * stores["log_price"],
        same_store="x" + stores["store"],
        thing=[object()] * len(stores),
        store_mean=stores.groupby("store")["log_sales"].transform("mean"),
    )
    with pytest.raises(ValueError, match=message):
        lmm(formula, data)


def test_columns_of_different_length_are_refused():
    response, design, terms = random_problem(1)
    with pytest.raises(ValueError, match="'x0' has 10 rows, the response"):
        cross_products(response, design[:10], terms)


def test_a_group_of_one_row_is_fitted_as_the_others_are():
    data = load("sleepstudy")
    data = data[(data["subject"] != "308") | (data["days"] == 0)]
    found = lmm("reaction ~ days + (days | subject)", data)
    assert found.converged
    assert not found.singular
    assert found.random_effects_sd["subject"].loc["308", "days"] > found.random_effects_sd["subject"].loc["309", "days"]


@pytest.mark.parametrize(
    "bracket", ["(x | group)", "(x || group)", "(1 | group) + (0 + x | group)", "(1 + z + x | group)"]
)
def test_a_slope_of_a_predictor_that_is_constant_within_groups_is_refused_by_name(bracket):
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(30), 5)
    data = pd.DataFrame({"group": group, "x": rng.normal(size=30)[group], "z": rng.normal(size=150)})
    data["y"] = data["x"] + rng.normal(size=30)[group] + rng.normal(size=150)
    with pytest.raises(DataError, match="'x' is constant within every group of 'group', so no group has a slope"):
        lmm(f"y ~ x + {bracket}", data)
    data.loc[0, "x"] += 1  # in one group it varies, and so the slope's variance can be estimated
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*singular fit")
        lmm(f"y ~ x + {bracket}", data)


def test_arrays_need_no_names():
    rng = np.random.default_rng(1)
    labels, ones = np.repeat(np.arange(8), 6), np.ones((48, 1))
    response = rng.normal(size=8)[labels] + rng.normal(size=48)
    found = fit(response, ones, [GroupTerm("group", labels, ones, ("Intercept",))])
    assert found.fe_params.index.tolist() == ["x0"]
    assert found.random_effects["group"].shape == (8, 1)
