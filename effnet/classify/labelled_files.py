"""Pictures by the dozen: folders, zips, several files; and which class each belongs to."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from effnet.base import EffnetError, brief, path_of
from effnet.classify import zips
from effnet.classify.prediction import imagenet_classes, imagenet_synsets, named
from effnet.classify.truths import SYNSET, number_of, read_truth
from effnet.pixels import EXTENSIONS, MAX_BYTES, Source

MAX_PICTURES = 2000  # of one upload
MAX_UNPACKED = 512 * 2**20  # bytes of a zip's pictures together; pictures hardly shrink in it


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
        raise EffnetError("no folder at {path}", path=top)
    paths = {_printable(path.relative_to(top)): path for path in _below(top)}
    found = [Item(name, paths[name]) for name in sorted(paths) if is_picture(name)]
    if not found and not empty:
        raise EffnetError(
            "no pictures in {path}; expected files ending {endings}",
            path=top,
            endings=", ".join(EXTENSIONS),
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
                "can't look into the folder {path} ({reason}); make it readable, or take it away",
                path=_short(Path(folder)),
                reason=error.strerror or error,
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
        raise EffnetError("no pictures in the zip")
    if len(entries) > MAX_PICTURES:
        raise EffnetError(
            "{count} pictures in the zip; the limit is {limit}",
            count=len(entries),
            limit=MAX_PICTURES,
        )
    size = sum(entry.size for entry in entries if entry.size <= MAX_BYTES)
    if size > MAX_UNPACKED:
        raise EffnetError(
            "the zip unpacks to {size:.0f} MiB of pictures; the limit is {limit} MiB",
            size=size / 2**20,
            limit=MAX_UNPACKED >> 20,
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
                "folder {name} is no synset of the network's {count} classes; expected those "
                "of ImageNet-1k, for a network trained on them",
                name=name,
                count=len(classes),
            )
        raise EffnetError(
            "folder {name} is no class; expected its name, index or synset", name=brief(name)
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
                "{folder} has pictures that lie in no class folder; sort them, or give their "
                "classes with --truth FILE",
                folder=folder,
            )
        indices = class_indices([item.folder for item in items], classes)
        if pair := same_class(indices):
            raise EffnetError(
                "folders {first} and {second} are both class {name}; put them together, or "
                "rename one",
                first=repr(pair[0]),
                second=repr(pair[1]),
                name=repr(classes[indices[pair[0]]]),
            )
        return [Item(item.name, item.source, indices[item.folder]) for item in items]
    said = read_truth(path_of(truth), items)
    indices = class_indices([said[item.name] for item in items], classes)
    return [Item(item.name, item.source, indices[said[item.name]]) for item in items]
