"""Settings of the slides: one deck for each part of the book, its pictures and numbers taken from the chapters."""

project = "Partial Pooling"
author = "The Partial Pooling authors"
language = "en"

extensions = [
    "myst_parser",
    "sphinx.ext.extlinks",
    "sphinx.ext.mathjax",
    "sphinx_revealjs",
    "bookmaking.local_mathjax",
    "bookmaking.outputs",
]
templates_path = ["_templates"]
myst_enable_extensions = ["attrs_block", "colon_fence", "dollarmath"]

chapters_folder = "../../chapters"
chapters_address = "../html/chapters"  # from _build/slides, where `make slides` puts them
extlinks = {"chapter": (f"{chapters_address}/%s", None)}

revealjs_static_path = ["_static"]
revealjs_css_files = ["revealjs/dist/reset.css"]
revealjs_style_theme = "slides.css"
html_copy_source = False
revealjs_script_plugins = [{"name": "RevealNotes", "src": "revealjs/plugin/notes/notes.js"}]
revealjs_script_conf = {
    "width": 1280,
    "height": 720,
    "margin": 0,
    "center": False,
    "display": "flex",
    "hash": True,
    "transition": "none",
    "slideNumber": "c/t",
    "pdfSeparateFragments": False,
}
