"""What holds of the book as a whole."""

import pytest

from bookmaking.contents import PAGES as LISTED
from gate.comparisons import COMPARISONS, comparison_table
from gate.notebook import CHAPTERS, ROOT, chapter_paths, code_cells, read, tags
from gate.report import TABLE, TOTALS, expected_table, totals, without_seconds
from gate.structure import undefined_terms

PAGES = sorted([*CHAPTERS.glob("*.ipynb"), *CHAPTERS.glob("*.md")])
MOST_TIMED_CELLS = 3
HOW = "chapters/{} is out of date; a run in which every chapter is green writes it: run `make test` again"


def test_the_pages_on_disk_are_those_in_the_table_of_contents():
    assert sorted(LISTED[1:]) == [page.relative_to(ROOT).with_suffix("").as_posix() for page in PAGES]


def test_only_three_cells_of_the_book_show_wall_clock_times():
    timed = [path.stem for path in chapter_paths() for _, cell in code_cells(read(path)) if "timed" in tags(cell)]
    assert len(timed) <= MOST_TIMED_CELLS, timed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_term_that_a_page_uses_is_in_the_glossary(page):
    assert undefined_terms(page) == []


def test_the_table_of_what_was_compared_is_that_of_the_present_chapters():
    stored = (CHAPTERS / TABLE).read_text(encoding="utf-8")
    assert without_seconds(stored) == expected_table(CHAPTERS), HOW.format(TABLE)


def test_the_table_of_comparisons_with_lme4_is_that_of_the_present_chapters():
    stored = CHAPTERS / COMPARISONS
    assert stored.exists(), HOW.format(COMPARISONS)
    assert stored.read_text(encoding="utf-8") == comparison_table(CHAPTERS), HOW.format(COMPARISONS)


def test_what_the_landing_page_says_is_what_the_tables_say():
    stored = CHAPTERS / TOTALS
    assert stored.exists(), HOW.format(TOTALS)
    said = totals((CHAPTERS / TABLE).read_text(encoding="utf-8"), comparison_table(CHAPTERS))
    assert stored.read_text(encoding="utf-8") == said, HOW.format(TOTALS)


def test_every_chapter_compares_a_model_with_lme4():
    compared = {line.split(" | ")[1] for line in comparison_table(CHAPTERS).splitlines()[2:]}
    assert compared >= {path.stem for path in chapter_paths()}
