"""Numbers as they are printed: found in a text, and held against one that is quoted.

Shared by the tests, which compare outputs and read prose, and by the role of quoted_outputs.py.
"""

import re
from decimal import Decimal
from typing import NamedTuple

MINUS = "\u2212"

# A sign counts only where no word or digit stands before it, so that 3-5 is a range and 2024-01-05 a date.
# Digits after a letter, as in A12 or x1, are part of a name.
NUMBER = rf"(?<![\w.])[-+{MINUS}]?(?:(?:\d{{1,3}}(?:,\d{{3}})+(?![\d,])|\d+)(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?"

# Tags, and header cells with what they hold: a number that heads a row or a column is a label.
MARKUP = r"<th\b.*?</th>|<style\b.*?</style>|<[^<>]*>"

PLAIN_TEXT = re.compile(f"(?P<number>{NUMBER})")
HTML_TEXT = re.compile(f"{MARKUP}|(?P<number>{NUMBER})", re.DOTALL)

PER_CENT = re.compile(r"\s*(?:%|per ?cent\b|percentage point)")


class Number(NamedTuple):
    """A number as it is printed, and where."""

    text: str
    start: int

    @property
    def value(self):
        return Decimal(self.text.replace(",", "").replace(MINUS, "-"))

    @property
    def step(self):
        """One unit of the last printed digit."""
        return Decimal(1).scaleb(self.value.as_tuple().exponent)

    @property
    def decimals(self):
        """How many digits are printed after the point."""
        return len(re.split("[eE]", self.text)[0].partition(".")[2])

    @property
    def is_integer(self):
        """Whether neither a point nor an exponent is printed."""
        return not set(self.text) & set(".eE")


def split(text, html=False):
    """Split a text into its numbers and the pieces of text around them.

    Parameters
    ----------
    text : str
        Plain text, or HTML.
    html : bool
        Whether tags and header cells count as text.

    Returns
    -------
    numbers : list of Number
    pieces : list of str
        One more than there are numbers, blanks made uniform.
    """
    numbers, pieces, end = [], [], 0
    for match in (HTML_TEXT if html else PLAIN_TEXT).finditer(text):
        if match["number"]:
            numbers.append(Number(match["number"], match.start()))
            pieces.append(text[end : match.start()])
            end = match.end()
    pieces.append(text[end:])
    return numbers, ["\n".join(" ".join(line.split()) for line in piece.split("\n")) for piece in pieces]


def supports(evidence, number, per_cent=False):
    """Whether a printed number rounds to the one in the prose, whose sign may be said in words."""
    value = evidence.value * 100 if per_cent else evidence.value
    step = evidence.step * 100 if per_cent else evidence.step
    if "-" not in str(number.value):
        value = abs(value)
    return step <= number.step and abs(value - number.value) <= number.step / 2


def is_supported(number, per_cent, evidence):
    """Whether any of the printed numbers rounds to the one in the prose; a percentage may be printed as a share."""
    return any(supports(printed, number, how) for printed in evidence for how in {False, per_cent})
