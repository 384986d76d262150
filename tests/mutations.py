"""Faults to put into a notebook, each of which the gate must find.

A mutation takes a notebook as it is stored, damages it, and returns the position of the damaged cell, counted from 1,
and what the failure must say.
"""

import base64
import io
import re

import numpy as np
from nbformat.v4 import new_output
from PIL import Image

from gate.notebook import code_cells, tags
from gate.outputs import flatten
from gate.prose import claims

DECIMAL = re.compile(r"(?<![\w.])-?\d+\.\d+")


def change_a_digit(notebook):
    """Raise the last digit of a decimal number in a text output beyond the tolerance."""
    position, text, write = _first_text(notebook, lambda text: DECIMAL.search(text))
    number = DECIMAL.search(text)
    digit = (int(number[0][-1]) + 5) % 10
    changed = f"{number[0][:-1]}{digit}"
    write(text[: number.start()] + changed + text[number.end() :])
    return position, f"{changed} became {number[0]}: 5 in the last printed digit, 1 allowed"


def flip_a_sign(notebook):
    """Turn a decimal number in a text output into its negative."""
    position, text, write = _first_text(notebook, lambda text: DECIMAL.search(text))
    number = DECIMAL.search(text)
    changed = number[0][1:] if number[0].startswith("-") else f"-{number[0]}"
    write(text[: number.start()] + changed + text[number.end() :])
    return position, f"{changed} became {number[0]}"


def swap_two_columns(notebook):
    """Exchange the first two columns of numbers in an HTML table, headings left as they are."""
    two_cells = re.compile(r"(<td>)(.*?)(</td>\s*<td>)(.*?)(</td>)")
    position, text, write = _first_text(notebook, lambda text: any(m[2] != m[4] for m in two_cells.finditer(text)))
    write(re.sub(r"<tr.*?</tr>", lambda row: two_cells.sub(r"\1\4\3\2\5", row[0], count=1), text, flags=re.DOTALL))
    return position, "text/html"


def move_a_point(notebook):
    """Cut a small square out of a stored figure where it is most colourful, and put it elsewhere."""
    position, data = next(
        (position, output.data)
        for position, cell in code_cells(notebook)
        if not tags(cell) & {"sampled", "timed"}
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    )
    pixels = np.array(Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).convert("RGB"))
    colour = np.ptp(pixels.astype(int), axis=2)[8:-8, 8:-60]
    row, column = (place + 8 for place in np.unravel_index(colour.argmax(), colour.shape))
    point = pixels[row - 4 : row + 5, column - 4 : column + 5].copy()
    pixels[row - 4 : row + 5, column - 4 : column + 5] = pixels[0, 0]
    pixels[row - 4 : row + 5, column + 36 : column + 45] = point
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    data["image/png"] = base64.b64encode(stream.getvalue()).decode()
    return position, "pixels differ"


def forget_to_run(notebook):
    """Leave a cell as an editor does that never ran it."""
    position, cell = _cell_with_output(notebook)
    cell.execution_count, cell.outputs = None, []
    return position, "the cell was never run"


def delete_an_output(notebook):
    """Clear one cell's output and leave its execution count."""
    position, cell = _cell_with_output(notebook)
    cell.outputs = []
    return position, "the cell has other outputs than a fresh run gives"


def store_a_warning(notebook):
    """Store a cell that warned when it ran."""
    position, cell = _cell_with_output(notebook)
    cell.outputs.insert(0, new_output("stream", name="stderr", text="UserWarning: late\n"))
    return position, "the cell writes to stderr: UserWarning: late"


def misquote_a_number(notebook):
    """Change a number in a sentence."""
    for position, cell in enumerate(notebook.cells, 1):
        for number, _ in claims(cell.source) if cell.cell_type == "markdown" else ():
            changed = number.text + "7"
            cell.source = cell.source.replace(number.text, changed, 1)
            return position, f"{changed} is in no output and no code of this notebook"
    raise LookupError("no sentence of this notebook holds a number")


MUTATIONS = [
    change_a_digit,
    flip_a_sign,
    swap_two_columns,
    move_a_point,
    forget_to_run,
    delete_an_output,
    store_a_warning,
    misquote_a_number,
]


def _cell_with_output(notebook):
    return next((position, cell) for position, cell in code_cells(notebook) if cell.outputs)


def _first_text(notebook, holds):
    """Where the first text is for which `holds` is true in a cell of the narrow tolerance, and how to replace it."""
    for position, cell in code_cells(notebook):
        for output in cell.outputs if not tags(cell) & {"sampled", "timed"} else ():
            for kind, text in flatten([output]):
                if kind != "image/png" and holds(text):
                    where, key = (output, "text") if output.output_type == "stream" else (output.data, kind)
                    return position, text, lambda changed, where=where, key=key: where.update({key: changed})
    raise LookupError("this notebook has no such output")
