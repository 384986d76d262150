"""Agreement of several programs on one model, and of Bambi's linear predictor with the engine's fitted values."""

import sys

import bambi as bmb
import numpy as np
import pytest

from partial_pooling import agreement, lmm, load
from partial_pooling.compare import DisagreementError, linear_predictor_difference

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*'str' dtypes are included:DeprecationWarning"
)  # Bambi's use of pandas

FORMULA = "reaction ~ days + (days | subject)"


@pytest.fixture(scope="module")
def sleep():
    return load("sleepstudy")


def test_bambi_reads_the_same_columns_and_groups(sleep):
    table = agreement("sleepstudy_slopes", lmm(FORMULA, sleep), bambi=bmb.Model(FORMULA, sleep))
    assert table["engine"].tolist() == ["0.0000", "0.0000", "0.0000", "0.0000", ""]
    assert table.loc["linear predictor", "Bambi"] == "0.0000"


def test_the_linear_predictor_is_that_of_the_estimates(sleep):
    """Other estimates, other fitted values: at those of full maximum likelihood the two still agree."""
    fit = lmm(FORMULA, sleep, reml=False)
    assert linear_predictor_difference(bmb.Model(FORMULA, sleep), fit) < 1e-8
    moved = bmb.Model(FORMULA, sleep.assign(days=sleep["days"] + 1))
    assert linear_predictor_difference(moved, lmm(FORMULA, sleep.assign(days=sleep["days"] + 1))) < 1e-8


def test_categories_and_pairs_of_labels_that_do_not_occur():
    radon = load("radon")
    radon["level"] = np.where(radon["floor"] == 1, "first", "basement")
    formula = "log_radon ~ 0 + level + (1 | county)"
    assert linear_predictor_difference(bmb.Model(formula, radon), lmm(formula, radon)) < 1e-8
    stores = load("stores").assign(log_sales=lambda data: np.log(data["sales"]))
    formula = "log_sales ~ 1 + (1 | county/store)"
    assert linear_predictor_difference(bmb.Model(formula, stores), lmm(formula, stores)) < 1e-8


def test_a_bambi_model_with_other_terms_is_refused(sleep):
    with pytest.raises(
        ValueError, match=r"Bambi's terms are Intercept, Intercept\|subject, days; the fit's are .*days\|subject"
    ):
        linear_predictor_difference(bmb.Model("reaction ~ days + (1 | subject)", sleep), lmm(FORMULA, sleep))


def test_a_fit_that_is_not_lme4s_raises(sleep):
    with pytest.raises(DisagreementError):
        agreement("sleepstudy_slopes", lmm(FORMULA, sleep.assign(reaction=sleep["reaction"] + 0.01 * sleep["days"])))


def test_another_linear_predictor_raises(sleep, monkeypatch):
    module = sys.modules[linear_predictor_difference.__module__]  # the function of the same name hides it
    monkeypatch.setattr(module, "linear_predictor_difference", lambda *_: 0.001)
    with pytest.raises(DisagreementError, match=r"linear predictor differs from the engine's by up to 0\.001"):
        agreement("sleepstudy_slopes", lmm(FORMULA, sleep), bambi=bmb.Model(FORMULA, sleep))


def test_labels_that_are_numbers_are_the_same_groups(sleep):
    numbered = sleep.assign(subject=sleep["subject"].astype(int))
    formula = "reaction ~ days + (1 | subject)"
    assert linear_predictor_difference(bmb.Model(formula, numbered), lmm(formula, numbered)) < 1e-8
