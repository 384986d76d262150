"""The built site: strict, complete, and nothing loaded from another host.

The pages are read as files here; what a script asks for while it runs, only a browser can tell.
"""

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup

from bookmaking.buttons import switch_buttons

ROOT = Path(__file__).parent.parent
ELSEWHERE = re.compile(r"^\s*(?:https?:)?//", re.IGNORECASE)
IN_STYLES = re.compile(r"""(?:url\(\s*|@import\s+)["']?([^"')\s]+)""")
LOADED = {"src", "srcset", "data", "poster"}


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """Build the site strictly, from nothing, away from the checkout."""
    folder = tmp_path_factory.mktemp("site")
    command = [Path(sys.executable).with_name("jupyter-book"), "build", "-q", "-W", "-n", "--keep-going"]
    outcome = subprocess.run([*command, "--path-output", folder, ROOT], capture_output=True, text=True)
    return SimpleNamespace(folder=folder / "_build" / "html", outcome=outcome)


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
    listed = re.findall(r"(?:root|file): *(\S+)", (ROOT / "_toc.yml").read_text())
    assert {build.folder / f"{name}.html" for name in listed} <= set(pages)


def test_every_chapter_is_in_the_contents():
    listed = set(re.findall(r"(?:root|file): *(\S+)", (ROOT / "_toc.yml").read_text()))
    pages = [page.relative_to(ROOT) for kind in ("*.md", "*.ipynb") for page in (ROOT / "chapters").glob(kind)]
    assert {page.with_suffix("").as_posix() for page in pages} <= listed


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


def test_mathematics_is_served_here_and_only_where_it_is_needed(build, pages):
    mathjax = build.folder / "_static" / "mathjax"
    assert (mathjax / "LICENSE").is_file()
    fonts = {path.name for path in (mathjax / "output/chtml/fonts/woff-v2").glob("*.woff")}
    assert {"MathJax_Main-Regular.woff", "MathJax_Math-BoldItalic.woff"} <= fonts
    for path, page in pages.items():
        scripts = [tag["src"] for tag in page.find_all("script", src=re.compile("mathjax", re.IGNORECASE))]
        assert len(scripts) == bool(page.select("article .math")), path.name
        for script in scripts:
            assert (path.parent / urlsplit(script).path).resolve() == mathjax / "tex-chtml-full.js"


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


def test_scripts_that_other_things_replace_are_gone(pages):
    assert names(pages, lambda _, page: page.find_all("script", src=re.compile("fontawesome|thebe"))) == []


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
