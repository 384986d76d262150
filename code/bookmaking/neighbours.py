"""The links to the previous and next page say what comes: the page's one-sentence description under its title."""

from html import escape

from docutils import nodes


def describe(app, pagename, context):
    """Put the descriptions after the titles of the previous and the next page."""
    _, *neighbours = app.builder.relations.get(pagename, (None, None, None))
    for which, docname in zip(("prev", "next"), neighbours, strict=True):
        if context.get(which):
            context[f"{which}_title"] = context[which]["title"] + description(app.env, docname)


def description(env, docname):
    """Return the description of a page as an element, or nothing where it has none."""
    for meta in env.get_doctree(docname).findall(nodes.meta):
        if meta.get("name") == "description":
            return f' <span class="description">{escape(meta["content"])}</span>'
    return ""
