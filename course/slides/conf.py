"""Settings of the slides: one deck for each part of the book, its pictures and numbers taken from the chapters."""

from pathlib import Path

import mathjax

project = "Partial Pooling"
author = "The Partial Pooling authors"
language = "en"

extensions = [
    "myst_parser",
    "sphinx.ext.extlinks",
    "sphinx.ext.mathjax",
    "sphinx_revealjs",
    "bookmaking.quoted_outputs",
]
templates_path = ["_templates"]
myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "dollarmath"]

chapters_folder = "../../chapters"
chapters_address = "../html/chapters"  # from _build/slides, where `make slides` puts them
extlinks = {"chapter": (f"{chapters_address}/%s", None)}

mathjax_files = Path(mathjax.__file__).parent / "static" / "mathjax"
revealjs_static_path = ["_static", *(str(mathjax_files / name) for name in ("es5/tex-svg.js", "LICENSE"))]
mathjax_path = "tex-svg.js"  # draws its letters, so it needs no fonts beside it
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
    "pdfMaxPagesPerSlide": 1,
}
