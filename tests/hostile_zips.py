"""Zips that somebody might upload: seeded damage to whole ones, and bombs."""

import io
import random
import struct
import zipfile
import zlib

from hostile import noise, saved

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
LOCAL, CENTRAL = "<4s5H3L2H", "<4s6H3L5H2L"


def whole(method: int) -> bytes:
    """A small zip as people have them: folders, words in two alphabets, what macOS adds."""
    small = {f: saved(noise(24, 18), f) for f in ("PNG", "JPEG")}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("cats/a.png", small["PNG"])
        archive.writestr("狗/b.jpg", small["JPEG"])
        archive.writestr("c.png", small["PNG"])
        archive.writestr("__MACOSX/cats/._a.png", b"resource")
        archive.writestr("notes.txt", b"words")
        archive.mkdir("folder.jpg")
    return buffer.getvalue()


def fuzzed(count: int, *, seed: int = 0) -> list[bytes]:
    """So many zips, each damaged in a few bytes, in a field of a header, cut, or spliced."""
    source = random.Random(seed)
    wholes = [whole(method) for method in METHODS]
    found = []
    for turn in range(count):
        data = bytearray(wholes[turn % len(wholes)])
        kind = source.randrange(5)
        if kind == 0:
            for _ in range(source.randint(1, 8)):
                data[source.randrange(len(data))] = source.randrange(256)
        elif kind in (1, 2):
            mark, size = ((b"PK\x01\x02", 46), (b"PK\x03\x04", 30))[source.randrange(2)]
            places = [i for i in range(len(data)) if data[i : i + 4] == mark]
            field = source.choice(places) + 4 + source.randrange(size - 4)
            data[field] = source.choice((0, 1, 127, 128, 255, source.randrange(256)))
        elif kind == 3:
            del data[source.randrange(len(data)) :]
        else:
            a, b = sorted(source.randrange(len(data)) for _ in range(2))
            data[a:b] = source.randbytes(source.randrange(40))
        found.append(bytes(data))
    return found


def overlapping(count: int) -> bytes:
    """A zip bomb: every name of the directory leads to the same packed bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = bytes(30 * 2**20)
    packed = packer.compress(data) + packer.flush()
    sizes = zlib.crc32(data), len(packed), len(data)
    names = [f"{i:04}.png".encode() for i in range(count)]
    head = struct.pack(LOCAL, b"PK\x03\x04", 20, 0, 8, 0, 0, *sizes, len(names[0]), 0) + names[0]
    directory = b"".join(
        struct.pack(CENTRAL, b"PK\x01\x02", 20, 20, 0, 8, 0, 0, *sizes, len(name), *[0] * 6) + name
        for name in names
    )
    start = len(head) + len(packed)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
    return head + packed + directory + end
