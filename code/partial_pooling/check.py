"""The check cells of the student notebooks: right or wrong, without telling the answer.

``answers.json`` beside a student notebook holds, for each question, hashes of the answers that are taken for right,
hashes of known mistakes with what to say about them, and a hint. ``make student`` writes it.
"""

import hashlib
import json
import math
import numbers
from operator import contains
from pathlib import Path

import numpy as np

ANSWERS = "answers.json"


def check(label, **answers):
    """Say of each answer to an exercise whether it is right.

    Parameters
    ----------
    label : str
        Label of the exercise.
    **answers
        One for each question of the exercise: a number, a text, True or False, or several of them in a list, an
        array, a Series or a DataFrame (read row by row). ``...`` stands for no answer yet.
        Numbers are compared after rounding.

    Raises
    ------
    FileNotFoundError
        If ``answers.json`` is not in the working directory.
    ValueError
        If the label or a keyword is not known (the message lists those there are), or if an answer is none of the
        kinds above.
    """
    questions = _questions(label)
    unknown = [name for name in answers if name not in questions]
    if unknown:
        raise ValueError(f"{label} does not ask for {', '.join(unknown)}; it asks for {', '.join(questions)}")
    for name, question in questions.items():
        print(f"{name}: {_reply(question, elements(answers.get(name, ...), name), f'{label}/{name}')}")


def _questions(label):
    """Questions of one exercise, from the file in the working directory."""
    path = Path(ANSWERS)
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no {ANSWERS} in {Path.cwd()}; it comes with the student notebooks: "
            "keep it beside the notebook, and run the notebook in their folder"
        )
    exercises = json.loads(path.read_text("utf-8"))
    if label not in exercises:
        chapter = label.split("-")[0]
        near = [known for known in exercises if known.startswith(f"{chapter}-")] or exercises
        raise ValueError(f"there is no exercise {label!r} with something to check; there are {', '.join(near)}")
    return exercises[label]


def _reply(question, given, salt):
    """What to say about one answer."""
    if any(element is ... for element in given):
        return f"no answer yet. {question['ask']}"
    for element in given:
        if kind_of(element) != question["kind"]:
            return f"not yet. A {question['kind']} is asked for, and {element!r} is a {kind_of(element)}."
    if question["kind"] == "number" and not all(map(math.isfinite, given)):
        return "not yet. A number is missing or infinite."
    found = [digest(salt, place, token(element, question["decimals"])) for place, element in enumerate(given)]
    right = [one in accepted for one, accepted in zip(found, question["right"], strict=False)]
    if len(found) == len(question["right"]) and all(right):
        return "right."
    for mistake in question["wrong"]:
        if len(found) == len(mistake["hashes"]) and all(map(contains, mistake["hashes"], found)):
            return f"not yet. {mistake['because']}"
    if len(found) != len(question["right"]):
        return f"not yet. {_count(len(question['right']))} asked for, and you gave {len(given)}."
    partly = f"{sum(right)} of {len(right)} are right. " if any(right) else ""
    return f"not yet. {partly}{question['hint']}"


def _count(number):
    return "One value is" if number == 1 else f"{number} values are"


def elements(answer, name="the answer"):
    """Values of an answer as a flat list, row by row.

    Parameters
    ----------
    answer : object
    name : str, optional
        What to call it in an error.

    Returns
    -------
    list
        Of numbers, texts, booleans or ``...``.
    """
    values = list(np.asarray(answer, dtype=object).ravel())
    for value in values:
        if value is not ... and kind_of(value) is None:
            raise ValueError(
                f"{name} holds a {type(value).__name__}; give a number, a text, True or False, or a list of them"
            )
    return values


def kind_of(value):
    """Kind of one value, or None if it cannot be compared."""
    if isinstance(value, bool | np.bool_):
        return "truth value"
    if isinstance(value, numbers.Real):
        return "number"
    return "text" if isinstance(value, str) else None


def token(value, decimals):
    """What of a value counts: a number in units of its last decimal, a text without case and outer blanks."""
    if kind_of(value) == "number":
        return round(float(value) * 10**decimals)
    return value.strip().casefold() if isinstance(value, str) else bool(value)


def digest(salt, position, token):
    """Short salted hash of one value."""
    return hashlib.sha256(f"{salt}/{position}/{token}".encode()).hexdigest()[:16]
