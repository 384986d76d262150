"""The tables under chapters/_generated, made from the stored chapters whenever a refresh stores outputs."""

import re
from pathlib import Path

from bookmaking.contents import CHAPTERS as NUMBERED

from .lme4_table import comparison_table
from .notebook import chapter_paths, code_cells, read
from .outputs import counts

COMPARED, TOTALS, COMPARISONS, MINUTES = (
    f"_generated/{name}.md" for name in ("verification", "totals", "comparisons", "minutes")
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
    return _markdown(COLUMNS, rows, total)


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


def minutes_table(folder, seconds):
    """Minutes to read, to work through and to run each chapter, from the chapters and from the page for teachers."""
    teaching, rows = _read(folder / "teaching.md"), []
    for name in NUMBERED:
        notebook = read(folder / f"{name}.ipynb")
        (title,) = re.findall(r"\A# (.+)", notebook.cells[0].source)
        work = sum(minutes for _, minutes in exercise_minutes(teaching, title))
        link = f"[{name.replace('_', ' ')}]({name}.ipynb)"
        rows.append((link, round(minutes_to_read(notebook)), work, -(-seconds.get(name, 0) // 60)))
    total = ["all", *(sum(row[column] for row in rows) for column in range(1, 4))]
    return _markdown(("chapter", "read", "work", "run"), rows, total)


def exercise_minutes(teaching, title):
    """Labels and minutes of the exercises that a chapter's section on the page for teachers names."""
    section = re.search(rf"^### {re.escape(title)}\n(.*?)(?=^#{{2,3}} |\Z)", teaching, re.MULTILINE | re.DOTALL)
    named = re.findall(r"\{ref\}`[^`<]*<([\w-]+)>` \((\d+) min\)", section[1] if section else "")
    return [(label, int(minutes)) for label, minutes in named]


def minutes_to_read(notebook):
    """A minute for 180 words, for three outputs and for one figure, without the exercises."""
    reading, words, outputs, figures = True, 0, 0, 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            reading = (reading and not cell.source.startswith("## Exercises")) or "## The answer" in cell.source
            words += reading * len(re.findall(r"[A-Za-z']+", re.sub(r"```\{(?:tab|exercise).*", "", cell.source)))
        elif reading:
            drawn = any("image/png" in output.get("data", {}) for output in cell.outputs)
            figures += drawn
            outputs += bool(cell.outputs) and not drawn
    return words / 180 + outputs / 3 + figures


def _markdown(columns, rows, total):
    lines = [columns, ("---", *["--:"] * (len(columns) - 1)), *rows, total]
    shown = [[entry if isinstance(entry, str) else f"{entry:,.0f}" for entry in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in shown)


def _read(path):
    return Path(path).read_text(encoding="utf-8") if Path(path).exists() else ""
