"""What pyproject.toml cannot say: the book's data, which lie beside this folder, go into the wheel."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from setuptools import setup
from setuptools.command.build_py import build_py

BOOK = Path(__file__).resolve().parent.parent
BUILD = TemporaryDirectory()  # setuptools would build in this folder, find there what was deleted since, and leave it


class BuildWithData(build_py):
    """Copy data/ and the licence after the modules; an editable installation reads them where they are."""

    def run(self):
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib, "partial_pooling")
            shutil.copytree(BOOK / "data", target / "data", ignore=shutil.ignore_patterns("*.py", "*.R", "__pycache__"))
            shutil.copy(BOOK / "LICENSE", target)


setup(
    cmdclass={"build_py": BuildWithData},
    options={"build": {"build_base": BUILD.name}, "egg_info": {"egg_base": BUILD.name}},
)
