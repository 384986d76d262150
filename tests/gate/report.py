"""How the gate speaks: one difference, one finished chapter, the table of a whole run."""

from collections import Counter, defaultdict
from textwrap import wrap

from .comparisons import COMPARISONS, comparison_table
from .notebook import chapter_paths, code_cells, read
from .outputs import counts

WIDTH = 58
TABLE = "_generated/verification.md"  # under chapters/, included by the page on verification
TOTALS = "_generated/totals.md"  # the same in one paragraph, for the landing page
COLUMNS = ("chapter", "cells", "numbers", "figures", "seconds")


def describe(change):
    """A change as text: what differs, and the two lines side by side."""
    lines = [f"  {change.what}" + ("" if change.beyond else " (within tolerance)")]
    if change.stored or change.new:
        left = ["stored", *wrap(change.stored, WIDTH)]
        right = ["new", *wrap(change.new, WIDTH)]
        height = max(len(left), len(right))
        left, right = (column + [""] * (height - len(column)) for column in (left, right))
        lines += [f"    {old:{WIDTH}} | {now}".rstrip() for old, now in zip(left, right, strict=True)]
    return "\n".join(lines)


def table_of(rows):
    """The table as markdown, with a last line of sums."""
    total = ["all", *(sum(row[column] for row in rows) for column in range(1, len(COLUMNS)))]
    lines = [COLUMNS, ("---", *["--:"] * (len(COLUMNS) - 1)), *rows, total]
    shown = [[entry if isinstance(entry, str) else f"{entry:,.0f}" for entry in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in shown)


def expected_table(folder):
    """The table that the stored chapters call for, without the seconds."""
    cells = {path.stem: [cell for _, cell in code_cells(read(path))] for path in chapter_paths(folder)}
    return without_seconds(table_of([(name, *counts(stored).values(), 0) for name, stored in cells.items()]))


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


def without_seconds(table):
    """The lines of a table less the last column, which no two runs share."""
    return [line.rsplit("|", 2)[0] for line in table.splitlines()]


class Progress:
    """Tells when a chapter is done, prints the table at the end, and stores it after a run in which all is green."""

    def __init__(self, config):
        self.config = config
        self.compared = defaultdict(Counter)
        self.failed = set()

    def pytest_runtest_logreport(self, report):
        """Count what a cell compared; with its chapter's last cell, say so."""
        chapter = report.nodeid.split("::")[0]
        if not chapter.endswith(".ipynb"):
            return
        self.compared[chapter]["seconds"] += report.duration
        if report.failed:
            self.failed.add(chapter)
        properties = dict(report.user_properties)
        if report.when == "call" and report.passed:
            self.compared[chapter].update(properties.get("compared", {}))
        terminal = self.config.pluginmanager.get_plugin("terminalreporter")
        if terminal and report.when == "call" and properties.get("last"):
            verdict = "FAILED" if chapter in self.failed else "green"
            terminal.write_line(f"\n{chapter} {verdict} after {self.compared[chapter]['seconds']:.0f} s")

    def pytest_terminal_summary(self, terminalreporter):
        """Print the table, and store it if every chapter of the book was compared whole; the comparisons too."""
        rows = [
            (chapter.rpartition("/")[2].removesuffix(".ipynb"), *(found[column] for column in COLUMNS[1:]))
            for chapter, found in sorted(self.compared.items())
        ]
        if not rows:
            return
        table, folder = table_of(rows), self.config.rootpath / "chapters"
        terminalreporter.section("compared")
        terminalreporter.write(table)
        if self.failed or without_seconds(table) != expected_table(folder):
            return
        comparisons = comparison_table(folder)
        for name, text in {TABLE: table, COMPARISONS: comparisons, TOTALS: totals(table, comparisons)}.items():
            path, same = folder / name, without_seconds if name == TABLE else str.splitlines
            if path.exists() and same(path.read_text(encoding="utf-8")) == same(text):
                continue
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            terminalreporter.write_line(f"wrote {path.relative_to(self.config.rootpath)}")
