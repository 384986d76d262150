"""Numbers in sentences: each must be found in an output, or in the code, of the same notebook."""

import re

from bookmaking.printed_numbers import PER_CENT, is_supported, split

from .notebook import code_cells, place, read
from .outputs import flatten

# What is no sentence: mathematics, code spans and role targets, fences and option lines of directives, labels,
# addresses, tags. Directives keep their content, which is prose.
NOT_PROSE = re.compile(
    r"^[`:~]{3,}(?:\{[\w:-]+\})?"
    r"|^:[\w-]+:.*?$|^\(\S+\)=$"
    r"|\$\$.*?\$\$|(?<!\\)\$(?!\s)[^$\n]*?(?<![\s\\])\$"
    r"|`+[^`]+`+|\]\([^)]*\)|<[^<>]+>|https?://\S+",
    re.DOTALL | re.MULTILINE,
)
LABEL = re.compile(
    r"(?:chapter|section|figure|table|equation|exercise|page|part|week|store|county)s?\s*$", re.IGNORECASE
)
YEARS = range(1800, 2100)


FENCE = re.compile(r"(?P<fence>`{3,}|~{3,}|:{3,})(?P<directive>\{[\w:-]+\})?(?P<rest>.*)")


def without_code(text):
    """Blank out fenced code and mathematics, which only the fences from the top on tell from a directive's content."""
    kept, open_fences, code = [], [], None
    for line in text.split("\n"):
        fence = FENCE.fullmatch(line.rstrip())
        if code:
            code = None if fence and line.rstrip() == code else code
            line = ""
        elif fence and not fence["directive"] and not fence["rest"] and fence["fence"] in open_fences:
            del open_fences[open_fences.index(fence["fence"]) :]
        elif fence and fence["directive"] and not fence["directive"].startswith(("{math", "{code")):
            open_fences.append(fence["fence"])
        elif fence and not line.startswith(":"):
            code, line = fence["fence"], ""
        kept.append(line)
    return "\n".join(kept)


def claims(text):
    """The numbers that a piece of prose claims.

    Parameters
    ----------
    text : str
        Markdown.

    Returns
    -------
    list of (Number, bool)
        Every decimal number, and every integer above 20 that is neither a year nor a label, outside code, mathematics,
        lines with a citation and the line of the routes; and whether it is a percentage.
    """
    held_elsewhere = re.compile(r"^.*\{cite[^\n]*$|^\*An afternoon:\*[^\n]*$", re.MULTILINE)  # minutes: gate/routes.py
    text = NOT_PROSE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), held_elsewhere.sub("", without_code(text)))
    found = []
    for number in split(text)[0]:
        before, after = text[: number.start], text[number.start + len(number.text) :]
        year = number.text.isdigit() and len(number.text) == 4 and int(number.text) in YEARS
        small = number.is_integer and abs(number.value) <= 20
        if not (small or year or LABEL.search(before)):
            found.append((number, bool(PER_CENT.match(after))))
    return found


def evidence(notebook):
    """Every number in an output or in the code of a notebook."""
    texts = []
    for _, cell in code_cells(notebook):
        texts.append(re.sub(r"(?<=\d)_(?=\d)", "", cell.source))
        texts += [re.sub(r"<[^<>]*>", " ", text) for kind, text in flatten(cell.outputs) if kind != "image/png"]
    return [number for text in texts for number in split(text)[0]]


def sentences(cell):
    """The prose of a cell: its markdown, or a figure's caption and alternative text."""
    if cell.cell_type == "markdown":
        return cell.source
    shown = cell.metadata.get("mystnb", {})
    return "\n".join((shown.get("figure", {}).get("caption", ""), shown.get("image", {}).get("alt", "")))


def prose_findings(path):
    """Every number in the prose of a notebook that nothing on the page supports, one sentence for each.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    list of str
    """
    notebook = read(path)
    known = evidence(notebook)
    found = []
    for position, cell in enumerate(notebook.cells, 1):
        for number, per_cent in claims(sentences(cell)):
            if not is_supported(number, per_cent, known):
                found.append(
                    f"{place(path, position, cell)}: {number.text} is in no output and no code of this notebook."
                )
    return found
