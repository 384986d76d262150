"""A refresh stores what changed, keeps what did not, and says which is which."""

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from gate.notebook import read
from gate.refresh import main, refresh
from gate.stale import stale

PRINTED = 'print("slope 2.31")'
SAMPLED = "random_seed = 1\nprint('mean 0.52')"
DRAWN = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"


def write(path, *sources):
    cells = [new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources)]
    cells[1].metadata["tags"] = ["sampled"]
    path.parent.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=cells), path)


def set_text(path, position, text):
    notebook = read(path)
    notebook.cells[position].outputs[0].text = text
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A notebook that was refreshed once; a test that changes it refreshes it again."""
    path = tmp_path_factory.mktemp("book") / "chapters" / "tea.ipynb"
    write(path, PRINTED, SAMPLED, DRAWN)
    refresh(path)
    return path


def test_a_first_run_stores_outputs_counts_and_digests(fresh):
    notebook = read(fresh)
    assert [cell.execution_count for cell in notebook.cells] == [1, 2, 3]
    assert notebook.cells[0].outputs[0].text == "slope 2.31\n"
    assert stale(fresh) is None


def test_what_a_run_says_of_itself_is_not_stored(fresh):
    notebook = read(fresh)
    assert "version" not in notebook.metadata.language_info
    assert not any("execution" in cell.metadata for cell in notebook.cells)
    assert "Matplotlib" not in fresh.read_text(encoding="utf-8")


def test_a_second_run_changes_nothing(fresh):
    before = fresh.read_bytes()
    assert refresh(fresh) == []
    assert fresh.read_bytes() == before


def test_changes_are_told_and_only_sampled_numbers_within_tolerance_are_kept(fresh):
    set_text(fresh, 0, "slope 2.30\n")
    set_text(fresh, 1, "mean 0.50\n")
    slope, mean = refresh(fresh)
    assert "2.30 became 2.31: 1 in the last printed digit, 1 allowed (within tolerance)" in slope
    assert "0.50 became 0.52: 2 in the last printed digit, 3 allowed (within tolerance)" in mean
    assert read(fresh).cells[0].outputs[0].text == "slope 2.31\n"
    assert read(fresh).cells[1].outputs[0].text == "mean 0.50\n"


def test_numbers_beyond_the_tolerance_are_replaced(fresh):
    set_text(fresh, 1, "mean 0.70\n")
    (mean,) = refresh(fresh)
    assert mean.startswith("chapters/tea.ipynb, cell 2, cell-1 (random_seed = 1)")
    assert "18 in the last printed digit, 3 allowed" in mean
    assert "within" not in mean
    assert read(fresh).cells[1].outputs[0].text == "mean 0.52\n"


def test_a_chapter_that_raises_is_left_as_it_was(tmp_path):
    path = tmp_path / "chapters" / "tea.ipynb"
    write(path, PRINTED, "1 / 0")
    before = path.read_bytes()
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        refresh(path)
    assert path.read_bytes() == before


def test_an_unknown_chapter_is_answered_with_the_known_ones(fresh, capsys):
    assert main(["coffee"], folder=fresh.parent) == 2
    assert capsys.readouterr().err == "No chapter is called coffee. Chapters: tea.\n"
