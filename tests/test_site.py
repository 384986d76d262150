"""The built site: strict, complete, and nothing loaded from another host.

The pages are read as files here; what a script asks for while it runs, only a browser can tell.
"""

import re
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup

from bookmaking.buttons import switch_buttons
from bookmaking.contents import PAGES
from bookmaking.styles import rules_of, used

ROOT = Path(__file__).parent.parent
ELSEWHERE = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
IN_STYLES = re.compile(r"""(?:url\(\s*|@import\s+)["']?([^"')\s]+)""")
LOADED = {"src", "srcset", "data", "poster"}


@pytest.fixture(scope="module")
def pages(build):
    """Return path to parsed page, for every page of the site."""
    assert build.outcome.returncode == 0, build.outcome.stderr
    files = [path for path in build.folder.rglob("*.html") if "_static" not in path.parts]
    return {path: BeautifulSoup(path.read_text("utf-8"), "html.parser") for path in files}


def names(pages, found):
    """Return the finds of every page with the page's name before each, to be compared with no finds at all."""
    return [f"{path.name}: {find}" for path, page in pages.items() for find in found(path, page)]


def test_site_builds_without_a_warning(build):
    assert build.outcome.returncode == 0, build.outcome.stderr
    assert "WARNING" not in build.outcome.stderr


def test_every_page_of_the_contents_is_there(build, pages):
    assert {build.folder / f"{name}.html" for name in PAGES} <= set(pages)


def test_every_chapter_is_in_the_contents():
    pages = [page.relative_to(ROOT) for kind in ("*.md", "*.ipynb") for page in (ROOT / "chapters").glob(kind)]
    assert {page.with_suffix("").as_posix() for page in pages} <= set(PAGES)


def test_nothing_is_loaded_from_another_host(build, pages):
    def loads(path, page):
        for tag in page.find_all(True):
            yield from (tag[name] for name in LOADED & set(tag.attrs))
            yield from IN_STYLES.findall(tag.get("style", ""))
        yield from (tag["href"] for tag in page.find_all("link"))
        for tag in page.find_all("style"):
            yield from IN_STYLES.findall(tag.text)
        for tag in page.find_all("script", src=False):
            yield from re.findall(r"""\b(?:import|fetch|importScripts)\b[ (]*["'`]([^"'`]+)""", tag.text)

    def from_elsewhere(path, page):
        return [address for address in loads(path, page) if ELSEWHERE.match(address)]

    assert names(pages, from_elsewhere) == []
    styles = {path: path.read_text("utf-8") for path in (build.folder / "_static").rglob("*.css")}
    assert names(styles, lambda _, text: [u for u in IN_STYLES.findall(text) if ELSEWHERE.match(u)]) == []


def test_every_picture_says_what_it_shows(pages):
    def silent(path, page):
        for image in page.select("article img"):
            alt = image.get("alt", "").strip()
            if " " not in alt or Path(image["src"]).stem in alt:
                yield f"{image['src']} has the alt text {alt!r}; set mystnb.image.alt in the cell's metadata"

    assert names(pages, silent) == []


def test_every_figure_has_a_caption(pages):
    def uncaptioned(path, page):
        for image in page.select("article .cell_output img"):
            figure = image.find_parent("figure")
            if not (figure and figure.figcaption and figure.figcaption.select_one(".caption-text")):
                yield f"{image['src']} has none; set mystnb.figure.caption in the cell's metadata"

    assert names(pages, uncaptioned) == []


def test_links_within_the_site_arrive(pages):
    anchors = {path: {tag.get("id") or tag.get("name") for tag in page.find_all(True)} for path, page in pages.items()}

    def broken(path, page):
        for tag in page.find_all(["a", "link", "script", "img"]):
            address = urlsplit(tag.get("href") or tag.get("src") or "")
            if address.scheme or address.netloc:
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            if not target.is_file():
                yield f"{address.path} is not there"
            elif address.fragment and target in anchors and unquote(address.fragment) not in anchors[target]:
                yield f"{address.path}#{address.fragment} is not there"

    assert names(pages, broken) == []


def test_every_formula_is_typeset(pages):
    def bare(path, page):
        return [formula.text for formula in page.select("span.math, div.math") if not formula.select("mjx-math, math")]

    assert names(pages, bare) == []
    assert sum(len(page.select("article .math mjx-assistive-mml math")) for page in pages.values()) > 300


def test_every_picture_has_its_size(pages):
    """The text below it does not jump when it arrives."""
    unsized = names(pages, lambda _, page: page.select('article img:not([width][height], [src^="data:"])'))
    assert unsized == []


def test_the_next_page_is_announced_by_its_description(pages):
    def announced(page, link):
        return page.select_one(f".{link} .description").text

    for path, page in pages.items():
        for link, back in (("right-next", "left-prev"), ("left-prev", "right-next")):
            if neighbour := page.select_one(f"a.{link}"):
                other = pages[(path.parent / neighbour["href"]).resolve()]
                assert announced(page, link) == other.select_one("meta[name=description]")["content"], path.name
                assert other.select_one(f"a.{back}"), path.name


def test_every_chapter_downloads_as_a_notebook_that_runs_elsewhere(build, pages):
    """The menu offers the chapter in plain Markdown, with its code and outputs, and the package that it installs."""
    (wheel,) = (build.folder / "_downloads").glob("partial_pooling-*.whl")
    for source in (ROOT / "chapters").glob("*.ipynb"):
        page = build.folder / "chapters" / f"{source.stem}.html"
        menu = {page.parent / tag["href"] for tag in pages[page].select(".dropdown-download-buttons a[href]")}
        download = build.folder / "_sources" / "chapters" / source.name
        assert {path.resolve() for path in menu} >= {download, wheel}
        chapter, notebook = (nbformat.read(path, as_version=4) for path in (source, download))
        nbformat.validate(notebook)
        assert f"pip install {wheel.name}" in notebook.cells[0].source
        assert f"%pip install --quiet {wheel.name}" in notebook.cells[1].source
        code, downloaded = ([c for c in n.cells if c.cell_type == "code"] for n in (chapter, notebook))
        assert [c.source for c in downloaded[1:]] == [c.source for c in code]
        assert [len(c.outputs) for c in downloaded[1:]] == [len(c.outputs) for c in code]
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        assert not re.search(r"^(```|:::)\{|\{[a-z:]+\}`", text, re.MULTILINE), source.name


def test_the_index_is_in_the_contents(build, pages):
    assert pages[build.folder / "index.html"].select('nav a[href="genindex.html"]')


def test_tabs_of_the_tools_change_together(pages):
    def apart(path, page):
        for label in page.select("article .sd-tab-label:not([data-sync-id])"):
            yield f"the tab {label.text.strip()!r} has no :sync:"

    assert names(pages, apart) == []


def test_scripts_and_styles_that_pages_do_without_are_gone(pages):
    def idle(path, page):
        yield from page.find_all("script", src=re.compile("fontawesome|thebe|mathjax"))
        yield from page.select('link[rel="preload"]')
        yield from page.select('link[rel="stylesheet"]:not([media])')[1:]
        yield from page.select("script[src]:not([defer])")
        if path.name != "search.html":
            yield from page.find_all("script", src=re.compile("searchtools|searchindex|language_data"))

    assert names(pages, idle) == []


def test_code_has_elements_only_for_words_with_a_colour_of_their_own(pages):
    assert names(pages, lambda _, page: page.select("pre span:is(.n, .nn, .p, .w)")) == []


def test_a_page_has_its_colours_without_a_script(pages):
    assert {page.html["data-theme"] for page in pages.values()} == {"light"}


# The stylesheet ------------------------------------------------------------------------------------------------------


def test_the_stylesheet_keeps_what_a_page_can_use(tmp_path):
    (tmp_path / "base.css").write_text('a { color: red } .gone { background: url("pictures/a.png") }')
    (tmp_path / "sheet.css").write_text("""
        @import "base.css";
        .here, .gone p { background: url(pictures/b.png) }
        .here:hover > i { --x: "\\f00c" }
        :is(.gone, .here) { top: 0 }
        #gone { top: 1px }
        @media print { .gone { top: 2px } .here { top: 3px } }
        @media screen { .gone { top: 4px } }
    """)
    kept = used(rules_of(tmp_path / "sheet.css", tmp_path.parent), {"a", "p", "i", "here"})
    assert "".join(kept.split()) == (
        'a{color:red}.here{background:url("' + tmp_path.name + '/pictures/b.png")}.here:hover>i{--x:"\uf00c"}'
        ":is(.gone,.here){top:0}@mediaprint{.here{top:3px}}"
    )


@pytest.mark.parametrize(
    ("address", "launchers"),
    [
        ("", set()),
        ("https://github.com/example/example", {"binderhub_url", "colab_url"}),
        ("https://gitlab.com/example/example", {"binderhub_url"}),
    ],
)
def test_the_repository_line_switches_all_buttons(address, launchers):
    launch = {"binderhub_url": "https://binder.example", "colab_url": "https://colab.example"}
    options = {"repository_url": address, "launch_buttons": launch}
    switch_buttons(None, SimpleNamespace(html_theme_options=options))
    assert set(options["launch_buttons"]) == launchers
    assert options["use_edit_page_button"] is options["use_repository_button"] is bool(address)
