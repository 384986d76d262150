"""The page for teachers: complete, and true of the chapters that it speaks about."""

import re
from pathlib import Path

import nbformat
import pytest
import yaml

from bookmaking.contents import CHAPTERS
from bookmaking.printed_numbers import is_supported
from gate.minutes import exercise_minutes
from gate.prose import claims, evidence

ROOT = Path(__file__).parent.parent
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
    start = rf"^{level} {re.escape(heading)}\n"
    found = re.search(rf"{start}(.*?)(?=^#{{2,{len(level)}}} |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"chapters/teaching.md has no section {heading!r}"
    return found[1]


def paragraph(text, name):
    """Return what follows ``**name.**``, up to the next name in bold."""
    found = re.search(rf"^\*\*{name}\.?\*\*(.*?)(?=^\*\*|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no paragraph {name!r}"
    return found[1]


def items(text):
    return re.findall(r"^- (.*(?:\n  .*)*)", text, re.MULTILINE)


def exercises(name, use):
    """Return the labels that a chapter's section gives to a use: Class, Homework or Exam."""
    [item] = [item for item in items(paragraph(section(title(name)), "Exercises")) if item.startswith(f"{use}: ")]
    return NAMED.findall(item)


def test_table_has_every_chapter_in_order():
    assert re.findall(r"^\| \[[^]]+\]\((\w+)\.ipynb\) \|", PAGE, re.MULTILINE) == CHAPTERS


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_exercise_has_its_minutes(name):
    assert sorted(label for label, _ in exercise_minutes(PAGE, title(name))) == sorted(labels(NOTEBOOKS[name]))


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
    text = re.sub(r"\(\d+ min\)", "", section(title(name)))
    assert [number.text for number, per_cent in claims(text) if not is_supported(number, per_cent, known)] == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_section_is_of_readable_length(name):
    assert sum(bool(line) for line in section(title(name)).splitlines()) <= 55


def test_everything_named_exists():
    bank = nbformat.read(ROOT / "chapters" / "question_bank.ipynb", 4)
    cells = [cell.metadata.get("mystnb", {}) for notebook in NOTEBOOKS.values() for cell in notebook.cells]
    figures = {cell.get("figure", {}).get("name") for cell in cells}
    assert set(NAMED.findall(PAGE)) <= figures.union(labels(bank), *map(labels, NOTEBOOKS.values()))
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make (\w+)`", PAGE)) <= targets


@pytest.mark.parametrize("name", CHAPTERS)
def test_sections_to_leave_out_or_keep_are_those_of_the_chapter(name):
    headings = re.findall(r"^#+ (.+)", markdown(NOTEBOOKS[name]), re.MULTILINE)
    quoted = re.findall(r'"([A-Z][^"]+)"', paragraph(section(title(name)), "If time is short"))
    assert [words for words in quoted if not any(heading.startswith(words) for heading in headings)] == []


def test_two_weeks_take_exercises_where_the_sections_put_them():
    """And give homework of as many minutes as they say."""
    use = {label: kind for name in CHAPTERS for kind in ("Class", "Homework") for label in exercises(name, kind)}
    minutes = {label: int(number) for label, number in re.findall(r"<([\w-]+)>` \((\d+) min\)", PAGE)}
    plan = section("Two weeks: ten sessions of 90 minutes", "##")
    typed = re.findall(r"^\| (\d+|all) \|[^|]*\| (\d+) \| (\d+) \|", plan, re.MULTILINE)
    homework = {}
    for number, _, _ in typed[:-1]:
        _, in_class, at_home, _ = items(paragraph(plan, rf"Session {number}: [^*]+"))
        for text, kind in ((in_class, "Class"), (at_home, "Homework")):
            named = [label for label in NAMED.findall(text) if not label.startswith("bank-")]
            assert [label for label in named if use[label] != kind] == [], f"session {number}"
        homework[number] = sum(minutes[label] for label in named)
    assert len(homework) == 10
    assert homework == {number: int(exercises) for number, _, exercises in typed[:-1]}
    assert [int(total) for total in typed[-1][1:]] == [sum(int(row[k]) for row in typed[:-1]) for k in (1, 2)]


def test_every_question_of_the_bank_is_named():
    bank = nbformat.read(ROOT / "chapters" / "question_bank.ipynb", 4)
    exams = [label for name in CHAPTERS for label in exercises(name, "Exam")]
    assert sorted(label for label in exams if label.startswith("bank-")) == sorted(labels(bank))


def test_citation_is_that_of_the_file():
    file = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert f"*{file['title']}.* Version {file['version']}." in PAGE
