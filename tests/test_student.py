"""The student notebooks: no solution and no output survives, check cells tell right from wrong, everything runs."""

import ast
import json
import re
from copy import deepcopy
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient

from bookmaking import student
from bookmaking.markdown_parts import mark_solutions
from bookmaking.plain_markdown import exercise_labels, plain_notebook
from bookmaking.sealed_answers import ChecksError, read_checks, sealed
from bookmaking.student import WORDS, WORK, student_notebook
from gate.notebook import chapter_paths, read
from partial_pooling import check
from partial_pooling.check import elements

PATHS = {path.stem: path for path in chapter_paths()}
CHAPTERS = [name for name, path in PATHS.items() if exercise_labels(read(path))]
SOLUTION = re.compile(r"^[`:]{3,}\{solution-start\} (\S+)\n(.*?)\{solution-end\}", re.MULTILINE | re.DOTALL)


@cache
def chapter(name):
    """Return all that the tests ask of a chapter: as published, for students, its questions and their answers."""
    published = read(PATHS[name])
    checks = read_checks(name, exercise_labels(published))
    answers = {label: {q["name"]: sealed(label, q) for q in asked} for label, asked in checks.items() if asked}
    student = student_notebook(published, name, checks)
    return SimpleNamespace(published=published, student=student, checks=checks, answers=answers)


def solutions(notebook):
    """Return label to the solution's code cells and its prose, found in the file as it is written."""
    marked = [
        f"<code {number}>" if cell.cell_type == "code" else cell.source for number, cell in enumerate(notebook.cells)
    ]
    found = {}
    for label, text in SOLUTION.findall("\n".join(marked)):
        code = [notebook.cells[int(number)] for number in re.findall(r"<code (\d+)>", text)]
        found[label] = SimpleNamespace(code=code, prose=re.sub(r"<code \d+>|^[`:].*", "", text, flags=re.MULTILINE))
    return found


def sentences(text):
    """Sentences of at least five words, in letters and figures only, so that markup does not matter."""
    words = (re.findall(r"\w+", sentence) for sentence in re.split(r"(?<=[.?!:;])\s|\n", text))
    return {" ".join(sentence).casefold() for sentence in words if len(sentence) >= 5}


@pytest.fixture
def classroom(tmp_path, monkeypatch):
    """Return a function that writes answers.json into the working directory, which is an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda answers: (tmp_path / "answers.json").write_text(json.dumps(answers), "utf-8")


# The notebooks as files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_solution_and_no_output_survives(name):
    it = chapter(name)
    nbformat.validate(it.student)
    text = "\n".join(cell.source for cell in it.student.cells)
    code = [cell for cell in it.student.cells if cell.cell_type == "code"]
    assert [cell for cell in code if cell.outputs or cell.execution_count is not None] == []
    found = solutions(it.published)
    assert list(found) == exercise_labels(it.published)
    kept = sentences(text)
    for label, solution in found.items():
        assert solution.prose.strip(), label
        assert sentences(solution.prose) & kept == set(), label
        assert [cell.source for cell in solution.code if cell.source in text] == [], label


@pytest.mark.parametrize("name", CHAPTERS)
def test_everything_else_is_kept(name):
    """Code that is in no solution is there in its order, and so is every heading."""
    it = chapter(name)
    solved = [cell.source for solution in solutions(it.published).values() for cell in solution.code]
    code = [cell.source for cell in it.published.cells if cell.cell_type == "code"]
    added = re.compile(rf"{WORK}$|from partial_pooling import check\n")
    kept = [cell.source for cell in it.student.cells if cell.cell_type == "code" and not added.match(cell.source)]
    assert kept == [source for source in code if source not in solved]
    headings = {line for cell in it.published.cells for line in cell.source.splitlines() if re.match("##+ ", line)}
    assert headings <= {line for cell in it.student.cells for line in cell.source.splitlines()}


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_exercise_has_a_cell_to_fill_and_its_check(name):
    it = chapter(name)
    ids = {cell.id: cell for cell in it.student.cells}
    for label, questions in it.checks.items():
        assert ids[f"{label}-work"].source == WORK
        if questions:
            for question in questions:
                assert re.search(rf"\b{question['name']}=\.\.\.", ids[f"{label}-check"].source)
        else:
            assert ids[f"{label}-words"].source == WORDS


@pytest.mark.parametrize("name", PATHS)
def test_markdown_is_plain(name):
    """Nothing is left that JupyterLab would show as it is written, and links lead to notebooks of the folder."""
    for cell in plain_notebook(read(PATHS[name]), name).cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"^[>\s]*(?:`{3,}|:{3,})\{|\{[a-z:]+\}`|^\([\w-]+\)=", cell.source, re.MULTILINE)
            linked = re.findall(r"\]\((?![a-z]+:)([^)#]+)", re.sub(r"`[^`]*`", "", cell.source))
            assert {page.removesuffix(".ipynb") for page in linked} <= set(PATHS)


def test_a_plain_notebook_keeps_solutions_and_outputs():
    published = read(PATHS["pooling"])
    plain = plain_notebook(published, "pooling")
    before, after = ([c for c in n.cells if c.cell_type == "code"] for n in (published, plain))
    assert [(c.source, len(c.outputs)) for c in before] == [(c.source, len(c.outputs)) for c in after]
    folded = [cell.source for cell in plain.cells if cell.metadata.get("jp-MarkdownHeadingCollapsed")]
    assert folded == [f"##### Solution of exercise 2.{n}" for n, _ in enumerate(exercise_labels(published), 1)]


def test_the_folder_holds_all_that_a_student_needs(tmp_path, monkeypatch):
    monkeypatch.setattr(student, "build_wheel", lambda folder: wheel_without_contents(folder))
    archive = student.write_student_folder(tmp_path / "student")
    files = {path.name for path in (tmp_path / "student").iterdir()}
    assert files == {*(f"{name}.ipynb" for name in PATHS), "answers.json", "partial_pooling-0.1.0-py3-none-any.whl"}
    assert {Path(name).name for name in ZipFile(archive).namelist()} == files
    asked = json.loads((tmp_path / "student" / "answers.json").read_text("utf-8"))
    checked = {
        cell.id.removesuffix("-check")
        for name in CHAPTERS
        for cell in read(tmp_path / "student" / f"{name}.ipynb").cells
        if cell.source.startswith("from partial_pooling import check\n")
    }
    assert checked == set(asked)
    assert {key for asks in asked.values() for one in asks.values() for key in one} == {
        *("ask", "hint", "kind", "decimals", "right", "wrong"),
    }


def wheel_without_contents(folder):
    wheel = folder / "partial_pooling-0.1.0-py3-none-any.whl"
    wheel.touch()
    return wheel


@pytest.mark.parametrize("source", ["```{mermaid}\n```", "{keyboard}`Enter`", "{numref}`fig-none`", "[a](none.ipynb)"])
def test_unknown_myst_is_named(source):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(source)])
    with pytest.raises(ValueError, match=r"mermaid|keyboard|fig-none|none\.ipynb"):
        plain_notebook(notebook, "pooling")


# What the check cells say ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHAPTERS)
def test_typed_answers_are_accepted_and_known_mistakes_rejected(name, classroom, capsys):
    it = chapter(name)
    classroom(it.answers)
    for label, questions in it.checks.items():
        for question in questions:
            for value, reply in [
                (question["value"], "right."),
                (..., f"no answer yet. {question['ask']}"),
                *((wrong["value"], f"not yet. {wrong['because']}") for wrong in question["wrong"]),
            ]:
                check(label, **{question["name"]: value})
                assert f"{question['name']}: {reply}\n" in capsys.readouterr().out, label


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_word_to_the_student_holds_the_answer(name):
    """Numbers with decimals are not all printed in the question, the hint, or what is said of one mistake."""
    for label, questions in chapter(name).checks.items():
        for question in questions:
            values = [value for value in elements(question["value"]) if isinstance(value, float)]
            if not (values and question.get("decimals")):
                continue
            printed = {f"{abs(value):.{question['decimals']}f}" for value in values}
            said = [question["ask"], question["hint"], *(wrong["because"] for wrong in question["wrong"])]
            assert [text for text in said if printed <= set(re.findall(r"\d+\.\d+", text))] == [], label


# With the exercises left empty -----------------------------------------------------------------------------------

# Up to the exercises a student notebook is the chapter (see above), which is run from top to bottom when its cells are
# tested, and so are its answers, after each published solution (gate/answers.py). What is left: check cells without
# an answer, and code after an exercise, which must not need its solution.


@pytest.mark.parametrize("name", CHAPTERS)
def test_empty_check_cells_say_so(name, classroom, capsys):
    it = chapter(name)
    classroom(it.answers)
    ids = {cell.id: cell for cell in it.student.cells}
    for label, questions in it.checks.items():
        if questions:
            exec(ids[f"{label}-check"].source, {})
            expected = [f"{question['name']}: no answer yet. {question['ask']}\n" for question in questions]
            assert capsys.readouterr().out == "".join(expected)


def names_of(source, context):
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]
    return {node.id for node in nodes if isinstance(node.ctx, context)}


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_cell_needs_what_only_a_solution_makes(name):
    """Whatever stands after an exercise runs although the exercise was left empty."""
    made, of_solutions = set(), set()
    for cell in mark_solutions(read(PATHS[name])).cells:
        if cell.cell_type == "code":
            (of_solutions if "solution" in cell.metadata else made).update(names_of(cell.source, ast.Store))
            if "solution" not in cell.metadata:
                assert names_of(cell.source, ast.Load) & of_solutions - made == set(), cell.id


def test_a_student_notebook_runs_from_top_to_bottom(classroom):
    it = chapter("engine")  # it does not sample, so it is quick
    classroom(it.answers)
    executed = NotebookClient(deepcopy(it.student), timeout=900, record_timing=False).execute()
    printed = {cell.id: cell.outputs[0].text for cell in executed.cells if cell.id in checks_of(it)}
    assert set(printed) == checks_of(it)
    assert all("no answer yet" in line for text in printed.values() for line in text.splitlines())


def checks_of(it):
    return {f"{label}-check" for label in it.answers}


# What check takes ------------------------------------------------------------------------------------------------

ENTRY = {"ask": "?", "hint": "Think.", "wrong": [], "solution": ""}


@pytest.fixture
def ask(classroom, capsys):
    """Return a function that asks one question of the typed value and returns the reply to an answer."""

    def reply(answer, value, **settings):
        entry = ENTRY | {"name": "it", "value": value} | settings
        classroom({"a-b": {"it": sealed("a-b", entry)}})
        check("a-b", it=answer)
        return capsys.readouterr().out.removeprefix("it: ").rstrip()

    return reply


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        (0.5, True),
        (0.4951, True),
        (np.float32(0.51), True),
        (0.514, True),
        (0.516, False),
        (0.48, False),
        (-0.5, False),
    ],
)
def test_a_number_is_compared_after_rounding_within_one_unit(ask, answer, right):
    assert (ask(answer, 0.50, decimals=2) == "right.") is right


def test_a_sampled_number_has_three_units(ask):
    assert ask(0.53, 0.50, decimals=2, sampled=True) == "right."
    assert ask(0.54, 0.50, decimals=2, sampled=True) == "not yet. Think."


def test_a_count_has_no_tolerance(ask):
    assert [ask(stores, 7) for stores in (6, 7, np.int64(7), 8)] == [
        "not yet. Think.",
        "right.",
        "right.",
        "not yet. Think.",
    ]
    assert ask(8, 7, sampled=True) == "right."


@pytest.mark.parametrize(
    "table",
    [
        [[1.0, 2.0], [3.0, 4.0]],
        (1, 2, 3, 4),
        np.array([[1, 2], [3, 4]]),
        pd.Series([1.0, 2.0, 3.0, 4.0], index=list("abcd")),
        pd.DataFrame({"a": [1.0, 3.0], "b": [2.0, 4.0]}),
    ],
    ids=["lists", "tuple", "array", "Series", "DataFrame"],
)
def test_a_table_is_read_row_by_row(ask, table):
    assert ask(table, [1.0, 2.0, 3.0, 4.0], decimals=1) == "right."
    assert ask(table, [1.0, 3.0, 2.0, 4.0], decimals=1) == "not yet. 2 of 4 are right. Think."


def test_a_wrong_shape_or_kind_is_said(ask):
    assert ask([1.0, 2.0], [1.0, 2.0, 3.0], decimals=1) == "not yet. 3 values are asked for, and you gave 2."
    assert ask([1.0], 1.0, decimals=1) == "right."
    assert ask("0.5", 0.5, decimals=1) == "not yet. A number is asked for, and '0.5' is a text."
    assert ask(True, 1) == "not yet. A number is asked for, and True is a truth value."
    assert ask(np.nan, 1) == "not yet. A number is missing or infinite."


def test_texts_and_truth_values(ask):
    assert ask("  Luck ", "luck") == "right."
    assert ask("law", "luck", wrong=[{"value": "LAW", "because": "No."}]) == "not yet. No."
    assert ask(np.True_, True) == "right."
    assert ask(False, True) == "not yet. Think."
    assert ask(["A1", "r1"], ["a1", "R1"]) == "right."


def test_a_known_mistake_may_be_of_another_length(ask):
    """Where the question is which of several, the right number of them would tell half."""
    wrong = [{"value": [3], "because": "There are more."}]
    assert ask([3], [2, 3], wrong=wrong) == ask(3, [2, 3], wrong=wrong) == "not yet. There are more."


def test_dots_anywhere_are_no_answer_yet(ask):
    assert ask(..., 1) == ask([1, ...], [1, 2]) == "no answer yet. ?"


def test_known_mistakes_that_lie_close_are_told_apart(ask):
    wrong = [{"value": 0.99, "because": "First."}, {"value": 1.00, "because": "Second."}]
    assert [ask(answer, 0.5, decimals=2, wrong=wrong) for answer in (0.99, 1.0)] == [
        "not yet. First.",
        "not yet. Second.",
    ]


def test_equal_answers_have_unequal_hashes():
    """An answer found once, in one question or place, tells nothing of another."""
    entries = [ENTRY | {"name": name, "value": [7, 7]} for name in ("it", "other")]
    hashes = [one for entry in entries for label in ("a-b", "a-c") for (one,) in sealed(label, entry)["right"]]
    assert len(set(hashes)) == len(hashes) == 8


def test_what_is_missing_or_unknown_is_named(classroom, tmp_path):
    with pytest.raises(FileNotFoundError, match=rf"no answers\.json in {tmp_path}.*keep it beside the notebook"):
        check("a-b", it=1)
    classroom({"a-b": {"it": sealed("a-b", ENTRY | {"name": "it", "value": 1})}})
    with pytest.raises(ValueError, match="no exercise 'a-c' with something to check; there are a-b"):
        check("a-c", it=1)
    with pytest.raises(ValueError, match="a-b does not ask for that; it asks for it"):
        check("a-b", that=1)
    with pytest.raises(ValueError, match="it holds a dict; give a number"):
        check("a-b", it={"a": 1})


# What the authors' files may hold --------------------------------------------------------------------------------

GOOD = {
    "name": "it", "ask": "?", "solution": "x", "value": 0.5, "decimals": 1, "hint": "Think.",
    "wrong": [{"value": value, "because": "No."} for value in (1.0, 2.0, 3.0)],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"hint": None}, "hint is missing"),
        ({"tolerance": 2}, "tolerance means nothing here"),
        ({"name": "the number"}, "must serve as a keyword"),
        ({"wrong": GOOD["wrong"][:2]}, "2 wrong answers, at least 3"),
        ({"wrong": [*GOOD["wrong"], {"value": 0.6, "because": ""}]}, "0.6 is within tolerance of the right one"),
        ({"wrong": [*GOOD["wrong"], {"value": 2.0, "because": ""}]}, "2.0 is taken for an earlier one"),
        ({"wrong": [*GOOD["wrong"], {"value": "no", "because": ""}]}, "no is of another kind"),
    ],
)
def test_faults_of_an_entry_are_named(tmp_path, change, fault):
    entry = {key: value for key, value in (GOOD | change).items() if value is not None}
    (tmp_path / "a.yml").write_text(json.dumps({"a-b": [entry]}), "utf-8")  # JSON is YAML
    with pytest.raises(ChecksError, match=f"a.yml: a-b, .*{re.escape(fault)}"):
        read_checks("a", ["a-b"], tmp_path)


def test_every_exercise_must_have_an_entry(tmp_path):
    with pytest.raises(ChecksError, match=r"a\.yml is missing"):
        read_checks("a", ["a-b"], tmp_path)
    (tmp_path / "a.yml").write_text(json.dumps({"a-b": "In words.", "a-d": [GOOD]}), "utf-8")
    with pytest.raises(ChecksError, match=r"(?s)exercise a-c has no entry.*there is no exercise a-d"):
        read_checks("a", ["a-b", "a-c"], tmp_path)
    assert read_checks("a", ["a-b", "a-d"], tmp_path) == {"a-b": [], "a-d": [GOOD]}
