"""Small changes to the theme's scripts: quiet on the console, and quick on a long page."""

from pathlib import Path

WIDER = "e.scrollWidth>e.clientWidth||e.scrollHeight>e.clientHeight?0:-1"
QUIET = "console.log(", "void ("
"""Notices to the theme's developers."""
TOGETHER = f"e.tabIndex={WIDER}", f"(t=>requestAnimationFrame(()=>{{e.tabIndex=t}}))({WIDER})"
"""Measure all boxes, then mark them: marking each at once made the browser lay out the page anew for the next."""

CHANGES = {
    "pydata-sphinx-theme.js": [QUIET, TOGETHER],
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
