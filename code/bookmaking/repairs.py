"""Small repairs to the HTML of the theme and of pandas. Each line says what it repairs."""

import re
from pathlib import Path

REPAIRS = [
    # 1.5 MB of script on every page, which the theme's icon fonts make superfluous
    (re.compile(r'<script[^>]* src="[^"]*/fontawesome\.js[^"]*"></script>'), ""),
    # pandas' empty corner cell: a header that heads nothing
    (re.compile(r"<th></th>"), "<td></td>"),
    # entries of the bibliography's list whose role is not that of a list item, and deprecated
    (re.compile(r'role="doc-biblioentry"'), 'role="listitem"'),
    # a name for the search button that differs from the words on it
    (re.compile(r'(<button class="btn search-button-field[^>]*) aria-label="Search"'), r"\1"),
]


def repair(app, exception):
    """Apply the repairs to every built page."""
    if exception or app.builder.format != "html":
        return
    for page in (path for path in Path(app.outdir).rglob("*.html") if "_static" not in path.parts):
        html = page.read_text("utf-8")
        for pattern, replacement in REPAIRS:
            html = pattern.sub(replacement, html)
        page.write_text(html, "utf-8")


def setup(app):
    app.connect("build-finished", repair)
