"""The notebooks that need no torch, in JupyterLite: a Python that runs in the reader's browser.

JupyterLite's own builder copies its app, lists the extensions and the notebooks; the same is done
here from the pinned wheels alone, with a `pyodide-lock.json` of what lies in the folder, so the
Python asks nobody for a package.
"""

import hashlib
import io
import json
import re
import shutil
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from effnet.base import shipped
from effnet.site import fetched
from effnet.site.own_wheel import own_wheel, write_wheel
from effnet.site.site_pages import NOTEBOOKS

APPS = ("build", "lab", "notebooks", "tree", "doc", "api")
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
TOOLS = {"jupyterlite-core", "jupyterlite-pyodide-kernel", "jupyterlab-widgets"}  # no Python of it
KERNEL = "@jupyterlite/pyodide-kernel-extension"
# the kernel's own stand-ins, beside its extension; piplite it loads by itself
STAND_INS = ("ipykernel", "pyodide_kernel", "widgetsnbextension-4")
NBFORMAT = "5.10.4"  # plotly asks for its version and uses no more of it
# what this package stands on in the browser
OURS = ("lazy-loader", "filelock", "platformdirs", "plotly", "nbformat", "ipywidgets", "anywidget")
FIRST = ("ipykernel", "comm", "pyodide-kernel", "jedi", "ipython", "effnet")
WASM = {
    "python_version": fetched.PYTHON,
    "python_full_version": f"{fetched.PYTHON}.0",
    "sys_platform": "emscripten",
    "platform_system": "Emscripten",
    "platform_machine": "wasm32",
    "os_name": "posix",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "extra": "",
}


def notebooks(target: Path) -> None:
    """Write the folder that is a JupyterLite with the notebooks in it.

    Raises:
        EffnetError: A part could not be fetched.
    """
    wheels = fetched.wheels()
    python = target / "static" / "pyodide"
    fetched.npm("pyodide", (*PYODIDE, "pyodide-lock.json"), python)
    by_name = {_name(wheel): wheel for wheel in wheels}
    _app(by_name["jupyterlite-core"], target)
    extensions = [found for wheel in wheels for found in _extensions(wheel, target / "extensions")]
    for name, wheel in by_name.items():
        if name not in TOOLS:
            shutil.copy(wheel, python)
    for wheel in (target / "extensions" / KERNEL / "static" / "pypi").glob("*.whl"):
        if wheel.name.startswith(STAND_INS):
            shutil.copy(wheel, python)
    stub = f'"""Stands in for nbformat."""\n\n__version__ = "{NBFORMAT}"\n'
    write_wheel(python, "nbformat", NBFORMAT, {"nbformat/__init__.py": stub.encode()})
    own_wheel(python, OURS)
    _lock(python)
    _configure(target, extensions)
    _contents(target)


def _name(wheel: Path) -> str:
    return canonicalize_name(wheel.name.partition("-")[0])


def _app(core: Path, target: Path) -> None:
    """Unpack JupyterLite's own pages and scripts, without their source maps."""
    with zipfile.ZipFile(core) as wheel:
        (packed,) = (name for name in wheel.namelist() if name.endswith(".tgz"))
        tarball = io.BytesIO(wheel.read(packed))
    with tarfile.open(fileobj=tarball) as archive:
        for member in archive:
            path = member.name.removeprefix("package/")
            top = path.partition("/")[0]
            wanted = top in APPS or "/" not in path
            if member.isfile() and wanted and not path.endswith(".map"):
                member.name = path
                archive.extract(member, target, filter="data")


def _extensions(wheel: Path, target: Path) -> list[dict[str, Any]]:
    """Unpack a wheel's JupyterLab extensions; what the app must know to load them."""
    found = []
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            _, inside, path = name.partition(".data/data/share/jupyter/labextensions/")
            if inside and not path.endswith((".map", "/")):
                file = target / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(archive.read(name))
                if re.fullmatch(r"(@[^/]+/)?[^/]+/package\.json", path):
                    package = json.loads(file.read_text("utf-8"))
                    found.append({"name": package["name"], **package["jupyterlab"]["_build"]})
    return found


def _lock(python: Path) -> None:
    """What Pyodide can load: the wheels of its own folder, with hashes, and nothing else."""
    wheels = {_name(wheel): wheel for wheel in sorted(python.glob("*.whl"))}
    packages = {name: _locked(name, wheel, set(wheels)) for name, wheel in wheels.items()}
    lock = python / "pyodide-lock.json"
    info = json.loads(lock.read_text("utf-8"))["info"]
    lock.write_text(json.dumps({"info": info, "packages": packages}), "utf-8")


def _locked(name: str, wheel: Path, there: set[str]) -> dict[str, Any]:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (path,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        about = Parser().parsestr(archive.read(path).decode("utf-8"))
    modules = {path.partition("/")[0] for path in names if path.endswith(".py")}
    return {
        "name": name,
        "version": about["Version"],
        "file_name": wheel.name,
        "install_dir": "site",
        "package_type": "package",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "imports": sorted(module.removesuffix(".py") for module in modules),
        "depends": sorted(_needs(about) & there),
        "unvendored_tests": False,
    }


def _needs(about: Message) -> set[str]:
    """The names that a package needs in the browser's Python."""
    lines = [Requirement(line) for line in about.get_all("Requires-Dist") or ()]
    return {
        canonicalize_name(line.name)
        for line in lines
        if line.marker is None or line.marker.evaluate(WASM)
    }


def _configure(target: Path, extensions: list[dict[str, Any]]) -> None:
    """Tell the app of its extensions, its notebooks, and of the Python beside it."""
    file = target / "jupyter-lite.json"
    config = json.loads(file.read_text("utf-8"))
    config["jupyter-config-data"] |= {
        "appName": "effnet",
        "contentsAllJsonFile": "all.json",
        "federated_extensions": extensions,
        "litePluginSettings": {
            f"{KERNEL}:kernel": {
                "pyodideUrl": "./static/pyodide/pyodide.mjs",
                "disablePyPIFallback": True,
                "loadPyodideOptions": {"packages": [*FIRST, *OURS]},
            }
        },
    }
    file.write_text(json.dumps(config, indent=2), "utf-8")
    schemas = [
        {
            "id": f"{extension['name']}:{schema.stem}",
            "raw": "{}",
            "schema": json.loads(schema.read_text("utf-8")),
            "settings": {},
            "version": json.loads((folder / "package.json").read_text("utf-8"))["version"],
        }
        for extension in extensions
        for folder in [target / "extensions" / extension["name"]]
        for schema in sorted((folder / "schemas").rglob("*.json"))
    ]
    (target / "build" / "schemas" / "all_federated.json").write_text(json.dumps(schemas), "utf-8")


def _contents(target: Path) -> None:
    """The notebooks, and the listing that a Jupyter server would give of their folder."""
    when = "2000-01-01T00:00:00Z"
    common = {"created": when, "last_modified": when, "mimetype": None, "writable": True}
    rows = []
    (target / "files").mkdir(exist_ok=True)
    for name in NOTEBOOKS:
        copy = Path(shutil.copy(shipped("notebooks", f"{name}.ipynb"), target / "files"))
        there = {"name": copy.name, "path": copy.name, "size": copy.stat().st_size}
        rows.append({**common, **there, "type": "notebook", "format": None, "content": None})
    root = {"name": "", "path": "", "size": None, "type": "directory", "format": "json"}
    listing = target / "api" / "contents" / "all.json"
    listing.parent.mkdir(parents=True, exist_ok=True)
    listing.write_text(json.dumps({**common, **root, "content": rows}), "utf-8")
    packs = {"data": {"en": {"displayName": "English", "nativeName": "English"}}, "message": ""}
    words = target / "api" / "translations"
    words.mkdir(parents=True)
    (words / "all.json").write_text(json.dumps(packs), "utf-8")
    (words / "en.json").write_text(json.dumps({"data": {}, "message": ""}), "utf-8")
