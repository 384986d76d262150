"""``make lab`` in a browser: no raw MyST, folded solutions, a quiet console; and what becomes of a reader's copies."""

import json
import os
import re
import subprocess
import sys
import time

import nbformat
import pytest

from bookmaking import lab
from bookmaking.lab import OPTIONS, write_copies
from bookmaking.markdown_parts import mark_solutions
from gate.notebook import chapter_paths, read

PATHS = {path.stem: path for path in chapter_paths()}
OWN = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR",
       "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR")  # fmt: skip
"""Folders in which Jupyter looks for what the reader has set."""
START = 120
"""Seconds that JupyterLab has to start, and to draw a chapter, on a busy machine."""

DRAWN = """number => {
  const cells = [...document.querySelectorAll(".jp-Notebook .jp-Cell")];
  const words = cell => cell.querySelector(".jp-RenderedMarkdown")?.textContent.trim();
  return cells.length === number && cells.every(
    cell => cell.matches(".jp-CodeCell") || words(cell) || !cell.checkVisibility()
  );
}"""
SEEN = '() => [...document.querySelectorAll(".jp-Notebook .jp-Cell")].map(cell => cell.checkVisibility())'
WORDS = '() => [...document.querySelectorAll(".jp-RenderedMarkdown")].map(cell => cell.textContent).join("\\n")'
RAW = re.compile(r"\{[a-z][\w:-]*\}`|`{3}|:{3}|^\([\w-]+\)=$", re.MULTILINE)
DIRECTIVES = """() => [...document.querySelectorAll('.jp-RenderedMarkdown code[class*="{"]')]
  .map(code => code.className)"""


def solution_cells(name):
    """Ids of the cells that must not be seen before a solution is opened; its heading is."""
    cells = [cell for cell in mark_solutions(read(PATHS[name])).cells if "solution" in cell.metadata]
    hidden = {cell.id for cell in cells if "{solution-start}" not in cell.source}
    return hidden | {f"{name}-caption" for name in hidden}


@pytest.fixture(scope="module")
def server(tmp_path_factory, chromium):
    """Start JupyterLab as ``make lab`` does, on copies of its own and without the settings of whoever runs this."""
    folder = tmp_path_factory.mktemp("lab")
    settings = folder / "JUPYTERLAB_SETTINGS_DIR" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    # draw every cell, not only those in the window
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
    assert write_copies(folder / "notebooks") == []
    options = [*OPTIONS, "--no-browser", "--allow-root", "--ServerApp.port=0"]
    log = folder / "log"
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options, folder / "notebooks"],
            env=os.environ | {name: str(folder / name) for name in OWN}, stdout=said, stderr=said,
        )  # fmt: skip
    try:
        running, end = folder / "JUPYTER_RUNTIME_DIR" / f"jpserver-{process.pid}.json", time.monotonic() + START
        while not running.exists():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, f"JupyterLab has not started after {START} seconds:\n{log.read_text()}"
            time.sleep(0.1)
        yield json.loads(running.read_text())
    finally:
        process.terminate()
        process.wait(START)


@pytest.fixture(scope="module")
def context(browser):
    """A browser that keeps JupyterLab's files from one chapter to the next."""
    context = browser.new_context()
    context.set_default_timeout(START * 1000)
    yield context
    context.close()


@pytest.fixture
def visit(context, server):
    """Return a function that opens a copy and gives its page when all cells are drawn, its faults and its cells."""

    def visit(name):
        page, faults = context.new_page(), []

        def said(message):
            if message.type in {"warning", "error"}:
                faults.append(f"the console says {message.text!r}")

        def asked(request):
            if not request.url.startswith((server["url"], "data:", "blob:")):
                faults.append(f"{request.url} is on another host")
            if request.url.startswith((f"{server['url']}lab/api/news", f"{server['url']}lab/api/update")):
                faults.append(f"{request.url} looks something up on another host")

        page.on("console", said)
        page.on("pageerror", lambda error: faults.append(f"a script fails: {error}"))
        page.on("request", asked)
        page.goto(f"{server['url']}doc/tree/{name}.ipynb?token={server['token']}")
        cells = read(f"{server['root_dir']}/{name}.ipynb").cells
        page.wait_for_function(DRAWN, arg=len(cells))
        return page, faults, cells

    yield visit
    for page in context.pages:
        page.close()


def seen(page, cells):
    """Ids of the cells that are seen."""
    return [cell.id for cell, visible in zip(cells, page.evaluate(SEEN), strict=True) if visible]


@pytest.mark.parametrize("name", PATHS)
def test_chapter(name, visit):
    page, faults, cells = visit(name)
    assert RAW.findall(page.evaluate(WORDS)) == page.evaluate(DIRECTIVES) == []
    assert seen(page, cells) == [cell.id for cell in cells if cell.id not in solution_cells(name)]
    assert faults == []


def test_a_solution_opens(visit):
    page, _, cells = visit("pooling")
    folded = seen(page, cells)
    page.get_by_role("button", name="cells hidden").first.click()
    opened = set(seen(page, cells)) - set(folded)
    assert {next(cell.id for cell in cells if cell.id not in folded)} <= opened < solution_cells("pooling")


def test_nobody_is_asked_about_news_or_offered_an_extension(visit):
    page, _, _ = visit("pooling")
    assert page.get_by_text("news").count() == 0
    settings = json.loads(page.locator("#jupyter-config-data").text_content())
    assert not settings["extensionManager"]["can_install"]


# What a reader has written ---------------------------------------------------------------------------------------


@pytest.fixture
def book(tmp_path, monkeypatch):
    """Return a function that gives the book's only chapter this text and writes the copy; and the copy's path."""
    monkeypatch.setattr(lab, "plain_notebook", lambda notebook, chapter: notebook)
    (tmp_path / "chapters").mkdir()

    def write(text):
        chapter = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text, id="a")])
        nbformat.write(chapter, tmp_path / "chapters" / "pooling.ipynb")
        return write_copies(tmp_path / "notebooks", tmp_path / "chapters")

    return write, tmp_path / "notebooks" / "pooling.ipynb"


def test_a_copy_follows_its_chapter(book):
    write, path = book
    assert write("1") == write("2") == []
    assert read(path).cells[0].source == "2"


def test_what_a_reader_has_changed_stays_and_is_named(book):
    write, path = book
    write("1")
    copy = read(path)
    copy.cells[0].source = "1 + 1"
    nbformat.write(copy, path)
    assert write("1") == []  # nothing new in the book
    assert write("2") == [path]
    assert read(path) == copy


def test_what_a_reader_has_run_stays_while_the_chapter_does(book):
    write, path = book
    write("1")
    copy = read(path)
    copy.cells[0].execution_count = 7
    nbformat.write(copy, path)
    write("1")
    assert read(path).cells[0].execution_count == 7


@pytest.mark.parametrize("text", ["", "{}", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'])
def test_a_file_of_another_origin_stays(book, text):
    write, path = book
    path.parent.mkdir()
    path.write_text(text)
    assert write("1") == [path]
    assert path.read_text() == text
