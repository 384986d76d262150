"""The scripts of the book's interactive pictures, each served by the site itself and loaded where it is used alone.

They lie here rather than among the static sources, because Jupyter Book links every script there from every page.
"""

import shutil
from pathlib import Path

SCRIPTS = {"<pooling-picture>": "pooling-picture.js"}
"""What a page that needs a script contains."""


def copy_files(app):
    """Put the scripts into the site."""
    target = Path(app.outdir, "_static", "interactive")
    target.mkdir(parents=True, exist_ok=True)
    for script in SCRIPTS.values():
        shutil.copy(Path(__file__).with_name(script), target)


def add_where_used(app, context):
    """Link the scripts that a page needs."""
    for element, script in SCRIPTS.items():
        if element in context.get("body", ""):
            app.add_js_file(f"interactive/{script}", loading_method="defer")
