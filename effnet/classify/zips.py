"""What is in a zip: named by its directory, unpacked one at a time and only when it is read."""

import contextlib
import io
import zipfile
from collections.abc import Iterator, Sequence

from effnet.base import EffnetError
from effnet.pixels import MAX_BYTES

MAX_ENTRIES = 20_000
HEADER = 30  # bytes before an entry's name and data
CHUNK = 4096  # packed bytes at a time: bzip2 and LZMA unpack at once whatever they are given


class Entry:
    """A file in a zip, as a file object that unpacks it when it is read.

    Nothing is written to disk, so a name that points outside does no harm.

    Attributes:
        name: Its path in the zip, with `/` between folders.
        size: In bytes, as the directory has it; no more is ever unpacked.
    """

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, overlaps: bool) -> None:
        self.name, self.size = _name(info), info.file_size
        self._archive, self._info, self._overlaps = archive, info, overlaps

    def read(self, size: int = MAX_BYTES) -> bytes:
        """The first `size` bytes.

        Raises:
            EffnetError: It is damaged, locked, too large, or shares its bytes with another entry.
        """
        if self._overlaps:
            raise EffnetError("it overlaps with another file in the zip, as in a zip bomb")
        if self.size > MAX_BYTES:
            raise EffnetError(
                "{size:.0f} MiB is too large; the limit is {limit} MiB",
                size=self.size / 2**20,
                limit=MAX_BYTES >> 20,
            )
        data = bytearray()
        try:
            with self._archive.open(self._info) as file:
                while len(data) < size and (chunk := file.read(CHUNK)):
                    data += chunk
        except Exception as error:  # unpackers raise nearly anything on a damaged file
            raise EffnetError("it can't be unpacked ({error})", error=_told(error)) from None
        return bytes(data[:size])


def entries(data: bytes) -> list[Entry]:
    """The files in a zip, in order of their names; nothing is unpacked yet.

    Raises:
        EffnetError: It is no zip, its directory is damaged, or it holds too many files.
    """
    if data.count(b"PK\x01\x02") > MAX_ENTRIES:  # before its directory takes memory
        raise EffnetError("over {limit:,} files in the zip", limit=MAX_ENTRIES)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception as error:  # a damaged directory raises nearly anything
        raise EffnetError("not a zip that can be read ({error})", error=_told(error)) from None
    infos = archive.infolist()
    overlapping = set(_overlapping(infos, archive.start_dir))
    found = [
        Entry(archive, info, overlaps=info.header_offset in overlapping)
        for info in infos
        if not info.is_dir()
    ]
    return sorted(found, key=lambda entry: entry.name)


def _overlapping(infos: Sequence[zipfile.ZipInfo], end: int) -> Iterator[int]:
    """Where the entries begin that reach into another one or into the directory."""
    reached, last = 0, -1
    for info in sorted(infos, key=lambda info: info.header_offset):
        start = info.header_offset
        if start < reached:
            yield from (start, last)
        if (stop := start + HEADER + info.compress_size) > reached:
            reached, last = stop, start
        if stop > end:
            yield start


def _told(error: Exception) -> str:
    """What an unpacker says, which may hold whole pages of the file."""
    return ascii(str(error) or type(error).__name__)[1:121]


def _name(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: UTF-8 even where the zip doesn't say so, and no backslashes."""
    name = info.filename
    with contextlib.suppress(UnicodeError):
        name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")
