"""R, where it is installed: what it needs, and what a piece of it prints."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@cache
def missing_of_r(*packages):
    """Names of what is missing, with spaces between them."""
    if not shutil.which("Rscript"):
        return "R"
    ask = "; ".join(f'if (!requireNamespace("{package}", quietly=TRUE)) cat("{package} ")' for package in packages)
    return subprocess.run(["Rscript", "-e", ask], capture_output=True, text=True, check=True).stdout


def needs_r(*packages):
    """Skip without R, or fail in CI, which installs it."""
    missing = missing_of_r(*packages)
    if missing:
        how = "apt-get install r-base-core " + " ".join(f"r-cran-{package.lower()}" for package in packages)
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{missing.strip()} is missing; on Debian: {how}")


def run_r(code):
    """What a piece of R prints, run at the top of the book."""
    needs_r(*sorted({"lme4", *re.findall(r"library\((\w+)\)", code)}))
    return subprocess.run(["Rscript", "-e", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
