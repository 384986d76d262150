"""``python -m gate.refresh [chapter ...]``: run chapters again and store what changed.

A cell tagged ``sampled`` or ``timed``, and a figure, keeps what is stored while the new version is within the gate's
tolerance, so that a refresh on another machine changes nothing. Everything else is stored as it was printed.
What a run records about itself (times, versions, picture metadata, tracebacks of installed files) is not kept.
"""

import base64
import io
import subprocess
import sys
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

from .generated_pages import write
from .notebook import (
    CHAPTERS,
    chapter_paths,
    code_cells,
    digests,
    file_name,
    kept_figures,
    place,
    prepare_environment,
    read,
    tolerance,
)
from .outputs import compare_outputs
from .prose import prose_findings
from .report import describe
from .structure import structure_findings

CELL_NOISE = ("execution", "collapsed", "ExecuteTime", "scrolled")
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}


def refresh(path):
    """Execute one notebook and write it back if anything changed.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    list of str
        What changed, cell by cell, as it is told to the author.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell that is not tagged ``raises-exception`` raises; the file is then left as it was.
    """
    stored, fresh = read(path), read(path)
    fresh.metadata["kernelspec"] = KERNELSPEC
    NotebookClient(fresh, record_timing=False, resources={"metadata": {"path": str(path.parent)}}).execute(
        stderr=subprocess.DEVNULL  # the kernel's own messages; what a cell writes to stderr is an output
    )
    _tidy(fresh)
    told = []
    for (number, old), (_, new) in zip(code_cells(stored), code_cells(fresh), strict=True):
        changes = compare_outputs(old, new.outputs, kept_figures(path, number))
        if old.execution_count is not None:
            told += [f"{place(path, number, new)}\n{describe(change)}" for change in changes]
        _keep_what_is_within(old, new, changes)
    text = nbformat.writes(fresh) + "\n"
    if text != path.read_text(encoding="utf-8"):
        path.write_text(text, encoding="utf-8")
    return told


def _keep_what_is_within(old, new, changes):
    """Put the stored outputs back into the new cell where the gate takes the two for the same."""
    if any(change.beyond for change in changes):
        return
    if tolerance(new) != "printed":
        new.outputs = old.outputs
        for output in new.outputs:
            if output.output_type == "execute_result":
                output.execution_count = new.execution_count
    for before, after in zip(old.outputs, new.outputs, strict=True):
        if "image/png" in after.get("data", {}):
            after.data["image/png"] = before.data["image/png"]


def _tidy(notebook):
    """Remove what differs between two runs, machines or stacks without meaning anything."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": KERNELSPEC,
            "language_info": {
                "name": "python",
                "file_extension": ".py",
                "mimetype": "text/x-python",
                "pygments_lexer": "ipython3",
            },
            **{key: notebook.metadata[key] for key in ("myst",) if key in notebook.metadata},  # the page's description
            "gate": {"sources": digests(notebook)},
        }
    )
    for _, cell in code_cells(notebook):
        for key in CELL_NOISE:
            cell.metadata.pop(key, None)
        for output in cell.outputs:
            if output.output_type == "error":
                output.traceback = [f"{output.ename}: {output.evalue}"]
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = _without_metadata(output.data["image/png"])
                output.metadata = nbformat.from_dict({})


def _without_metadata(png):
    """The same pixels without the name and version of the program that drew them."""
    picture, stream = Image.open(io.BytesIO(base64.b64decode(png))), io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    return base64.b64encode(stream.getvalue()).decode()


def main(names, folder=CHAPTERS):
    """Refresh the named chapters, or all, and return the exit code."""
    known = {path.stem: path for path in chapter_paths(folder)}
    unknown = [name for name in names if name not in known]
    if unknown:
        listed = ", ".join(known) or f"none yet in {folder.name}/"
        print(f"No chapter is called {', '.join(unknown)}. Chapters: {listed}.", file=sys.stderr)
        return 2
    prepare_environment()
    failed, seconds = False, {}
    for path in [known[name] for name in names or known]:
        started, before = time.perf_counter(), path.read_bytes()
        print(f"{file_name(path)} ...", flush=True)
        try:
            told = refresh(path)
        except CellExecutionError as error:
            print(f"{file_name(path)} was left as it was: a cell raised.\n{error}", file=sys.stderr)
            failed = True
            continue
        took = time.perf_counter() - started
        if not names or path.read_bytes() != before:
            seconds[path.stem] = took
        for line in [*told, *structure_findings(path), *prose_findings(path)]:
            print(line)
        print(f"{file_name(path)} took {took:.1f} s, {len(told) or 'no'} changes", flush=True)
    if folder == CHAPTERS:
        for name in write(folder, seconds):
            print(f"wrote {folder.name}/{name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
