"""The tables under chapters/_generated, made from the stored chapters whenever a refresh stores outputs."""

import re
from pathlib import Path

from .helpers_page import helpers_page
from .lme4_table import comparison_table
from .markdown_table import markdown
from .minutes import minutes_table
from .notebook import chapter_paths, code_cells, read
from .outputs import counts
from .routes import routes_page

COMPARED, TOTALS, COMPARISONS, MINUTES, ROUTES, HELPERS = (
    f"_generated/{name}.md" for name in ("verification", "totals", "comparisons", "minutes", "routes", "helpers")
)
COLUMNS = ("chapter", "cells", "numbers", "figures", "seconds")


def generated(folder, seconds=None):
    """Make every table that the book's pages include.

    Parameters
    ----------
    folder : pathlib.Path
        That of the chapters; the table on disk says how long a chapter took that is not in `seconds`.
    seconds : dict of str to float, optional
        How long chapters took that were just run.

    Returns
    -------
    dict of str to str
        Path under `folder` to the Markdown that belongs there.
    """
    took = stored_seconds(folder) | {name: round(value) for name, value in (seconds or {}).items()}  # and their sum
    compared, comparisons = compared_table(folder, took), comparison_table(folder)
    return {
        COMPARED: compared,
        COMPARISONS: comparisons,
        TOTALS: totals(compared, comparisons),
        MINUTES: minutes_table(folder, took),
        ROUTES: routes_page(folder),
        HELPERS: helpers_page(folder),
    }


def write(folder, seconds):
    """Write the tables that are not what the stored chapters call for, and return their names."""
    stale = {name: text for name, text in generated(folder, seconds).items() if _read(folder / name) != text}
    for name, text in stale.items():
        (folder / name).write_text(text, encoding="utf-8")
    return list(stale)


def compared_table(folder, seconds):
    """How many cells, numbers and figures of each notebook a test run compares, and how long it takes."""
    cells = {path.stem: [cell for _, cell in code_cells(read(path))] for path in chapter_paths(folder)}
    return table_of([(name, *counts(stored).values(), seconds.get(name, 0)) for name, stored in cells.items()])


def table_of(rows):
    """The table as markdown, with a last line of sums."""
    total = ["all", *(sum(row[column] for row in rows) for column in range(1, len(COLUMNS)))]
    return markdown(COLUMNS, rows, total)


def stored_seconds(folder):
    """Notebook to the seconds that it took when its outputs were stored."""
    rows = re.findall(r"^\| (\w+) \|.*\| ([\d,]+) \|$", _read(folder / COMPARED), re.MULTILINE)
    return {name: int(seconds.replace(",", "")) for name, seconds in rows}


def totals(table, comparisons):
    """What a whole run compares, in two sentences, from the two tables."""
    _, cells, numbers, figures, *_ = (entry.strip() for entry in table.splitlines()[-1].strip("| ").split("|"))
    made = [line.split(" | ") for line in comparisons.splitlines()[2:]]
    models = {model.strip("| ") for model, *_ in made}
    return (
        f"Before anything is published, {cells} code cells are executed again, and {numbers} numbers and {figures}"
        " figures are compared with those on the pages.\n"
        f"Fits by statsmodels, by Bambi and by an engine of the book's own are held against lme4, the reference"
        f" implementation in R, {len(made)} times on these pages, for {len(models)} models.\n"
    )


def _read(path):
    return Path(path).read_text(encoding="utf-8") if Path(path).exists() else ""
