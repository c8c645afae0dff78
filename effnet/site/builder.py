"""The site as a whole: every part that can be had, and why the others are not there."""

import json
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import effnet
from effnet.base import LANGUAGES, EffnetError, check_known, files, make_folder, path_of, speaking
from effnet.site import lesson_pages, site_pages
from effnet.site.browser_network import classifier
from effnet.site.browser_notebooks import notebooks
from effnet.site.executed_notebooks import executed
from effnet.site.site_pages import Folder
from effnet.web import source

PARTS = ("classify", "notebooks", "executed")  # what may be left out
MARKER = "effnet-site.json"
ALWAYS = ("site.css", "sorting.js", "lesson.js")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the site: its size in bytes, or why it is not there."""

    name: str
    bytes: int
    missing: str = ""


def build(target: str | PathLike[str], *, without: Collection[str] = ()) -> list[Part]:
    """Write the site into a folder, which is new, empty, or an earlier site.

    Args:
        target: The folder.
        without: Names of `PARTS` to leave out.

    Returns:
        What the site has, and what it lacks.

    Raises:
        EffnetError: A part is unknown, or the folder holds something else, or can't be written.
    """
    folder = path_of(target).resolve()
    for name in without:
        check_known("part", name, PARTS)
    mine = folder.is_file() or (folder.is_dir() and any(folder.iterdir()))
    if mine and not (folder / MARKER).is_file():
        raise EffnetError(
            "{folder} is not empty and holds no site; name another folder", folder=folder
        )
    with files.writing(folder), TemporaryDirectory(dir=make_folder(folder.parent)) as made:
        site = Path(made) / "site"
        parts = _written(site, without)
        if folder.exists():
            shutil.rmtree(folder)
        site.rename(folder)
    return parts


def _written(site: Path, without: Collection[str]) -> list[Part]:
    """Write everything into a new folder."""
    assets, jupyter = site / "assets", site / "jupyter"
    assets.mkdir(parents=True)
    network, no_network = _tried("classify", without, lambda: classifier(assets))
    _, no_notebooks = _tried("notebooks", without, lambda: notebooks(jupyter))
    classifying = _size(assets)
    as_run, no_run = _tried("executed", without, lambda: executed(assets))
    scripts = [f"{name}.js" for name in site_pages.SCRIPTS] if network else []
    for name in (*ALWAYS, *scripts):
        (assets / name).write_text(source(name), "utf-8")
    before = _size(site)
    for code in LANGUAGES:
        with speaking(code):
            inner = site_pages.folder_of(code)
            folder = Folder(site / inner, "../" if inner else "")
            site_pages.explorer(folder, classifies=network is not None)
            site_pages.paper_tables(folder)
            site_pages.term_cards(folder)
            lesson_pages.all_lessons(folder, classifies=network is not None)
            if no_network:
                site_pages.absent(folder, "classify.html", str(no_network))
            else:
                site_pages.classify(folder, network)
            if no_notebooks and no_run:
                site_pages.absent(folder, "notebooks.html", str(no_notebooks))
            else:
                site_pages.notebook_list(folder, as_run or (), missing=no_notebooks)
    written = Part("pages", _size(site) - before)
    (site / MARKER).write_text(json.dumps({"made_by": f"effnet {effnet.__version__}"}), "utf-8")
    return [
        written,
        Part("classify", classifying, str(no_network or "")),
        Part("notebooks", _size(jupyter), str(no_notebooks or "")),
        Part("executed", _size(assets) - classifying, str(no_run or "")),
    ]


def _tried(
    name: str, without: Collection[str], make: Callable[[], Any]
) -> tuple[Any, EffnetError | None]:
    """What a part gives, or why there is none."""
    if name in without:
        return None, EffnetError("it was left out when this site was made")
    try:
        return make(), None
    except EffnetError as error:
        return None, error


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
