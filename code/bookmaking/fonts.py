"""Fonts cut down to the characters that the site's stylesheet shows: icons, and the letters of formulas."""

import logging
import re
from pathlib import Path

from fontTools import subset

logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells of every table that it leaves out

FONT = re.compile(r'url\("([^"]+\.woff2?)"\)')


def cut(app):
    """Write each font of ``site.css`` with these characters alone, as WOFF 2."""
    sheet = Path(app.outdir, "_static", "site.css")
    css = re.sub(r',\s*url\("[^"]+\.ttf"\) format\("truetype"\)', "", sheet.read_text("utf-8"))
    characters = {ord(character) for character in css}
    options = subset.Options(flavor="woff2", layout_features=[], notdef_outline=True)
    for name in set(FONT.findall(css)):
        font = subset.load_font(sheet.parent / name, options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=characters & set(font.getBestCmap()) or font.getBestCmap())  # never an empty font
        subsetter.subset(font)
        subset.save_font(font, sheet.parent / Path(name).with_suffix(".woff2"), options)
    sheet.write_text(re.sub(r'\.woff"\) format\("woff"\)', '.woff2") format("woff2")', css), "utf-8")
