"""What a chapter's download menu gives: the notebook for plain JupyterLab, and the helper package that it needs.

The notebook runs away from the book: its first cells say what to install, and install what is missing.
"""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bookmaking.plain_markdown import plain_notebook

CODE = Path(__file__).resolve().parents[1]
FOLDER = "_downloads"
"""Where the helper package lies in the built site."""

IMPORTED_AS = {"sklearn": "scikit-learn"}
"""Packages of modules with another name, which cannot be asked where only the site's packages are installed."""

FIRST_WORDS = """\
This notebook is a chapter of the book *Partial Pooling*.
It needs Python 3.13, or another from 3.11 on, and the book's helper package, which holds the data as well:

    pip install {what}

{how}
Where everything is installed, the next cell changes nothing."""
FIRST_CODE = """\
# Installs what is missing. Small models are faster on one thread, and nothing here needs a C compiler.
from importlib.util import find_spec

if not all(map(find_spec, {modules})):
    %pip install --quiet {what}
%env OPENBLAS_NUM_THREADS=1
%env PYTENSOR_FLAGS=cxx="""


def build_wheel(folder):
    """Build the helper package with the book's data, from what is installed alone: no index is asked.

    Parameters
    ----------
    folder : path-like
        Where the wheel goes; an older one there is removed.

    Returns
    -------
    pathlib.Path
        The wheel.

    Raises
    ------
    RuntimeError
        If pip cannot build it; the message is pip's.
    """
    for old in Path(folder).glob("partial_pooling-*.whl"):
        old.unlink()
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-index"]
    command += ["--no-deps", "--no-build-isolation", "--wheel-dir", folder, CODE]
    outcome = subprocess.run(command, capture_output=True, text=True)
    if outcome.returncode:
        raise RuntimeError(f"the wheel of the helper package could not be built:\n{outcome.stderr}")
    return wheel_in(folder)


def wheel_in(folder):
    """Return the only wheel of the helper package in a folder."""
    (wheel,) = Path(folder).glob("partial_pooling-*.whl")
    return wheel


def first_cells(notebook, wheel, address=""):
    """Write the cells that let a notebook run away from the book.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
    wheel : str
        Name of the helper package's file.
    address : str, optional
        Of the folder that holds it on the public site; without one, the reader puts the file beside the notebook.

    Returns
    -------
    list of nbformat.NotebookNode
        What to install in words, then in code.
    """
    further = further_packages(notebook)
    what = " ".join([f"{address.rstrip('/')}/{wheel}" if address else wheel, *sorted(further.values())])
    how = "" if address else f"Put `{wheel}`, which lies where you found this notebook, beside it first.\n"
    words = FIRST_WORDS.format(what=what, how=how).replace("\n\n\n", "\n\n")
    code = FIRST_CODE.format(what=what, modules=["partial_pooling", *sorted(further)]).replace("'", '"')
    return [
        nbformat.v4.new_markdown_cell(words, id="what-to-install"),
        nbformat.v4.new_code_cell(code, id="install"),
    ]


def further_packages(notebook):
    """Return module to package, for what a notebook imports and the helper package does not bring."""
    project = tomllib.loads((CODE / "pyproject.toml").read_text("utf-8"))["project"]
    brought = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    packages = {module: canonicalize_name(IMPORTED_AS.get(module, module)) for module in imported_modules(notebook)}
    return {module: package for module, package in packages.items() if package not in brought}


def imported_modules(notebook):
    """Return what a notebook imports, but for Python's own modules and the helper package."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    nodes = list(ast.walk(ast.parse(code)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names} - sys.stdlib_module_names - {"partial_pooling"}


def put_wheel(app):
    """Build the helper package into the site."""
    folder = Path(app.outdir, FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    build_wheel(folder)


def offer_wheel(app, context):
    """Add the helper package to the download menu of every chapter that is a notebook."""
    if context.get("page_source_suffix") != ".ipynb":
        return
    (menu,) = (button for button in context["header_buttons"] if button["label"] == "download-buttons")
    link = {
        "type": "link",
        "url": context["pathto"](f"{FOLDER}/{wheel_in(Path(app.outdir, FOLDER)).name}", 1),
        "text": ".whl",
        "icon": "fas fa-box",
        "tooltip": "Download the helper package, which the notebook needs",
        "label": "download-wheel-button",
    }
    menu["buttons"].insert(1, link)


def put_notebooks(app):
    """Replace the copies of the chapters, to which the theme's download button leads."""
    wheel, address = wheel_in(Path(app.outdir, FOLDER)), app.config.html_baseurl
    for name in app.env.found_docs:
        source = Path(app.env.doc2path(name))
        if source.suffix != ".ipynb":
            continue
        chapter = nbformat.read(source, as_version=4)
        notebook = plain_notebook(chapter, source.stem)
        notebook.cells[:0] = first_cells(chapter, wheel.name, address and f"{address.rstrip('/')}/{FOLDER}")
        nbformat.write(notebook, Path(app.outdir, "_sources", f"{name}.ipynb"))
