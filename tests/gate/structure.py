"""What every notebook of the book must have, and must not have."""

import re
from statistics import median

from .notebook import CHAPTERS, SEED, code_cells, file_name, place, read, tags

TAGS = {"sampled", "timed", "raises-exception", "hide-input"}
KINDS = {"text/plain", "text/html", "text/markdown", "text/latex", "image/png"}
MEDIAN_LINES, MOST_LINES, LONGEST = 3, 8, 20
LARGEST = 1_500_000  # bytes

LOOKED_UP = {
    "datasets",
    "formulas",
    "question_bank",
    "your_data",
}  # notebooks that are no chapters, but pages to look things up in

PARTS = {  # what a chapter must contain, and how it is recognised
    "objectives": r"\{admonition\} Objectives",
    "a prediction": r"\{admonition\} Predict first",
    "the lme4 check": r"^## Checked against lme4",
    "questions to check oneself": r"^## Check yourself",
    "exercises to read": r"^### Read",
    "exercises to do": r"^### Do",
    "exercises to explore": r"^### Explore",
    "take-aways": r"\{admonition\} Take-aways",
}


def structure_findings(path):
    """Everything in which a notebook departs from the book's rules, one sentence for each.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    list of str
    """
    notebook = read(path)
    found = [f"{file_name(path)}: {finding}" for finding in _whole(path, notebook)]
    for count, (number, cell) in enumerate(code_cells(notebook), 1):
        found += [f"{place(path, number, cell)}: {finding}" for finding in _code(cell, count)]
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "markdown" and re.search(r"!\[\s*\]\(", cell.source):
            found.append(f"{place(path, number, cell)}: a picture has no alternative text.")
    return found


def _whole(path, notebook):
    """What concerns the notebook as a whole."""
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "the kernel must be python3."
    if path.stat().st_size > LARGEST:
        yield f"{path.stat().st_size / 1e6:.2f} MB, at most {LARGEST / 1e6} are allowed."
    code = [cell for _, cell in code_cells(notebook)]
    if any("sampled" in tags(cell) for cell in code) and not any(SEED.search(cell.source) for cell in code):
        yield "its sampled cells need a literal random_seed that a test with another seed can replace."
    lengths = [len(cell.source.splitlines()) for cell in code if "hide-input" not in tags(cell)]  # what a reader sees
    if lengths and median(lengths) > MEDIAN_LINES:
        yield f"code cells have a median of {median(lengths):g} lines, at most {MEDIAN_LINES} are allowed."
    if sum(length <= MOST_LINES for length in lengths) < 0.9 * len(lengths):
        yield f"fewer than nine in ten code cells keep to {MOST_LINES} lines."
    if path.stem in LOOKED_UP:
        return
    prose = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    yield from (
        f"{part} missing ({pattern})." for part, pattern in PARTS.items() if not re.search(pattern, prose, re.M)
    )
    yield from _questions(prose)
    yield from _exercises(prose)


def _questions(prose):
    """Each question has three options or more, each opens to its explanation, and one of them is right."""
    question = re.compile(r"^(:{4,})\{admonition\} ([^\n]+)\n:class: question\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
    questions = question.findall(prose)
    if len(questions) < 2:
        yield f"{len(questions)} questions to check oneself, at least two are needed."
    for _, title, options in questions:
        explanations = re.findall(r"^:{3,}\{dropdown\} [^\n]+\n+([^\n]+)", options, re.MULTILINE)
        if len(explanations) < 3:
            yield f"the question {title!r} has {len(explanations)} options, at least three are needed."
        if sum(text.startswith("**Right.** ") for text in explanations) != 1:
            yield f"the question {title!r} needs one option whose explanation begins with **Right.**"
        if not all(text.startswith(("**Right.** ", "**No.** ")) for text in explanations):
            yield f"the question {title!r} has an option that says neither **Right.** nor **No.** and why."


def _exercises(prose):
    """Each exercise needs a label, a folded hint and a folded solution."""
    opened = list(re.finditer(r"^[`:]{3,}\{exercise(?:-start)?\}[^\n]*\n((?::[^\n]*\n)*)", prose, re.MULTILINE))
    if len(opened) < 3:
        yield f"{len(opened)} exercises, at least three are needed."
    for index, match in enumerate(opened):
        label = re.search(r"^:label:\s*(\S+)", match[1], re.MULTILINE)
        if not label:
            yield f"exercise {index + 1} has no label."
            continue
        rest = prose[match.end() : opened[index + 1].start() if index + 1 < len(opened) else len(prose)]
        if not re.search(r"\{admonition\} Hint\s*\n(?::[^\n]*\n)*:class:[^\n]*dropdown", rest):
            yield f"exercise {label[1]} has no folded hint."
        solution = rf"\{{solution(?:-start)?\}}\s+{re.escape(label[1])}\s*\n(?::[^\n]*\n)*:class:[^\n]*dropdown"
        if not re.search(solution, prose):
            yield f"exercise {label[1]} has no folded solution."


def _code(cell, count):
    """What concerns one code cell, the `count`-th of its notebook."""
    if cell.execution_count is None:
        yield "the cell was never run."
    elif cell.execution_count != count:
        yield f"the execution count is {cell.execution_count}, in a notebook run from top to bottom it is {count}."
    for tag in sorted(tags(cell) - TAGS):
        yield f"the tag {tag} has no meaning here; known are {', '.join(sorted(TAGS))}."
    if {"sampled", "timed"} <= tags(cell):
        yield "a cell is sampled or timed, not both."
    if re.search(r"#\s*(?:NBVAL_|PYTEST_VALIDATE)", cell.source):
        yield "a comment asks for an exemption from the comparison; there is none."
    if len(cell.source.splitlines()) > LONGEST:
        yield f"{len(cell.source.splitlines())} lines, at most {LONGEST} are allowed."
    figures = 0
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stderr":
            yield f"the cell writes to stderr: {output.text.strip().splitlines()[0]}"
        if output.output_type == "error" and "raises-exception" not in tags(cell):
            yield f"the cell raises {output.ename} and is not tagged raises-exception."
        for kind in sorted(set(output.get("data", {})) - KINDS):
            yield f"an output of kind {kind} cannot be compared."
        figures += "image/png" in output.get("data", {})
    if figures:
        yield from _figure(cell, figures)


def _figure(cell, figures):
    """What concerns a cell that draws."""
    shown = cell.metadata.get("mystnb", {})
    if figures > 1:
        yield f"{figures} figures; one caption serves one figure."
    if "timed" in tags(cell):
        yield "a timed cell draws a figure, which could not be compared."
    for part, key in (("image", "alt"), ("figure", "caption"), ("figure", "name")):
        if not shown.get(part, {}).get(key, "").strip():
            yield f"the figure has no {key} (cell metadata mystnb.{part}.{key})."


def undefined_terms(path, glossary=CHAPTERS / "glossary.md"):
    """Terms that a page uses and the glossary does not define."""
    used = re.findall(r"\{term\}`(?:[^`<]*<)?([^`>]+)>?`", path.read_text(encoding="utf-8"))
    entries = glossary.read_text(encoding="utf-8").split("{glossary}", 1)[-1].split("```", 1)[0].splitlines()
    defined = {line.strip().casefold() for line in entries if line.strip() and not line.startswith((" ", "\t", ":"))}
    return sorted({term for term in used if term.strip().casefold() not in defined})
