"""The Sphinx extension that finishes the site: one module for each thing that Jupyter Book leaves undone."""

from bookmaking import buttons, fonts, index_entry, interactive, mathematics, neighbours, repairs, scripts, styles


def setup(app):
    """Register the parts with Sphinx."""
    for part in (buttons, index_entry, interactive, mathematics, neighbours, repairs, scripts, styles, fonts):
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
