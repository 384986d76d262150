"""Take Markdown cells apart into prose and MyST directives, and notebooks at their solutions."""

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from mdit_py_plugins.colon_fence import colon_fence_plugin

BLOCKS = MarkdownIt("commonmark").disable("inline").use(colon_fence_plugin)


@dataclass
class Directive:
    """One directive: ``{name} title``, its options, its body, and all of it as it was written."""

    name: str
    title: str
    options: dict
    body: str
    source: str


def pieces(text):
    """Prose (str) and directives of a Markdown cell, in order.

    Parameters
    ----------
    text : str

    Yields
    ------
    str or Directive
        Directives within a directive stay in its body.
    """
    lines, done = text.splitlines(), 0
    for token in BLOCKS.parse(text):
        if token.type in {"fence", "colon_fence"} and token.info.strip().startswith("{"):
            if token.level:
                raise ValueError(f"a directive within a list or a quotation: {token.info.strip()}")
            start, done, before = token.map[0], token.map[1], lines[done : token.map[0]]
            yield "\n".join(before)
            yield _directive(token, "\n".join(lines[start:done]))
    yield "\n".join(lines[done:])


def _directive(token, source):
    name, title = re.fullmatch(r"\{(\S+)\}\s*(.*)", token.info.strip()).groups()
    options, body = re.fullmatch(r"((?::[\w-]+:.*\n)*)([\s\S]*)", token.content).groups()
    return Directive(name, title, dict(re.findall(r":([\w-]+): *(.*)", options)), body.strip("\n"), source)


def mark_solutions(notebook):
    """Give every solution cells of its own, which carry its exercise's label.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        A chapter, whose solutions begin and end within Markdown cells.

    Returns
    -------
    nbformat.NotebookNode
        A copy in which ``cell.metadata["solution"]`` holds the label, from the cell with ``solution-start``
        to the one with ``solution-end``.
    """
    marked = notebook.copy()
    marked.cells, label = [], None
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            marked.cells.append(_part(cell, cell.source, label, cell.id))
            continue
        parts = [(label, [])]
        for piece in pieces(cell.source):
            name = getattr(piece, "name", None)
            if name == "solution-start":
                label = piece.title
                parts.append((label, []))
            parts[-1][1].append(getattr(piece, "source", piece))
            if name == "solution-end":
                label = None
                parts.append((label, []))
        texts = [(label, "\n".join(written).strip("\n")) for label, written in parts]
        texts = [(label, text) for label, text in texts if text]
        for number, (of, text) in enumerate(texts):
            marked.cells.append(_part(cell, text, of, f"{cell.id}-{number}" if number else cell.id))
    if label:
        raise ValueError(f"the solution of {label} does not end")
    return marked


def _part(cell, source, label, name):
    part = cell.copy()
    part.update(source=source, id=name, metadata=cell.metadata | ({"solution": label} if label else {}))
    return part
