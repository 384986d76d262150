"""The table of contents of the book, as _toc.yml has it."""

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
PAGES = [TOC["root"], *(page["file"] for part in TOC["parts"] for page in part["chapters"])]
"""Every page in its order, from the root of the checkout and without a suffix."""
CHAPTERS = [
    page["file"].removeprefix("chapters/") for part in TOC["parts"] if part.get("numbered") for page in part["chapters"]
]
"""The chapters that the site numbers, in their order."""
