"""Minutes to read a chapter, to work through its exercises and to run it."""

import re

from bookmaking.contents import CHAPTERS as NUMBERED

from .markdown_table import markdown
from .notebook import read


def minutes_table(folder, seconds):
    """Minutes to read, to work through and to run each chapter, from the chapters and from the page for teachers."""
    rows = []
    for name in NUMBERED:
        notebook = read(folder / f"{name}.ipynb")
        link = f"[{name.replace('_', ' ')}]({name}.ipynb)"
        rows.append(
            (link, round(minutes_to_read(notebook)), exercises(folder, notebook), -(-seconds.get(name, 0) // 60))
        )
    total = ["all", *(sum(row[column] for row in rows) for column in range(1, 4))]
    return markdown(("chapter", "read", "work", "run"), rows, total)


def title(notebook):
    """The title of a chapter: str."""
    return re.match(r"# (.+)", notebook.cells[0].source)[1]


def exercises(folder, notebook):
    """Minutes for all exercises of a chapter, which the page for teachers states one by one."""
    teaching = (folder / "teaching.md").read_text(encoding="utf-8")
    return sum(minutes for _, minutes in exercise_minutes(teaching, title(notebook)))


def exercise_minutes(teaching, title):
    """Labels and minutes of the exercises that a chapter's section on the page for teachers names."""
    section = re.search(rf"^### {re.escape(title)}\n(.*?)(?=^#{{2,3}} |\Z)", teaching, re.MULTILINE | re.DOTALL)
    named = re.findall(r"\{ref\}`[^`<]*<([\w-]+)>` \((\d+) min\)", section[1] if section else "")
    return [(label, int(minutes)) for label, minutes in named]


def minutes_to_read(notebook):
    """A minute for 180 words, for three outputs and for one figure, without the exercises."""
    reading, words, outputs, figures = True, 0, 0, 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            reading = (reading and not cell.source.startswith("## Exercises")) or "## The answer" in cell.source
            words += reading * len(re.findall(r"[A-Za-z']+", re.sub(r"```\{(?:tab|exercise).*", "", cell.source)))
        elif reading:
            drawn = any("image/png" in output.get("data", {}) for output in cell.outputs)
            figures += drawn
            outputs += bool(cell.outputs) and not drawn
    return words / 180 + outputs / 3 + figures
