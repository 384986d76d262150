"""The checked fit: at the optimum of the restricted likelihood, or an error that says what to do."""

import re
import warnings
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.optimize import minimize_scalar

from partial_pooling import FitError, checked_fit, load
from partial_pooling.mixedlm import fit_mixedlm


def few_groups(seed, tau, groups=12, rows=8):
    """A dozen groups of eight rows, in which optimisers are known to stop early."""
    rng = np.random.default_rng(seed)
    data = pd.DataFrame(
        {"group": np.repeat([f"g{i}" for i in range(groups)], rows), "x": rng.normal(size=groups * rows)}
    )
    data["y"] = data["x"] + np.repeat(rng.normal(0, tau, groups), rows) + rng.normal(size=len(data))
    return data


def restricted_loglike(theta, data):
    """Profiled restricted log-likelihood of a random intercept; theta is the SD between over the SD within."""
    design = np.column_stack([np.ones(len(data)), data["x"]])
    groups = pd.get_dummies(data["group"]).to_numpy(float)
    covariance = np.eye(len(data)) + theta**2 * groups @ groups.T
    weighted = np.linalg.solve(covariance, design)
    beta = np.linalg.solve(design.T @ weighted, weighted.T @ data["y"])
    residual = data["y"] - design @ beta
    df = len(data) - design.shape[1]
    sigma2 = residual @ np.linalg.solve(covariance, residual) / df
    logdet = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(design.T @ weighted)[1]
    return -0.5 * (df * np.log(2 * np.pi * sigma2) + logdet + df)


@pytest.mark.parametrize("tau", [0, 0.3])
@pytest.mark.parametrize("seed", range(60))
def test_random_intercept_is_at_the_optimum_of_the_restricted_likelihood(seed, tau):
    data = few_groups(seed, tau)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*singular fit")
        fit = checked_fit(smf.mixedlm("y ~ x", data, groups="group"))
    best = minimize_scalar(lambda theta: -restricted_loglike(theta, data), bounds=(0, 5), options={"xatol": 1e-8})
    assert fit.llf == pytest.approx(max(-best.fun, restricted_loglike(0, data)), abs=1e-4)


def test_default_optimiser_is_short_where_the_checked_fit_is_not():
    """The reason why checked_fit exists: statsmodels' own choice fails on several of these small problems."""
    short = 0
    for seed in range(15):
        model = smf.mixedlm("y ~ x", few_groups(seed, 0.3), groups="group")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            default, checked = model.fit(), checked_fit(model)
        short += not default.converged or default.llf < checked.llf - 1e-4
    assert short >= 2


def test_estimates_do_not_depend_on_the_unit_of_the_predictor():
    data = load("stores")
    data["y"], data["x"] = np.log(data["sales"]), np.log(data["price"] / 4)
    data["percent"] = 100 * data["x"]
    one = checked_fit(smf.mixedlm("y ~ x", data, groups="store", re_formula="~x"))
    other = checked_fit(smf.mixedlm("y ~ percent", data, groups="store", re_formula="~percent"))
    assert 100 * other.fe_params["percent"] == pytest.approx(one.fe_params["x"], abs=1e-4)


def test_maximum_likelihood_can_be_asked_for():
    fit = checked_fit(smf.mixedlm("y ~ x", few_groups(1, 1.0), groups="group"), reml=False)
    assert fit.method == "ML"


def test_a_variance_of_zero_is_said():
    data = few_groups(1, 0)
    data["y"] -= data.groupby("group")["y"].transform("mean") - data["y"].mean()
    with pytest.warns(UserWarning, match="'y ~ 1': singular fit"):
        checked_fit(smf.mixedlm("y ~ 1", data, groups="group"))


def test_groups_of_one_row_are_refused():
    data = few_groups(1, 1.0).drop_duplicates("group")
    with pytest.raises(FitError, match=r"'y ~ x': .* are 12 group-level effects for 12 rows"):
        checked_fit(smf.mixedlm("y ~ x", data, groups="group"))


def test_a_single_group_is_refused():
    data = few_groups(1, 1.0, groups=1, rows=20)
    with pytest.raises(FitError, match="one group only"):
        checked_fit(smf.mixedlm("y ~ x", data, groups="group"))


@pytest.mark.parametrize(("scale", "shift"), [(1, 100), (1e3, 0), (1e4, 0), (1e-3, 0)])
def test_badly_scaled_slopes_are_fitted(scale, shift):
    """Statsmodels alone goes wrong on several of these, by up to 100 in log-likelihood, and says that it converged."""
    for seed in range(6):
        data = few_groups(seed, 0.5)
        data["y"] += data["x"] * np.repeat(np.random.default_rng(seed).normal(0, 0.5, 12), 8)
        data["bad"] = data["x"] * scale + shift
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*singular fit")
            good = checked_fit(smf.mixedlm("y ~ x", data, groups="group", re_formula="~x"))
            bad = checked_fit(smf.mixedlm("y ~ bad", data, groups="group", re_formula="~bad"))
        # under REML another unit of a fixed predictor adds the log of the factor
        assert bad.llf + np.log(scale) == pytest.approx(good.llf, abs=2e-4)


@pytest.mark.parametrize("name", ["x", "small"])
def test_a_singular_fit_is_said_whatever_the_unit_of_the_predictor(name):
    """All groups have one slope, and the rows' scatter is balanced so that the estimate of its variance is zero."""
    rng = np.random.default_rng(2)
    x = np.tile([-3.0, -1, 1, 3], 12)
    data = pd.DataFrame({"group": np.repeat(np.arange(12), 4), "x": x, "small": x / 1000})
    data["y"] = x + np.repeat(rng.normal(size=12), 4) + np.tile([1.0, -1, -1, 1], 12)
    with pytest.warns(UserWarning, match="singular fit"):
        checked_fit(smf.mixedlm(f"y ~ {name}", data, groups="group", re_formula=f"~{name}"))


def test_collinear_columns_are_named_as_the_cause():
    data = few_groups(1, 1.0).assign(twice=lambda data: 2 * data["x"])
    with pytest.raises(FitError, match="'twice' is a sum of the columns before it"):
        checked_fit(smf.mixedlm("y ~ x + twice", data, groups="group"))


def test_collinear_group_level_effects_are_refused():
    data = few_groups(1, 1.0).assign(twice=lambda data: 2 * data["x"])
    with pytest.raises(FitError, match=r"'twice \| groups' is a sum of the columns before it"):
        checked_fit(smf.mixedlm("y ~ x", data, groups="group", re_formula="~x + twice"))


@pytest.fixture
def crossed():
    components = {"plate": "0 + C(plate)", "sample": "0 + C(sample)"}
    data = load("penicillin").assign(all_rows=1)
    return smf.mixedlm("diameter ~ 1", data, groups="all_rows", vc_formula=components)


def fail(**_):
    raise np.linalg.LinAlgError("Singular matrix")


def test_a_crossed_model_that_fails_is_reported_as_well(crossed, monkeypatch):
    monkeypatch.setattr(crossed, "fit", fail)
    with pytest.raises(FitError, match="'diameter ~ 1': statsmodels and the engine do not agree") as error:
        checked_fit(crossed)
    assert "powell: LinAlgError: Singular matrix" in str(error.value)


def stopped_short(model):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(method="bfgs", maxiter=1)


def model_that_starts_badly(first):
    """A model whose first two optimisations end in `first`, and later ones as they should."""
    model = smf.mixedlm("y ~ x", few_groups(1, 1.0), groups="group")
    fit, calls = model.fit, []

    def fit_badly(**arguments):
        calls.append(arguments["method"])
        return first() if len(calls) <= 2 else fit(**arguments)

    model.fit = fit_badly
    return model


def test_a_fit_that_fails_or_stops_short_is_repeated_from_the_engines_optimum():
    expected = checked_fit(smf.mixedlm("y ~ x", few_groups(1, 1.0), groups="group"))
    short = stopped_short(smf.mixedlm("y ~ x", few_groups(1, 1.0), groups="group"))
    assert short.llf < expected.llf - 1e-3
    for first in (fail, lambda: short):
        repaired = checked_fit(model_that_starts_badly(first))
        assert repaired.llf == pytest.approx(expected.llf, abs=1e-6)
        assert repaired.fe_params.to_dict() == pytest.approx(expected.fe_params.to_dict(), abs=1e-5)


def test_the_error_says_by_how_much_and_in_which_coefficients_the_two_differ(monkeypatch):
    model = smf.mixedlm("y ~ x", few_groups(1, 1.0), groups="group")
    short = stopped_short(model)
    monkeypatch.setattr(model, "fit", lambda **_: short)
    with pytest.raises(FitError) as error:
        checked_fit(model)
    assert re.search(r"log-likelihood -\d+\.\d{4}, not converged, \d+\.\d{4} short", str(error.value))
    assert re.search(r"    x 1\.\d+, at the optimum 1\.\d+", str(error.value))


def test_the_error_names_what_in_the_data_may_be_the_cause(monkeypatch):
    data = few_groups(1, 1.0).drop(index=range(1, 8))
    model = smf.mixedlm("y ~ x", data, groups="group")
    monkeypatch.setattr(model, "fit", fail)
    with pytest.raises(FitError, match="likely cause: 1 of 12 groups have one row only"):
        checked_fit(model)


def test_the_result_says_who_found_the_optimum():
    assert checked_fit(smf.mixedlm("y ~ x", few_groups(1, 1.0), groups="group")).start == "its own"
    assert checked_fit(model_that_starts_badly(fail)).start == "the engine's optimum"


SIZE = [{"re_formula": "~size"}, {"re_formula": "1", "vc_formula": {"size": "0 + size"}}]


@pytest.mark.parametrize("arguments", SIZE)
def test_a_slope_of_what_is_constant_within_groups_is_refused_by_name(arguments):
    data = few_groups(1, 1.0).assign(size=lambda data: data["group"].str[1:].astype(float))
    with pytest.raises(FitError, match="'y ~ x': 'size' is constant within every group of 'groups'"):
        checked_fit(smf.mixedlm("y ~ x", data, groups="group", **arguments))


@pytest.mark.parametrize("tau", [0, 0.3])
def test_the_second_opinion_reads_every_kind_of_mixedlm(tau):
    """Slopes, variance components within groups and beside them: the engine's optimum is statsmodels' own."""
    data = few_groups(3, 0.5).assign(half=lambda data: data.index % 2, y=lambda data: data["y"] + tau * data["x"])
    specifications = [
        {"re_formula": "~x"},
        {"re_formula": "1", "vc_formula": {"half": "0 + C(half)"}},
        {"re_formula": "1", "vc_formula": {"x": "0 + x"}},
        {"vc_formula": {"level": "1", "x": "0 + x", "half": "0 + C(half)"}},
    ]
    for specification in specifications:
        model = smf.mixedlm("y ~ x", data, groups="group", **specification)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*singular fit")
            fit = checked_fit(model)
        engine, _ = fit_mixedlm(model)
        assert fit.llf == pytest.approx(engine.llf, abs=1e-4)
        assert fit.fe_params.to_dict() == pytest.approx(engine.fe_params.to_dict(), abs=1e-4)


def test_a_component_with_several_columns_in_a_row_is_refused():
    data = few_groups(1, 1.0).assign(z=lambda data: data["x"] ** 2)
    model = smf.mixedlm("y ~ x", data, groups="group", vc_formula={"both": "0 + x + z"})
    with pytest.raises(FitError, match="'both': each row may have one column that is not zero"):
        checked_fit(model)


def equal_slopes(seed, groups=2, rows=6):
    """Small groups whose slopes do not differ, so that most fits are singular."""
    rng = np.random.default_rng(seed)
    n = groups * rows
    data = pd.DataFrame({"group": np.repeat(np.arange(groups), rows), "x": rng.normal(size=n), "z": rng.normal(size=n)})
    data["y"] = data["x"] + np.repeat(rng.normal(0, 0.3, groups), rows) + rng.normal(size=n)
    return data


@pytest.mark.parametrize(("seed", "of_lme4"), [(8, -18.799015), (16, -18.590860)])
def test_a_singular_fit_of_twelve_rows_has_the_likelihood_of_lme4(seed, of_lme4):
    with pytest.warns(UserWarning, match="singular fit"):
        fit = checked_fit(smf.mixedlm("y ~ x", equal_slopes(seed), groups="group", re_formula="~x"))
    assert fit.llf == pytest.approx(of_lme4, abs=1e-4)


@pytest.mark.parametrize("seed", range(20))
def test_singular_optima_of_three_correlated_effects_are_reached(seed):
    model = smf.mixedlm("y ~ x + z", equal_slopes(seed, 8), groups="group", re_formula="~x + z")
    engine, _ = fit_mixedlm(model)
    assert engine.singular
    with pytest.warns(UserWarning, match="singular fit"):
        fit = checked_fit(model)
    assert fit.llf == pytest.approx(engine.llf, abs=1e-4)
    assert np.isfinite(fit.fe_params).all()


def test_standard_errors_that_are_not_those_of_the_optimum_are_said():
    """Where a variance is zero, statsmodels' curvature gives something else, or roots of negative numbers."""
    said = []
    for seed in range(8):
        model = smf.mixedlm("y ~ x + z", equal_slopes(seed, 8), groups="group", re_formula="~x + z")
        with pytest.warns(UserWarning, match="singular fit") as warned:
            fit = checked_fit(model)
        with np.errstate(invalid="ignore"):
            off = ~(np.abs(fit.bse_fe / fit_mixedlm(model)[0].bse_fe - 1) < 0.1).all()
        said.append(off)
        assert ("standard errors are off" in str(warned[0].message)) == off
    assert 0 < sum(said) < 8


def attempts_that_end(model, short, converged=False):
    """The model, whose own two attempts end so far short of the optimum and whose later ones fail."""
    optimum = checked_fit(model)
    engine, _ = fit_mixedlm(model)
    near = SimpleNamespace(
        llf=engine.llf - short, fe_params=optimum.fe_params, bse_fe=optimum.bse_fe, converged=converged,
        params_object="near",
    )  # fmt: skip
    model.fit = lambda start_params=None, **_: near if start_params in (None, "near") else fail()
    return model


@pytest.mark.parametrize("fails", [[], ["powell"], ["its continuation"], ["powell", "its continuation"]])
def test_the_best_attempt_counts_and_not_the_last_one(fails):
    model = attempts_that_end(smf.mixedlm("y ~ x", few_groups(1, 1.0), groups="group"), short=5e-5)
    near, methods = model.fit, []

    def fit_or_fail(method, start_params=None, **_):
        methods.append(method)
        continued = methods[-2:] == ["bfgs", "bfgs"]
        return fail() if ("its continuation" if continued else method) in fails else near(start_params)

    model.fit = fit_or_fail
    fit = checked_fit(model)
    assert fit.start == "its own"
    assert not fit.converged


@pytest.mark.parametrize("converged", [True, False])
def test_a_fit_that_is_short_is_refused_whatever_it_says(converged):
    model = smf.mixedlm("y ~ x", few_groups(1, 1.0), groups="group")
    with pytest.raises(FitError, match=r"0\.0002 short"):
        checked_fit(attempts_that_end(model, 2e-4, converged))


def test_a_singular_fit_that_is_refused_is_called_so_and_not_blamed_on_units(monkeypatch):
    model = smf.mixedlm("y ~ x", equal_slopes(8), groups="group", re_formula="~x")
    monkeypatch.setattr(model, "fit", fail)
    with pytest.raises(FitError, match=r"engine: .* converged, singular(.|\n)*use fewer effects") as error:
        checked_fit(model)
    assert "scale" not in str(error.value)


def test_sparse_components_with_which_statsmodels_fails_are_refused():
    data = few_groups(1, 1.0, groups=4).assign(half=lambda data: data.index % 2)
    components = {"all": "1", "half": "0 + C(half)"}
    with pytest.raises(FitError, match="likely cause: use_sparse=True"):
        checked_fit(smf.mixedlm("y ~ x", data, groups="group", vc_formula=components, use_sparse=True))


SMALL = ["int8", "uint8", "int32", "UInt8", "bool"]


@pytest.fixture
def counts():
    data = few_groups(1, 1.0)
    n = np.random.default_rng(1).integers(20, 120, len(data))
    numbers = {dtype: pd.Series(n * 1000 if dtype == "int32" else n).astype(dtype) for dtype in SMALL[:4]}
    return data.assign(**numbers, bool=n > 60, other=n < 90)


PLACES = [
    ("y ~ x + {}", {}),
    ("I(y + {}) ~ x", {}),
    ("y ~ x", {"re_formula": "~ {}"}),
    ("y ~ x", {"re_formula": "1", "vc_formula": {"c": "0 + {}"}}),
]


@pytest.mark.parametrize(("formula", "arguments"), PLACES)
@pytest.mark.parametrize("dtype", SMALL[:4])
def test_products_that_do_not_fit_into_their_type_are_refused(counts, dtype, formula, arguments):
    def model(data):
        product = f"I({dtype}**2)"
        filled = {
            key: {"c": f"0 + {product}"} if key == "vc_formula" else value.format(product)
            for key, value in arguments.items()
        }
        return smf.mixedlm(formula.format(product), data, groups="group", **filled)

    with pytest.raises(FitError, match=rf"{dtype} ?\*\* ?2.*'{dtype}' is {dtype}, into which its products do not"):
        checked_fit(model(counts))
    centred = counts.assign(**{dtype: counts[dtype].astype(float) / counts[dtype].mean()})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*singular fit")
        assert np.isfinite(checked_fit(model(centred)).llf)


def test_a_sum_of_truth_values_is_refused_and_their_comparison_is_not(counts):
    with pytest.raises(FitError, match=r"I\(bool \+ other\).*'bool' is bool, into which its products do not fit"):
        checked_fit(smf.mixedlm("y ~ x + I(bool + other)", counts, groups="group"))
    with pytest.raises(FitError, match=r"np.log\(UInt8\).* loses digits, because 'UInt8' is UInt8"):
        checked_fit(smf.mixedlm("y ~ x + np.log(UInt8)", counts, groups="group"))
    terms = "bool + I(bool & other) + I(int8 > 100) + scale(uint8) + x:int8 + C(int32 > 70000) + np.log(int32)"
    fit = checked_fit(smf.mixedlm(f"y ~ x + {terms}", counts, groups="group"))
    assert np.isfinite(fit.llf)


@pytest.mark.parametrize(
    ("values", "remedy"),
    [
        (
            lambda n: pd.Timestamp("2020-01-01") + pd.to_timedelta(n, unit="D"),
            "(data['day'] - data['day'].min()).dt.days",
        ),
        (
            lambda n: (pd.Timestamp("2020-01-01") + pd.to_timedelta(n, unit="D")).dt.date,
            "(pd.to_datetime(data['day']) ",
        ),
        (lambda n: n.astype(object), "pd.to_numeric(data['day'])"),
        (lambda n: n.map(Decimal), "pd.to_numeric(data['day'])"),
    ],
)
def test_dates_and_objects_are_no_numbers_until_they_are_made_so(counts, values, remedy):
    n = pd.Series(np.arange(len(counts)) % 50)
    data = counts.assign(day=values(n))
    with pytest.raises(FitError, match=r"'y ~ x \+ day': 'day' holds .* a category: make a number of it") as error:
        checked_fit(smf.mixedlm("y ~ x + day", data, groups="group"))
    assert f"data['day'] = {remedy}" in str(error.value)
    remedied = data.assign(day=eval(str(error.value).split("data['day'] = ")[1], {"data": data, "pd": pd}))
    fit = checked_fit(smf.mixedlm("y ~ x + day", remedied, groups="group"))
    expected = checked_fit(smf.mixedlm("y ~ x + day", counts.assign(day=n.astype(float)), groups="group"))
    assert fit.fe_params["day"] == pytest.approx(expected.fe_params["day"], abs=1e-8)


def test_dates_are_fine_as_groups_and_where_the_formula_makes_something_of_them():
    data = few_groups(1, 1.0)
    data["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(data["group"].str[1:].astype(int), unit="D")
    expected = checked_fit(smf.mixedlm("y ~ x", data, groups="group"))
    assert checked_fit(smf.mixedlm("y ~ x", data, groups="day")).llf == pytest.approx(expected.llf, abs=1e-8)
    component = checked_fit(smf.mixedlm("y ~ x", data.assign(one=1), groups="one", vc_formula={"d": "0 + C(day)"}))
    assert component.llf == pytest.approx(expected.llf, abs=1e-6)
    late = checked_fit(smf.mixedlm("y ~ x + I(day > '2020-01-06')", data, groups="group"))
    number = checked_fit(
        smf.mixedlm("y ~ x + late", data.assign(late=1.0 * (data["day"] > "2020-01-06")), groups="group")
    )
    assert late.llf == pytest.approx(number.llf, abs=1e-8)


def test_categories_that_no_row_has_are_named_with_the_way_out():
    data = few_groups(1, 1.0).assign(half=lambda data: pd.Categorical(data.index % 2, [0, 1, 2]))
    with pytest.raises(FitError, match=r"'half\[T.2\]' is zero in every row.*remove_unused_categories"):
        checked_fit(smf.mixedlm("y ~ half", data, groups="group"))
    used = data.assign(half=data["half"].cat.remove_unused_categories())
    assert np.isfinite(checked_fit(smf.mixedlm("y ~ half", used, groups="group")).llf)


def test_cells_that_no_row_has_are_named_with_the_way_out():
    data = few_groups(1, 1.0).assign(third=lambda data: data.index % 3, half=lambda data: data.index % 2)
    data.loc[data["third"] == 1, "half"] = 0
    with pytest.raises(FitError, match=r"'C\(third\)\[T.1\]:C\(half\)\[T.1\]' is zero.*one factor of\s+the cells"):
        checked_fit(smf.mixedlm("y ~ C(third) * C(half)", data, groups="group"))


@pytest.mark.parametrize("fault", ["a row twice in the index", "a missing value"])
def test_a_component_with_other_rows_than_its_group_is_refused(fault):
    data = few_groups(1, 1.0).assign(half=lambda data: data.index % 2, z=lambda data: data["x"])
    if fault == "a missing value":
        data.loc[3, "z"] = np.nan
    else:
        data.index = np.arange(len(data)) // 2
    model = smf.mixedlm("y ~ x", data, groups="group", vc_formula={"half": "0 + C(half):z"})
    with pytest.raises(FitError, match=r"'half' has \d+ rows for the 8 of the group g0.*reset_index.*dropna"):
        checked_fit(model)


@pytest.mark.parametrize("argument", ["weights", "freq_weights", "offset"])
def test_statsmodels_itself_refuses_what_a_mixedlm_does_not_have(argument):
    data = few_groups(1, 1.0)
    with pytest.raises(ValueError, match=argument):
        smf.mixedlm("y ~ x", data, groups="group", **{argument: data["x"]})
