"""Away from the checkout: the helper package with its data, chapters beside it, and a classroom without a network."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from bookmaking.downloads import (
    IMPORTED_AS,
    build_wheel,
    first_cells,
    further_packages,
    imported_modules,
    put_notebooks,
)
from bookmaking.plain_markdown import plain_notebook

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "code" / "pyproject.toml").read_text())["project"]
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))


def chapter(name):
    return nbformat.read(ROOT / "chapters" / f"{name}.ipynb", as_version=4)


# The wheel -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def test_wheel_holds_the_package_its_data_and_nothing_else(wheel):
    package, data = ROOT / "code" / "partial_pooling", ROOT / "data"
    expected = {path.relative_to(package.parent).as_posix() for path in package.rglob("*.py")}
    read = [path for path in data.rglob("*") if path.suffix in {".csv", ".json"}]
    read += [data / "SHA256SUMS", data / "README.md"]
    expected |= {f"partial_pooling/data/{path.relative_to(data).as_posix()}" for path in read}
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == expected | {"partial_pooling/LICENSE"}


def test_a_build_leaves_nothing_in_the_source(tmp_path):
    def modules():
        return {
            path: path.stat().st_mtime_ns
            for path in (ROOT / "code").rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        }

    before = modules()
    build_wheel(tmp_path)
    assert modules() == before


def test_package_declares_what_it_imports():
    brought = {Requirement(line).name.replace("-", "_") for line in PROJECT["dependencies"]}
    optional = {"distributed"}  # where the study of the three poolings is given a cluster
    for path in (ROOT / "code" / "partial_pooling").rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
        names += [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
        modules = {name.split(".")[0].lower() for name in names} - sys.stdlib_module_names
        assert modules <= brought | optional | {"partial_pooling"}, path


def test_a_wheel_that_cannot_be_built_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr("bookmaking.downloads.CODE", tmp_path)
    with pytest.raises(RuntimeError, match=r"could not be built:\n(.|\n)*pyproject\.toml"):
        build_wheel(tmp_path)


# What a chapter says to install ----------------------------------------------------------------------------------


def test_chapters_need_the_wheel_and_scikit_learn_in_three_of_them():
    further = {path.stem: further_packages(nbformat.read(path, as_version=4)) for path in CHAPTERS}
    assert {name: packages for name, packages in further.items() if packages} == {
        "question_bank": {"sklearn": "scikit-learn"},
        "scaling": {"sklearn": "scikit-learn"},
        "shrinkage": {"sklearn": "scikit-learn"},
    }
    extra = {Requirement(line).name for line in PROJECT["optional-dependencies"]["chapters"]}
    assert {package for packages in further.values() for package in packages.values()} <= extra


def test_what_a_chapter_imports_comes_from_the_package_that_is_named():
    modules = set.union(*(imported_modules(nbformat.read(path, as_version=4)) for path in CHAPTERS))
    named = {module: canonicalize_name(IMPORTED_AS.get(module, module)) for module in modules}
    assert named == {module: canonicalize_name(packages_distributions()[module][0]) for module in modules}


def test_first_cells_name_the_file_or_the_public_address():
    words, code = (cell.source for cell in first_cells(chapter("scaling"), "helper.whl"))
    assert "pip install helper.whl scikit-learn\n" in words
    assert "Put `helper.whl`" in words
    assert "%pip install --quiet helper.whl scikit-learn\n" in code
    words, code = (cell.source for cell in first_cells(chapter("names"), "helper.whl", "https://book.example/files"))
    assert "pip install https://book.example/files/helper.whl\n" in words
    assert "Put" not in words
    assert "%pip install --quiet https://book.example/files/helper.whl\n" in code


def test_the_public_address_of_the_site_comes_into_its_downloads(tmp_path):
    for folder in ("_downloads", "_sources/chapters"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "_downloads" / "partial_pooling-1-py3-none-any.whl").touch()
    app = SimpleNamespace(
        config=SimpleNamespace(html_baseurl="https://book.example/"),
        env=SimpleNamespace(found_docs=["chapters/names"], doc2path=lambda name: ROOT / f"{name}.ipynb"),
        outdir=tmp_path,
    )
    put_notebooks(app)
    notebook = nbformat.read(tmp_path / "_sources" / "chapters" / "names.ipynb", as_version=4)
    address = "https://book.example/_downloads/partial_pooling-1-py3-none-any.whl"
    assert f"pip install {address}\n" in notebook.cells[0].source
    assert f"%pip install --quiet {address}\n" in notebook.cells[1].source


def test_binder_takes_a_python_that_the_book_supports():
    """Binder reads requirements.txt, and without runtime.txt it would take a Python of its own choice."""
    python = (ROOT / "runtime.txt").read_text().strip().removeprefix("python-")
    assert python in SpecifierSet(PROJECT["requires-python"])
    assert f'"{python}"' in (ROOT / ".github/workflows/book.yml").read_text()


def test_citation_names_the_version_of_the_package():
    assert f"version: {PROJECT['version']}" in (ROOT / "CITATION.cff").read_text().splitlines()


# A classroom without a network -----------------------------------------------------------------------------------

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTHON"))}
WITHOUT_INDEX = {name: value for name, value in ENVIRONMENT.items() if not name.startswith(("PIP_", "OPENBLAS_"))}
WITHOUT_INDEX |= {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}


def run(*command, **options):
    outcome = subprocess.run(command, capture_output=True, text=True, **options)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return outcome.stdout


@pytest.fixture(scope="module")
def classroom():
    """Collect the packages with ``make wheels`` and install them, the index switched off, where nothing is yet."""
    ask = [sys.executable, "-m", "pip", "index", "versions", "pip", "--retries", "0", "--timeout", "5"]
    if subprocess.run(ask, capture_output=True, env=ENVIRONMENT).returncode:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            "no package index answers, so that the packages of a classroom cannot be collected"
        )
    with TemporaryDirectory() as folder:  # 1.5 GB, which pytest would keep three times
        folder = Path(folder)
        said = run("make", "wheels", f"BIN={Path(sys.executable).parent}", f"WHEELS={folder / 'wheels'}",
                   cwd=ROOT, env=ENVIRONMENT)  # fmt: skip
        assert 'pip install --no-index --find-links wheels "partial_pooling[chapters]"' in said
        assert said.endswith((folder / "wheels" / "README.txt").read_text())
        run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
        run(sys.executable, "-m", "pip", "--python", folder / "venv" / "bin" / "python", "install", "--no-compile",
            "--no-index", "--find-links", "wheels", "partial_pooling[chapters]", "pip",
            cwd=folder, env=WITHOUT_INDEX)  # fmt: skip
        yield folder


FIT = """
import bambi
import statsmodels.formula.api as smf
from partial_pooling import checked_fit, compare, datasets, load, show_source, simulate_stores

fit = checked_fit(smf.mixedlm("reaction ~ days", load("sleepstudy"), groups="subject", re_formula="~days"))
compare(fit, "sleepstudy_slopes")
print(datasets.DATA, show_source(simulate_stores).data.splitlines()[1], round(fit.llf, 2))
"""


@pytest.mark.robust  # the index and its packages change with time
def test_classroom_loads_data_and_fits_a_model(classroom):
    data, *rest = run(classroom / "venv/bin/python", "-c", FIT, cwd=classroom, env=WITHOUT_INDEX).rsplit(maxsplit=3)
    assert Path(data).is_relative_to(classroom / "venv")
    assert rest == ["#", "simulate.py", "-871.81"]


@pytest.mark.robust
def test_a_downloaded_chapter_installs_its_package_and_runs(classroom, wheel):
    """In an empty folder, with nothing beside it but the wheel; the other packages are there."""
    try:
        os.openpty()
    except OSError:
        pytest.skip("no pseudo-terminal is to be had here, and IPython's %pip needs one")
    folder = classroom / "downloads"
    folder.mkdir()
    shutil.copy(wheel, folder)
    notebook = plain_notebook(chapter("names"), "names")
    notebook.cells[:0] = first_cells(notebook, wheel.name)
    nbformat.write(notebook, folder / "names.ipynb")
    run(classroom / "venv/bin/python", "-m", "pip", "uninstall", "--yes", "partial_pooling", env=WITHOUT_INDEX)
    run(classroom / "venv/bin/jupyter", "execute", "--inplace", "names.ipynb", cwd=folder, env=WITHOUT_INDEX)
    ran = [cell for cell in nbformat.read(folder / "names.ipynb", as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in ran] == list(range(1, len(ran) + 1))
    assert not [output for cell in ran for output in cell.outputs if output.get("name") == "stderr"]
