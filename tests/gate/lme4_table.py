"""Every comparison with lme4 that the stored chapters show, as one table."""

import re

from bs4 import BeautifulSoup

from .notebook import chapter_paths, code_cells, read

COLUMNS = ("model", "chapter", "fitted by", "log-lik.", "coefficients", "SDs")
CALL = re.compile(r"\b(?:compare|agreement)\((?:[^()]|\([^()]*\))*?[\"'](\w+)[\"']")


def comparison_table(folder):
    """The table as markdown: for each comparison the largest absolute differences that the page prints.

    Parameters
    ----------
    folder : pathlib.Path
        That of the chapters.

    Returns
    -------
    str
        Where a page prints only some rows of a comparison, the others are left empty; of a posterior it says how many
        posterior standard deviations its means lie from lme4's estimates, at most.
    """
    lines = [COLUMNS, ("---", "---", "---", "--:", "--:", "--:")]
    for path in chapter_paths(folder):
        for _, cell in code_cells(read(path)):
            call = CALL.search(cell.source)
            pages = [output.data["text/html"] for output in cell.outputs if "text/html" in output.get("data", {})]
            if call and pages:
                found = _largest(BeautifulSoup(pages[-1], "html.parser"))
                lines += [(call[1].replace("_", " "), path.stem, *differences) for differences in found]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _largest(page):
    """For each program of one output: its name, largest differences in log-likelihood, coefficients and SDs."""
    program, *others = [cell.text for cell in page.select("thead tr:first-child th")][1:]
    rows = {row.th.text: [cell.text for cell in row.select("td")] for row in page.select("tbody tr")}
    if "groups' effects" in rows:  # made by agreement(): a column a program
        for column, name in enumerate([program, *others]):
            values = [row[column] for row in rows.values()]
            yield (name, "", f"predictor {values[-1]}", "") if name == "Bambi" else (name, *values[:3])
        return
    found = {"log-likelihood": [], "coefficient": [], "spread": []}
    for name, values in rows.items():
        spread = name.startswith(("SD ", "correlation "))
        kind = "log-likelihood" if name.startswith("log-likelihood") else "spread" if spread else "coefficient"
        if not name.startswith("largest ") and not name.endswith("standard error"):
            found[kind].append(abs(float(values[-1])))
    shown = "{:.1f} SD" if program == "Bambi, mean" else "{:.4f}"
    yield program.removesuffix(", mean"), *(shown.format(max(values)) if values else "" for values in found.values())
