"""The built site in a browser: complete, quiet, accessible, small, and usable by keyboard and on a telephone."""

import gzip
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from bookmaking.contents import PAGES

MODES = {
    "light": {"viewport": {"width": 1300, "height": 900}, "color_scheme": "light"},
    "telephone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
SITE = [*PAGES, "genindex", "search"]  # with the pages that Sphinx makes
WEIGHT = 300_000
"""Bytes that a first visit may load, packed, without pictures."""

RESERVED = 2000
"""Pixels that book.css reserves for a section that is not laid out yet."""

CHAPTER, ANOTHER = "chapters/pooling.html", "chapters/random_slopes.html"

BARE_FORMULAS = """() => [...document.querySelectorAll("span.math, div.math")]
  .filter(formula => formula.checkVisibility())
  .filter(formula => !formula.querySelector("mjx-math") || !formula.getBoundingClientRect().width)
  .map(formula => formula.textContent)"""
PICTURES = """async () => {
  const pictures = [...document.querySelectorAll("article img")];
  for (const picture of pictures) picture.loading = "eager";
  await Promise.allSettled(pictures.map(picture => picture.decode()));
  return pictures.map(picture => ({
    name: picture.src.split("/").at(-1), width: picture.naturalWidth, shown: picture.getBoundingClientRect().width,
  }));
}"""
UNREAD_FONTS = """async () => {
  await document.fonts.ready;
  return [...document.fonts].filter(font => font.status === "error").map(font => font.family);
}"""
ONE_OF_A_KIND = """() => {
  const seen = new Set();
  const look = element => {
    const path = [];
    for (let each = element; each !== document.body; each = each.parentElement)
      path.push(each.tagName, each.className, each.getAttribute("style") ?? "", each.matches("tr:nth-child(even)"));
    return path.join();
  };
  for (const block of document.querySelectorAll("article :is(p, li, tr, dt, dd, pre span)")) {
    if (!block.isConnected) continue;
    const looks = [block, ...block.querySelectorAll("*")].map(look);
    if (looks.every(one => seen.has(one))) block.remove(); else looks.forEach(one => seen.add(one));
  }
}"""
"""Keep one of the paragraphs, rows and words of code that look alike: the contrast of each takes axe as long."""
SETTLED = "() => Promise.all(document.getAnimations().map(animation => animation.finished))"
AT_ONCE = """async () => {
  delete document.documentElement.dataset.visit;
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
}"""
"""Lay the whole page out instead of waiting until it is scrolled; the second frame follows what the first reported."""
WAITING = """() => [...document.querySelectorAll("article > section > section")]
  .filter(section => !section.firstElementChild.checkVisibility({contentVisibilityAuto: true}))
  .map(section => section.id)"""
ON_SCREEN = """anchor => {
  const { top, bottom } = document.getElementById(anchor).querySelector("h1, h2, h3").getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}"""
READ = """() => {
  const read = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
  return [read.textContent, Math.round(read.getBoundingClientRect().top / 10)];
}"""
"""What stands in the middle of the window, and where."""
CONTRAST = ["color-contrast", "link-in-text-block"]
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Quiet(SimpleHTTPRequestHandler):
    """A server that does not report its requests."""

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def address(build):
    assert build.outcome.returncode == 0, build.outcome.stderr
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=build.folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def visit(browser):
    """Return a function that opens an address as a first visitor does and gives the page, its faults and its files."""
    contexts = []

    def visit(url, **options):
        contexts.append(browser.new_context(**options))
        contexts[-1].set_default_timeout(30_000)
        page = contexts[-1].new_page()
        faults, files = [], []

        def failed(request):
            if request.failure != "net::ERR_ABORTED":  # the visitor has left the page
                faults.append(f"{request.url} does not arrive")

        page.on("console", lambda message: faults.append(f"the console says {message.text!r}"))
        page.on("pageerror", lambda error: faults.append(f"a script fails: {error}"))
        page.on("request", lambda request: files.append(request))
        page.on("requestfailed", failed)
        page.goto(url, wait_until="load")
        return page, faults, files

    yield visit
    for context in contexts:
        context.close()


def from_elsewhere(files, address):
    allowed = (address, "data:", "blob:")
    return [f"{file.url} is on another host" for file in files if not file.url.startswith(allowed)]


def weight(files, folder):
    """Return the bytes of the files other than pictures, packed as any host does; fonts are packed already."""
    loaded = {file.url for file in files if file.resource_type != "image" and file.url.startswith("http")}
    contents = [(folder / unquote(urlsplit(url).path).lstrip("/")).read_bytes() for url in loaded]
    return sum(min(len(content), len(gzip.compress(content))) for content in contents)


def violations(page, rules=None, but=()):
    """Return what axe finds by all its rules, or by those named, without those in `but`."""
    options = {"rules": {rule: {"enabled": False} for rule in but}, "resultTypes": ["violations"]}
    if rules:
        options = {"runOnly": {"type": "rule", "values": rules}, "resultTypes": ["violations"]}
    # the drawn form of a formula is thousands of elements that nobody is read; the MathML beside it is checked
    found = Axe().run(page, context={"exclude": ["mjx-math"]}, options=options).response["violations"]
    return [f"axe: {each['help']}: {node['target'][0]}" for each in found for node in each["nodes"]]


def layout(page):
    """Return the faults of formulas and pictures, and what does not fit into the window."""
    page.evaluate(AT_ONCE)
    faults = [f"this formula is not typeset: {formula}" for formula in page.evaluate(BARE_FORMULAS)]
    faults += [f"this font is no font: {family}" for family in page.evaluate(UNREAD_FONTS)]
    faults += [f"the picture {each['name']} does not show" for each in page.evaluate(PICTURES) if not each["width"]]
    if (wider := page.evaluate(WIDER)) > 0:
        faults.append(f"the page is {wider} pixels wider than the window")
    return faults


@pytest.mark.parametrize("name", SITE)
class TestWide:  # a class a width, so that each may go to another worker
    def test_page(self, name, address, build, visit):
        page, faults, files = visit(f"{address}{name}.html", **MODES["light"])
        faults += layout(page)
        if (bytes_loaded := weight(files, build.folder)) > WEIGHT:
            faults.append(f"the page weighs {bytes_loaded:,} bytes without its pictures")
        for picture in page.evaluate(PICTURES):
            if picture["shown"] and picture["width"] > 3 * picture["shown"]:
                faults.append(
                    f"the picture {picture['name']} is {picture['width']} wide and shown at {picture['shown']:.0f}"
                )
        faults += violations(page, but=CONTRAST) + from_elsewhere(files, address)
        page.evaluate(ONE_OF_A_KIND)
        faults += violations(page, CONTRAST)
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
        page.evaluate(SETTLED)
        faults += [f"dark: {fault}" for fault in violations(page, CONTRAST)]
        assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", SITE)
class TestTelephone:
    def test_page(self, name, address, visit):
        page, faults, _ = visit(f"{address}{name}.html", **MODES["telephone"])
        faults += layout(page) + violations(page, ["scrollable-region-focusable", "target-size"])
        assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", ["index", "chapters/pooling", "chapters/references"])
def test_page_opened_from_a_folder(name, build, visit):
    folder = build.folder.as_uri()
    page, faults, files = visit(f"{folder}/{name}.html")
    page.evaluate(AT_ONCE)
    assert page.evaluate(BARE_FORMULAS) == page.evaluate(UNREAD_FONTS) == []
    assert faults + from_elsewhere(files, folder) == []


@pytest.mark.parametrize("served", [True, False], ids=["served", "from a folder"])
def test_the_choice_of_a_tool_is_kept_over_pages(served, address, build, visit):
    start = address if served else f"{build.folder.as_uri()}/"
    page, faults, _ = visit(start + CHAPTER)
    page.locator(".sd-tab-set input").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".sd-tab-content:visible").first.inner_text().count("bmb.Model") > 0
    page.goto(start + ANOTHER)
    assert page.locator(".sd-tab-set input:checked + label").first.text_content().strip() == "Bambi"
    assert faults == []


def test_tabs_are_reached_and_marked_by_keyboard(address, visit):
    page, _, _ = visit(address + CHAPTER)
    page.locator(".sd-tab-set").first.scroll_into_view_if_needed()
    page.locator(".sd-tab-set").first.evaluate("set => set.querySelector('input').focus()")
    outline = "getComputedStyle(document.activeElement.nextElementSibling).outlineStyle"
    page.keyboard.press("ArrowRight")
    assert page.evaluate(outline) != "none"


@pytest.mark.parametrize("mode", ["light", "telephone"])
def test_a_link_to_a_section_arrives_there(mode, address, visit):
    page, _, _ = visit(f"{address}{CHAPTER}#who-is-right", **MODES[mode])
    page.wait_for_function(
        """() => {
          const top = document.querySelector("#who-is-right h2").getBoundingClientRect().top;
          return top >= 0 && top < innerHeight / 2;
        }"""
    )


@pytest.mark.parametrize("mode", ["light", "telephone"])
def test_the_contents_lead_to_every_section(mode, address, visit):
    page, _, _ = visit(address + CHAPTER, **MODES[mode])
    links = page.locator("#pst-page-toc-nav a").evaluate_all("links => links.map(link => link.hash.slice(1))")
    assert len(links) > 10
    for anchor in [links[-1], *links]:
        page.evaluate("anchor => { location.hash = anchor; }", anchor)
        page.wait_for_function(ON_SCREEN, arg=anchor)


def test_a_page_is_laid_out_as_it_is_scrolled(address, visit):
    """Else a slow telephone needs seconds for a chapter; no script may undo it by measuring the page."""
    page, _, _ = visit(address + CHAPTER, **MODES["telephone"])
    page.evaluate("() => new Promise(requestIdleCallback)")
    waiting = page.evaluate(WAITING)
    assert len(waiting) > 5
    for anchor in waiting:
        section = page.locator(f"#{anchor}")
        assert section.evaluate("section => section.getBoundingClientRect().height") == RESERVED
        assert section.locator("pre[tabindex]").count() == 0, "a script has measured what nobody sees yet"
    page.emulate_media(media="print")
    assert page.evaluate(WAITING) == []


def test_going_back_and_loading_again_lead_to_what_was_read(address, visit):
    page, _, _ = visit(address + CHAPTER, **MODES["telephone"])
    for _ in range(10):
        page.evaluate("scrollBy(0, innerHeight)")
        page.evaluate(SETTLED)
        page.evaluate("() => new Promise(requestAnimationFrame)")
    read = page.evaluate(READ)
    page.goto(address + ANOTHER)
    page.go_back()
    page.wait_for_function(f"read => ({READ})().join() === read.join()", arg=read)
    page.reload()
    page.wait_for_function(f"read => ({READ})().join() === read.join()", arg=read)
    assert page.evaluate(WAITING) == []


def test_folded_answers_open_by_keyboard(address, visit):
    page, faults, _ = visit(address + CHAPTER)
    button = page.locator(".admonition.dropdown .toggle-button").first
    answer = page.locator(".admonition.dropdown").first.locator("p:not(.admonition-title)").first
    assert not answer.is_visible()
    button.focus()
    page.keyboard.press("Enter")
    assert answer.is_visible()
    page.keyboard.press("Enter")
    assert not answer.is_visible()
    assert faults == []


def test_other_folded_parts_open_by_keyboard(address, build, visit):
    folding = [file for file in Path(build.folder, "chapters").glob("*.html") if "<summary" in file.read_text("utf-8")]
    if not folding:
        pytest.skip("no page folds anything but answers")
    page, _, _ = visit(f"{address}chapters/{folding[0].name}")
    folded = page.locator("details", has=page.locator("summary")).first
    folded.locator("summary").focus()
    page.keyboard.press("Enter")
    assert folded.evaluate("details => details.open")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_code_is_copied_by_a_button(address, visit):
    page, _, _ = visit(address + CHAPTER, permissions=["clipboard-read", "clipboard-write"])
    cell = page.locator(".cell_input").first
    cell.locator("button.copybtn").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("navigator.clipboard.readText()").strip() == cell.locator("pre").inner_text().strip()


@pytest.mark.parametrize("mode", ["light", "telephone"])
def test_search_finds_a_known_word(mode, address, visit):
    page, faults, _ = visit(address + CHAPTER, **MODES[mode])
    page.keyboard.press("Control+k")
    page.keyboard.type("penicillin")
    page.keyboard.press("Enter")
    page.locator("#search-results li a").first.wait_for()
    found = page.locator("#search-results li a").evaluate_all("links => links.map(link => link.href)")
    assert any("chapters/crossed.html" in link for link in found)
    assert faults == []


def test_the_colours_change_by_keyboard_and_stay(address, visit):
    page, _, _ = visit(address + CHAPTER, **MODES["light"])
    button = page.get_by_role("button", name="Color mode")
    while page.evaluate("document.documentElement.dataset.theme") != "dark":
        button.focus()
        page.keyboard.press("Enter")
    page.goto(address + ANOTHER)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
