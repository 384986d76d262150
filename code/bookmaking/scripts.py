"""Quiet scripts: the theme's notices to its developers stay off the console."""

from pathlib import Path

SPEAK = "pydata-sphinx-theme.js", "sphinx-book-theme.js", "togglebutton.js"


def silence(app, exception):
    if exception or app.builder.format != "html":
        return
    for path in Path(app.outdir, "_static").rglob("*.js"):
        if path.name in SPEAK:
            path.write_text(path.read_text("utf-8").replace("console.log(", "void ("), "utf-8")


def setup(app):
    app.connect("build-finished", silence)
