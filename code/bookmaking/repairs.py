"""Small repairs to the HTML of the theme and of pandas. Each line says what it repairs."""

import re
from pathlib import Path

import imagesize

REPAIRS = [
    # 1.5 MB of script on every page, which the theme's icon fonts make superfluous
    (re.compile(r'<script[^>]* src="[^"]*/fontawesome\.js[^"]*"></script>'), ""),
    # the theme's preloading of scripts that run last, and would delay what is seen first
    (re.compile(r'<link rel="preload" as="script"[^>]*>'), ""),
    # 180 KB of search on pages that search through the search page
    (re.compile(r'(<meta name="docsearch:version"[^>]*>)(?:\s*<script src="[^"]*"></script>)+'), r"\1"),
    # scripts that hold up the page instead of running in their order when it has been read, and what waits for them
    (re.compile(r"<script(?![^>]* defer)([^>]* src=)"), r"<script defer\1"),
    (re.compile(r"<script>(DOCUMENTATION_OPTIONS)"), r'<script type="module">\1'),
    # colours that are known before the page is drawn, rather than changed when it has been read
    (
        re.compile(r'localStorage\.getItem\("theme"\) \|\| "auto"'),
        'localStorage.getItem("theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")',
    ),
    # colours, which otherwise only a script gives the page
    (re.compile(r'(<html[^>]* data-theme=)"auto"'), r'\1"light"'),
    # a notice of the search page to its developers
    (re.compile(r'console\.log\("\[PST\]'), 'void ("[PST]'),
    # the book's title in the sidebar, outside every landmark
    (
        re.compile(r'(<div class="sidebar-primary-item")(>\s*<a class="navbar-brand)'),
        r'\1 role="navigation" aria-label="Home"\2',
    ),
    # elements for words of code that are as black as the code around them: a quarter of all on a page
    (re.compile(r'<span class="(?:n|nn|p|w)">([^<]*)</span>'), r"\1"),
    # pandas' empty corner cell: a header that heads nothing
    (re.compile(r"<th></th>"), "<td></td>"),
    # entries of the bibliography's list whose role is not that of a list item, and deprecated
    (re.compile(r'role="doc-biblioentry"'), 'role="listitem"'),
    # a name for the search button that differs from the words on it
    (re.compile(r'(<button class="btn search-button-field[^>]*) aria-label="Search"'), r"\1"),
]

PICTURE = re.compile(r'<img(?![^>]* width=)([^>]* src="([^"]+\.(?:png|svg))")')


def sized(page):
    """Return a repair of the pictures without a size, around which the text would jump when they arrive."""

    def size(found):
        width, height = map(round, imagesize.get(page.parent / found[2]))
        return f'<img width="{width}" height="{height}" loading="lazy"{found[1]}'

    return PICTURE, size


def pages(app):
    """Return the paths of the built pages."""
    return [path for path in Path(app.outdir).rglob("*.html") if "_static" not in path.parts]


def repair(app):
    """Apply the repairs to every built page."""
    for page in pages(app):
        html = page.read_text("utf-8")
        for pattern, replacement in (*REPAIRS, sized(page)):
            html = pattern.sub(replacement, html)
        page.write_text(html, "utf-8")
