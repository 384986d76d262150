"""The answers of course/checks/, asked in a chapter's kernel after each published solution has run."""

import json

import nbformat

from bookmaking.markdown_parts import mark_solutions
from bookmaking.plain_markdown import exercise_labels
from bookmaking.sealed_answers import FOLDER, read_checks, sealed

from .notebook import ROOT

ASK = """\
import contextlib, partial_pooling
with contextlib.chdir({folder!r}):
    partial_pooling.check({label!r}, {answers})"""


def answer_cells(path, notebook):
    """Cells that give the published answers to the check of each exercise.

    Parameters
    ----------
    path : pathlib.Path
        A chapter of the book.
    notebook : nbformat.NotebookNode

    Returns
    -------
    dict
        Position of the cell in which a solution ends to a code cell, whose stored output says that all is right.
        Empty while the chapter has no file in course/checks/, which tests/test_student.py reports.
    """
    if not (FOLDER / f"{path.stem}.yml").is_file():
        return {}
    checks = read_checks(path.stem, exercise_labels(notebook))
    folder = ROOT / "_build" / "gate" / path.stem
    folder.mkdir(parents=True, exist_ok=True)
    answers = {label: {entry["name"]: sealed(label, entry) for entry in asked} for label, asked in checks.items()}
    (folder / "answers.json").write_text(json.dumps(answers), "utf-8")
    ends = _solution_ends(notebook)
    return {ends[label]: _cell(label, asked, folder) for label, asked in checks.items() if asked}


def _solution_ends(notebook):
    """Return label to position, counted from 1, of the cell in which its solution ends."""
    position = {cell.id: number for number, cell in enumerate(notebook.cells, 1)}
    parts = [cell for cell in mark_solutions(notebook).cells if "solution" in cell.metadata]
    within = {part.id: part.id.rpartition("-")[0] for part in parts}  # a cell in parts: its id, then id-1, ...
    return {part.metadata["solution"]: position.get(part.id) or position[within[part.id]] for part in parts}


def _cell(label, asked, folder):
    answers = ", ".join(f"{entry['name']}=({entry['solution']})" for entry in asked)
    right = "".join(f"{entry['name']}: right.\n" for entry in asked)
    output = nbformat.v4.new_output("stream", name="stdout", text=right)
    source = ASK.format(label=label, answers=answers, folder=str(folder))
    return nbformat.v4.new_code_cell(source, outputs=[output], execution_count=1)
