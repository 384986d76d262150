"""The frame of the book: what lies where, what the Makefile says when something is missing, what is locked."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
TOP_LEVEL = {
    *("_config.yml", "_toc.yml", "index.md", "benchmarks", "chapters", "code", "data", "requirements.txt", "tests"),
    *("README.md", "Makefile", "LICENSE", "CITATION.cff", ".ci", ".github", ".gitignore", ".gitattributes"),
    *("pyproject.toml", "conftest.py", "course", "runtime.txt"),
}
PYTHONS = {"3.11": "3.11.9", "3.12": "3.12.4", "3.13": "3.13.1"}


def test_top_level_holds_only_what_the_readme_explains():
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert {name.split("/")[0] for name in files} <= TOP_LEVEL


def test_code_is_no_package():
    """code/__init__.py would shadow the standard library's ``code`` and break pdb, IPython and pytest."""
    assert not (ROOT / "code" / "__init__.py").exists()


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_code_keeps_to_its_style(command):
    outcome = subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stdout


def test_readme_names_only_targets_that_exist():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    code = " ".join(re.findall(r"`+[^`]+`+", (ROOT / "README.md").read_text()))
    named = set(re.findall(r"\bmake (?:-C \S+ )?([a-z]+)\b", code))
    assert {"book", "test", "lab"} <= named <= targets


# What the Makefile says ------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """Return a copy of what the Makefile needs, without an environment."""
    (tmp_path / "code").mkdir()
    for name in ("Makefile", "requirements.txt", "code/pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def make(folder, *arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *arguments], cwd=folder, env=environment, capture_output=True, text=True)


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def python_that_first_runs(path, statement):
    """Write a Python that runs ``statement`` before the program given with -c."""
    return script(path, f"""exec "{sys.executable}" -c '{statement}; exec(sys.argv[2])' "$@" """)


@pytest.mark.parametrize("target", ["book", "test", "lab", "refresh"])
def test_an_old_python_is_named_with_the_way_out(folder, target):
    old = python_that_first_runs(folder / "old", 'import sys; sys.version_info = (3, 9, 2, "final", 0)')
    outcome = make(folder, target, f"PYTHON={old}")
    assert outcome.returncode != 0
    assert "needs Python 3.11 or newer and found 3.9" in outcome.stderr
    assert "PYTHON=" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_missing_python_is_named_with_the_way_out(folder):
    outcome = make(folder, "book", "PYTHON=python-that-is-not-here")
    assert outcome.returncode != 0
    assert "There is no python-that-is-not-here here" in outcome.stderr


def test_a_python_without_ensurepip_is_told_what_to_install(folder):
    bare = python_that_first_runs(folder / "bare", 'import sys; sys.modules["ensurepip"] = None')
    outcome = make(folder, "book", f"PYTHON={bare}")
    assert outcome.returncode != 0
    assert "apt install python3-venv" in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_failed_installation_fails_the_build(folder):
    script(folder / ".venv/bin/pip", "echo no network >&2; exit 1")
    outcome = make(folder, "book")
    assert outcome.returncode != 0
    assert "The packages could not be installed" in outcome.stderr
    assert not (folder / ".venv/installed").exists()


def test_a_missing_jupyterlab_is_named_with_the_way_out(folder):
    script(folder / ".venv/bin/pip", "exit 0")
    script(folder / ".venv/bin/python", "exit 1")
    outcome = make(folder, "lab")
    assert outcome.returncode != 0
    assert "JupyterLab is missing from .venv" in outcome.stderr
    assert "make clean" in outcome.stderr


# What is locked --------------------------------------------------------------------------------------------------


def lock():
    """Return the lines of requirements.txt that name a package."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith(("#", " ", "-e "))]


def locked_on(python):
    """Return name to version of what requirements.txt installs on Linux with this Python."""
    environment = {"python_version": python, "python_full_version": PYTHONS[python], "sys_platform": "linux"}
    requirements = [Requirement(line) for line in lock()]
    return {
        canonicalize_name(r.name): next(iter(r.specifier)).version
        for r in requirements
        if r.marker is None or r.marker.evaluate(environment)
    }


@pytest.mark.parametrize("python", PYTHONS)
def test_lock_holds_every_direct_dependency(python):
    project = tomllib.loads((ROOT / "code" / "pyproject.toml").read_text())["project"]
    direct = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    locked = locked_on(python)
    for requirement in (r for r in map(Requirement, direct) if r.name != project["name"]):
        assert locked[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_lock_installs_the_helper_package():
    assert "-e ./code" in (ROOT / "requirements.txt").read_text().splitlines()


def test_both_stacks_are_locked():
    """Bambi 0.17 is the last for Python 3.11; Bambi 0.21 stands on PyMC 6, which needs 3.12."""
    bambi = {python: locked_on(python)["bambi"].rsplit(".", 1)[0] for python in PYTHONS}
    assert bambi == {"3.11": "0.17", "3.12": "0.21", "3.13": "0.21"}


def test_all_pythons_draw_with_one_matplotlib():
    """Stored figures are compared on every Python."""
    assert len({locked_on(python)["matplotlib"] for python in PYTHONS}) == 1


def test_lock_was_written_by_make_lock_and_tells_nothing_of_its_machine():
    text = (ROOT / "requirements.txt").read_text()
    assert "make lock" in text.splitlines()[1]
    assert not re.search(r"://|file:|--index|--find-links|(?<![\w.])/\w", text)


def test_the_tests_run_on_the_locked_versions():
    requirements = [Requirement(line) for line in lock()]
    here = [r for r in requirements if r.marker is None or r.marker.evaluate()]
    assert [r.name for r in here if version(r.name) not in r.specifier] == []
