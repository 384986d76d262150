"""One stylesheet for the site: of a dozen large ones, the rules that some page can use."""

import hashlib
import os
import re
from pathlib import Path

import tinycss2

from bookmaking.repairs import pages

LINK = re.compile(r'\s*<link(?=[^>]* rel="stylesheet")(?![^>]* media=)[^>]* href="[^"]*_static/([^"?]+)[^"]*"[^>]*>')
ADDRESS = re.compile(r"""url\(["']?(?!data:)([^"')]+)["']?\)""")
NAMES = re.compile(r'<([\w-]+)|\b(?:class|id)="([^"]*)"')


def names_in_use(app):
    """Return the names of elements, classes and identifiers in the pages, and every word of the scripts."""
    html = "".join(path.read_text("utf-8") for path in pages(app))
    scripts = "".join(path.read_text("utf-8") for path in Path(app.outdir, "_static").rglob("*.js"))
    names = {name for found in NAMES.findall(html) for name in " ".join(found).split()}
    return names.union(re.findall(r"[\w-]+", scripts))


def rules_of(path, folder):
    """Yield the rules of a stylesheet and of those that it imports, with addresses as seen from ``folder``."""
    text = ADDRESS.sub(
        lambda found: f'url("{os.path.relpath(path.parent / found[1], folder)}")', path.read_text("utf-8")
    )
    for rule in tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True):
        if rule.type == "error":
            raise ValueError(f"{path.name}, line {rule.source_line}: {rule.message}")
        if rule.type == "at-rule" and rule.lower_at_keyword == "import":
            yield from rules_of((path.parent / rule.prelude[1].value).resolve(), folder)
        else:
            yield rule


def names_needed(selector):
    """Return the names without which a selector finds nothing; what stands in brackets may be any of several."""
    before = [None, *selector]
    return {
        token.value.lstrip("#")
        for token, previous in zip(selector, before, strict=False)
        if token.type == "hash" or (token.type == "ident" and previous != ":")
    }


def selectors_of(rule):
    selectors = [[]]
    for token in rule.prelude:
        if token == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    return selectors


def used(rules, names):
    """Return the text of the rules that can find something on a page."""
    text = ""
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = [selector for selector in selectors_of(rule) if names_needed(selector) <= names]
            if selectors:
                text += ",".join(tinycss2.serialize(selector).strip() for selector in selectors)
                text += f"{{{tinycss2.serialize(rule.content).strip()}}}\n"
        elif rule.lower_at_keyword in ("media", "supports"):
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            if kept := used(inner, names):
                text += f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{kept}}}\n"
        elif rule.lower_at_keyword != "charset":
            text += rule.serialize() + "\n"
    return text


def linked(text, address):
    """Return a page with one link in place of the first; the styles for paper come after those for the screen."""
    first = iter([f'\n  <link rel="stylesheet" href="{address}"/>'])
    return LINK.sub(lambda _: next(first, ""), text)


def bundle(app):
    """Write ``_static/site.css`` and link it from every page in place of the others."""
    static = Path(app.outdir, "_static")
    html = {path: path.read_text("utf-8") for path in pages(app)}
    sheets = list(dict.fromkeys(name for text in html.values() for name in LINK.findall(text) if name != "site.css"))
    names = names_in_use(app)
    css = '@charset "utf-8";\n' + "".join(used(rules_of(static / name, static), names) for name in sheets)
    (static / "site.css").write_text(css, "utf-8")
    version = hashlib.sha256(css.encode()).hexdigest()[:8]
    for path, text in html.items():
        address = f"{Path(os.path.relpath(static, path.parent)).as_posix()}/site.css?v={version}"
        path.write_text(linked(text, address), "utf-8")
