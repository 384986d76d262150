"""Mathematics typeset while the site is built: a page shows it at once, without a script and without a network.

MathJax's own files (PyPI: django-static-mathjax) run in V8 (PyPI: mini-racer).
A formula becomes MathJax's HTML, with MathML beside it for screen readers.
"""

import functools
import shutil
from pathlib import Path

import mathjax
from docutils import nodes
from py_mini_racer import MiniRacer
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number, wrap_displaymath

SOURCE = Path(mathjax.__file__).parent / "static" / "mathjax"
PARTS = (
    *("startup", "core", "adaptors/liteDOM", "input/tex-full"),
    *("output/chtml", "output/chtml/fonts/tex", "a11y/assistive-mml"),
)
FONTS = "output/chtml/fonts/woff-v2"
SETTINGS = """
var MathJax = {
  loader: {ready() {}},
  startup: {adaptor: "liteAdaptor", typeset: false},
  tex: {packages: {"[-]": ["noundefined", "noerrors"]}},
  chtml: {fontURL: "mathjax", adaptiveCSS: false},
};
"""
TYPESET = """
(tex, display) => MathJax.startup.adaptor.outerHTML(MathJax.tex2chtml(tex, {display}))
"""

logger = logging.getLogger(__name__)


@functools.cache
def engine():
    """Return V8 with MathJax in it."""
    engine = MiniRacer()
    engine.eval(SETTINGS)
    for part in PARTS:
        engine.eval((SOURCE / "es5" / f"{part}.js").read_text("utf-8"))
    engine.eval("MathJax.startup.defaultReady()")
    return engine


@functools.cache
def typeset(tex, display):
    """Return the HTML of a formula."""
    return engine().eval(TYPESET)(tex, display)


def stylesheet():
    """Return the styles of every formula that can be, for styles.py to choose from."""
    return engine().eval("MathJax.startup.adaptor.textContent(MathJax.chtmlStylesheet())")


def html_of(node, tex, *, display):
    html = typeset(tex, display)
    if "<mjx-merror" in html:
        logger.warning("MathJax cannot typeset %r", node.astext(), location=node)
    return html


def visit_inline(translator, node):
    translator.body.append(translator.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    translator.body.append(html_of(node, node.astext(), display=False) + "</span>")
    raise nodes.SkipNode


def visit_display(translator, node):
    tex = node.astext()
    # the last class is the theme's: its script lets the keyboard reach what is wider than the page
    classes = "math notranslate nohighlight pst-scrollable-table-container"
    translator.body.append(translator.starttag(node, "div", "", CLASS=classes))
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    if not node["nowrap"] and (r"\\" in tex or "\n\n" in tex):  # several lines, as Sphinx writes them
        tex = wrap_displaymath(tex, None, numbering=False)
    translator.body.append(html_of(node, tex, display=True) + "</div>\n")
    raise nodes.SkipNode


INLINE, DISPLAY = (visit_inline, None), (visit_display, None)
"""What Sphinx calls at the two kinds of formulas, and after them."""


def copy_files(app):
    """Put the letters of formulas and their styles into the site."""
    static = Path(app.outdir, "_static")
    shutil.copytree(SOURCE / "es5" / FONTS, static / "mathjax", dirs_exist_ok=True)
    shutil.copy(SOURCE / "LICENSE", static / "mathjax")
    (static / "mathjax.css").write_text(stylesheet(), "utf-8")


def close():
    """End V8, for which Python would wait."""
    if engine.cache_info().currsize:
        engine().close()
        engine.cache_clear()
