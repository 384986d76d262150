"""The slides: built strictly, drawn in a browser, every number and picture a chapter's."""

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

from gate.prose import claims

ROOT = Path(__file__).parent.parent
SLIDES = ROOT / "course" / "slides"
DECKS = ["why_pool", "build_the_model", "in_practice"]
SIZE = {"width": 1280, "height": 720}


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """Build the slides strictly, from nothing, away from the checkout."""
    folder = tmp_path_factory.mktemp("slides")
    command = [sys.executable, "-m", "sphinx", "-q", "-E", "-W", "--keep-going", "-b", "revealjs"]
    outcome = subprocess.run(
        [*command, "-d", folder / "doctrees", SLIDES, folder / "html"], capture_output=True, text=True
    )
    return SimpleNamespace(folder=folder / "html", outcome=outcome)


def slides_of(build, deck):
    """Return the slides of a deck, parsed, without those that hold others."""
    page = BeautifulSoup((build.folder / f"{deck}.html").read_text("utf-8"), "html.parser")
    return page.select(".slides section section")


def test_slides_build_without_a_warning(build):
    assert build.outcome.returncode == 0, build.outcome.stderr
    assert build.outcome.stderr == ""


def test_every_deck_is_listed_and_nothing_else_is_built(build):
    index = (SLIDES / "index.md").read_text()
    assert re.findall(r"\{doc\}`(\w+)`", index) == DECKS
    assert {path.stem for path in build.folder.glob("*.html")} == {"index", *DECKS}


@pytest.mark.parametrize("deck", DECKS)
def test_every_decimal_number_is_quoted_from_an_output(deck):
    typed = [number.text for number, _ in claims((SLIDES / f"{deck}.md").read_text()) if not number.is_integer]
    assert typed == [], "write them as {number}`−2.08 <pooling-25>`"


@pytest.mark.parametrize("deck", DECKS)
def test_every_picture_is_a_chapters_and_says_what_it_shows(build, deck):
    assert not re.search(r"!\[|\{image\}|\{figure\}|<img", (SLIDES / f"{deck}.md").read_text())
    pictures = [image for slide in slides_of(build, deck) for image in slide.select("img")]
    assert pictures
    assert [image["src"] for image in pictures if " " not in image.get("alt", "")] == []


@pytest.mark.parametrize("deck", DECKS)
def test_a_deck_has_the_parts_of_a_lesson(build, deck):
    titles = [slide.select_one("h1, h2").text for slide in slides_of(build, deck)]
    assert 15 <= len(titles) <= 18
    assert sum(title.startswith("Predict first") for title in titles) >= 2
    assert any(title.startswith("What goes wrong") for title in titles)
    assert titles[-1].startswith("Now you")


@pytest.mark.parametrize("deck", DECKS)
def test_every_slide_has_notes_and_few_words(build, deck):
    for slide in slides_of(build, deck):
        title = slide.select_one("h1, h2").text
        notes = slide.select_one("aside.notes").extract()
        assert len(notes.text.split()) >= 10, title
        for aside in slide.select("figcaption, pre, table, .math"):
            aside.extract()
        assert len(slide.text.split()) <= 45, title


@pytest.mark.parametrize("deck", DECKS)
def test_links_to_chapters_arrive(deck):
    text = (SLIDES / f"{deck}.md").read_text()
    linked = re.findall(r"\{chapter\}`[^<`]+<(\w+)\.html#([\w-]+)>`", text)
    assert linked
    assert len(linked) == text.count("{chapter}")
    for chapter, label in linked:
        cells = json.loads((ROOT / "chapters" / f"{chapter}.ipynb").read_text("utf-8"))["cells"]
        assert any(f":label: {label}\n" in cell["source"] for cell in cells), f"{chapter} has no exercise {label}"


# The browser --------------------------------------------------------------------------------------------------------


@pytest.fixture
def open_deck(build, browser):
    """Return a function that opens a deck from its file; nothing may fail or come from elsewhere."""
    assert build.outcome.returncode == 0, build.outcome.stderr
    page = browser.new_page(viewport=SIZE)
    faults = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda request: faults.append(f"{request.url} is not there"))
    page.on("request", lambda request: faults.append(request.url) if not request.url.startswith("file:") else None)

    def open_deck(deck, query=""):
        page.goto((build.folder / f"{deck}.html").as_uri() + query)
        page.wait_for_function("Reveal.isReady()")
        page.wait_for_function("!window.MathJax || MathJax.startup.promise.then(() => true)")
        return page

    yield open_deck
    page.close()
    assert faults == []


SHOW = """number => {
  Reveal.slide(number, 0);
  for (const part of Reveal.getCurrentSlide().querySelectorAll(".fragment")) part.classList.add("visible");
}"""
BEYOND = """size => {
  const slide = Reveal.getCurrentSlide();
  const shown = [...slide.querySelectorAll("h1, h2, p, li, td, th, pre, img, svg, figcaption")];
  const outside = shown.filter(part => {
    if (part.closest("aside")) return false;
    const { left, top, right, bottom } = part.getBoundingClientRect();
    return left < 0 || top < 0 || right > size.width || bottom > size.height - 12;
  });
  return outside.map(part => `${slide.querySelector("h1, h2").textContent}: ${part.tagName} ${part.textContent}`);
}"""
OVERLAPS = """() => {
  const boxes = [...Reveal.getCurrentSlide().children]
    .filter(part => part.tagName !== "ASIDE" && part.offsetHeight).map(part => part.getBoundingClientRect());
  return boxes.slice(1).filter((box, i) => box.top < boxes[i].bottom - 1).length;
}"""
SMALLEST = """() => Math.min(...[...Reveal.getCurrentSlide().querySelectorAll("h1, h2, p, li, td, th, pre, code")]
  .filter(part => !part.closest("aside")).map(part => parseFloat(getComputedStyle(part).fontSize)))"""
HIGH = """() => Reveal.getCurrentSlide().querySelector("img")?.getBoundingClientRect().height ?? 720"""


@pytest.mark.parametrize("deck", ["index", *DECKS])
def test_nothing_leaves_its_slide_and_all_is_legible(open_deck, deck):
    page = open_deck(deck)
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate(SHOW, number)
        assert page.evaluate(BEYOND, SIZE) == []
        assert page.evaluate(OVERLAPS) == 0, number
        assert page.evaluate(SMALLEST) >= 22, number
        assert page.evaluate(HIGH) >= 400, number


@pytest.mark.parametrize("deck", DECKS)
def test_a_deck_is_steered_by_the_keyboard_and_keeps_its_answers_back(open_deck, deck):
    page = open_deck(deck)
    steps = page.evaluate("Reveal.getTotalSlides() - 1") + page.locator(".fragment").count()
    for _ in range(steps):
        assert not page.evaluate("Reveal.isLastSlide()") or page.evaluate("Reveal.availableFragments().next")
        page.keyboard.press("Space")
    assert page.evaluate("Reveal.isLastSlide()")


def test_notes_open_in_a_window_of_their_own(open_deck):
    page = open_deck(DECKS[0])
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    notes = popup.value.locator(".speaker-controls-notes .value")
    notes.get_by_text("Plan").wait_for()


@pytest.mark.parametrize("deck", DECKS)
def test_a_deck_prints_one_page_a_slide(open_deck, deck):
    page = open_deck(deck, "?print-pdf")
    page.locator(".pdf-page").first.wait_for()
    pdf = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type /Page\b", pdf)) == page.evaluate("Reveal.getTotalSlides()")
    heights = page.locator(".pdf-page img").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert min(heights) >= 400


@pytest.mark.parametrize("deck", ["index", *DECKS])
def test_a_deck_is_accessible(open_deck, deck):
    page = open_deck(deck)
    found = {}
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate(SHOW, number)
        for fault in Axe().run(page, options={"preload": False, "resultTypes": ["violations"]}).response["violations"]:
            found[fault["id"]] = [node["html"] for node in fault["nodes"]]
    assert found == {}
