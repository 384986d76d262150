"""Asides: folded with all that belongs to them, found by links and by search, and open on paper."""

import contextlib
import io
import json
import warnings
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from bs4 import BeautifulSoup
from sphinx.cmd.build import main as sphinx

ROOT = Path(__file__).parent.parent
FIXTURE = ROOT / "tests" / "fixtures" / "fixture.ipynb"
CONF = f"""
extensions = ["myst_nb", "bookmaking.asides"]
nb_execution_mode = "off"
numfig = True
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
html_sidebars = {{"**": ["localtoc.html"]}}
html_static_path = [{str(ROOT / "chapters" / "_static")!r}]
html_css_files = ["book.css", ["print.css", {{"media": "print"}}]]
"""
OPENING = """\
# Cups of tea

See [](#fig-cups), [the rule](#the-rule) and {eq}`cooling`.

## Aside: how the cups were weighed

On a kitchen scale.
"""
RULE = "### The rule\n\nIt is Newton's.\n\n$$d = -k t$$ (cooling)"
AFTER = "## The cups again\n\nThe main line goes on, and nothing of it is folded."
LONG = "## Aside: at length\n\n" + "word " * 400 + "\n\n```python\ncode = 'no word'\n```"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build a page of a heading, an aside of prose, a table, a figure and a sub-section, and a section after it."""
    folder = tmp_path_factory.mktemp("asides")
    notebook = nbformat.read(FIXTURE, as_version=4)
    shown = [cell for cell in notebook.cells if cell.id in {"cell-3", "cell-7"}]
    written = [nbformat.v4.new_markdown_cell(text) for text in (OPENING, RULE, AFTER, LONG)]
    notebook.cells = [written[0], *shown, *written[1:]]
    nbformat.write(notebook, folder / "index.ipynb")
    (folder / "conf.py").write_text(CONF)
    with warnings.catch_warnings(action="ignore"), contextlib.redirect_stderr(io.StringIO()) as says:
        code = sphinx(["-q", "-n", "-W", "--keep-going", "-b", "html", str(folder), str(folder / "out")])
    assert code == 0, says.getvalue()
    path = folder / "out" / "index.html"
    return SimpleNamespace(path=path, page=BeautifulSoup(path.read_text("utf-8"), "html.parser"))


def test_an_aside_is_folded_under_its_heading_with_all_that_belongs_to_it(site):
    first, second = site.page.select("details.aside")
    assert first.parent["id"] == "aside-how-the-cups-were-weighed"
    assert [tag.name for tag in first.parent.find_all(recursive=False)] == ["h2", "details"]
    assert not first.has_attr("open")
    within = ["table.dataframe", "#fig-cups img", "#the-rule h3", ".math"]
    assert [part for part in within if not first.select(part)] == []
    assert "main line" not in first.text
    assert "main line" in site.page.text
    assert "main line" not in second.text


def test_an_aside_says_how_long_it_takes_to_read(site):
    summaries = [summary.text for summary in site.page.select("details.aside > summary")]
    assert summaries == ["For the curious (about a minute)", "For the curious (about 2 minutes)"]


def test_an_aside_stays_in_the_contents_and_in_the_search(site):
    index = (site.path.parent / "searchindex.js").read_text("utf-8").removeprefix("Search.setIndex(").rstrip(")")
    assert {"kitchen", "scale", "newton"} <= set(json.loads(index)["terms"])
    contents = [link.text for link in site.page.select('.sphinxsidebar a[href^="#"]')]
    assert "Aside: how the cups were weighed" in contents
    assert "The rule" in contents


@pytest.mark.parametrize("anchor", ["fig-cups", "the-rule", "equation-cooling", ":~:text=kitchen%20scale"])
def test_a_link_into_an_aside_opens_it(site, browser, anchor):
    page = browser.new_page()
    page.goto(f"{site.path.as_uri()}#{anchor}")
    page.wait_for_function("document.querySelector('details.aside').open")
    assert not page.evaluate("document.querySelectorAll('details.aside')[1].open")
    page.close()


def test_a_link_on_the_same_page_opens_it(site, browser):
    page = browser.new_page()
    page.goto(site.path.as_uri())
    rule = page.locator("#the-rule")
    assert not rule.is_visible()
    page.get_by_role("link", name="the rule", exact=True).click()
    assert rule.is_visible()
    page.close()


def test_an_aside_opens_by_keyboard_and_without_scripts(site, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.path.as_uri())
    page.locator("details.aside > summary").first.press("Enter")
    assert page.locator("#the-rule").is_visible()
    context.close()


def test_paper_shows_asides_open(site, browser):
    page = browser.new_page()
    page.goto(site.path.as_uri())
    page.emulate_media(media="print")
    assert page.locator("#the-rule").is_visible()
    assert page.locator("#the-rule").bounding_box()["height"] > 20
    page.close()
