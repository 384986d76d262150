"""The public functions of the helper package, for a page that says what each is for and where it is introduced."""

import ast

from bookmaking.contents import PAGES

from .notebook import code_cells, read

GROUPS = {
    "Data": ("load", "simulate_stores", "StoresTruth", "grouping", "Grouping"),
    "Fit, with a second opinion": ("checked_fit", "FitError", "lmm", "MixedFit"),
    "Read a fit": ("estimates", "Estimates", "by_group", "deviations"),
    "Hold it against lme4": ("compare", "agreement", "FoldedTable"),
    "Posteriors": ("posterior_table", "sampling_checks"),
    "Units": ("standardise", "Scaling", "unscale", "NotClosedError"),
    "Pooling by hand": ("pool", "restricted_loglik"),
    "Pages and exercises": ("set_up_page", "show_source", "check"),
}
"""What is for what; figures are added at the end."""

HOMES = {
    "MixedFit": "partial_pooling.engine.MixedFit",
    "Estimates": "partial_pooling.estimates.Estimates",
    "FoldedTable": "partial_pooling.folded.FoldedTable",
}
"""What a function of the package returns and the package itself does not export."""


def helpers_page(folder):
    """Headings, docstrings and the chapters that introduce them.

    Parameters
    ----------
    folder : pathlib.Path
        That of the chapters.

    Returns
    -------
    str
        Markdown; Sphinx fills in the docstrings.
    """
    import partial_pooling  # as long as a second, for one table of many
    from partial_pooling import figures

    groups = GROUPS | {"Figures": sorted(figures.__all__)}
    exported = {name for names in groups.values() for name in names} - set(HOMES)
    if exported != set(partial_pooling.__all__):
        raise ValueError(f"GROUPS and the package differ in {', '.join(exported ^ set(partial_pooling.__all__))}")
    first = _first_uses(folder)
    return "\n".join(
        part for title, names in groups.items() for part in [f"## {title}\n", *(_entry(name, first) for name in names)]
    )


def _entry(name, first):
    kind = "autoclass" if name[0].isupper() else "autofunction"
    title, link = first.get(name, (None, None))
    introduced = f"Introduced in [{title}]({link}).\n\n" if link else ""
    docstring = f"```{{eval-rst}}\n.. {kind}:: {HOMES.get(name, f'partial_pooling.{name}')}\n```\n"
    return f"### `{name}`\n\n{introduced}{docstring}"


def _first_uses(folder):
    """Name to the title and the file of the first page, in the order of the contents, whose code uses it."""
    found = {}
    for page in PAGES:
        path = (folder / page.removeprefix("chapters/")).with_suffix(".ipynb")
        if not path.exists():
            continue
        notebook = read(path)
        title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
        for _, cell in code_cells(notebook):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Name):
                    found.setdefault(node.id, (title, path.name))
    return found
