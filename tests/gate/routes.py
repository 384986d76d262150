"""Three routes through the book, in minutes: an afternoon, the whole, teaching."""

import re

from bookmaking.contents import CHAPTERS as NUMBERED

from .minutes import exercises, minutes_to_read, title
from .notebook import read

AFTERNOON = (
    ("pooling", "The stores", "Nearly the same model in Bambi"),
    ("random_intercepts", "A model with one number for each store", "With the price"),
    ("nesting", "Three levels of scatter", None),
    ("group_level_predictors", "The model, level by level", "Without and with GDP"),
    ("scaling", "Back by hand", None),
)
"""What an analyst reads before a first model: a chapter, a section of it, and the last one if there are several."""


def routes_page(folder):
    """The routes as the landing page shows them.

    Parameters
    ----------
    folder : pathlib.Path
        That of the chapters.

    Returns
    -------
    str
        Markdown.
    """
    notebooks = {name: read(folder / f"{name}.ipynb") for name in NUMBERED}
    stops = [(*stop, section_minutes(notebooks[stop[0]], *stop[1:])) for stop in AFTERNOON]
    lines = [f"{number}. {_stop(*stop)}\n" for number, stop in enumerate(stops, 1)]
    reading = sum(minutes_to_read(notebook) for notebook in notebooks.values())
    work = sum(exercises(folder, notebook) for notebook in notebooks.values())
    return (
        "**An afternoon.**\n"
        f"Five sections, {sum(stop[-1] for stop in stops)} minutes in all, then about an hour for your own file:\n\n"
        f"{''.join(lines)}"
        f"{len(lines) + 1}. [](chapters/your_data.ipynb), with your own file\n\n"
        "**The whole.**\n"
        f"The chapters in their order: {_hours(reading)} to read, and {_hours(work)} for all exercises.\n"
        'Sections called "aside" are for the curious, and so is [](chapters/engine.ipynb).\n\n'
        "**Teaching.**\n"
        "[](chapters/teaching.md): plans for one day and for two weeks, board drawings, misconceptions and marks.\n"
    )


def _stop(name, first, last, minutes):
    until = f', to the end of "{last}"' if last else ""
    return f"[{first}](chapters/{name}.ipynb#{anchor(first)}){until} ({minutes} minutes)"


def _hours(minutes):
    hours = round(minutes / 30) / 2
    return f"{hours:g} hours"


def anchor(heading):
    """The anchor that the site gives a heading: str."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def section_minutes(notebook, first, last=None):
    """Minutes to read a section, or those from one to another.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
    first, last : str
        Headings of the second level.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If the notebook has no such section, or the last comes before the first.
    """
    pieces = [piece for cell in notebook.cells for piece in _pieces(cell)]
    headings = [_heading(piece) for piece in pieces]
    missing = {first, last or first} - set(headings)
    if missing:
        raise ValueError(
            f"no section is called {', '.join(map(repr, missing))}; there are {', '.join(filter(None, headings))}"
        )
    start, until = headings.index(first), headings.index(last or first)
    if until < start:
        raise ValueError(f"{last!r} comes before {first!r}")
    ends = [place for place, heading in enumerate(headings) if heading and place > until]
    part = pieces[start : ends[0] if ends else None]
    return max(1, round(minutes_to_read(type(notebook)(cells=part))))


def _pieces(cell):
    """A cell cut where a section begins within it: list of cells."""
    if cell.cell_type != "markdown":
        return [cell]
    return [type(cell)(cell, source=text) for text in re.split(r"^(?=## )", cell.source, flags=re.MULTILINE) if text]


def _heading(cell):
    """The heading of the second level with which a cell begins, or None."""
    found = re.match(r"## (.+)", cell.source) if cell.cell_type == "markdown" else None
    return found and found[1]


def head(folder, name):
    """The line at the head of a chapter that says where it lies on each route.

    Parameters
    ----------
    folder : pathlib.Path
    name : str
        Of a chapter.

    Returns
    -------
    str
        One line of Markdown.
    """
    notebook = read(folder / f"{name}.ipynb")
    stops = [stop for stop in AFTERNOON if stop[0] == name]
    afternoon = "not on the way"
    for _, first, last in stops:
        until = f' to the end of "{last}"' if last else ""
        afternoon = f"[{first}](#{anchor(first)}){until}, {section_minutes(notebook, first, last)} minutes"
    reading = round(minutes_to_read(notebook))
    return (
        f"*An afternoon:* {afternoon}. *The whole:* {reading} minutes to read, {exercises(folder, notebook)} for all "
        f"exercises. *Teaching:* [what to draw and to expect](teaching.md#{anchor(title(notebook))})."
    )
