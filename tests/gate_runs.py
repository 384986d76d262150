"""Run the gate on notebooks in a folder of their own."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nbformat

from gate.notebook import ROOT

FIXTURE = ROOT / "tests" / "fixtures" / "fixture.ipynb"
PLAIN_RUN = "-p gate.collect -p no:cacheprovider -n0 -W error --color=no --junitxml=results.xml"


def put(notebook, folder, name="fixture"):
    """Write a notebook where the gate collects it."""
    path = folder / "chapters" / f"{name}.ipynb"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, path)
    return path


def run_gate(folder, *arguments, **environment):
    """Run pytest on the chapters in a folder; give the failures of each as ``{notebook: {test: message}}``."""
    outcome = subprocess.run(
        [sys.executable, "-m", "pytest", *PLAIN_RUN.split(), *arguments, "chapters"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests"), **environment},
        capture_output=True,
        check=False,
        text=True,
    )
    (folder / "said").write_text(outcome.stdout)
    failures = {path.stem: {} for path in (folder / "chapters").glob("*.ipynb")}
    for case in ElementTree.parse(folder / "results.xml").iter("testcase"):
        notebook = failures[Path(case.get("classname").replace(".", "/")).parts[1]]
        for failure in [*case.iter("failure"), *case.iter("error")]:
            notebook[case.get("name")] = failure.text
    return failures
