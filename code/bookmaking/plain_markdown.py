"""Chapters as plain notebooks: MyST becomes the Markdown that JupyterLab shows by itself."""

import re
from collections import Counter
from functools import cache

import nbformat
from markdown_it import MarkdownIt
from pybtex.backends.markdown import Backend
from pybtex.database import parse_file
from pybtex.style.formatting.plain import Style

from bookmaking.contents import CHAPTERS, ROOT
from bookmaking.markdown_parts import mark_solutions, pieces

KEPT_TAGS = {"raises-exception"}  # the others mean something to the book's tests only
INVISIBLE = {"exercise-end", "solution-end"}
BARE = {"div", "tab-set"}
BOXES = {"admonition", "attention", "caution", "dropdown", "hint", "important", "note", "seealso", "tip", "warning"}


def plain_notebook(notebook, chapter):
    """Write a chapter for plain JupyterLab, which does not know MyST.

    Boxes become quotations, what is folded becomes ``<details>``, roles become words, exercises and solutions
    become headings (solutions folded), captions a line under their figure. Works cited are listed at the end.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The chapter, which stays as it is.
    chapter : str
        Its name: that of its file in chapters/ without ``.ipynb``.

    Returns
    -------
    nbformat.NotebookNode
        With the outputs of the chapter. Links to other chapters lead to notebooks beside this one.

    Raises
    ------
    ValueError
        If a directive, a role or the target of a reference is not known.
    """
    page = Page(notebook, chapter)
    plain = nbformat.v4.new_notebook(
        metadata={key: notebook.metadata[key] for key in ("kernelspec", "language_info") if key in notebook.metadata}
    )
    for cell in mark_solutions(notebook).cells:
        shown, metadata = cell.metadata.get("mystnb", {}), _metadata(cell)
        if cell.cell_type == "markdown":
            source = page.plain(cell.source)
            plain.cells += [nbformat.v4.new_markdown_cell(source, id=cell.id, metadata=metadata)] if source else []
            continue
        outputs = [_with_alternative_text(output, shown) for output in cell.outputs]
        plain.cells.append(nbformat.from_dict(cell | {"metadata": metadata, "outputs": outputs}))
        if "figure" in shown:
            caption = f"**{page.figures[shown['figure']['name']]}.** {page.words(shown['figure']['caption'])}"
            plain.cells.append(nbformat.v4.new_markdown_cell(caption, id=f"{cell.id}-caption"))
    if page.cited:
        plain.cells.append(nbformat.v4.new_markdown_cell(page.works_cited(), id=f"{chapter}-works-cited"))
    return plain


def _metadata(cell):
    """What JupyterLab understands of a cell's metadata."""
    tags = set(cell.metadata.get("tags", []))
    metadata = {"tags": sorted(tags & KEPT_TAGS)} if tags & KEPT_TAGS else {}
    if "hide-input" in tags:
        metadata["jupyter"] = {"source_hidden": True}
    if "solution" in cell.metadata and cell.source.startswith(("```{solution-start}", ":::{solution-start}")):
        metadata["jp-MarkdownHeadingCollapsed"] = True
    return nbformat.from_dict(metadata)


def _with_alternative_text(output, shown):
    """Give a picture the alternative text that the site takes from the cell."""
    if "image/png" not in output.get("data", {}) or "image" not in shown:
        return output
    return output | {"metadata": output.metadata | {"image/png": {"alt": shown["image"]["alt"]}}}


class Page:
    """One chapter while it is converted: the numbers of its figures and exercises, and the works it has cited."""

    def __init__(self, notebook, chapter):
        self.chapter = chapter
        number = chapter_numbers().get(chapter)
        prefix = f"{number}." if number else ""
        names = [cell.metadata["mystnb"]["figure"]["name"] for cell in notebook.cells if "mystnb" in cell.metadata]
        self.figures = {name: f"Fig. {prefix}{count}" for count, name in enumerate(names, 1)}
        self.exercises = {
            label: f"Exercise {prefix}{count}" for count, label in enumerate(exercise_labels(notebook), 1)
        }
        self.cited = []

    def plain(self, text):
        """Markdown cell in plain Markdown."""
        parts = [self.words(piece) if isinstance(piece, str) else self.box(piece) for piece in pieces(text)]
        return re.sub(r"\n{3,}", "\n\n", "\n\n".join(part.strip("\n") for part in parts)).strip("\n")

    def box(self, directive):
        """One directive in plain Markdown."""
        name, title = directive.name, self.words(directive.title)
        if name in INVISIBLE:
            return ""
        if name == "include":
            included = (ROOT / "chapters" / directive.title).read_text("utf-8")
            return included.partition(directive.options["start-after"].strip('"'))[2].strip("\n")
        body = self.plain(directive.body)
        if name in BARE:
            return body
        if name == "tab-item":
            return f"**{title}**\n\n{body}"
        if name == "exercise-start":
            return f"#### {self.exercises[directive.options['label']]}: {title}"
        if name == "solution-start":
            return f"##### Solution of {self.exercises[directive.title].lower()}"
        if name not in BOXES:
            raise ValueError(f"{self.chapter}: plain_markdown.py does not know the directive {{{name}}}")
        title = title or name.capitalize()
        if name == "dropdown" or "dropdown" in directive.options.get("class", ""):
            summary = MarkdownIt().renderInline(title)  # within HTML JupyterLab reads no Markdown
            return f"<details>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"
        return "\n".join(f"> {line}".rstrip() for line in f"**{title}**\n\n{body}".splitlines())

    def words(self, text):
        """Prose without roles, labels and the site's addresses."""
        text = re.sub(r"^\([\w-]+\)=\n", "", text, flags=re.MULTILINE)
        text = re.sub(r"\{([\w:]+)\}`([^`]+)`", lambda role: self.role(role[1], role[2]), text)
        return re.sub(r"\[([^]\n]*)\]\(((?![a-z]+:)[^)\s]*)\)", lambda link: self.link(link[1], link[2]), text)

    def role(self, name, content):
        """One role in words."""
        title, target = re.fullmatch(r"(?:([^<]*?)\s*<)?([^<>]*)>?", content, re.DOTALL).groups()
        if name == "term":
            return title or target
        if name == "ref" and title:
            return title
        if name == "ref" and target in self.exercises:
            return self.exercises[target].lower()
        if name == "doc":
            return self.link(title or "", f"{target}.ipynb")
        if name == "numref" and target in self.figures:
            return (title or self.figures[target]).replace("%s", self.figures[target].removeprefix("Fig. "))
        if name in {"cite:p", "cite:t"}:
            return self.citation(name, target.replace(" ", "").split(","))
        raise ValueError(f"{self.chapter}: plain_markdown.py cannot put {{{name}}}`{content}` into words")

    def link(self, text, address):
        """Lead to the notebook beside this one; pages that are no notebooks are only named."""
        page, _, anchor = address.partition("#")
        path = ROOT / "chapters" / (page or f"{self.chapter}.ipynb")
        if not path.is_file():
            raise ValueError(f"{self.chapter}: there is no {address} to link to")
        headings = headings_of(path)
        text = text or headings[0]
        if path.suffix != ".ipynb":
            return text
        if anchor:
            targets = [heading for heading in headings if slug(heading) == anchor]
            if not targets:
                raise ValueError(f"{self.chapter}: there is no heading {address} to link to")
            page += "#" + targets[0].replace(" ", "-")  # as JupyterLab names the anchors of headings
        return f"[{text}]({page})"

    def citation(self, role, keys):
        """Authors and year; the works come into the list at the end."""
        self.cited += [key for key in keys if key not in self.cited]
        works = [(_authors(entry), entry.fields["year"]) for entry in map(bibliography().__getitem__, keys)]
        if role == "cite:t":
            return ", ".join(f"{authors} ({year})" for authors, year in works)
        return "(" + "; ".join(f"{authors}, {year}" for authors, year in works) + ")"

    def works_cited(self):
        """Section that lists what was cited, by author."""
        entries = Style().format_entries([bibliography()[key] for key in self.cited])
        works = [entry.text.render(Backend()).replace("\n", " ") for entry in entries]
        return "\n".join(["### Works cited", "", *(f"- {work}" for work in works)])


def _authors(entry):
    """Last names: one, two, or the first and others."""
    people = entry.persons.get("author") or entry.persons["editor"]
    names = [" ".join(map(str, person.rich_prelast_names + person.rich_last_names)) for person in people]
    return f"{names[0]} et al." if len(names) > 2 else " and ".join(names)


@cache
def bibliography():
    """Works by key."""
    return parse_file(ROOT / "chapters" / "references.bib").entries


def chapter_numbers():
    """Return name to number, as the site counts chapters: through all numbered parts."""
    return {name: number for number, name in enumerate(CHAPTERS, 1)}


def exercise_labels(notebook):
    """Labels of the exercises, in order."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    found = [piece for cell in cells for piece in pieces(cell.source) if not isinstance(piece, str)]
    labels = [directive.options["label"] for directive in found if directive.name == "exercise-start"]
    twice = [label for label, count in Counter(labels).items() if count > 1]
    if twice:
        raise ValueError(f"two exercises share the label {twice[0]}")
    return labels


@cache
def headings_of(path):
    """Texts of the headings of a page, in order."""
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    else:
        text = path.read_text("utf-8")
    return re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)


def slug(heading):
    """Return the anchor that the site gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
