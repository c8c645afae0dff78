"""What a ground-truth file says of pictures, ImageNet's development kit's among them."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from effnet.base import EffnetError, plural, say
from effnet.pixels import EXTENSIONS

if TYPE_CHECKING:
    from effnet.classify.labelled_files import Item

MAX_TRUTH = 64 * 2**20  # bytes of a ground-truth file
SYNSET = re.compile(r"n\d{8}")
NUMBERED = re.compile(r"_(\d{8})$")  # ImageNet's validation pictures
CLASSES_OF_THE_KIT = 1000


def number_of(text: str) -> int:
    """A whole number in decimal digits; -1 for anything else, and for more than 9 digits."""
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def read_truth(path: Path, items: "Sequence[Item]") -> dict[str, str]:
    """What the file says of each picture, by the picture's name.

    Raises:
        EffnetError: It can't be read, or does not fit the pictures.
    """
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
                "{path} does not tell which {stem} is {name}, as there are several; write "
                "their paths below the folder",
                path=path,
                stem=repr(stem),
                name=item.name,
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
        raise EffnetError("can't read {path} ({error})", path=path, error=error) from None


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TRUTH + 1)
        if len(data) > MAX_TRUTH:
            raise ValueError(say("over {limit} MiB", limit=MAX_TRUTH >> 20))
        return [line for row in data.decode("utf-8-sig").splitlines() if (line := row.strip())]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise EffnetError("can't read {path} ({error})", path=path, error=reason) from None


def _by_line(path: Path, lines: Sequence[str], items: "Sequence[Item]") -> dict[str, str]:
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
            "{path} has {lines} {lines:line|lines} for {pictures} {pictures:picture|pictures}",
            path=path,
            lines=len(lines),
            pictures=len(items),
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
            "{path} counts from 1, as the ImageNet development kit does, whose order is not "
            "that of the classes; put the kit's meta.mat or map_clsloc.txt beside it, or give "
            "lines of: file name, synset",
            path=path,
        )
    missing = sorted({number for number in numbers.values() if number_of(number) not in synsets})
    if missing:
        raise EffnetError(
            "{file} names no synset for number {number}", file=beside, number=missing[0]
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
            "{path} is read with SciPy, which is not installed: pip install scipy", path=path
        ) from None
    except Exception as error:  # the reader raises nearly anything on a damaged file
        raise EffnetError(
            "{path} is not the development kit's meta.mat ({error})", path=path, error=error
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
