"""``python -m gate.stale``: say which chapters do not hold the outputs of the code they hold.

Fast, and without a kernel: it compares each code cell with the digest that ``gate.refresh`` stored when it ran.
"""

import sys

from .notebook import chapter_paths, code_cells, digests, file_name, place, read


def stale(path):
    """The sentence that says which cell is stale and what to do, or None."""
    notebook = read(path)
    cells = code_cells(notebook)
    remedy = f"run `make refresh CHAPTER={path.stem}`."
    stored = notebook.metadata.get("gate", {}).get("sources", [])
    for index, ((number, cell), digest) in enumerate(zip(cells, digests(notebook), strict=True)):
        if cell.execution_count != index + 1:
            return f"{place(path, number, cell)} was not run, or not in order: {remedy}"
        if [digest] != stored[index : index + 1]:
            return f"{place(path, number, cell)} was changed after its outputs were stored: {remedy}"
    if len(stored) > len(cells):
        return (
            f"{file_name(path)} had {len(stored)} code cells when its outputs were stored, now {len(cells)}: {remedy}"
        )
    return None


def main():
    """Print a sentence for each stale chapter and return the exit code."""
    sentences = [sentence for path in chapter_paths() if (sentence := stale(path))]
    print(*sentences, sep="\n", file=sys.stderr, end="\n" if sentences else "")
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
