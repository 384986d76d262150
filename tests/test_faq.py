"""The pages of questions and of corrections: what they say is shown where they say so."""

import re
from pathlib import Path

import bambi as bmb
import nbformat
import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from mdit_py_plugins.anchors.index import slugify

from gate.notebook import CHAPTERS
from gate.outputs import flatten
from gate.prose import without_code
from partial_pooling import bambi_model, checked_fit, lmm, load

FAQ = (CHAPTERS / "faq.md").read_text("utf-8")
CASES = "".join((Path(__file__).parent / name).read_text("utf-8") for name in ("test_software.py", "test_faq.py"))
HEADING = re.compile(r"(#+) (.+)")


def lines_of(page):
    """Lines of a page, each with its heading's level and anchor, which sentences have and code has not."""
    path = CHAPTERS / page
    cells = nbformat.read(path, as_version=4).cells if path.suffix == ".ipynb" else None
    parts = [(cell.cell_type, cell.source, cell.get("outputs", [])) for cell in cells or ()]
    for kind, source, outputs in parts or [("markdown", path.read_text("utf-8"), [])]:
        sentences = without_code(source) if kind == "markdown" else "\n" * source.count("\n")
        for line, sentence in zip(source.split("\n"), sentences.split("\n"), strict=True):
            heading = HEADING.fullmatch(sentence)
            yield line, (len(heading[1]), slugify(heading[2])) if heading else None
        for _, shown in flatten(outputs):
            yield str(shown), None


def section(page, anchor):
    """One section of a page, its subsections included."""
    found, level = [], None
    for line, heading in lines_of(page):
        if heading and level and heading[0] <= level:
            break
        if heading and heading[1] == anchor:
            level = heading[0]
        if level:
            found.append(line)
    assert found, f"{page} has no section #{anchor}"
    return "\n".join(found)


def answers():
    """Question to answer."""
    parts = re.split(r"^### (.+)$", FAQ, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def promises(answer):
    """What the answer's comments promise: (page, anchor, words) for a section, or the name of a case."""
    return re.findall(r"^% shows (\S+?)#(\S+): (.+)$", answer, re.MULTILINE), re.findall(
        r"^% case (\w+)$", answer, re.M
    )


@pytest.mark.parametrize("question", answers())
def test_what_an_answer_promises_is_there(question):
    answer = answers()[question]
    shown, cases = promises(answer)
    assert shown or cases, (
        "say in a comment what shows this answer: '% shows page#section: words', or '% case test_name'"
    )
    for page, anchor, words in shown:
        assert f"({page}#{anchor})" in answer, f"the answer does not link to {page}#{anchor}"
        found = section(page, anchor)
        missing = [word for word in words.split(" | ") if word.casefold() not in found.casefold()]
        assert not missing, f"{page}#{anchor} does not hold {missing}"
    for case in cases:
        assert f"def {case}(" in CASES, f"tests/test_software.py and tests/test_faq.py have no {case}"


@pytest.mark.parametrize("question", answers())
def test_every_section_that_an_answer_links_to_says_what_it_shows(question):
    answer = answers()[question]
    linked = set(re.findall(r"\((\w+\.(?:ipynb|md)#[\w-]+)\)", answer))
    assert linked == {f"{page}#{anchor}" for page, anchor, _ in promises(answer)[0]}


# Cases; others stand in test_software.py ------------------------------------------------------------------------------


def test_statsmodels_mixedlm_takes_subset_and_ignores_it():
    sleep = load("sleepstudy")
    late = sleep["days"] >= 2
    assert smf.mixedlm("reaction ~ days", sleep, groups="subject", subset=late).fit().nobs == len(sleep) == 180
    assert smf.mixedlm("reaction ~ days", sleep.loc[late], groups="subject").fit().nobs == late.sum() == 144
    assert smf.ols("reaction ~ days", sleep, subset=late).fit().nobs == 144


def test_a_name_with_a_space_gives_the_same_fit_in_lmm():
    sleep = load("sleepstudy")
    odd = sleep.rename(columns={"days": "days of little sleep", "reaction": "yield"})
    fit = lmm("`yield` ~ `days of little sleep` + (`days of little sleep` | subject)", odd)
    assert fit.llf == lmm("reaction ~ days + (days | subject)", sleep).llf
    with pytest.raises(ValueError, match="'of' after 'days' has no place"):
        lmm("yield ~ days of little sleep + (1 | subject)", odd)


SIZES = ["small", "medium", "large"]


def sizes(ordered=False, categories=SIZES):
    sleep = load("sleepstudy")
    return sleep.assign(size=pd.Categorical(np.array(SIZES)[sleep.index % 3], categories, ordered=ordered))


def compared(labels):
    return [re.search(r"(\w+)\]", label)[1] for label in labels if "[" in label]


@pytest.mark.filterwarnings("ignore:.*'str' dtypes are included:DeprecationWarning")  # Bambi's use of pandas
def test_the_first_category_is_the_reference_and_bambi_sorts_it():
    formula = "reaction ~ size + (1 | subject)"
    for ordered, in_bambi in ((False, ["medium", "small"]), (True, ["medium", "large"])):
        data = sizes(ordered)
        assert compared(smf.mixedlm("reaction ~ size", data, groups="subject").exog_names) == ["medium", "large"]
        assert compared(lmm(formula, data).fe_params.index) == ["medium", "large"]
        assert compared(bambi_model.columns(bmb.Model(formula, data)).design) == in_bambi
        text = data.astype({"size": str})
        assert compared(lmm(formula, text).fe_params.index) == ["medium", "small"]
        assert compared(smf.mixedlm("reaction ~ size", text, groups="subject").exog_names) == ["medium", "small"]


@pytest.mark.filterwarnings("ignore")  # what statsmodels divides by before it stops
def test_a_category_without_rows_stops_statsmodels_and_not_lmm():
    formula = "reaction ~ size + (1 | subject)"
    for ordered in (False, True):
        data = sizes(ordered, [*SIZES, "huge"])
        model = smf.mixedlm("reaction ~ size", data, groups="subject")
        with pytest.raises(np.linalg.LinAlgError):
            model.fit()
        with pytest.raises(RuntimeError, match="remove_unused_categories"):
            checked_fit(model)
        used = data.assign(size=data["size"].cat.remove_unused_categories())
        assert lmm(formula, data).llf == lmm(formula, used).llf
        assert checked_fit(smf.mixedlm("reaction ~ size", used, groups="subject")).nobs == 180
        in_bambi = bambi_model.columns(bmb.Model(formula, data)).design
        assert ("size[huge]" in in_bambi) == ordered


def standard_errors_relative_to_lme4s(groups, slopes):
    """Standard errors of statsmodels over the engine's, which are lme4's, in 20 data sets: good fits, singular ones."""
    good, singular = [], []
    for seed in range(20):
        rng = np.random.default_rng([groups, seed])
        group = np.repeat(np.arange(groups), rng.integers(5, 31, groups))
        within, between = rng.normal(size=len(group)), rng.normal(size=groups)[group]
        level, slope = rng.normal(size=(2, groups))[:, group]
        y = level + slopes * slope * within + rng.normal(size=len(group))
        data = pd.DataFrame({"y": y, "within": within, "between": between, "group": group})
        effects = "within" if slopes else "1"
        engine = lmm(f"y ~ within + between + ({effects} | group)", data)
        fit = checked_fit(smf.mixedlm("y ~ within + between", data, groups="group", re_formula=f"~{effects}"))
        (singular if engine.singular else good).append(fit.bse_fe / engine.bse_fe)
    return pd.DataFrame(good), pd.DataFrame(singular)


@pytest.mark.filterwarnings("ignore")  # some fits are singular
@pytest.mark.parametrize(
    ("groups", "percent", "times"),
    [
        (5, 8, 4.7),
        *(pytest.param(*of, marks=pytest.mark.robust) for of in [(10, 6, 1.5), (20, 3, 1.2), (50, 0.4, 1.05)]),
    ],
)
def test_statsmodels_standard_errors_are_far_larger_than_lme4s_with_few_groups_and_a_slope(groups, percent, times):
    good, singular = standard_errors_relative_to_lme4s(groups, slopes=True)
    assert (good > 1 - 1e-4).all(axis=None)
    assert good.max().idxmax() == "between"
    assert 100 * (good["between"].median() - 1) == pytest.approx(percent, rel=0.15)
    assert good["between"].max() == pytest.approx(times, rel=0.05)
    if groups == 5:
        assert len(singular) == 7
        assert singular.min(axis=None) < 0.5
        assert singular.max(axis=None) > 1.2
    assert "8, 6, 3 and 0.4 % larger at the median, and 4.7, 1.5, 1.2 and 1.05 times as large at most" in FAQ


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("groups", [5, *(pytest.param(more, marks=pytest.mark.robust) for more in (10, 20, 50))])
def test_statsmodels_standard_errors_are_hardly_larger_than_lme4s_with_intercepts_alone(groups):
    good, _ = standard_errors_relative_to_lme4s(groups, slopes=False)
    assert good.min(axis=None) > 1 - 1e-4
    assert good.max(axis=None) < 1.06


# Corrections ----------------------------------------------------------------------------------------------------------


def corrections():
    """Title to text of every correction."""
    text = (CHAPTERS / "corrections.md").read_text("utf-8")
    return dict(re.findall(r"^\*\*([^\n]+)\*\*\\\n(.+?)(?=\n\n|\Z)", text, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("title", corrections())
def test_what_is_right_stands_where_a_correction_links_to(title):
    """At least one of its numbers, if it has any: what the book said before need not be there."""
    text = corrections()[title]
    pages = re.findall(r"\((\w+\.(?:ipynb|md))(?:#[\w-]+)?\)", text)
    labels = re.findall(r"\{ref\}`[^`]*<([\w-]+)>`", text)
    pages += [path.name for path in CHAPTERS.glob("*.ipynb") for label in labels if label in path.read_text("utf-8")]
    assert pages or "{term}" in text, "it links to nothing"
    shown = "\n".join(line for page in pages for line, _ in lines_of(page)).replace("−", "-")
    numbers = re.findall(r"-?\d+\.\d+", text.replace("−", "-"))
    assert not numbers or any(number in shown for number in numbers)
