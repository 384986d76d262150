"""The index that Sphinx makes, as the last entry of the contents, where _toc.yml takes files alone."""

from sphinx.addnodes import toctree


def add_index(app, doctree):
    if app.env.docname == app.config.root_doc:
        *_, last = doctree.findall(toctree)
        last["entries"].append(("Index", "genindex"))
