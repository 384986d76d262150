"""``python -m bookmaking.student``: write the student notebooks, without solutions and without outputs.

They go into _build/student/ with answers.json, which their check cells read, and the wheel of the helper package;
the zip file beside that folder holds the same.
"""

import json
import shutil
import sys
import textwrap
import zipfile

import nbformat

from bookmaking.downloads import build_wheel, first_cells
from bookmaking.markdown_parts import mark_solutions
from bookmaking.plain_markdown import ROOT, exercise_labels, plain_notebook
from bookmaking.sealed_answers import ChecksError, read_checks, sealed

FOLDER = ROOT / "_build" / "student"
START = """\
> This is a student notebook: run all cells from the top. Each exercise has an empty cell for your work.
> A check cell below it says whether an answer is right: put yours in place of the three dots, and run the cell.
> It reads `answers.json`, which stays beside the notebook."""
WORK = "# Your work"
WORDS = "*Your answer in words:*"


def student_notebook(notebook, chapter, checks):
    """Write a chapter for students: exercises with their hints, an empty cell and a check cell each.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The chapter, which stays as it is.
    chapter : str
        Its name.
    checks : dict
        Label of each exercise to its questions, as :func:`bookmaking.sealed_answers.read_checks` gives them.

    Returns
    -------
    nbformat.NotebookNode
        Plain Markdown, no solution, no output.
    """
    open_notebook = mark_solutions(notebook)
    cells, solved = open_notebook.cells, set()
    open_notebook.cells = []
    for cell in cells:
        label = cell.metadata.get("solution")
        if label is None:
            open_notebook.cells.append(_without_outputs(cell))
        elif label not in solved:
            solved.add(label)
            open_notebook.cells += _work_cells(label, checks[label])
    plain = plain_notebook(open_notebook, chapter)
    plain.cells.insert(0, nbformat.v4.new_markdown_cell(START, id=f"{chapter}-start"))
    return plain


def _without_outputs(cell):
    return nbformat.from_dict(cell | {"outputs": [], "execution_count": None}) if cell.cell_type == "code" else cell


def _work_cells(label, questions):
    """Cells that stand in the place of a solution."""
    yield nbformat.v4.new_code_cell(WORK, id=f"{label}-work")
    if not questions:
        yield nbformat.v4.new_markdown_cell(WORDS, id=f"{label}-words")
        return
    asks = [f"{question['name']}: {question['ask']}" for question in questions]
    comments = [line for ask in asks for line in textwrap.wrap(ask, 84, initial_indent="# ", subsequent_indent="#   ")]
    arguments = [f"{question['name']}=..." for question in questions]
    call = f'check("{label}", {", ".join(arguments)})'
    if len(call) > 84:
        call = "\n".join([f'check("{label}",', *(f"      {argument}," for argument in arguments)])[:-1] + ")"
    source = "\n".join(["from partial_pooling import check", "", *comments, call])
    yield nbformat.v4.new_code_cell(source, id=f"{label}-check")


def write_student_folder(folder=FOLDER):
    """Write the student notebooks of all chapters, their answers, the helper package and a zip of all this.

    Parameters
    ----------
    folder : pathlib.Path, optional
        Is made anew; the zip file comes beside it.

    Returns
    -------
    pathlib.Path
        The zip file.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wheel = build_wheel(folder)
    answers = {}
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        labels = exercise_labels(notebook)
        checks = read_checks(path.stem, labels) if labels else {}
        answers |= {label: {q["name"]: sealed(label, q) for q in asked} for label, asked in checks.items() if asked}
        student = student_notebook(notebook, path.stem, checks)
        student.cells[:0] = first_cells(notebook, wheel.name)
        nbformat.write(student, folder / path.name)
    (folder / "answers.json").write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", "utf-8")
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.iterdir()):
            file.write(path, f"partial-pooling-student/{path.name}")
    return archive


def main():
    """Write the folder, say where it is, and return the exit code."""
    try:
        archive = write_student_folder()
    except ChecksError as error:
        print(f"The student notebooks were not written:\n{error}", file=sys.stderr)
        return 1
    print(f"{FOLDER} holds the student notebooks; {archive.name} beside it is what to hand out.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
