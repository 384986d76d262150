"""The whole book as a PDF, printed by the Chromium of this machine: ``python -m bookmaking.pdf SITE TARGET``."""

import io
import shutil
import sys
from pathlib import Path

import pikepdf
import yaml
from playwright.sync_api import sync_playwright

from bookmaking.one_page import one_page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
READY = "async () => { await document.fonts.ready; }"
NOT_DRAWN = """() => [...document.querySelectorAll("mjx-merror")].map(formula => formula.textContent)
  .concat([...document.images].filter(image => !image.naturalWidth).map(image => image.src))"""
HEADINGS = "headings => headings.map(heading => heading.textContent.trim())"
LINKS = "links => links.map(link => decodeURIComponent(link.hash.slice(1)))"
FOOT = 24 / 25.4 * 72  # the lower margin of print.css, in points
FILL = """(numbers) => document.querySelectorAll(".page-number")
  .forEach((element, index) => { element.textContent = numbers[index]; })"""


def find_chromium():
    """Return the path of the browser that prints, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def print_book(site, target, settings):
    """Print the built site as one PDF: tagged, with an outline, page numbers and living links.

    Parameters
    ----------
    site : pathlib.Path
        The built site.
    target : pathlib.Path
        The PDF to be written.
    settings : dict
        `_config.yml`: title and author.

    Raises
    ------
    RuntimeError
        Where Chromium is missing, or a formula or a picture cannot be drawn.
    """
    browser_path = find_chromium()
    if browser_path is None:
        raise RuntimeError(
            "The PDF is printed by Chromium, which is not installed here (Debian: apt install chromium)."
        )
    book = site.parent / "book.html"
    book.write_text(one_page(site, settings), "utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path)
        page = browser.new_page()
        page.set_default_timeout(0)
        page.emulate_media(media="print")
        page.goto(book.resolve().as_uri())
        page.evaluate(READY)
        if faults := page.evaluate(NOT_DRAWN):
            raise RuntimeError("These cannot be drawn in the PDF: " + ", ".join(faults))
        headings = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all(HEADINGS)
        anchors = page.locator("a:has(> .page-number)").evaluate_all(LINKS)
        first = page.pdf(prefer_css_page_size=True)  # only here can be seen on which page an anchor comes to stand
        page.evaluate(FILL, _page_numbers(first, anchors))
        second = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
        browser.close()
    with pikepdf.open(io.BytesIO(second)) as pdf:
        with pdf.open_outline() as outline:
            for item, heading in zip(_all(outline.root), headings, strict=True):
                _correct(item, heading, pdf)
        with pdf.open_metadata() as metadata:
            metadata["dc:title"] = settings["title"]
            metadata["dc:creator"] = [settings["author"]]
            metadata["dc:language"] = [str(pdf.Root.Lang)]
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def _all(items):
    """Return the entries of an outline in the order of the pages."""
    return [entry for item in items for entry in (item, *_all(item.children))]


def _correct(item, heading, pdf):
    """Repair Chromium's entry: it joins the words at a line's end, and may name the page that a heading just left."""
    item.title = heading
    page, _, _, top, _ = item.destination
    if top < FOOT:
        item.destination = pikepdf.make_page_destination(pdf, pikepdf.Page(page).index + 1)


def _page_numbers(printed, anchors):
    """Return the number of the page on which each anchor stands."""
    with pikepdf.open(io.BytesIO(printed)) as pdf:
        number = {page.objgen: page.index + 1 for page in pdf.pages}
        return [number[pdf.Root.Dests[f"/{anchor}"][0].objgen] for anchor in anchors]


if __name__ == "__main__":
    site, target = map(Path, sys.argv[1:])
    try:
        print_book(site, target, yaml.safe_load(Path("_config.yml").read_text("utf-8")))
    except RuntimeError as fault:
        sys.exit(str(fault))
    print("Open", target.resolve().as_uri())
