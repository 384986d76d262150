"""Small changes to the theme's scripts: quiet on the console, and quick on a long page."""

from pathlib import Path

QUIET = "console.log(", "void ("
"""Notices to the theme's developers."""
BOXES_AT_ONCE = (
    ".forEach(e=>{e.tabIndex=e.scrollWidth>e.clientWidth||e.scrollHeight>e.clientHeight?0:-1})},"
    't=_(e,300);window.addEventListener("resize",t),'
    'new MutationObserver(t).observe(document.getElementById("main-content"),{subtree:!0,childList:!0}),e()'
)
BOXES_AS_LAID_OUT = (
    ".forEach((t=>e=>t.observe(e))(new ResizeObserver(t=>t.forEach(({target:e})=>"
    "{e.tabIndex=e.scrollWidth>e.clientWidth||e.scrollHeight>e.clientHeight?0:-1}))))};e()"
)
"""Let the keyboard reach boxes that scroll: when a box has been laid out, instead of laying out the page to ask all."""

CHANGES = {
    "pydata-sphinx-theme.js": [QUIET, (BOXES_AT_ONCE, BOXES_AS_LAID_OUT)],
    "sphinx-book-theme.js": [QUIET],
    "togglebutton.js": [QUIET],
}


def change(app):
    """Make the changes in the site's copies of the scripts."""
    for path in Path(app.outdir, "_static").rglob("*.js"):
        for old, new in CHANGES.get(path.name, []):
            script = path.read_text("utf-8")
            if old not in script and new not in script:
                raise ValueError(f"{path.name} no longer has {old!r}: adapt theme_scripts.py to the new theme.")
            path.write_text(script.replace(old, new), "utf-8")
