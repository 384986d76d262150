"""Asides: what only the curious need is folded under its heading on the site.

A section whose heading starts with ``Aside: `` keeps the heading, and its place in the page's contents.
All else of it goes into one ``details``, which a browser opens for a link into it and when words in it are searched.
"""

import re

from docutils import nodes

MARK = "Aside: "
NOT_READ = nodes.literal_block, nodes.math_block, nodes.math, nodes.raw


class folded(nodes.General, nodes.Element):  # noqa: N801
    """What a reader opens, under a line that says how long it takes."""


def fold(app, doctree, docname):
    """Fold the asides of a page."""
    if app.builder.format != "html":
        return
    for section in list(doctree.findall(nodes.section)):
        heading, *contents = section
        if heading.astext().startswith(MARK):
            section[1:] = [folded("", *contents, minutes=minutes_to_read(contents))]


def minutes_to_read(contents):
    """Return the minutes that a reader takes, at least one.

    Parameters
    ----------
    contents : list of docutils.nodes.Node

    Returns
    -------
    int
        A minute for 180 words, for three outputs and for one figure, as in the table on the page for teachers.
    """
    every = [node for part in contents for node in part.findall()]
    prose = [node for node in every if isinstance(node, nodes.Text) and not isinstance(node.parent, NOT_READ)]
    words = sum(len(re.findall(r"[A-Za-z']+", text)) for text in prose)
    figures = sum(isinstance(node, nodes.image) for node in every)
    outputs = sum(
        "cell_output" in node["classes"] and not any(node.findall(nodes.image))
        for node in every
        if isinstance(node, nodes.container)
    )
    return max(1, round(words / 180 + outputs / 3 + figures))


def visit(translator, node):
    about = "about a minute" if node["minutes"] == 1 else f"about {node['minutes']} minutes"
    translator.body.append(f'<details class="aside"><summary>For the curious ({about})</summary>\n')


def depart(translator, node):
    translator.body.append("</details>\n")


def setup(app):
    app.add_node(folded, html=(visit, depart))
    app.connect("doctree-resolved", fold)
