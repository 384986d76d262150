"""The Sphinx extension that makes the site: what Jupyter Book leaves undone, each step in its place.

A step lies in the module that says what it is about, and knows nothing of Sphinx's events.
"""

from bookmaking import (
    buttons,
    downloads,
    fonts,
    index_entry,
    mathematics,
    neighbours,
    picture_scripts,
    repairs,
    styles,
    theme_scripts,
    visits,
)


def setup(app):
    """Register the steps with Sphinx."""
    app.setup_extension("bookmaking.quoted_outputs")
    app.setup_extension("bookmaking.asides")
    app.add_html_math_renderer("at-build-time", mathematics.INLINE, mathematics.DISPLAY)
    app.add_css_file("mathjax.css")
    app.add_js_file(None, body=visits.MARK)
    app.connect("config-inited", buttons.switch_buttons)
    app.connect("builder-inited", begin)
    app.connect("doctree-read", index_entry.add_index, priority=900)  # after the contents have been read from _toc.yml
    app.connect("html-page-context", complete, priority=600)  # after the theme has filled the menu
    app.connect("build-finished", finish, priority=700)  # after the theme has written its colours of code
    return {"parallel_read_safe": True, "parallel_write_safe": False}


def begin(app):
    """Put files beside the pages to come."""
    if app.builder.name == "html":
        mathematics.copy_files(app)
        picture_scripts.copy_files(app)
        downloads.put_wheel(app)


def complete(app, pagename, templatename, context, doctree):
    """Complete what the theme's template is told of a page."""
    if app.builder.name == "html":
        neighbours.describe(app, pagename, context)
        picture_scripts.add_where_used(app, context)
        downloads.offer_wheel(app, context)


def finish(app, exception):
    """Change the built pages, styles last: they keep what the finished pages use, and the fonts what the styles use."""
    mathematics.close()
    if exception or app.builder.name != "html":
        return
    downloads.put_notebooks(app)
    theme_scripts.change(app)
    repairs.repair(app)
    styles.bundle(app)
    fonts.cut(app)
