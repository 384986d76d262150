"""The Sphinx extension that finishes the site: one module for each thing that Jupyter Book leaves undone."""

from bookmaking import (
    buttons,
    downloads,
    fonts,
    index_entry,
    interactive,
    mathematics,
    neighbours,
    outputs,
    repairs,
    scripts,
    styles,
)

PARTS = (
    *(buttons, downloads, index_entry, interactive, mathematics, neighbours, outputs, repairs, scripts, styles),
    fonts,  # last: it keeps what the finished pages and the stylesheet use
)


def setup(app):
    """Register the parts with Sphinx."""
    for part in PARTS:
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
