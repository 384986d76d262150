"""Pictures and numbers of the chapters shown elsewhere, on the landing page, on slides, without copying them.

``{chapter-figure} fig-pooling-shrinkage`` shows the stored figure of the cell that has this name in its metadata.
``{number}`−2.08 <pooling-60>` `` prints −2.08, and is an error unless the stored outputs of cell pooling-60 say so.
"""

import base64
import os
import re
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType, SimpleNamespace

import nbformat
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.util.docutils import ReferenceRole, SphinxDirective

from bookmaking.printed_numbers import PER_CENT, is_supported, split


class UnknownOutputError(LookupError):
    """What a page asks for and no chapter holds, in a sentence that names what comes near."""

    def __init__(self, kind, name, names):
        near = get_close_matches(name, names, n=4, cutoff=0.4) or sorted(names)
        super().__init__(f"There is no {kind} {name!r}. Near it: {', '.join(near) or 'none at all'}.")


@cache
def chapter(path, changed):
    """Read a notebook once for each time it was changed."""
    return nbformat.read(path, as_version=4)


def chapters(folder):
    """Return path to notebook, for every chapter in a folder."""
    return {path: chapter(path, path.stat().st_mtime_ns) for path in sorted(Path(folder).glob("*.ipynb"))}


def find_figure(folder, name):
    """Find the stored figure of a chapter.

    Parameters
    ----------
    folder : path_like
        Where the notebooks lie.
    name : str
        The cell's ``mystnb.figure.name``.

    Returns
    -------
    types.SimpleNamespace
        ``path`` and ``title`` of the chapter, ``png`` (bytes), ``alt`` and ``caption``.

    Raises
    ------
    UnknownOutputError
        With names that come near.
    """
    found = {}
    for path, notebook in chapters(folder).items():
        title = re.search(r"^# (.+)$", notebook.cells[0].source, re.MULTILINE)
        for cell in notebook.cells:
            shown = cell.metadata.get("mystnb", {})
            pictures = [o.data["image/png"] for o in cell.get("outputs", []) if "image/png" in o.get("data", {})]
            if pictures and "figure" in shown:
                found[shown["figure"].get("name")] = SimpleNamespace(
                    path=path,
                    title=title[1] if title else path.stem,
                    png=base64.b64decode(pictures[0]),
                    alt=shown.get("image", {}).get("alt", ""),
                    caption=shown["figure"].get("caption", ""),
                )
    if name not in found:
        raise UnknownOutputError("figure", name, found)
    return found[name]


def find_texts(folder, cell_id):
    """Find what a cell of a chapter printed.

    Parameters
    ----------
    folder : path_like
        Where the notebooks lie.
    cell_id : str
        As in ``random-intercepts-117``, which is a cell of ``random_intercepts.ipynb``.

    Returns
    -------
    path : pathlib.Path
        The chapter.
    texts : list of str
        Each stored output as text, a table without its tags.

    Raises
    ------
    UnknownOutputError
        If there is no such chapter, or no such cell with outputs in it.
    """
    path = Path(folder, f"{cell_id.rpartition('-')[0].replace('-', '_')}.ipynb")
    known = chapters(folder)
    if path not in known:
        raise UnknownOutputError("chapter", path.stem, [other.stem for other in known])
    cells = {cell.id: cell for cell in known[path].cells if cell.get("outputs")}
    if cell_id not in cells:
        raise UnknownOutputError("cell with outputs", cell_id, cells)
    outputs = cells[cell_id].outputs
    printed = [text for o in outputs for kind, text in o.get("data", {}).items() if kind.startswith("text/")]
    streams = [o.text for o in outputs if o.output_type == "stream"]
    return path, [re.sub(r"<[^<>]*>", " ", text) for text in printed + streams]


def unsupported(text, evidence):
    """Name the numbers of a text that no printed number rounds to; a percentage may be printed as a share."""
    known = [number for printed in evidence for number in split(printed)[0]]
    missing = []
    for number in split(text)[0]:
        per_cent = bool(PER_CENT.match(text, number.start + len(number.text)))
        if not is_supported(number, per_cent, known):
            missing.append(number.text)
    return missing


def is_here(env, path):
    """Name the page of a chapter, or None where the chapters are no pages of this project, as on slides."""
    page = env.path2doc(str(path))
    return page if page in env.found_docs else None


class unnumbered_figure(nodes.figure):  # noqa: N801
    """A figure that Sphinx does not number: its number is the one that it has in its chapter."""


class ChapterFigure(SphinxDirective):
    """Show the stored figure of a chapter, with its alternative text and a link to where it comes from."""

    required_arguments = 1
    has_content = True
    option_spec = MappingProxyType(
        {"caption": directives.unchanged, "width": directives.length_or_percentage_or_unitless}
    )

    def run(self):
        (name,) = self.arguments
        folder = Path(self.env.srcdir, self.config.chapters_folder)
        try:
            figure = find_figure(folder, name)
        except UnknownOutputError as error:
            raise self.error(str(error)) from None
        self.env.note_dependency(figure.path)

        kept = Path(self.env.doctreedir, "chapter_figures", f"{name}.png")  # Sphinx copies pictures that are files
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(figure.png)
        address = Path(os.path.relpath(kept, Path(self.env.doc2path(self.env.docname)).parent)).as_posix()
        image = nodes.image(uri=address, alt=figure.alt)
        if "width" in self.options:
            image["width"] = self.options["width"]

        text = self.options.get("caption") or " ".join(self.content) or figure.caption
        words, messages = self.parse_inline(text)
        caption = nodes.caption(text, "", *words, nodes.Text(" "), self.source_link(name, figure))
        # the class by which the stylesheet knows the chapters' figures
        return [nodes.container("", unnumbered_figure("", image, caption), classes=["cell_output"]), *messages]

    def source_link(self, name, figure):
        """Link to the figure in its chapter, in this project or at ``chapters_address``."""
        words = nodes.inline("", figure.title, classes=["chapter-figure-source"])
        if is_here(self.env, figure.path):
            link = addnodes.pending_xref(
                "", words, refdomain="std", reftype="ref", reftarget=name, refexplicit=True, refwarn=True
            )
            link["refdoc"] = self.env.docname
            return link
        if self.config.chapters_address:
            return nodes.reference(
                "", "", words, refuri=f"{self.config.chapters_address}/{figure.path.stem}.html#{name}"
            )
        return words


class ChapterNumber(ReferenceRole):
    """Print a number, or a few words with numbers, that the stored outputs of a cell must support."""

    def run(self):
        try:
            self.check()
        except (LookupError, ValueError) as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        return [nodes.inline(self.rawtext, self.title, classes=["number"])], []

    def check(self):
        """Raise an error unless the cell named prints every number."""
        if not self.has_explicit_title:
            raise ValueError(f"{self.rawtext} names no cell: write it as {{number}}`−2.08 <pooling-60>`.")
        if not split(self.title)[0]:
            raise ValueError(f"{self.rawtext} holds no number.")
        path, texts = find_texts(Path(self.env.srcdir, self.config.chapters_folder), self.target)
        self.env.note_dependency(path)
        if missing := unsupported(self.title, texts):
            raise ValueError(f"Cell {self.target} does not print {' and '.join(missing)}, but:\n{texts[0]}")


def setup(app):
    app.add_config_value("chapters_folder", "chapters", "env", str)  # from the folder of conf.py or _config.yml
    app.add_config_value("chapters_address", "", "env", str)  # of the built chapters, if another project builds them
    app.add_directive("chapter-figure", ChapterFigure)
    app.add_role("number", ChapterNumber())
