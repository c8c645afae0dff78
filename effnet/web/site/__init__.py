"""The explorer as a static folder that any file server serves: `build` writes it.

Pages in each language, Lite0 with its runtime, and a JupyterLite with the notebooks that need no
PyTorch. What comes from npm and PyPI is fetched then; a part that can't be had is left out, and
the site says so.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import effnet
from effnet import web
from effnet.language import LANGUAGES, mark, say, speaking
from effnet.spec import EffnetError
from effnet.web.site import pages
from effnet.web.site.jupyter import notebooks
from effnet.web.site.network import classifier
from effnet.web.site.pages import Folder

__all__ = ["PARTS", "Part", "build"]

PARTS = ("classify", "notebooks")  # what may be left out
MARKER = "effnet-site.json"
ALWAYS = ("site.css", "sorting.js", "lesson.js")
NOT_ASKED = mark("it was left out when this site was made")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the site: its size in bytes, or why it is not there."""

    name: str
    bytes: int
    missing: str = ""


def build(folder: Path, *, without: Collection[str] = ()) -> list[Part]:
    """Write the site into a folder, which is new, empty, or an earlier site.

    Args:
        folder: Where to.
        without: Names of `PARTS` to leave out.

    Returns:
        What the site has, and what it lacks.

    Raises:
        EffnetError: The folder holds something else, or can't be written.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise EffnetError(
            say("{folder} is not empty and holds no site; name another folder", folder=folder)
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".site-") as made:
        site = Path(made) / "site"
        parts = _written(site, without)
        shutil.rmtree(folder, ignore_errors=True)
        site.chmod(0o755)
        site.rename(folder)
    return parts


def _written(site: Path, without: Collection[str]) -> list[Part]:
    """Write everything into a new folder."""
    assets, jupyter = site / "assets", site / "jupyter"
    assets.mkdir(parents=True)
    network, no_network = _tried("classify", without, lambda: classifier(assets))
    _, no_notebooks = _tried("notebooks", without, lambda: notebooks(jupyter))
    scripts = [f"{name}.js" for name in pages.SCRIPTS] if network else []
    for name in (*ALWAYS, *scripts):
        (assets / name).write_text(web.source(name), "utf-8")
    before = _size(site)
    for code in LANGUAGES:
        with speaking(code):
            folder = Folder(site / pages.folder_of(code), "../" if pages.folder_of(code) else "")
            pages.explorer(folder, classifies=network is not None)
            pages.paper_tables(folder)
            pages.all_lessons(folder, classifies=network is not None)
            if network:
                pages.classify(folder, network)
            else:
                pages.absent(folder, "classify.html", no_network)
            if no_notebooks:
                pages.absent(folder, "notebooks.html", no_notebooks)
            else:
                pages.notebook_list(folder)
    written = Part("pages", _size(site) - before)
    (site / MARKER).write_text(json.dumps({"made_by": f"effnet {effnet.__version__}"}), "utf-8")
    return [
        written,
        Part("classify", _size(assets), no_network),
        Part("notebooks", _size(jupyter), no_notebooks),
    ]


def _tried(name: str, without: Collection[str], make: Callable[[], Any]) -> tuple[Any, str]:
    """What a part gives, or why there is none."""
    if name in without:
        return None, NOT_ASKED
    try:
        return make(), ""
    except EffnetError as error:
        return None, str(error)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
