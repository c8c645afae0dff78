"""Wheels written here: this package as it is installed, and a stand-in of one line."""

import hashlib
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from pathlib import Path

import effnet

PACKAGE = Path(effnet.__file__).parent
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same files give the same wheel


def write_wheel(
    folder: Path, name: str, version: str, files: Mapping[str, bytes], requires: Iterable[str] = ()
) -> Path:
    """A pure Python wheel: a zip with the files, what they need, and the hash of each."""
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {other}\n" for other in requires)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
    tag = "Wheel-Version: 1.0\nGenerator: effnet\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    packed = {
        **files,
        f"{info}/METADATA": metadata.encode(),
        f"{info}/WHEEL": tag.encode(),
    }
    rows = [f"{path},sha256={_digest(data)},{len(data)}" for path, data in packed.items()]
    packed[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    target = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in packed.items():
            archive.writestr(zipfile.ZipInfo(path, EPOCH), data, zipfile.ZIP_DEFLATED)
    return target


def _digest(data: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def own_wheel(folder: Path, requires: Iterable[str]) -> Path:
    """This package as a wheel, from the files that run now; it needs no torch where it is read."""
    files = {
        f"effnet/{path.relative_to(PACKAGE).as_posix()}": path.read_bytes()
        for path in sorted(PACKAGE.rglob("*"))
        if path.is_file() and not {"__pycache__", "shipped"} & set(path.parts)
    }
    return write_wheel(folder, "effnet", effnet.__version__, files, requires)
