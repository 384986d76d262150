"""How the gate speaks: one difference, one finished chapter, the table of a whole run."""

from collections import Counter, defaultdict
from textwrap import wrap

from .generated_pages import COLUMNS, table_of

WIDTH = 58


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


class Progress:
    """Tells when a chapter is done, and prints the table at the end."""

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
        """Print the table of what was compared."""
        rows = [
            (chapter.rpartition("/")[2].removesuffix(".ipynb"), *(found[column] for column in COLUMNS[1:]))
            for chapter, found in sorted(self.compared.items())
        ]
        if rows:
            terminalreporter.section("compared")
            terminalreporter.write(table_of(rows))
