"""Compare all outputs of one cell, stored and new."""

from . import figures
from .notebook import tolerance
from .numbers import Change, compare, split


def flatten(outputs):
    """One pair (kind, content) for each thing that the cell shows, plain text before what is richer.

    The kinds of one output are sorted, because a stored notebook sorts them and a kernel does not.
    """
    shown = []
    for output in outputs:
        if output.output_type == "stream":
            shown.append((output.name, output.text))
        elif output.output_type == "error":
            shown.append(("error", f"{output.ename}: {output.evalue}"))
        else:
            shown += sorted(output.data.items(), key=lambda item: (item[0] != "text/plain", item[0]))
    return shown


def compare_outputs(cell, new_outputs, save_as):
    """Compare a cell's stored outputs with those of a fresh run.

    Parameters
    ----------
    cell : nbformat.NotebookNode
        The stored code cell; its tags choose the tolerance.
    new_outputs : list of nbformat.NotebookNode
    save_as : pathlib.Path
        Start of the file names under which figures that differ are kept.

    Returns
    -------
    list of Change
    """
    stored, new = flatten(cell.outputs), flatten(new_outputs)
    kinds, new_kinds = ([kind for kind, _ in shown] for shown in (stored, new))
    if kinds != new_kinds:
        return [Change("the cell has other outputs than a fresh run gives", _listed(stored), _listed(new), True)]
    rule, changes, told = tolerance(cell), [], set()
    for index, ((kind, old), (_, now)) in enumerate(zip(stored, new, strict=True)):
        if kind == "image/png":
            difference = figures.compare(old, now, rule, save_as.with_name(f"{save_as.name}-output-{index}"))
            changes += [Change(f"the figure differs: {difference}", "", "", True)] if difference else []
        else:
            found = compare(old, now, rule, html=kind == "text/html")
            changes += [change._replace(what=f"{kind}: {change.what}") for change in found if change.what not in told]
            told |= {change.what for change in found}  # a table's HTML repeats what its plain text said
    return changes


def _listed(shown):
    """The kinds of output, and how each text begins."""
    return "; ".join(kind if kind == "image/png" else f"{kind}: {text.strip()[:80]}" for kind, text in shown) or "none"


def counts(cells):
    """How many cells, numbers and figures are compared in some code cells.

    A table counts once, in the form that the reader sees, although its plain text is compared as well.
    """
    numbers = pictures = 0
    for output in (output for cell in cells for output in cell.outputs):
        shown = dict(flatten([output]))
        pictures += "image/png" in shown
        if "text/html" in shown:
            shown.pop("text/plain", None)
        numbers += sum(len(split(text, kind == "text/html")[0]) for kind, text in shown.items() if kind != "image/png")
    return {"cells": len(cells), "numbers": numbers, "figures": pictures}
