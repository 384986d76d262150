"""Scripts: none that a page does without, the others after the page has been read, and quiet ones."""

from pathlib import Path

SPEAKS = "sphinx-book-theme.js", "pydata-sphinx-theme.js", "togglebutton.js"


def wait(app, pagename, templatename, context, doctree):
    """Run the scripts of the head in their order when the page has been read, rather than hold it up."""
    if pagename == "search":  # its own script wants the others at once
        return
    for script in context["script_files"]:
        if script.filename:
            script.attributes["defer"] = "defer"
        elif "DOCUMENTATION_OPTIONS" in script.attributes.get("body", ""):
            script.attributes["type"] = "module"  # waits as well: the object comes from a script that does


def silence(app, exception):
    """Keep the theme's notices to its developers off the console."""
    if exception or app.builder.format != "html":
        return
    for path in Path(app.outdir, "_static").rglob("*.js"):
        if path.name in SPEAKS:
            path.write_text(path.read_text("utf-8").replace("console.log(", "void ("), "utf-8")


def setup(app):
    app.connect("html-page-context", wait, priority=900)  # after the others have put theirs there
    app.connect("build-finished", silence)
