"""What a reader's machine may do differently without making the gate red."""

import pytest

from gate.notebook import code_cells, read, tags
from gate_runs import FIXTURE, put, run_gate

pytestmark = pytest.mark.robust


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
    assert "| fixture | 10 | 35 | 2 |" in (tmp_path / "said").read_text()


def test_without_the_tag_another_sample_is_red(tmp_path):
    notebook = read(FIXTURE)
    for _, cell in code_cells(notebook):
        cell.metadata["tags"] = [tag for tag in tags(cell) if tag != "sampled"]
    put(notebook, tmp_path)
    assert set(run_gate(tmp_path, "--reseed=1")["fixture"]) == {"cell 10"}
