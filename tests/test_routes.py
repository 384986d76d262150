"""Three routes through the book: what their sections take to read, and where each chapter says so."""

import re

import pytest

from bookmaking.contents import CHAPTERS as NUMBERED
from gate.notebook import CHAPTERS, read
from gate.routes import AFTERNOON, head, section_minutes

LARGE_STEP = 2  # minutes that a sentence more or less may move a stated number by


@pytest.mark.parametrize("name", NUMBERED)
def test_a_chapters_head_shows_the_routes_with_the_right_minutes(name):
    first, expected = read(CHAPTERS / f"{name}.ipynb").cells[0].source, head(CHAPTERS, name)
    (stated,) = [line for line in first.splitlines() if line.startswith("*An afternoon:*")]
    numbers = [
        [int(found) for found in re.findall(r"\b(\d+) (?:minutes|for all)", line)] for line in (stated, expected)
    ]
    same_words = [re.sub(r"\d+ (minutes|for all)", r"\1", line) for line in (stated, expected)]
    assert same_words[0] == same_words[1], f"the line should be\n{expected}"
    assert all(abs(a - b) <= LARGE_STEP for a, b in zip(*numbers, strict=True)), f"the line should be\n{expected}"


def test_the_afternoon_leads_from_pooling_to_coming_back_in_half_an_hour():
    minutes = [section_minutes(read(CHAPTERS / f"{name}.ipynb"), *sections) for name, *sections in AFTERNOON]
    assert len(minutes) == 5
    assert sum(minutes) <= 40


def test_a_section_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="no section is called 'Four models'; there are The stores"):
        section_minutes(read(CHAPTERS / "pooling.ipynb"), "Four models")
