"""What every part of the gate needs to know of a notebook: its cells, their names, tolerances and digests."""

import hashlib
import os
import re
from importlib.metadata import version
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = ROOT / "chapters"

KERNEL_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",  # small matrices: a second thread costs more than it saves
    "PYTHONHASHSEED": "0",
}

SEED = re.compile(r"""(\brandom_seed["']?\s*[=:]\s*)(\d+)""")  # an argument, a variable or a key


def prepare_environment():
    """Set what a kernel inherits; a value that the caller exported on purpose wins, except the plotting backend."""
    # Compiled models are kept, which is most of the time of a short chain, but on PyMC 6: there its draws would differ
    # from the first run to the second. Without a C compiler PyTensor warns, so nobody uses one.
    keep = int(version("pymc").partition(".")[0]) < 6
    flags = {"PYTENSOR_FLAGS": f"base_compiledir={ROOT / '_build' / 'pytensor'},numba__cache={keep},cxx="}
    for name, value in (KERNEL_ENVIRONMENT | flags).items():
        os.environ.setdefault(name, value)
    os.environ.pop("MPLBACKEND", None)  # the kernel then draws inline


def chapter_paths(folder=CHAPTERS):
    """Every notebook of the book, sorted by name."""
    return sorted(Path(folder).glob("*.ipynb"))


def read(path):
    """Read a notebook in the current format."""
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    """Pairs of a code cell's position in the notebook, counted from 1, and the cell."""
    return [(number, cell) for number, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code"]


def tags(cell):
    """The cell's tags as a set."""
    return set(cell.metadata.get("tags", []))


def tolerance(cell):
    """Which of the three rules holds for the cell: ``"timed"``, ``"sampled"`` or ``"printed"``."""
    return next((name for name in ("timed", "sampled") if name in tags(cell)), "printed")


def place(path, number, cell):
    """Name a cell so that an author finds it: file, position, id and first line."""
    first_line = next(iter(cell.source.strip().splitlines()), "(empty)")
    return f"{file_name(path)}, cell {number}, {cell.id} ({first_line[:60]})"


def file_name(path):
    """The notebook's name as it is written everywhere: folder and file."""
    return f"{Path(path).parent.name}/{Path(path).name}"


def kept_figures(path, number):
    """Where figures of a cell are put that differ from the stored ones: the start of their names."""
    return Path(path).parents[1] / "_build" / "gate" / Path(path).stem / f"cell-{number}"


def digests(notebook):
    """One short digest of each code cell's source, in order: what was run when the outputs were stored."""
    return [hashlib.sha256(cell.source.encode()).hexdigest()[:8] for _, cell in code_cells(notebook)]
