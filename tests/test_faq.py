"""The pages of questions and of corrections: what they say is shown where they say so."""

import re
from pathlib import Path

import nbformat
import pytest
from mdit_py_plugins.anchors.index import slugify

from gate.notebook import CHAPTERS
from gate.outputs import flatten
from gate.prose import without_code

FAQ = (CHAPTERS / "faq.md").read_text("utf-8")
CASES = (Path(__file__).parent / "test_software.py").read_text("utf-8")
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
        assert f"def {case}(" in CASES, f"tests/test_software.py has no {case}"


@pytest.mark.parametrize("question", answers())
def test_every_section_that_an_answer_links_to_says_what_it_shows(question):
    answer = answers()[question]
    linked = set(re.findall(r"\((\w+\.(?:ipynb|md)#[\w-]+)\)", answer))
    assert linked == {f"{page}#{anchor}" for page, anchor, _ in promises(answer)[0]}


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
