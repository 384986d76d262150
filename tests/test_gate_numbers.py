"""What counts as a number, and which two numbers are the same."""

import pytest

from gate.numbers import compare, split


def texts(text, html=False):
    return [number.text for number in split(text, html)[0]]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("slope -2.28 (0.05)", ["-2.28", "0.05"]),
        ("slope \u22122.28", ["\u22122.28"]),
        ("from 3-5 weeks", ["3", "5"]),
        ("2.1 to 3.4", ["2.1", "3.4"]),
        ("on 2024-01-05", ["2024", "01", "05"]),
        ("stores A12 and x1, county_3, B-4", ["4"]),
        ("9,649 rows and 1,743.63", ["9,649", "1,743.63"]),
        ("1.5e-05 and 2E+10", ["1.5e-05", "2E+10"]),
        ("12.5% of 3.2x", ["12.5", "3.2"]),
        ("nan, inf, NaN and -inf", []),
        ("version 1.2.3", ["1.2"]),
        ("[1. 2.] and .5", ["1", "2", ".5"]),
        ("(1, 2)", ["1", "2"]),
    ],
)
def test_numbers_are_told_from_names(text, numbers):
    assert texts(text) == numbers


def test_a_number_that_heads_a_row_of_a_table_is_a_label():
    assert texts('<table border="1"><tr><th>12</th><td>3.50</td></tr></table>', html=True) == ["3.50"]


@pytest.mark.parametrize(
    ("rule", "stored", "new"),
    [
        ("printed", "a 0.50", "a 0.51"),
        ("printed", "a -0.00 b", "a 0.00 b"),
        ("printed", "x  9.99\ny  0.10", "x 10.00\ny  0.10"),
        ("printed", "1.00e-05", "9.99e-06"),
        ("printed", "\u22120.50", "-0.50"),
        ("sampled", "0.50 and 251", "0.53 and 248"),
        ("sampled", "0.50", "0.5"),
        ("sampled", "0.58", "0.5"),
        ("sampled", "-2", "-2.8"),
        ("timed", "12.5 s", "0.3 s"),
    ],
)
def test_within_the_tolerance(rule, stored, new):
    assert not [change for change in compare(stored, new, rule) if change.beyond]
    assert not [change for change in compare(new, stored, rule) if change.beyond]


@pytest.mark.parametrize(
    ("rule", "stored", "new", "message"),
    [
        ("printed", "a 0.50", "a 0.52", "0.50 became 0.52: 2 in the last printed digit, 1 allowed"),
        ("printed", "a 0.50", "a 0.5", "another number of decimals"),
        ("printed", "83 stores", "84 stores", "1 in the last printed digit, 0 allowed"),
        ("printed", "slope 0.07", "slope -0.07", "14 in the last printed digit"),
        ("printed", "store A12", "store A13", "text around the numbers"),
        ("printed", "0.5 nan", "0.5 0.7", "text around the numbers"),
        ("printed", "1 2\n3 4", "1 2 3 4", "text around the numbers"),
        ("printed", "2e-05", "2e-06", "in the last printed digit"),
        ("sampled", "0.50", "0.54", "4 in the last printed digit, 3 allowed"),
        ("sampled", "0.59", "0.5", "another number of decimals, and 0.09 apart, 0.08 allowed"),
        ("sampled", "0.5", "0.512", "another number of decimals"),
        ("sampled", "-2", "-2.9", "another number of decimals"),
        ("timed", "12.5 s", "0.0 s", "a time must be positive"),
        ("timed", "12.5 s", "soon", "text around the numbers"),
    ],
)
def test_beyond_the_tolerance(rule, stored, new, message):
    changes = compare(stored, new, rule)
    assert any(change.beyond and message in change.what for change in changes)


def test_a_relabelled_row_is_caught_even_under_the_wide_tolerance():
    row = "<tr><th>{}</th><td>0.5</td></tr>"
    assert compare(row.format(12), row.format(13), "sampled", html=True)[0].beyond


def test_the_number_that_differs_is_marked_in_its_line():
    change = compare("first 1.0\nsecond 2.0 3.0", "first 1.0\nsecond 2.0 3.5", "printed")[0]
    assert (change.stored, change.new) == ("second 2.0 >3.0<", "second 2.0 >3.5<")
