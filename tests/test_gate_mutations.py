"""The gate goes red on every fault that it was built to find, and stays green where nothing is wrong.

The fixture notebook is damaged and given to pytest, which runs it. A real chapter takes too long to run for each
fault: there the undamaged outputs stand in for the fresh run.
"""

from pathlib import Path

import nbformat
import pytest

from gate.notebook import CHAPTERS, code_cells, kept_figures, place, read
from gate.outputs import compare_outputs
from gate.prose import prose_findings
from gate.report import describe
from gate.stale import stale
from gate.structure import structure_findings
from gate_runs import FIXTURE, put, run_gate
from mutations import MUTATIONS

REAL = CHAPTERS / "pooling.ipynb"


def leave_alone(notebook):
    """Damage nothing."""


def warn_in_a_cell(notebook):
    """Make a cell warn that did not when its outputs were stored."""
    notebook.cells[4].source = 'import warnings\nwarnings.warn("late")\n' + notebook.cells[4].source
    return 5, "UserWarning: late"


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """One copy of the fixture notebook for each mutation, run by the gate, with what the mutation announces."""
    folder = tmp_path_factory.mktemp("book")
    announced = {}
    for mutate in [*MUTATIONS, warn_in_a_cell, leave_alone]:
        notebook, name = read(FIXTURE), mutate.__name__
        announced[name] = mutate(notebook)
        put(notebook, folder, name)
    return announced, run_gate(folder)


def test_an_undamaged_notebook_is_green(damaged):
    assert damaged[1]["leave_alone"] == {}


@pytest.mark.parametrize("name", [mutate.__name__ for mutate in [*MUTATIONS, warn_in_a_cell]])
def test_the_suite_fails_and_names_notebook_cell_and_difference(name, damaged):
    announced, failures = damaged
    position, difference = announced[name]
    messages = [message for message in failures[name].values() if difference in message]
    assert messages, failures[name]
    assert f"chapters/{name}.ipynb, cell {position}, " in messages[0]


def test_a_failing_cell_names_the_command_that_refreshes_its_chapter(damaged):
    message = damaged[1]["change_a_digit"]["cell 3"]
    assert message.endswith("make refresh CHAPTER=change_a_digit")


def test_a_moved_point_is_shown_in_pictures(damaged):
    message = damaged[1]["move_a_point"]["cell 7"]
    paths = [Path(line.split(": ", 1)[1]) for line in message.splitlines() if line.endswith(".png")]
    assert [path.exists() for path in paths] == [True] * 3


@pytest.mark.parametrize("mutate", MUTATIONS)
def test_a_real_chapter_is_guarded_as_well(mutate, tmp_path):
    assert stale(REAL) is None, stale(REAL)
    notebook, fresh = read(REAL), read(REAL)
    position, difference = mutate(notebook)
    path = put(notebook, tmp_path, REAL.stem)
    found = [*structure_findings(path), *prose_findings(path)]
    for (number, cell), (_, new) in zip(code_cells(notebook), code_cells(fresh), strict=True):
        changes = compare_outputs(cell, new.outputs, kept_figures(path, number))
        found += [f"{place(path, number, cell)}: {describe(change)}" for change in changes if change.beyond]
    assert any(f"chapters/{REAL.name}, cell {position}, " in finding and difference in finding for finding in found)


def test_the_order_of_an_outputs_kinds_is_no_difference(tmp_path):
    """A notebook stores them sorted, a kernel gives them in an order of its own."""
    kinds = {"text/html": "<b>1.5</b>", "text/markdown": "**1.5**", "text/plain": "1.5"}
    stored, new = (
        nbformat.v4.new_output("display_data", dict(items)) for items in (kinds.items(), reversed(kinds.items()))
    )
    cell = nbformat.v4.new_code_cell(outputs=[stored])
    assert compare_outputs(cell, [new], tmp_path / "cell") == []
