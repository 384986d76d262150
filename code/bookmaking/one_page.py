"""The whole book on one page, to be printed, put together from the pages of the built site.

Sphinx's builder for one page leaves anchors as they are: every chapter has an `#exercises`, and links go to the first.
Here an anchor gets the name of its page in front. What the site folds because it gives an answer away stands at the end
of its chapter, as in other printed books.
"""

import json
import posixpath
from copy import copy
from html import escape
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

LANDING = "index.html"
ONLY_ON_SCREEN = "script, button, input, .headerlink, .toctree-wrapper"
HINT = "Hint"  # the title of what is folded on the site and helps where it stands

BOOK = """<!doctype html>
<html lang="{language}" data-theme="light">
<head><meta charset="utf-8"><title>{title}</title>
{head}
</head>
<body class="book">
<header class="cover"><h1>{title}</h1><p>{description}</p><p>{author}</p><p>{licence}</p></header>
{landing}
<nav class="book-contents bd-content"><h1>Contents</h1>
{contents}
</nav>
{chapters}
</body></html>
"""
PAGE_NUMBER = '<span class="page-number"></span>'
RUNNING_HEAD = "<style>@page {name} {{ @top-center {{ content: {title} }} }}</style>"


def one_page(site, settings):
    """Put the whole book on one page.

    Parameters
    ----------
    site : pathlib.Path
        The built site, the folder of `index.html`. The page is to be written beside this folder.
    settings : dict
        `_config.yml`, for the title page.

    Returns
    -------
    str
        HTML: the title page, the landing page, the contents, and every page of the contents in order. A link that
        is to tell its page ends with an empty element of class `page-number`, to be filled when the pages are known.
    """
    landing = _read(site / LANDING)
    parts = _contents(landing)
    pages = {LANDING: landing} | {file: _read(site / file) for _, files in parts for file in files}
    names = {file: posixpath.splitext(file)[0].replace("/", "-") for file in pages}
    head, articles, titles = [], {}, {}
    for file, page in pages.items():
        for tag in page.select("link, img"):
            _point_from_beside(site, file, tag)
        head += [str(tag) for tag in page.select("head link[rel=stylesheet]")]
        articles[file] = article = page.select_one("article")
        for tag in article.select(ONLY_ON_SCREEN):
            tag.decompose()
        _name_anchors(article, file, names)
        for link in article.select(".indextable a[href]"):
            link.append(_fragment(PAGE_NUMBER))
        titles[file] = article.h1.get_text()
        if file == LANDING:
            article.h1.decompose()  # the title page has it
        else:
            _gather_answers(article, names[file])
            head.append(RUNNING_HEAD.format(name=names[file], title=json.dumps(titles[file], ensure_ascii=False)))

    def chapter(file, part=None):
        name = names[file]
        return f'<div class="chapter bd-content" id="{name}" style="page: {name}">{_label(part)}{articles[file]}</div>'

    def entries(part, files):
        return _label(part) + "".join(_to_page(names[file], titles[file]) for file in files)

    return BOOK.format(
        language=landing.html["lang"],
        title=escape(settings["title"]),
        description=escape(landing.select_one("meta[name=description]")["content"]),
        author=escape(settings["author"]),
        licence=settings["html"]["extra_footer"],
        head="\n".join(dict.fromkeys(head)),
        landing=chapter(LANDING),
        contents="\n".join(entries(part, files) for part, files in parts),
        chapters="\n".join(chapter(file, part) for part, files in parts for file in files),
    )


def _read(path):
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def _contents(landing):
    """Return each part with the files of its pages, as the site's list of contents has them."""
    parts = []
    for caption in landing.select("nav.bd-links p.caption"):
        links = caption.find_next_sibling("ul").select("a.internal[href]")
        parts.append((caption.get_text(strip=True), [link["href"] for link in links]))
    return parts


def _point_from_beside(site, file, tag):
    """Let a picture or a style be found from beside the folder of the site."""
    for attribute in {"src", "href"} & set(tag.attrs):
        address = urlsplit(tag[attribute])
        if not address.scheme:
            tag[attribute] = posixpath.normpath(posixpath.join(site.name, posixpath.dirname(file), address.path))
    tag.attrs.pop("loading", None)  # what loads when it is scrolled to would not be printed


def _name_anchors(article, file, names):
    """Put the name of the page before each anchor, and lead the links there."""
    seen = set()
    for tag in article.find_all(id=True):
        anchor = tag["id"]
        tag["id"] = f"{names[file]}:{anchor}"
        if anchor in seen:
            del tag["id"]  # all exercises of a page have the same one inside; no link goes there
        seen.add(anchor)
    for link in article.select("a[href]"):
        address = urlsplit(link["href"])
        target = posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(address.path)))
        target = target if address.path else file
        if address.scheme:
            continue
        if target in names:
            link["href"] = f"#{names[target]}" + f":{unquote(address.fragment)}" * bool(address.fragment)
        else:
            del link["href"]  # a file beside the site, which a reader of the PDF does not have


def _gather_answers(article, name):
    """Move what is folded to the end of the chapter, and leave a link to it; a question keeps its options."""
    answers = _fragment('<section class="answers"><h2>Answers</h2></section>')
    for number, folded in enumerate(article.select(".admonition.dropdown, .admonition.question")):
        title = folded.select_one(".admonition-title").get_text()
        if title == HINT:
            continue
        anchor = folded.attrs.pop("id", f"{name}:answer-{number}")
        if "question" in folded["class"]:
            answer = copy(folded)
            for text in answer.find_all(lambda tag: tag.name != "details", recursive=False)[1:]:
                text.decompose()
            for option in folded.select("details"):
                option.replace_with(option.summary)
            folded.append(_fragment(_to_page(anchor, "Answer")))
        else:
            answer = folded
            folded.replace_with(_fragment(_to_page(anchor, title)))
        answer["id"] = anchor
        answers.append(answer)
    if answers.h2.find_next_sibling():
        (article.section or article).append(answers)


def _fragment(html):
    return BeautifulSoup(html, "html.parser").contents[0]


def _label(part):
    return f'<p class="part">{escape(part)}</p>' if part else ""


def _to_page(anchor, text):
    """Return a link that tells its page, once that is known."""
    return f'<p class="to-page"><a href="#{anchor}">{escape(text)} {PAGE_NUMBER}</a></p>'
