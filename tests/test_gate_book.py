"""What holds of the book as a whole."""

import re

import pytest

import partial_pooling
from bookmaking.contents import PAGES as LISTED
from gate.generated_pages import generated
from gate.lme4_table import comparison_table
from gate.notebook import CHAPTERS, ROOT, chapter_paths, code_cells, read, tags
from gate.structure import undefined_terms

PAGES = sorted([*CHAPTERS.glob("*.ipynb"), *CHAPTERS.glob("*.md")])
MOST_TIMED_CELLS = 3


def test_the_pages_on_disk_are_those_in_the_table_of_contents():
    assert sorted(LISTED[1:]) == [page.relative_to(ROOT).with_suffix("").as_posix() for page in PAGES]


def test_only_three_cells_of_the_book_show_wall_clock_times():
    timed = [path.stem for path in chapter_paths() for _, cell in code_cells(read(path)) if "timed" in tags(cell)]
    assert len(timed) <= MOST_TIMED_CELLS, timed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_term_that_a_page_uses_is_in_the_glossary(page):
    assert undefined_terms(page) == []


def test_the_tables_are_those_of_the_present_chapters():
    wanted = generated(CHAPTERS)
    stale = [name for name, text in wanted.items() if (CHAPTERS / name).read_text(encoding="utf-8") != text]
    assert stale == [], "`make refresh CHAPTER=...` writes them, with any chapter"


def test_every_chapter_compares_a_model_with_lme4():
    compared = {line.split(" | ")[1] for line in comparison_table(CHAPTERS).splitlines()[2:]}
    assert compared >= {path.stem for path in chapter_paths()}


def test_the_page_of_helpers_leaves_none_out_and_says_where_each_is_introduced():
    page = (CHAPTERS / "_generated" / "helpers.md").read_text("utf-8")
    entries = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL))
    assert set(partial_pooling.__all__) <= set(entries)
    not_called = {"Grouping", "Estimates", "MixedFit", "FoldedTable", "NotClosedError", "FitError"}  # but met
    in_student_notebooks = {"check"}
    without = {name for name, text in entries.items() if "Introduced in [" not in text}
    assert without == not_called | in_student_notebooks
    assert "Introduced in [Shrinkage: where the regularisation comes from](shrinkage.ipynb)" in entries["pool"]
