"""The explorer out of an installed package: `app`, `site`, `notebooks`."""

import argparse
import importlib
import os
import shutil
import sys
from pathlib import Path
from typing import Any, Never

import effnet
from effnet.base import EffnetError, make_folder, needing, path_of, shipped, writing
from effnet.cli.parser import Commands

PACKAGE = str(Path(effnet.__file__).parents[1])
PORTS = range(1, 2**16)


def add(commands: Commands) -> None:
    """The commands of this group."""
    served = commands.add(
        "app", _app, "serve the explorer on this machine", "", "--address 0.0.0.0 --headless"
    )
    served.add_argument("--port", type=int, default=8501)
    served.add_argument(
        "--address",
        default="localhost",
        help="who may open it: localhost for this machine only; 0.0.0.0 for a class",
    )
    served.add_argument("--headless", action="store_true", help="opens no browser")

    static = commands.add(
        "site", _site, "write a folder that any file server serves: pages, no server", "public"
    )
    static.add_argument("folder", help="new, empty, or an earlier site")
    static.add_argument(
        "--without",
        metavar="PART",
        action="append",
        default=[],
        help="classify, notebooks, executed",
    )

    copied = commands.add("notebooks", _notebooks, "copy the notebooks into a folder", "lessons")
    copied.add_argument("folder", help="where to copy them; made if it is not there")


@needing
def _app(options: argparse.Namespace) -> Never:
    """Serve the explorer until it is stopped; its settings lie beside it in the package."""
    if options.port not in PORTS:
        raise EffnetError("port {port}; expected 1 to 65535", port=options.port)
    # its settings are read from the folder that it runs in, and its processes import this package
    path = os.pathsep.join(filter(None, [PACKAGE, os.environ.get("PYTHONPATH", "")]))
    os.environ["PYTHONPATH"] = path
    os.chdir(shipped())
    server = importlib.import_module("streamlit.web.cli")  # a missing one is said in one line
    server.main(
        [
            "run",
            "app.py",
            f"--server.port={options.port}",
            f"--server.address={options.address}",
            f"--server.headless={str(options.headless).lower()}",
            "--server.showEmailPrompt=false",
            "--browser.gatherUsageStats=false",
        ],
        prog_name="streamlit",
    )
    sys.exit(0)


def _notebooks(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Copy the notebooks into a folder; one that is there already is left as it is."""
    folder = make_folder(path_of(options.folder))
    rows = []
    for source in sorted(shipped("notebooks").glob("*.ipynb")):
        target: Path = folder / source.name
        kept = target.exists()
        if not kept:
            with writing(target):
                shutil.copyfile(source, target)
        rows.append({"notebook": str(target), "copied": not kept})
    return rows


def _site(options: argparse.Namespace) -> list[dict[str, Any]]:
    from effnet.site import build

    parts = build(options.folder, without=options.without)
    return [
        {"part": part.name, "megabytes": round(part.bytes / 1e6, 1), "left out": part.missing}
        for part in parts
    ]
