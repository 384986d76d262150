"""The gate goes red on every fault that it was built to find, and stays green where nothing is wrong.

The fixture notebook is damaged and given to pytest, which runs it. A real chapter takes too long to run for each
fault: there the undamaged outputs stand in for the fresh run.
"""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nbformat
import pytest

from gate.notebook import CHAPTERS, ROOT, code_cells, kept_figures, place, read, tags
from gate.outputs import compare_outputs
from gate.prose import prose_findings
from gate.report import TABLE, describe
from gate.structure import structure_findings
from mutations import MUTATIONS

FIXTURE = ROOT / "tests" / "fixtures" / "fixture.ipynb"
REAL = CHAPTERS / "pooling.ipynb"
PLAIN_RUN = "-p gate.collect -p no:cacheprovider -n0 -W error --color=no --junitxml=results.xml"


def leave_alone(notebook):
    """Damage nothing."""


def warn_in_a_cell(notebook):
    """Make a cell warn that did not when its outputs were stored."""
    notebook.cells[4].source = 'import warnings\nwarnings.warn("late")\n' + notebook.cells[4].source
    return 5, "UserWarning: late"


def put(notebook, folder, name="fixture"):
    """Write a notebook where the gate collects it."""
    path = folder / "chapters" / f"{name}.ipynb"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, path)
    return path


def run_gate(folder, *arguments, **environment):
    """Run pytest on the chapters in a folder; give the failures of each as ``{notebook: {test: message}}``."""
    subprocess.run(
        [sys.executable, "-m", "pytest", *PLAIN_RUN.split(), *arguments, "chapters"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests"), **environment},
        capture_output=True,
        check=False,
    )
    failures = {path.stem: {} for path in (folder / "chapters").glob("*.ipynb")}
    for case in ElementTree.parse(folder / "results.xml").iter("testcase"):
        notebook = failures[Path(case.get("classname").replace(".", "/")).parts[1]]
        for failure in case.iter("failure"):
            notebook[case.get("name")] = failure.text
    return failures


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
    assert f"chapters/{name}.ipynb, cell {position} (" in messages[0]


def test_a_failing_cell_names_the_command_that_refreshes_its_chapter(damaged):
    message = damaged[1]["change_a_digit"]["cell 3"]
    assert message.endswith("make refresh CHAPTER=change_a_digit")


def test_a_moved_point_is_shown_in_pictures(damaged):
    message = damaged[1]["move_a_point"]["cell 7"]
    paths = [Path(line.split(": ", 1)[1]) for line in message.splitlines() if line.endswith(".png")]
    assert [path.exists() for path in paths] == [True] * 3


@pytest.mark.parametrize("mutate", MUTATIONS)
def test_a_real_chapter_is_guarded_as_well(mutate, tmp_path):
    notebook, fresh = read(REAL), read(REAL)
    position, difference = mutate(notebook)
    path = put(notebook, tmp_path, REAL.stem)
    found = [*structure_findings(path), *prose_findings(path)]
    for (number, cell), (_, new) in zip(code_cells(notebook), code_cells(fresh), strict=True):
        changes = compare_outputs(cell, new.outputs, kept_figures(path, number))
        found += [f"{place(path, number, cell)}: {describe(change)}" for change in changes if change.beyond]
    assert any(f"chapters/{REAL.name}, cell {position} (" in finding and difference in finding for finding in found)


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        ([], {"OPENBLAS_CORETYPE": "Prescott"}),
        ([], {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "2"}),
        (["--reseed=1"], {}),
    ],
    ids=["another BLAS kernel", "two threads", "another seed"],
)
def test_another_machine_or_sample_is_green(arguments, environment, tmp_path):
    put(read(FIXTURE), tmp_path)
    assert run_gate(tmp_path, *arguments, **environment) == {"fixture": {}}
    assert "| fixture | 10 | 35 | 2 |" in (tmp_path / "chapters" / TABLE).read_text(encoding="utf-8")


def test_without_the_tag_another_sample_is_red(tmp_path):
    notebook = read(FIXTURE)
    for _, cell in code_cells(notebook):
        cell.metadata["tags"] = [tag for tag in tags(cell) if tag != "sampled"]
    put(notebook, tmp_path)
    assert set(run_gate(tmp_path, "--reseed=1")["fixture"]) == {"cell 10"}
    assert not (tmp_path / "chapters" / TABLE).exists()
