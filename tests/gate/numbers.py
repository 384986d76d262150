"""Compare two printed texts number by number.

What stands between the numbers must be identical, up to the width of blanks.
A number is compared in steps of its last printed digit, so that the author's rounding states how much is claimed.
"""

import re
from decimal import Decimal
from itertools import zip_longest
from typing import NamedTuple

MINUS = "\u2212"

# A sign counts only where no word or digit stands before it, so that 3-5 is a range and 2024-01-05 a date.
# Digits after a letter, as in A12 or x1, are part of a name.
NUMBER = rf"(?<![\w.])[-+{MINUS}]?(?:(?:\d{{1,3}}(?:,\d{{3}})+(?![\d,])|\d+)(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?"

# Tags, and header cells with what they hold: a number that heads a row or a column is a label.
MARKUP = r"<th\b.*?</th>|<style\b.*?</style>|<[^<>]*>"

PLAIN_TEXT = re.compile(f"(?P<number>{NUMBER})")
HTML_TEXT = re.compile(f"{MARKUP}|(?P<number>{NUMBER})", re.DOTALL)

# Steps of the last printed digit allowed to decimal numbers and to integers.
# In an untagged cell an integer is a count, a year or a label.
STEPS = {"printed": (1, 0), "sampled": (3, 3)}


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


class Change(NamedTuple):
    """A difference between what is stored and what a fresh run gives, ready to be shown."""

    what: str
    stored: str
    new: str
    beyond: bool


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


def compare(stored, new, rule, html=False):
    """Compare a stored text with a new one.

    Parameters
    ----------
    stored, new : str
    rule : {"printed", "sampled", "timed"}
        The cell's tolerance: 1 step of the last printed digit, 3 steps, or any positive number.
    html : bool
        Whether both are HTML.

    Returns
    -------
    list of Change
        Every number that is not the same, with ``beyond`` set where it leaves the tolerance;
        or, where the text around the numbers differs, the first line that does.
    """
    stored_numbers, stored_pieces = split(stored, html)
    new_numbers, new_pieces = split(new, html)
    if stored_pieces != new_pieces:
        return [_first_line_that_differs(stored, new, html)]
    changes = []
    for old, now in zip(stored_numbers, new_numbers, strict=True):
        verdict = _judge(old, now, rule)
        if verdict:
            what, beyond = verdict
            changes.append(Change(what, _marked_line(stored, old), _marked_line(new, now), beyond))
    return changes


def _judge(old, now, rule):
    """What to say of two numbers and whether it is a failure; None when they are the same."""
    if rule == "timed":
        positive = old.value > 0 and now.value > 0
        return None if positive else (f"{old.text} became {now.text}: a time must be positive", True)
    if old.decimals != now.decimals:
        return f"{old.text} became {now.text}: printed with another number of decimals", True
    steps = abs(old.value - now.value) / min(old.step, now.step)
    if steps == 0:
        return None
    allowed = STEPS[rule][old.is_integer]
    return f"{old.text} became {now.text}: {steps:f} in the last printed digit, {allowed} allowed", steps > allowed


def _marked_line(text, number):
    """The line a number stands in, with the number marked."""
    begin = text.rfind("\n", 0, number.start) + 1
    end = (text + "\n").index("\n", number.start)
    after = number.start + len(number.text)
    return f"{text[begin : number.start]}>{number.text}<{text[after:end]}".strip()


def _first_line_that_differs(stored, new, html):
    for old, now in zip_longest(stored.splitlines(), new.splitlines(), fillvalue="(no such line)"):
        if split(old, html)[1] != split(now, html)[1]:
            return Change("the text around the numbers differs", old.strip(), now.strip(), True)
    return Change("the layout differs", stored.strip(), new.strip(), True)
