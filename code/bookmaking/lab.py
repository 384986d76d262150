"""``python -m bookmaking.lab``: open the chapters in JupyterLab, as copies of which a reader may change everything.

The chapters themselves are MyST and hold the outputs that the tests compare. The copies, in notebooks/, are the plain
notebooks of the download menu: captions, numbers and citations are in words there, and solutions are folded.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

import nbformat
from jupyterlab.labapp import LabApp

from bookmaking.contents import ROOT
from bookmaking.plain_markdown import plain_notebook

FOLDER = ROOT / "notebooks"
"""Not below _build, which `make clean` removes: a reader's work lies here."""

KEY = "partial_pooling"
"""In a copy's metadata: the fingerprint of its cells when it was written."""

# No release and no news is looked up or asked about, and the extension manager lists only what is installed.
OPTIONS = [
    f"--LabApp.app_settings_dir={Path(__file__).with_name('lab_settings')}",
    "--LabApp.extension_manager=readonly",
]
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",  # small models are slower on many threads
    "PYTENSOR_FLAGS": "cxx=",  # without a C compiler PyTensor would warn on pages, and it is not faster with one here
}


def write_copies(folder=FOLDER, chapters=ROOT / "chapters"):
    """Write a plain notebook for every chapter, but not over a copy whose cells a reader has changed.

    A copy of which nothing but outputs has changed is written again when the chapter is another now.

    Parameters
    ----------
    folder : path-like, optional
        Where the copies go; what else is there stays.
    chapters : path-like, optional
        Where the chapters are.

    Returns
    -------
    list of pathlib.Path
        Copies with a reader's changes whose chapter is another now.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    behind = []
    for source in sorted(Path(chapters).glob("*.ipynb")):
        copy = plain_notebook(nbformat.read(source, as_version=4), source.stem)
        copy.metadata[KEY] = fingerprint(copy)
        path = folder / source.name
        written, now = _fingerprints(path)
        if written == copy.metadata[KEY]:
            continue
        if path.exists() and now != written:
            behind.append(path)
        else:
            nbformat.write(copy, path)
    return behind


def fingerprint(notebook):
    """Return a hash of a notebook's cells without their outputs."""
    cells = [(cell.cell_type, cell.source) for cell in notebook.cells]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def _fingerprints(path):
    """Fingerprints of a copy: when it was written, and now; two unequal ones of a file that is no copy of ours."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except (FileNotFoundError, ValueError, nbformat.ValidationError):  # not there, or no notebook
        return None, ""
    return notebook.metadata.get(KEY), fingerprint(notebook)


def main(arguments=None):
    """Write the copies, say where they are and which are behind, and run JupyterLab.

    Parameters
    ----------
    arguments : list of str, optional
        Further options of JupyterLab.
    """
    behind = write_copies()
    print(f"Copies of the chapters are in {FOLDER}: what you change there stays, and the book itself stays as it is.")
    if behind:
        print(
            "These have your changes, and the book's chapter is another now; rename them, and the next start writes "
            f"the new chapter beside yours: {', '.join(path.name for path in behind)}",
        )
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    sys.stdout.flush()
    LabApp.launch_instance([*OPTIONS, str(FOLDER), *(sys.argv[1:] if arguments is None else arguments)])


if __name__ == "__main__":
    main()
