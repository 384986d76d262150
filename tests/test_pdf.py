"""The whole book as a PDF: complete, in order, tagged, and nothing on its pages is cut."""

import re
import subprocess
import sys
import unicodedata
from bisect import bisect_left
from pathlib import Path
from types import SimpleNamespace

import pikepdf
import pypdfium2
import pytest
import yaml
from bs4 import BeautifulSoup
from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_TEXT

from bookmaking.contents import PAGES
from bookmaking.one_page import one_page
from bookmaking.pdf import print_book

ROOT = Path(__file__).parent.parent
A4 = 595, 842
MARGINS = 66, 58, A4[0] - 66, A4[1] - 68  # left, bottom, right, top of what stands between the margins, in points


def squeezed(text):
    """Return text without what lines and fonts change: spaces, hyphens, ligatures."""
    return re.sub(r"[\s\-‐\x02\ufffe\u200b]", "", unicodedata.normalize("NFKC", text))


@pytest.fixture(scope="module")
def settings():
    return yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))


@pytest.fixture(scope="module")
def site(build):
    assert build.outcome.returncode == 0, build.outcome.stderr
    return build.folder


@pytest.fixture(scope="module")
def chapters(site):
    """Return title to the article of each page of the contents, and of the index, as they are on the site."""
    articles = {}
    for name in [*PAGES[1:], "genindex"]:
        page = BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser")
        for tag in page.select("article :is(.headerlink, script, button, svg, details.hide > summary)"):
            tag.decompose()
        articles[page.article.h1.get_text()] = page.article
    return articles


@pytest.fixture(scope="module")
def pictures(site, chapters):
    """Return the pictures of the site, those of the landing page as well."""
    landing = BeautifulSoup((site / "index.html").read_text("utf-8"), "html.parser").article
    return [image for article in [landing, *chapters.values()] for image in article.select("img")]


@pytest.fixture(scope="module")
def path(site, chromium, tmp_path_factory):
    """Print the book as ``make pdf`` does; in a process of its own, since Playwright runs once in each."""
    path = tmp_path_factory.mktemp("pdf") / "book.pdf"
    command = [sys.executable, "-m", "bookmaking.pdf", site, path]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stderr
    return path


@pytest.fixture(scope="module")
def pages(path):
    """Return what stands on each page: text between the margins, boxes of words, pictures."""
    pages = []
    for page in pypdfium2.PdfDocument(path):
        words = page.get_textpage()
        boxes = [
            words.get_rect(i) for i in range(words.count_rects())
        ]  # those of braces, stretched glyphs, are too wide
        pictures = list(page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE]))
        pages.append(
            SimpleNamespace(
                size=page.get_size(),
                everything=words.get_text_bounded(),
                text=words.get_text_bounded(*MARGINS),
                # without the boxes of braces, whose stretched glyphs claim to be wider than the page
                words=[box for box in boxes if re.search(r"[^\s\ue000-\uf8ff]", words.get_text_bounded(*box))],
                pictures=[SimpleNamespace(box=p.get_bounds(), pixels=p.get_px_size()) for p in pictures],
            )
        )
    return pages


@pytest.fixture(scope="module")
def text(pages):
    return squeezed("".join(page.text for page in pages))


@pytest.fixture(scope="module")
def outline(path):
    """Return level, title and page of every entry."""
    toc = pypdfium2.PdfDocument(path).get_toc()
    return [(entry.level, entry.get_title(), entry.get_dest().get_index()) for entry in toc]


@pytest.fixture(scope="module")
def book(site, settings):
    return BeautifulSoup(one_page(site, settings), "html.parser")


# The page that is printed -----------------------------------------------------------------------------------------


def test_every_link_within_the_book_has_one_place_to_go(book):
    anchors = [tag["id"] for tag in book.find_all(id=True)]
    assert len(anchors) == len(set(anchors))
    links = [link["href"] for link in book.select("a[href]")]
    assert [link for link in links if not link.startswith(("#", "https://", "http://"))] == []
    assert {link[1:] for link in links if link.startswith("#")} <= set(anchors)


def test_an_answer_does_not_stand_beside_its_question(book, chapters):
    """All but hints have gone to the end of their chapter, and the place they left tells the page."""
    for chapter in book.select(".chapter"):
        answers = chapter.select_one(".answers")
        if answers is None:
            continue
        assert answers.find_next_sibling() is None
        for folded in chapter.select(".dropdown.admonition, .question details"):
            titled = folded.select_one(".admonition-title")
            assert (titled and titled.get_text() == "Hint") or answers in folded.parents
        for answer in answers.find_all(class_="admonition", recursive=False):
            link = chapter.select_one(f'.to-page a[href="#{answer["id"]}"]')
            assert link is not None
            assert answers not in link.parents


def test_a_missing_chromium_is_named_with_the_way_out(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="apt install chromium"):
        print_book(tmp_path / "html", tmp_path / "book.pdf", {})


# The PDF ----------------------------------------------------------------------------------------------------------


def test_the_number_of_pages_is_that_of_a_book(pages, chapters):
    assert 10 * len(chapters) < len(pages) < 40 * len(chapters)
    assert {tuple(round(side) for side in page.size) for page in pages} == {A4}


def test_title_author_and_language_are_told(path, settings):
    with pikepdf.open(path) as pdf:
        assert (pdf.docinfo["/Title"], pdf.docinfo["/Author"]) == (settings["title"], settings["author"])
        assert pdf.Root.Lang == settings["sphinx"]["config"]["language"]


def test_the_book_is_tagged_and_every_picture_says_what_it_shows(path, pictures):
    with pikepdf.open(path) as pdf:
        assert pdf.Root.MarkInfo.Marked
        tags = [o for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/StructElem"]
        alts = {str(tag.Alt) for tag in tags if tag.S == "/Figure" and "/Alt" in tag}
        assert pdf.Root.StructTreeRoot.K is not None
        kinds = {str(tag.S) for tag in tags}
    assert {"/H1", "/H2", "/H3", "/P", "/L", "/Table", "/TH", "/TD", "/Link"} <= kinds
    assert {image["alt"] for image in pictures} <= alts


def test_the_outline_is_that_of_the_site(outline, chapters, settings):
    expected = [settings["title"], "Contents", *chapters]
    assert [title for level, title, _ in outline if level == 0] == expected
    for chapter, article in chapters.items():
        start = next(i for i, (level, title, _) in enumerate(outline) if level == 0 and title == chapter)
        below = []
        for level, title, _ in outline[start + 1 :]:
            if level == 0:
                break
            below.append(title)
        headings = [heading.get_text() for heading in article.select("h2, h3, h4") if heading.parent.name != "summary"]
        assert [title for title in below if title != "Answers"] == headings, chapter


def test_the_outline_leads_to_its_pages(outline, pages):
    numbers = [page for _, _, page in outline]
    assert numbers == sorted(numbers)
    lost = [f"{title} is not on page {page + 1}" for _, title, page in outline
            if squeezed(title) not in squeezed(pages[page].text) and "\\" not in title]  # fmt: skip
    assert lost == []


def test_a_chapter_starts_on_a_page_and_the_contents_tell_it(outline, pages, chapters):
    starts = {title: page for level, title, page in outline if level == 0}
    contents = squeezed(pages[starts["Contents"]].text)
    for title in chapters:
        assert squeezed(title) in squeezed(pages[starts[title]].text)[:150]
        assert squeezed(f"{title}{starts[title] + 1}") in contents
        assert f"\n{starts[title] + 1}\r" in pages[starts[title]].everything


def test_every_picture_is_there_and_none_is_cut(pages, pictures):
    """Drawings (SVG) are no pictures in a PDF: that each is there is told by its alternative text above."""
    printed = [(number, picture) for number, page in enumerate(pages, 1) for picture in page.pictures]
    assert len(printed) == len([image for image in pictures if not image["src"].endswith(".svg")])
    for number, picture in printed:
        (left, bottom, right, top), (width, height) = picture.box, picture.pixels
        assert MARGINS[0] <= left < right <= MARGINS[2], number
        assert MARGINS[1] <= bottom < top <= MARGINS[3], number
        assert (right - left) / (top - bottom) == pytest.approx(width / height, rel=0.01), number
        assert right - left > 200, f"the picture on page {number} is too small to be read"


def test_no_word_runs_into_the_margin(pages):
    runs = [
        f"page {number}: {box}"
        for number, page in enumerate(pages, 1)
        for box in page.words
        if box[0] < MARGINS[0] or box[2] > MARGINS[2]
    ]
    assert runs == []


def test_the_type_has_its_size(path):
    """Chromium shrinks the whole book when one thing is too wide for the page."""
    words = list(pypdfium2.PdfDocument(path)[1].get_objects(filter=[FPDF_PAGEOBJ_TEXT]))
    sizes = [round(word.get_font_size() * word.get_matrix().a, 1) for word in words]
    assert max(sizes, key=sizes.count) == 11


def test_everything_on_the_site_is_in_the_book(text, chapters):
    """Texts without a formula and lines of code: also those folded, in tabs or too wide for the page.

    Only of a comparison with lme4 the book has the line that sums up its table, and not the table.
    """

    def is_there(words):
        """Look for the words as they are or, if they are long, in two parts: a paragraph may go on on the next page."""
        if len(words) < 80:
            return words in text
        part = bisect_left(range(len(words)), True, key=lambda end: words[: end + 1] not in text)
        return words[part:] in text

    lost = []
    for article in chapters.values():
        texts = [
            tag.get_text()
            for tag in article.select(
                "p, td:not(.indextable td, .folded td), th:not(.folded th), summary, dt, figcaption"
            )
            if not tag.select(".math, img")
        ]
        lines = [line for block in article.select("pre") for line in block.get_text().splitlines()]
        lost += [words for words in map(squeezed, texts + lines) if not is_there(words)]
    assert lost == []


def test_mathematics_is_drawn(pages):
    raw = r"\\\(|\\begin\{|\\boldsymbol|\\frac|\\tau"
    assert [number for number, page in enumerate(pages, 1) if re.search(raw, page.text)] == []


def test_no_page_is_nearly_empty_but_the_last_of_a_chapter(pages, outline):
    last = {page - 1 for level, _, page in outline if level == 0} | {0, len(pages) - 1}
    empty = []
    for number, page in enumerate(pages):
        boxes = [box for box in page.words if MARGINS[1] < box[1] < MARGINS[3]] + [p.box for p in page.pictures]
        if number not in last and min(box[1] for box in boxes) > 0.62 * A4[1]:
            empty.append(number + 1)
    assert empty == []
