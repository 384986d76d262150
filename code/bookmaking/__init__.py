"""The Sphinx extension that finishes the site: one module for each thing that Jupyter Book leaves undone."""

from bookmaking import buttons, interactive, local_mathjax, outputs, repairs


def setup(app):
    """Register the parts with Sphinx."""
    for part in (buttons, interactive, local_mathjax, outputs, repairs):
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
