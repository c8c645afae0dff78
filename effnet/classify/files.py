"""Pictures by the dozen: folders, zips, several files; and which class each belongs to."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from effnet.preprocess import EXTENSIONS, MAX_BYTES
from effnet.spec import EffnetError

MAX_PICTURES = 2000  # of one upload
SYNSET = re.compile(r"n\d{8}")


@dataclass(frozen=True, slots=True)
class Item:
    """A picture to name.

    Attributes:
        name: Its path below the folder, or its name in the zip or upload.
        source: A path, or bytes.
        truth: The index of its class; None where that is not known.
    """

    name: str
    source: Path | bytes
    truth: int | None = None

    @property
    def folder(self) -> str:
        """The name of the folder that it lies in; "" at the top."""
        return PurePosixPath(self.name).parent.name


def is_picture(name: str) -> bool:
    """True where a file's name ends as pictures' do, hidden files aside."""
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not hidden and path.suffix.lower().lstrip(".") in EXTENSIONS


def in_folder(folder: str | Path) -> list[Item]:
    """The pictures in a folder and the folders in it, in order of their names.

    Raises:
        EffnetError: There is no such folder, or no picture in it.
    """
    top = Path(folder).expanduser()
    if not top.is_dir():
        raise EffnetError(f"no folder at {top}")
    names = sorted(p.relative_to(top).as_posix() for p in top.rglob("*") if p.is_file())
    found = [Item(name, top / name) for name in names if is_picture(name)]
    if not found:
        raise EffnetError(f"no pictures in {top}; expected files ending {', '.join(EXTENSIONS)}")
    return found


def in_zip(data: bytes) -> Iterator[Item]:
    """The pictures in a zip, one after the other, so that only one lies unpacked.

    Nothing is written, so names that point outside do no harm. A picture that is too large, or
    cannot be unpacked, comes as no bytes: the message is that of an empty file.

    Raises:
        EffnetError: It is no zip, or holds too many pictures or none.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise EffnetError(f"not a zip that can be read ({error})") from None
    entries = [entry for entry in archive.infolist() if is_picture(entry.filename)]
    if not entries:
        raise EffnetError("no pictures in the zip")
    if len(entries) > MAX_PICTURES:
        raise EffnetError(f"{len(entries)} pictures in the zip; the limit is {MAX_PICTURES}")
    for entry in sorted(entries, key=lambda entry: entry.filename):
        yield Item(entry.filename, _unpacked(archive, entry))


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(entry) as file:
            data = file.read(MAX_BYTES + 1)  # what it says of its size may be a lie
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError):
        return b""
    return data if len(data) <= MAX_BYTES else b""


def class_indices(folders: Sequence[str], classes: Sequence[str]) -> dict[str, int]:
    """The class of each folder: by index, by class name, or by synset where all 1000 are there.

    The synsets of ImageNet-1k in order of their names are its classes in order of their indices.

    Raises:
        EffnetError: A folder can't be told.
    """
    names = sorted(set(folders))
    if names and all(SYNSET.fullmatch(name) for name in names):
        if len(names) != len(classes):
            raise EffnetError(
                f"{len(names)} synset folders; all {len(classes)} are needed to know which class "
                "each is, or class names as folder names"
            )
        return {name: index for index, name in enumerate(names)}
    by_name: dict[str, int] = {}
    for index, name in enumerate(classes):
        by_name.setdefault(_plain(name), index)
    found = {}
    for name in names:
        index = int(name) if name.isdecimal() else by_name.get(_plain(name), -1)
        if not 0 <= index < len(classes):
            raise EffnetError(f"folder {name!r} is no class; expected its name, index or synset")
        found[name] = index
    return found


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", " ").replace("-", " ")


def labelled(
    folder: str | Path, classes: Sequence[str], truth: str | Path | None = None
) -> list[Item]:
    """The pictures of a folder with their classes, from folder names or a ground-truth file.

    The file has a class a line in order of the pictures' names, or lines of a picture's name and
    its class (an index from 0, a synset or a name), as val.txt and LOC_val_solution.csv have them.

    Raises:
        EffnetError: A class can't be told.
    """
    items = in_folder(folder)
    if truth is None:
        if any(not item.folder for item in items):
            raise EffnetError(
                f"{folder} has pictures that lie in no class folder; sort them, or give their "
                "classes with --truth FILE"
            )
        indices = class_indices([item.folder for item in items], classes)
        return [Item(item.name, item.source, indices[item.folder]) for item in items]
    said = _read_truth(Path(truth).expanduser(), items)
    indices = class_indices([said[item.name] for item in items], classes)
    return [Item(item.name, item.source, indices[said[item.name]]) for item in items]


def _read_truth(path: Path, items: Sequence[Item]) -> dict[str, str]:
    """What the file says of each picture, by the picture's name."""
    try:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise EffnetError(f"can't read {path} ({error})") from None
    if lines and all(line.isdecimal() for line in lines):
        if len(lines) != len(items):
            raise EffnetError(f"{path} has {len(lines)} lines for {len(items)} pictures")
        numbers = [int(line) for line in lines]
        if min(numbers) == 1 and max(numbers) == 1000:
            raise EffnetError(
                f"{path} counts from 1, as the ImageNet development kit does, whose order is not "
                "that of the classes; expected lines of: file name, synset"
            )
        return {item.name: line for item, line in zip(items, lines, strict=True)}
    said = {}
    for row in csv.reader(lines) if path.suffix == ".csv" else (line.split() for line in lines):
        if len(row) >= 2 and row[1].split():
            said[PurePosixPath(row[0]).stem] = row[1].split()[0]
    missing = [item.name for item in items if PurePosixPath(item.name).stem not in said]
    if missing:
        raise EffnetError(f"{path} says nothing of {missing[0]} and {len(missing) - 1} more")
    return {item.name: said[PurePosixPath(item.name).stem] for item in items}
