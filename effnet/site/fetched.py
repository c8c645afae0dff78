"""What the site needs from elsewhere: two npm packages and some wheels, of exact versions.

npm and pip fetch them, each from the registry that it is set up for. Every file is checked against
a hash that stands here and kept in the user's cache folder, so a second site needs no network.
"""

import base64
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path

from effnet.base import EffnetError, files, make_folder

# name: version, SHA-512 of the tarball as npm writes it
NPM = {
    "onnxruntime-web": (
        "1.30.0",
        "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ==",
    ),
    "pyodide": (
        "314.0.6",
        "BKDTJyIqFxC4BExLqeRS3f5xvXZIjOt8C3zGLN/Cc7tFxSwvKVhVkchQQ2AGLOtR4YrVOIFxbV8poyDOOmWwxQ==",
    ),
}
PYTHON = "3.14"  # the Python that Pyodide is
PINNED = resources.files("effnet").joinpath("site/wheels.txt")
PATIENCE_S = 900


def folder() -> Path:
    """Where fetched files are kept: `effnet/site` in the user's cache folder."""
    return make_folder(files.cache_folder("site"))


def npm(package: str, files: Iterable[str], target: Path) -> None:
    """Copy some files of an npm package into a folder.

    Args:
        package: A key of `NPM`.
        files: Paths inside the package.
        target: The folder; made where it is missing.

    Raises:
        EffnetError: npm is not installed, can't reach its registry, or gave another file.
    """
    version, digest = NPM[package]
    tarball = folder() / f"{package}-{version}.tgz"
    if not tarball.is_file():
        found = shutil.which("npm")
        if found is None:
            raise EffnetError("npm is not installed; it comes with Node.js (nodejs.org)")
        _run("npm", [found, "pack", f"{package}@{version}", "--pack-destination", str(folder())])
    if digest != base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode():
        tarball.unlink()
        raise EffnetError("{file} is not the file that was published; try again", file=tarball.name)
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(tarball) as archive:
        for file in files:
            packed = archive.extractfile(f"package/{file}")
            assert packed is not None, f"{file} is in {tarball.name}"
            (target / Path(file).name).write_bytes(packed.read())


def wheels() -> list[Path]:
    """The wheels of `wheels.txt`, each checked against its hash, also those that were kept.

    Raises:
        EffnetError: pip is not there, or can't have one of them.
    """
    pinned = PINNED.read_text("utf-8")
    kept = make_folder(folder() / hashlib.sha256(pinned.encode()).hexdigest()[:16])
    wanted = set(re.findall(r"(?<=sha256:)\w+", pinned))
    if wanted - _digests(kept):  # pip fetches what is missing or damaged and leaves the rest
        listed = kept / "pinned.txt"
        listed.write_text(pinned, "utf-8")
        options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--dest", str(kept)]
        options += ["--python-version", PYTHON, "--implementation", "py"]
        options += ["--abi", "none", "--platform", "any", "-r", str(listed)]
        _run("pip", [sys.executable, "-m", "pip", "download", "--quiet", *options])
    return sorted(kept.glob("*.whl"))


def _digests(kept: Path) -> set[str]:
    return {hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in kept.glob("*.whl")}


def _run(name: str, command: Sequence[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE_S)
    except subprocess.CalledProcessError as error:
        lines = [line for line in error.stderr.splitlines() if line.strip()]
        last = next((line for line in reversed(lines) if "error" in line.lower()), "")
        raise EffnetError(
            "{tool} could not fetch it: {error}", tool=name, error=last or error.returncode
        ) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EffnetError("{tool} could not run: {error}", tool=name, error=error) from None
