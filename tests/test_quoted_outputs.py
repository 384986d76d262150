"""Pictures and numbers of the chapters on other pages: shown where they exist, refused where they do not."""

import contextlib
import io
import warnings
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from bs4 import BeautifulSoup
from sphinx.cmd.build import main as sphinx

from bookmaking.quoted_outputs import find_figure

FIXTURE = Path(__file__).parent / "fixtures" / "fixture.ipynb"
CONF = """
extensions = ["myst_nb", "bookmaking.quoted_outputs"]
nb_execution_mode = "off"
numfig = True
"""
ELSEWHERE = """
extensions = ["myst_nb", "bookmaking.quoted_outputs"]
exclude_patterns = ["chapters"]
chapters_address = "../book"
"""


@pytest.fixture
def build(tmp_path):
    """Return a function that builds a page beside a chapter cut from the fixture, strictly."""
    notebook = nbformat.read(FIXTURE, as_version=4)
    shown = [cell for cell in notebook.cells if cell.id in {"cell-3", "cell-5", "cell-7"}]
    notebook.cells = [nbformat.v4.new_markdown_cell("# Cups of tea", id="cell-1"), *shown]
    (tmp_path / "chapters").mkdir()
    nbformat.write(notebook, tmp_path / "chapters" / "cell.ipynb")

    def build(text, conf=CONF):
        (tmp_path / "conf.py").write_text(conf)
        tree = "```{toctree}\nchapters/cell\n```\n" if conf == CONF else ""
        (tmp_path / "index.md").write_text(f"# Page\n\n{text}\n\n{tree}")
        strictly = ["-q", "-E", "-W", "--keep-going", "-b", "html", str(tmp_path), str(tmp_path / "out")]
        with warnings.catch_warnings(action="ignore"), contextlib.redirect_stderr(io.StringIO()) as says:
            code = sphinx(strictly)  # in this process: loading Sphinx takes as long as such a build
        html = tmp_path / "out" / "index.html"
        page = BeautifulSoup(html.read_text("utf-8") if html.exists() else "", "html.parser")
        return SimpleNamespace(folder=tmp_path / "out", page=page, says=says.getvalue(), code=code)

    return build


def test_a_figure_is_the_chapters_with_its_words_and_a_link(build):
    built = build("```{chapter-figure} fig-cups\n:width: 60%\n```")
    assert built.code == 0, built.says
    image = built.page.select_one("div.cell_output > figure > img, div.cell_output > figure > a > img")
    stored = find_figure(built.folder.parent / "chapters", "fig-cups")
    assert (built.folder / image["src"]).read_bytes() == stored.png
    assert image["alt"] == "Six points rising from the lower left to the upper right."
    assert "60%" in image["style"]
    caption = built.page.select_one("div.cell_output figcaption")
    assert "Heavier cups keep their tea warm. Cups of tea" in caption.text
    assert caption.a["href"].endswith("#fig-cups")
    assert not caption.select_one(".caption-number")


def test_a_figure_may_have_another_caption(build):
    for text in (
        "```{chapter-figure} fig-cups\n*Mass* matters.\n```",
        "```{chapter-figure} fig-cups\n:caption: '*Mass* matters.'\n```",
    ):
        caption = build(text).page.select_one("div.cell_output figcaption")
        assert "Mass matters. Cups of tea" in caption.text
        assert caption.em


def test_a_project_without_the_chapters_links_to_them(build):
    built = build("```{chapter-figure} fig-cups\n```", conf=ELSEWHERE)
    assert built.code == 0, built.says
    assert built.page.figcaption.a["href"] == "../book/cell.html#fig-cups"
    unlinked = build("```{chapter-figure} fig-cups\n```", conf=ELSEWHERE.replace("../book", ""))
    assert unlinked.page.select("figcaption .caption-text a") == []


def test_an_unknown_figure_fails_and_names_near_ones(build):
    built = build("```{chapter-figure} fig-cup\n```")
    assert built.code != 0
    assert "There is no figure 'fig-cup'. Near it: fig-cups." in built.says
    assert "index.md:3" in built.says


SUPPORTED = [
    *("\u221210.91 <cell-5>", "-10.9 <cell-5>", "10.9 K <cell-5>", "0.0333 <cell-5>", "0.033 <cell-5>"),
    *("3.33 % <cell-5>", "3 % <cell-5>", "1,657 <cell-5>", "6 cups, \u221210.91 K on average <cell-5>"),
    *("-8.88 <cell-3>", "310 <cell-3>"),
]


def test_numbers_are_printed_as_they_are_written(build):
    built = build("\n".join(f"{{number}}`{role}`" for role in SUPPORTED))
    assert built.code == 0, built.says
    assert [tag.text for tag in built.page.select("span.number")] == [role.split(" <")[0] for role in SUPPORTED]


UNSUPPORTED = {
    "10.92 <cell-5>": "Cell cell-5 does not print 10.92, but:\nmean loss -10.91 K",
    "-10.910 <cell-5>": "does not print -10.910",
    "-0.0333 <cell-5>": "does not print -0.0333",
    "6 of 7 cups <cell-5>": "does not print 7",
    "333 % <cell-5>": "does not print 333",
    "10.91 <cell-3>": "Cell cell-3 does not print 10.91",
    "10.91 <cell-6>": "There is no cell with outputs 'cell-6'. Near it: cell-",
    "10.91 <cells-5>": "There is no chapter 'cells'. Near it: cell.",
    "few <cell-5>": "holds no number",
    "10.91": "names no cell",
}


def test_every_number_that_no_output_supports_is_an_error(build):
    built = build("\n\n".join(f"{{number}}`{role}`" for role in UNSUPPORTED))
    assert built.code != 0
    assert built.says.count("ERROR: ") == len(UNSUPPORTED)
    for line, says in enumerate(UNSUPPORTED.values()):
        assert f"index.md:{3 + 2 * line}: ERROR" in built.says
        assert says in built.says


def test_one_number_that_no_output_supports_fails_the_build(build):
    assert build("{number}`10.92 <cell-5>`").code != 0
