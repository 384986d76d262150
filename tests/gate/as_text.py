"""``python -m gate.as_text NOTEBOOK``: the cells and what they print, as git shows it in a diff (see README.md)."""

import sys

from .notebook import read
from .outputs import flatten


def as_text(notebook):
    """Each cell under its id and kind; below the code what it printed, pictures by their kind only."""
    lines = []
    for cell in notebook.cells:
        lines += [f"=== {cell.id} ({cell.cell_type})", cell.source]
        for kind, content in flatten(cell.get("outputs", [])):
            lines += [f"--- {kind}", *([] if kind in {"image/png", "text/html"} else [content.rstrip()])]
    return "\n".join(lines)


if __name__ == "__main__":
    print(as_text(read(sys.argv[1])))
