"""The page for teachers: complete, and true of the chapters that it speaks about."""

import re
from pathlib import Path

import nbformat
import pytest
import yaml

from bookmaking.numbers import supports
from gate.prose import claims, evidence

ROOT = Path(__file__).parent.parent
PARTS = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))["parts"]
CHAPTERS = [Path(page["file"]).name for part in PARTS if part.get("numbered") for page in part["chapters"]]
PAGE = (ROOT / "chapters" / "teaching.md").read_text("utf-8")
NAMED = re.compile(r"\{(?:ref|numref)\}`(?:[^`<]*<)?([\w-]+)>?`")
NOTEBOOKS = {name: nbformat.read(ROOT / "chapters" / f"{name}.ipynb", 4) for name in CHAPTERS}


def markdown(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def title(name):
    return re.match(r"# (.+)", markdown(NOTEBOOKS[name]))[1]


def labels(notebook):
    return set(re.findall(r"^:label: (\S+)", markdown(notebook), re.MULTILINE))


def section(heading, level="###"):
    """Return what stands under a heading of the page, up to the next one of its level or above."""
    found = re.search(
        rf"^{level} {re.escape(heading)}\n(.*?)(?=^#{{2,{len(level)}}} |\Z)", PAGE, re.MULTILINE | re.DOTALL
    )
    assert found, f"chapters/teaching.md has no section {heading!r}"
    return found[1]


def paragraph(text, name):
    """Return what follows ``**name.**``, up to the next name in bold."""
    found = re.search(rf"^\*\*{name}\.?\*\*(.*?)(?=^\*\*|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no paragraph {name!r}"
    return found[1]


def items(text):
    return re.findall(r"^- (.*(?:\n  .*)*)", text, re.MULTILINE)


def rows():
    """Return chapter to its minutes to read, to work and to run, from the table of the page."""
    found = re.findall(r"^\| (?:\[(\w+)\].*|all .*)\| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", PAGE, re.MULTILINE)
    return {name or "all": [int(number.replace(",", "")) for number in minutes] for name, *minutes in found}


def minutes_to_read(notebook):
    """Count what the page's "read" is: a minute for 180 words, three outputs or one figure, without the exercises."""
    cells, reading, words, outputs, figures = notebook.cells, True, 0, 0, 0
    for cell in cells:
        if cell.cell_type == "markdown":
            reading = (reading and not cell.source.startswith("## Exercises")) or "## The answer" in cell.source
            words += reading * len(re.findall(r"[A-Za-z']+", re.sub(r"```\{(?:tab|exercise).*", "", cell.source)))
        elif reading:
            drawn = any("image/png" in output.get("data", {}) for output in cell.outputs)
            figures += drawn
            outputs += bool(cell.outputs) and not drawn
    return words / 180 + outputs / 3 + figures


def exercises(name, use):
    """Return the labels that a chapter's section gives to a use: Class, Homework or Exam."""
    [item] = [item for item in items(paragraph(section(title(name)), "Exercises")) if item.startswith(f"{use}: ")]
    return NAMED.findall(item)


def test_table_has_every_chapter_in_order_and_its_sum():
    table = rows()
    assert list(table) == [*CHAPTERS, "all"]
    assert table["all"] == [sum(column) for column in zip(*(table[name] for name in CHAPTERS), strict=True)]


@pytest.mark.parametrize("name", CHAPTERS)
def test_minutes_to_read_agree_with_the_count(name):
    typed, counted = rows()[name][0], minutes_to_read(NOTEBOOKS[name])
    assert abs(typed - counted) <= max(3, 0.1 * counted), f"{name}: {typed} minutes typed, {counted:.0f} counted"


@pytest.mark.parametrize("name", CHAPTERS)
def test_minutes_to_work_are_those_of_the_exercises(name):
    named = re.findall(r"\{ref\}`[^`<]*<([\w-]+)>` \((\d+) min\)", section(title(name)))
    assert sorted(label for label, _ in named) == sorted(labels(NOTEBOOKS[name]))
    assert rows()[name][1] == sum(int(minutes) for _, minutes in named)


@pytest.mark.parametrize("name", CHAPTERS)
def test_minutes_to_run_are_those_of_the_last_test_run(name):
    measured = (ROOT / "chapters" / "_generated" / "verification.md").read_text("utf-8")
    seconds = int(re.search(rf"^\| {name} \|.*\| ([\d,]+) \|$", measured, re.MULTILINE)[1])
    assert 60 * (rows()[name][2] - 1.5) <= seconds <= 60 * (rows()[name][2] + 0.5)  # another computer, another day


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_exercise_is_for_class_homework_or_exam(name):
    in_class, at_home, exam = (set(exercises(name, use)) for use in ("Class", "Homework", "Exam"))
    assert in_class | at_home | exam >= labels(NOTEBOOKS[name])
    assert not in_class & at_home


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_misconception_has_its_question(name):
    misconceptions = items(paragraph(section(title(name)), "Misconceptions"))
    assert len(misconceptions) >= 4
    for item in misconceptions:
        assert re.match(r'[^\n]*"[^\n]*\n  \*[^*\n]+\?\*\n  \S', item), item


@pytest.mark.parametrize("name", CHAPTERS)
def test_numbers_of_a_section_are_those_of_its_chapter(name):
    known = evidence(NOTEBOOKS[name])
    text = re.sub(r"\((\d+) min\)|!\[.*", "", section(title(name)))
    found = [
        number.text
        for number, how in claims(text)
        if not any(supports(k, number, h) for k in known for h in {False, how})
    ]
    assert found == [], f"in no output and no code of {name}"


@pytest.mark.parametrize("name", CHAPTERS)
def test_section_is_of_readable_length(name):
    assert len(section(title(name)).splitlines()) <= 70


def test_everything_named_exists():
    bank = nbformat.read(ROOT / "chapters" / "question_bank.ipynb", 4)
    figures = {
        cell.metadata.get("mystnb", {}).get("figure", {}).get("name") for n in NOTEBOOKS.values() for cell in n.cells
    }
    known = set().union(*map(labels, NOTEBOOKS.values()), labels(bank), figures)
    assert set(NAMED.findall(PAGE)) <= known
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make (\w+)`", PAGE)) <= targets


def test_headings_quoted_are_those_of_the_chapters():
    for name in CHAPTERS:
        headings = re.findall(r"^#+ (.+)", markdown(NOTEBOOKS[name]), re.MULTILINE)
        quoted = re.findall(r'"([A-Z][^"]+)"', paragraph(section(title(name)), "If time is short"))
        for words in quoted:
            assert any(heading.startswith(words) for heading in headings), f"{name} has no section {words!r}"


def test_plans_take_exercises_where_the_sections_put_them():
    use = {label: kind for name in CHAPTERS for kind in ("Class", "Homework") for label in exercises(name, kind)}
    sessions = re.findall(
        r"^\* - (.*?)(?=^\* - |^:::)", section("Two weeks: ten sessions of 90 minutes", "##"), re.MULTILINE | re.DOTALL
    )
    assert len(sessions) == 10
    for number, session in enumerate(sessions, 1):
        _, _, in_class, at_home, _ = re.split(r"^  - ", session, flags=re.MULTILINE)
        for text, kind in ((in_class, "Class"), (at_home, "Homework")):
            for label in NAMED.findall(text):
                assert label.startswith("bank-") or use[label] == kind, f"session {number}: {label}"


def test_citation_is_that_of_the_file():
    file = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert f"*{file['title']}.* Version {file['version']}." in PAGE
