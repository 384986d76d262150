"""Compare two printed texts number by number.

What stands between the numbers must be identical, up to the width of blanks.
A number is compared in steps of its last printed digit, so that the author's rounding states how much is claimed.
"""

from itertools import zip_longest
from typing import NamedTuple

from bookmaking.printed_numbers import split

# Steps of the last printed digit allowed to decimal numbers and to integers.
# In an untagged cell an integer is a count, a year or a label.
STEPS = {"printed": (1, 0), "sampled": (3, 3)}


class Change(NamedTuple):
    """A difference between what is stored and what a fresh run gives, ready to be shown."""

    what: str
    stored: str
    new: str
    beyond: bool


def compare(stored, new, rule, html=False):
    """Compare a stored text with a new one.

    Parameters
    ----------
    stored, new : str
    rule : {"printed", "sampled", "timed"}
        The cell's tolerance: 1 step of the last printed digit; 3 steps, also where a decimal more or less is printed;
        or any positive number.
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
    if old.decimals != now.decimals and rule == "sampled":
        return _judge_by_value(old, now)
    if old.decimals != now.decimals:
        return f"{old.text} became {now.text}: printed with another number of decimals", True
    steps = abs(old.value - now.value) / min(old.step, now.step)
    if steps == 0:
        return None
    allowed = STEPS[rule][old.is_integer]
    return f"{old.text} became {now.text}: {steps:f} in the last printed digit, {allowed} allowed", steps > allowed


def _judge_by_value(old, now):
    """The same of two sampled numbers, of which one is printed with a decimal more: draws choose their decimals.

    Where one more is printed, the other was rounded by half a step at most.
    """
    finer, coarser = sorted((old, now), key=lambda number: number.step)
    apart, allowed = abs(old.value - now.value), STEPS["sampled"][0] * finer.step + coarser.step / 2
    beyond = apart > allowed or coarser.step != 10 * finer.step
    says = f"printed with another number of decimals, and {apart} apart, {allowed} allowed"
    return f"{old.text} became {now.text}: {says}", beyond


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
