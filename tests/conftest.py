"""What several test files share: the built site, and a browser."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock
from playwright.sync_api import sync_playwright

from bookmaking.pdf import find_chromium

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def build(tmp_path_factory, worker_id):
    """Build the site strictly, from nothing, away from the checkout, and once for all workers."""
    common = tmp_path_factory.getbasetemp()
    folder = (common if worker_id == "master" else common.parent) / "site"
    said, status = folder / "said", folder / "status"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):
        if not status.exists():
            command = [Path(sys.executable).with_name("jupyter-book"), "build", "-q", "-W", "-n", "--keep-going"]
            outcome = subprocess.run([*command, "--path-output", folder, ROOT], capture_output=True, text=True)
            said.write_text(outcome.stderr)
            status.write_text(str(outcome.returncode))
    outcome = SimpleNamespace(returncode=int(status.read_text()), stderr=said.read_text())
    return SimpleNamespace(folder=folder / "_build" / "html", outcome=outcome)


@pytest.fixture(scope="session")
def chromium():
    path = find_chromium()
    if path is None:
        stop = pytest.fail if os.environ.get("CI") else pytest.skip  # CI installs it
        stop("no Chromium is installed here (Debian: apt install chromium)")
    return path


@pytest.fixture(scope="session")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        yield browser
        browser.close()
