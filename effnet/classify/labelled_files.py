"""Pictures by the dozen: folders, zips, several files; and which class each belongs to."""

import csv
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from effnet.base import EffnetError, brief, path_of, plural, say
from effnet.classify import zips
from effnet.classify.prediction import imagenet_classes, imagenet_synsets, named
from effnet.pixels import EXTENSIONS, MAX_BYTES, Source

MAX_PICTURES = 2000  # of one upload
MAX_UNPACKED = 512 * 2**20  # bytes of a zip's pictures together; pictures hardly shrink in it
MAX_TRUTH = 64 * 2**20  # bytes of a ground-truth file
SYNSET = re.compile(r"n\d{8}")
NUMBERED = re.compile(r"_(\d{8})$")  # ImageNet's validation pictures
CLASSES_OF_THE_KIT = 1000


@dataclass(frozen=True, slots=True)
class Item:
    """A picture to name.

    Attributes:
        name: Its path below the folder, or its name in the zip or upload.
        source: As `open_image` takes it: a path, bytes, or a file in a zip.
        truth: The index of its class; None where that is not known.
    """

    name: str
    source: Source
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


def in_folder(folder: str | Path, *, empty: bool = False) -> list[Item]:
    """The pictures in a folder and the folders in it, in order of their names.

    Args:
        folder: Which.
        empty: Whether there may be none.

    Raises:
        EffnetError: There is no such folder, or no picture in it.
    """
    top = path_of(folder)
    if not os.path.isdir(top):  # False as well where the name is too long
        raise EffnetError(say("no folder at {path}", path=top))
    paths = {_printable(path.relative_to(top)): path for path in _below(top)}
    found = [Item(name, paths[name]) for name in sorted(paths) if is_picture(name)]
    if not found and not empty:
        raise EffnetError(
            say(
                "no pictures in {path}; expected files ending {endings}",
                path=top,
                endings=", ".join(EXTENSIONS),
            )
        )
    return found


def _below(top: Path) -> Iterator[Path]:
    """All that is no folder in a folder and, however deep, the folders in it."""
    folders = [str(top)]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if not entry.is_dir(follow_symlinks=False):
                        yield Path(entry.path)
                    elif not entry.name.startswith("."):
                        folders.append(entry.path)
        except OSError as error:
            raise EffnetError(
                say(
                    "can't look into the folder {path} ({reason}); make it readable, or take it "
                    "away",
                    path=_short(Path(folder)),
                    reason=error.strerror or error,
                )
            ) from None


def _printable(path: Path) -> str:
    """A name that can be shown and written: bytes that are not UTF-8 in hexadecimal."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _short(path: Path) -> str:
    name = _printable(path)
    return name if len(name) < 200 else f"{name[:200]}..."


def in_zip(data: bytes) -> list[Item]:
    """The pictures in a zip, in order of their names; each is unpacked when it is opened.

    One that is damaged, locked, too large or overlaps another says so then.

    Raises:
        EffnetError: It is no zip, or holds too many pictures, too large ones, or none.
    """
    entries = [entry for entry in zips.entries(data) if is_picture(entry.name)]
    if not entries:
        raise EffnetError(say("no pictures in the zip"))
    if len(entries) > MAX_PICTURES:
        raise EffnetError(
            say(
                "{count} pictures in the zip; the limit is {limit}",
                count=len(entries),
                limit=MAX_PICTURES,
            )
        )
    size = sum(entry.size for entry in entries if entry.size <= MAX_BYTES)
    if size > MAX_UNPACKED:
        raise EffnetError(
            say(
                "the zip unpacks to {size:.0f} MiB of pictures; the limit is {limit} MiB",
                size=size / 2**20,
                limit=MAX_UNPACKED >> 20,
            )
        )
    return [Item(entry.name, entry) for entry in entries]


def known_classes(
    folders: Iterable[str], classes: Sequence[str]
) -> tuple[dict[str, int], list[str]]:
    """The class of each folder: by its name, its index, or a synset where they are ImageNet's.

    Returns:
        The classes of those that can be told, and the folders that can't.
    """
    found, unknown = {}, []
    for name in sorted(set(folders)):
        try:
            index = _class_of(name, classes)
        except EffnetError:  # several classes are called so
            index = None
        if index is None:
            unknown.append(name)
        else:
            found[name] = index
    return found, unknown


def _class_of(name: str, classes: Sequence[str]) -> int | None:
    index = named(name, classes)
    if index is None and tuple(classes) == imagenet_classes() and SYNSET.fullmatch(name):
        index = imagenet_synsets().index(name) if name in imagenet_synsets() else None
    if index is None:
        index = number_of(name)
    return index if 0 <= index < len(classes) else None


def same_class(found: Mapping[str, int]) -> tuple[str, str] | None:
    """Two folders of one class, such as a_b and a-b; None where each has its own."""
    owners: dict[int, str] = {}
    for folder, index in found.items():
        if owners.setdefault(index, folder) != folder:
            return owners[index], folder
    return None


def number_of(text: str) -> int:
    """A whole number in decimal digits; -1 for anything else, and for more than 9 digits."""
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def class_indices(folders: Iterable[str], classes: Sequence[str]) -> dict[str, int]:
    """The class of each folder, as `known_classes` tells it.

    Raises:
        EffnetError: A folder can't be told.
    """
    found, unknown = known_classes(folders, classes)
    for name in unknown:
        _class_of(name, classes)  # says so where several classes are called that
        if SYNSET.fullmatch(name):
            raise EffnetError(
                say(
                    "folder {name} is no synset of the network's {count} classes; expected those "
                    "of ImageNet-1k, for a network trained on them",
                    name=name,
                    count=len(classes),
                )
            )
        raise EffnetError(
            say("folder {name} is no class; expected its name, index or synset", name=brief(name))
        )
    return found


def labelled(
    folder: str | Path, classes: Sequence[str], truth: str | Path | None = None
) -> list[Item]:
    """The pictures of a folder with their classes, from folder names or a ground-truth file.

    The file has a class a line in order of the pictures' names, or lines of a picture's name and
    its class (an index from 0, a synset or a name), as val.txt and LOC_val_solution.csv have them.
    ILSVRC2012_validation_ground_truth.txt counts from 1 in an order of its own; it is read by the
    development kit's meta.mat or map_clsloc.txt beside it.

    Raises:
        EffnetError: A class can't be told.
    """
    items = in_folder(folder)
    if truth is None:
        if any(not item.folder for item in items):
            raise EffnetError(
                say(
                    "{folder} has pictures that lie in no class folder; sort them, or give their "
                    "classes with --truth FILE",
                    folder=folder,
                )
            )
        indices = class_indices([item.folder for item in items], classes)
        if pair := same_class(indices):
            raise EffnetError(
                say(
                    "folders {first} and {second} are both class {name}; put them together, or "
                    "rename one",
                    first=repr(pair[0]),
                    second=repr(pair[1]),
                    name=repr(classes[indices[pair[0]]]),
                )
            )
        return [Item(item.name, item.source, indices[item.folder]) for item in items]
    said = _read_truth(path_of(truth), items)
    indices = class_indices([said[item.name] for item in items], classes)
    return [Item(item.name, item.source, indices[said[item.name]]) for item in items]


def _read_truth(path: Path, items: Sequence[Item]) -> dict[str, str]:
    """What the file says of each picture, by the picture's name."""
    lines = _lines(path)
    if lines and all(line.isdecimal() for line in lines):
        said_of = _by_line(path, lines, items)
        return _from_the_kit(path, said_of) if _of_the_kit(path, lines) else said_of
    said = {
        _bare(row[0]): row[1].split()[0]
        for row in _rows(path, lines)
        if len(row) >= 2 and row[1].split()
    }
    stems: dict[str, list[str]] = {}
    for name in said:
        stems.setdefault(PurePosixPath(name).name, []).append(name)
    alike = Counter(PurePosixPath(_bare(item.name)).name for item in items)
    found, missing = {}, []
    for item in items:
        name = _bare(item.name)
        stem = PurePosixPath(name).name
        if name in said:
            found[item.name] = said[name]
        elif stem not in stems:
            missing.append(item.name)
        elif alike[stem] > 1 or len(stems[stem]) > 1:
            raise EffnetError(
                say(
                    "{path} does not tell which {stem} is {name}, as there are several; write "
                    "their paths below the folder",
                    path=path,
                    stem=repr(stem),
                    name=item.name,
                )
            )
        else:
            found[item.name] = said[stems[stem][0]]
    if missing:
        raise EffnetError(
            plural(
                len(missing),
                "{path} says nothing of {name}",
                "{path} does not name {n:,} pictures, such as {name}",
                path=path,
                name=missing[0],
            )
        )
    return found


def _bare(name: str) -> str:
    """A picture's path without its ending, as some lists write it."""
    path = PurePosixPath(name.removeprefix("./"))
    known = path.suffix.lower().lstrip(".") in EXTENSIONS
    return str(path.with_suffix("") if known else path)


def _rows(path: Path, lines: Sequence[str]) -> list[list[str]]:
    if path.suffix != ".csv":
        return [line.split() for line in lines]
    try:
        return list(csv.reader(lines))
    except csv.Error as error:
        raise EffnetError(say("can't read {path} ({error})", path=path, error=error)) from None


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TRUTH + 1)
        if len(data) > MAX_TRUTH:
            raise ValueError(say("over {limit} MiB", limit=MAX_TRUTH >> 20))
        return [line for row in data.decode("utf-8-sig").splitlines() if (line := row.strip())]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise EffnetError(say("can't read {path} ({error})", path=path, error=reason)) from None


def _by_line(path: Path, lines: Sequence[str], items: Sequence[Item]) -> dict[str, str]:
    """A line a picture; of some of ImageNet's pictures, the lines that their numbers name."""
    if len(lines) == len(items):
        return {item.name: line for item, line in zip(items, lines, strict=True)}
    numbers = [NUMBERED.search(PurePosixPath(item.name).stem) for item in items]
    found = {
        item.name: lines[int(number[1]) - 1]
        for item, number in zip(items, numbers, strict=True)
        if number and 1 <= int(number[1]) <= len(lines)
    }
    if len(found) < len(items):
        raise EffnetError(
            say(
                "{path} has {lines} lines for {pictures} pictures",
                path=path,
                lines=len(lines),
                pictures=len(items),
            )
        )
    return found


# --- ImageNet's development kit, which numbers the classes otherwise


def _of_the_kit(path: Path, lines: Sequence[str]) -> bool:
    numbers = {number_of(line) for line in lines}
    whole = min(numbers) == 1 and max(numbers) == CLASSES_OF_THE_KIT
    return whole or path.name.startswith("ILSVRC")


def _from_the_kit(path: Path, numbers: dict[str, str]) -> dict[str, str]:
    """The synsets of the kit's numbers, by what lies beside the file."""
    for name, read in (("meta.mat", _synsets_of_meta), ("map_clsloc.txt", _synsets_of_map)):
        beside = path.with_name(name)
        if beside.is_file():
            synsets = read(beside)
            break
    else:
        raise EffnetError(
            say(
                "{path} counts from 1, as the ImageNet development kit does, whose order is not "
                "that of the classes; put the kit's meta.mat or map_clsloc.txt beside it, or give "
                "lines of: file name, synset",
                path=path,
            )
        )
    missing = sorted({number for number in numbers.values() if number_of(number) not in synsets})
    if missing:
        raise EffnetError(
            say("{file} names no synset for number {number}", file=beside, number=missing[0])
        )
    return {name: synsets[number_of(number)] for name, number in numbers.items()}


def _synsets_of_meta(path: Path) -> dict[int, str]:
    """The kit's numbers and synsets in its MATLAB file."""
    try:
        from scipy.io import loadmat  # type: ignore[import-untyped]

        table = loadmat(str(path), squeeze_me=True, variable_names=["synsets"])["synsets"]
        return {
            int(number): str(synset)
            for number, synset in zip(table["ILSVRC2012_ID"], table["WNID"], strict=True)
        }
    except ImportError:
        raise EffnetError(
            say("{path} is read with SciPy, which is not installed: pip install scipy", path=path)
        ) from None
    except Exception as error:  # the reader raises nearly anything on a damaged file
        raise EffnetError(
            say("{path} is not the development kit's meta.mat ({error})", path=path, error=error)
        ) from None


def _synsets_of_map(path: Path) -> dict[int, str]:
    """The kit's numbers and synsets in lines of: synset, number, name."""
    found = {}
    for line in _lines(path):
        synset, _, rest = line.partition(" ")
        number = number_of(rest.split(" ", 1)[0])
        if SYNSET.fullmatch(synset) and number >= 0:
            found[number] = synset
    return found
