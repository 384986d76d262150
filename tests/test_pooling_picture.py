"""The interactive picture in a browser: moved by the keyboard, it shows Python's numbers to every digit."""

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.optimize import minimize_scalar

from bookmaking import picture_scripts
from partial_pooling import PoolingPicture, by_group, checked_fit, deviations, lmm, load, pool, restricted_loglik
from partial_pooling.engine import profile
from partial_pooling.figures.style import COLOURS, GREY, INK

SCRIPT = Path(picture_scripts.__file__).with_name("pooling-picture.js")
SHOWN = ["R1", "I5", "H2", "D4", "R4"]


@pytest.fixture(scope="module")
def stores():
    data = load("stores").assign(
        log_sales=lambda data: np.log(data["sales"]), log_price=lambda data: np.log(data["price"] / 4)
    )
    model = smf.mixedlm("log_sales ~ 0 + store + log_price", data, groups="store", re_formula="0 + log_price")
    return data, checked_fit(model)


@pytest.fixture(scope="module")
def groups(stores):
    data, _ = stores
    separate = smf.ols("log_sales ~ 0 + store + store:log_price", data).fit()
    by_store = data.groupby("store")["log_price"]
    table = {"own": by_group(separate, "store")["log_price"], "size": by_store.size()}
    return pd.DataFrame(table | {"information": by_store.var() * (by_store.size() - 1)}), separate


@pytest.fixture(scope="module")
def picture(stores, groups):
    (_, fit), (table, separate) = stores, groups
    tau, sigma = np.sqrt(fit.cov_re.iloc[0, 0]), np.sqrt(fit.scale)
    return PoolingPicture(table, SHOWN, tau, sigma, separate.ssr, separate.df_resid)


# The arithmetic -----------------------------------------------------------------------------------------------------


def test_pooling_by_hand_is_the_mixed_model(stores, groups):
    (_, fit), (table, _) = stores, groups
    tau, sigma = np.sqrt(fit.cov_re.iloc[0, 0]), np.sqrt(fit.scale)
    average, weight, partial = pool(table["own"], table["information"], tau, sigma)
    assert average == pytest.approx(fit.fe_params["log_price"], abs=1e-8)
    assert np.abs(partial - average - deviations(fit)["log_price"]).max() < 1e-8
    assert weight.between(0, 1).all()


def test_the_restricted_likelihood_is_highest_at_the_models_estimates(stores, groups):
    (_, fit), (table, separate) = stores, groups
    tau, sigma = np.sqrt(fit.cov_re.iloc[0, 0]), np.sqrt(fit.scale)

    def loglik(tau, sigma):
        return restricted_loglik(table["own"], table["information"], tau, sigma, separate.ssr, separate.df_resid)

    for factor in (0.99, 1.01):
        assert loglik(factor * tau, sigma) < loglik(tau, sigma)
        assert loglik(tau, factor * sigma) < loglik(tau, sigma)


def test_the_restricted_likelihood_falls_as_the_engines_does(stores, groups):
    """Between two values of tau/sigma at which the engine evaluates the whole model's criterion."""
    (data, _), (table, separate) = stores, groups
    fit = lmm("log_sales ~ 0 + store + log_price + (0 + log_price | store)", data)
    ratio = np.sqrt(fit.cov_re["store"].iloc[0, 0] / fit.scale)

    def by_hand(ratio):
        def lower(log_sigma):
            sigma = np.exp(log_sigma)
            known = table["own"], table["information"], ratio * sigma, sigma
            return -restricted_loglik(*known, separate.ssr, separate.df_resid)

        return minimize_scalar(lower, bounds=(-2, 0), method="bounded", options={"xatol": 1e-10}).fun

    for factor in (0.5, 2):
        engine = [profile(fit.products, fit.theta_in_basis * times).value / 2 for times in (1, factor)]
        assert by_hand(ratio * factor) - by_hand(ratio) == pytest.approx(engine[1] - engine[0], abs=1e-5)


def test_the_extremes_are_complete_and_no_pooling(groups):
    table, _ = groups
    average, weight, partial = pool(table["own"], table["information"], 0, 0.4)
    assert (weight == 0).all()
    assert partial.to_numpy() == pytest.approx(average)
    _, _, free = pool(table["own"], table["information"], 1e6, 0.4)
    assert np.abs(free - table["own"]).max() < 1e-6


# The browser --------------------------------------------------------------------------------------------------------


@pytest.fixture
def page(browser, picture, tmp_path):
    file = tmp_path / "page.html"
    shutil.copy(SCRIPT, tmp_path)
    html = picture._repr_mimebundle_()["text/html"]
    file.write_text(f'<!doctype html><meta charset="utf-8">{html}<script defer src="{SCRIPT.name}"></script>', "utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 844})
    faults = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(file.as_uri())
    page.get_by_role("slider").first.wait_for()
    yield page
    page.close()
    assert faults == []


def shown(page):
    """The numbers that stand on the page, as a table like that of Python."""
    head = page.locator("thead th").all_text_contents()
    rows = [row.locator("th, td").all_text_contents() for row in page.locator("tbody tr").all()]
    return pd.DataFrame(rows, columns=head).set_index(head[0])


def settings(page):
    tau, sigma, times = (float(text) for text in page.locator(".value").all_text_contents())
    return tau, sigma, int(times)


KEYS = {
    "as it starts": [],
    "no differences between stores": [("tau", "Home", 1)],
    "very different stores": [("tau", "End", 1)],
    "a little more": [("tau", "ArrowRight", 7), ("sigma", "ArrowLeft", 5)],
    "by pages": [("tau", "PageUp", 3), ("sigma", "PageDown", 2)],
    "hardly any scatter": [("sigma", "Home", 1)],
    "much scatter": [("sigma", "End", 1)],
    "twice the weeks": [("times", "ArrowUp", 1)],
    "many weeks, other variances": [("times", "End", 1), ("tau", "ArrowLeft", 20), ("sigma", "ArrowRight", 31)],
}


@pytest.mark.parametrize("keys", KEYS.values(), ids=list(KEYS))
def test_every_number_is_pythons(page, picture, keys):
    for name, key, presses in keys:
        slider = page.locator(f"input[name={name}]")
        slider.focus()
        for _ in range(presses):
            page.keyboard.press(key)
    tau, sigma, times = settings(page)
    moved = {name for name, *_ in keys}
    start = dict(zip(("tau", "sigma", "times"), (*picture.start, 1), strict=True))
    assert {name for name, value in zip(start, (tau, sigma, times), strict=True) if value != start[name]} == moved
    python = picture.numbers(tau, sigma, times)
    assert shown(page).to_numpy().tolist() == python.reset_index().iloc[:, 1:].to_numpy().tolist()
    assert list(shown(page).index) == SHOWN
    says = page.get_by_role("status")
    page.wait_for_timeout(300)
    assert says.text_content() == picture.says(tau, sigma, times)


def test_the_marks_stand_where_the_numbers_say(page, picture):
    """A diamond lies as far along the axis as its number does."""
    numbers = picture.numbers()["partially pooled"].str.replace("\u2212", "-").astype(float)
    starts = page.locator("svg path").evaluate_all("paths => paths.map(path => path.getAttribute('d'))")
    places = [float(start[1:].split()[0]) for start in starts][-len(SHOWN) :]  # the first is the key's
    assert np.corrcoef(numbers, places)[0, 1] > 0.999


def test_the_button_goes_back(page, picture):
    page.locator("input[name=tau]").focus()
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    page.get_by_role("button").click()
    assert settings(page) == (*picture.start, 1)


def test_every_slider_has_a_name_and_says_its_value(page):
    names = "tau: how much stores differ", "sigma: how much weeks of a store scatter", "weeks a store, times"
    for name, value in zip(names, ("0.32", "0.40", "1 times"), strict=True):
        slider = page.get_by_role("slider", name=name, exact=True)  # not with the value, which would be told twice
        assert slider.get_attribute("aria-valuetext") == value


def test_the_page_is_no_wider_than_a_telephone(page):
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_without_javascript_the_picture_and_the_numbers_are_there(browser, picture, tmp_path):
    file = tmp_path / "page.html"
    file.write_text(picture._repr_mimebundle_()["text/html"], "utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator("img").is_visible()
    assert shown(page).to_numpy().tolist() == picture.numbers().to_numpy().tolist()
    context.close()


def test_the_picture_has_the_figures_colours():
    said = re.search(r"const COLOURS = \{(.*?)\}", SCRIPT.read_text("utf-8"))[1]
    shown = dict(re.findall(r'(\w+): "(#\w+)"', said))
    named = {name.removesuffix(" pooling").replace("no", "own"): colour for name, colour in COLOURS.items()}
    assert shown == named | {"grey": GREY, "ink": INK}
