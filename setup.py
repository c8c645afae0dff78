"""Puts what stands beside the package into it when a wheel is built: pages, notebooks, results.

All else is in pyproject.toml. From a source tree, and where it is installed editable, they are
found where they lie (`effnet.base.shipped`).
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

FOLDERS = ("pages", "notebooks", ".streamlit", "assets/benchmarks", "assets/experiments")
FILES = ("app.py", "assets/images/icon.png")
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "secrets.toml")


class BuildWithPages(build_py):
    """Copies the explorer into `effnet/shipped`, with the paths that it has in the source tree."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        root, into = Path(__file__).parent, Path(self.build_lib) / "effnet" / "shipped"
        for name in FOLDERS:
            shutil.copytree(root / name, into / name, dirs_exist_ok=True, ignore=LEFT_OUT)
        for name in FILES:
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, into / name)


setup(cmdclass={"build_py": BuildWithPages})
