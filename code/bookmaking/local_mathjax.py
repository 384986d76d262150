"""MathJax served by the site itself, so that mathematics shows without a network.

The files come from the Python package ``mathjax`` (PyPI: django-static-mathjax).
They are copied into the built site rather than put among the static sources, because Jupyter Book links every script
it finds there from every page, where ``mathjax_path`` goes only to pages that hold mathematics.
"""

import shutil
from pathlib import Path

import mathjax

SOURCE = Path(mathjax.__file__).parent / "static" / "mathjax"
SCRIPT = "tex-chtml-full.js"  # the smaller bundles lack \boldsymbol
FONTS = "output/chtml/fonts/woff-v2"  # where the script looks for them, from its own folder


def set_path(app, config):
    config.mathjax_path = f"mathjax/{SCRIPT}"


def copy_files(app):
    target = Path(app.outdir, "_static", "mathjax")
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(SOURCE / "es5" / SCRIPT, target)
    shutil.copy(SOURCE / "LICENSE", target)
    shutil.copytree(SOURCE / "es5" / FONTS, target / FONTS, dirs_exist_ok=True)


def drop_where_idle(app, pagename, templatename, context, doctree):
    """Take the script from pages that merely list others with mathematics, such as the landing page."""
    if 'class="math' not in context.get("body", ""):
        context["script_files"] = [s for s in context["script_files"] if SCRIPT not in str(s.filename)]


def setup(app):
    app.connect("config-inited", set_path)
    app.connect("builder-inited", copy_files)
    app.connect("html-page-context", drop_where_idle, priority=900)  # after Sphinx has put the script there
