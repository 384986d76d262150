"""The answers that course/checks/ lists for the exercises: read, tested for faults, and sealed for the students."""

from pathlib import Path

import yaml

from partial_pooling.check import digest, elements, kind_of, token

FOLDER = Path(__file__).resolve().parents[2] / "course" / "checks"
NEEDED = {"name", "ask", "solution", "value", "hint", "wrong"}
OPTIONAL = {"decimals", "sampled"}
FEWEST = 3  # known mistakes for each number; a text or a truth value may have fewer


class ChecksError(ValueError):
    """A file in course/checks/ that cannot be used."""


def read_checks(chapter, labels, folder=FOLDER):
    """Read the questions of a chapter's exercises.

    Parameters
    ----------
    chapter : str
    labels : list of str
        Exercises of the chapter.
    folder : pathlib.Path, optional

    Returns
    -------
    dict
        Label to list of entries; the list is empty where there is nothing to check.

    Raises
    ------
    ChecksError
        Names each exercise without an entry, each label without an exercise and each fault of an entry.
    """
    path = folder / f"{chapter}.yml"
    if not path.is_file():
        raise ChecksError(f"{path} is missing; it needs an entry for each of {', '.join(labels)}")
    written = yaml.safe_load(path.read_text("utf-8")) or {}
    found = [f"the exercise {label} has no entry" for label in labels if label not in written]
    found += [f"there is no exercise {label}" for label in written if label not in labels]
    checks = {label: [] if isinstance(entries, str) else entries for label, entries in written.items()}
    for label, entries in checks.items():
        names = [entry.get("name") for entry in entries]
        found += [f"{label} asks for {name} twice" for name in set(names) if names.count(name) > 1]
        found += [f"{label}, {entry.get('name')}: {fault}" for entry in entries for fault in _faults(entry)]
    if found:
        raise ChecksError("\n".join(f"{path.name}: {fault}" for fault in found))
    return checks


def _faults(entry):
    """What is wrong with one entry."""
    for key in sorted(NEEDED - set(entry)):
        yield f"{key} is missing"
    for key in sorted(set(entry) - NEEDED - OPTIONAL):
        yield f"{key} means nothing here"
    if NEEDED - set(entry):
        return
    if not str(entry["name"]).isidentifier():
        yield "the name must serve as a keyword"
    kinds = {kind_of(value) for value in elements(entry["value"])}
    if len(kinds) > 1:
        yield f"the value mixes kinds: {', '.join(sorted(kinds))}"
    if ("number" in kinds and len(entry["wrong"]) < FEWEST) or not entry["wrong"]:
        yield f"{len(entry['wrong'])} wrong answers, at least {FEWEST} are needed"
    for place, wrong in enumerate(entry["wrong"]):
        if {kind_of(value) for value in elements(wrong["value"])} != kinds:
            yield f"the wrong answer {wrong['value']} is of another kind than the right one"
        elif matches(wrong["value"], entry["value"], entry):
            yield f"the wrong answer {wrong['value']} is within tolerance of the right one"
        elif any(matches(wrong["value"], earlier["value"], entry, False) for earlier in entry["wrong"][:place]):
            yield f"the wrong answer {wrong['value']} is taken for an earlier one"


def tolerance(entry, right=True):
    """Units of the last decimal by which an answer may differ from a typed value.

    One from the right value, three if it is sampled, and none if it is a count: a whole number without ``decimals``.
    A known mistake is met exactly unless it is sampled, since two of them may lie close together.
    """
    if entry.get("sampled"):
        return 3
    return 1 if right and "decimals" in entry else 0


def tokens(value, entry, width):
    """For each element of a typed value all that is taken for it."""
    middle = [token(element, entry.get("decimals", 0)) for element in elements(value)]
    return [[at] if isinstance(at, bool | str) else list(range(at - width, at + width + 1)) for at in middle]


def matches(given, value, entry, right=True):
    """Whether an answer is taken for a typed value."""
    found, accepted = tokens(given, entry, 0), tokens(value, entry, tolerance(entry, right))
    return len(found) == len(accepted) and all(one in near for (one,), near in zip(found, accepted, strict=True))


def sealed(label, entry):
    """One question as ``answers.json`` holds it: hashes in place of the answers.

    Parameters
    ----------
    label : str
    entry : dict

    Returns
    -------
    dict
    """

    def hashes(value, right):
        places = enumerate(tokens(value, entry, tolerance(entry, right)))
        return [sorted(digest(f"{label}/{entry['name']}", place, one) for one in near) for place, near in places]

    return {
        "ask": entry["ask"],
        "hint": entry["hint"],
        "kind": kind_of(elements(entry["value"])[0]),
        "decimals": entry.get("decimals", 0),
        "right": hashes(entry["value"], True),
        "wrong": [{"because": wrong["because"], "hashes": hashes(wrong["value"], False)} for wrong in entry["wrong"]],
    }
