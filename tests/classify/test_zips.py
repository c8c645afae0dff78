"""Zips: named by their directory, and whatever is wrong with one ends in lines, never a job."""

import io
import os
import struct
import zipfile

import pytest
from hostile import noise, saved
from hostile_zips import METHODS, fuzzed, overlapping, whole

from effnet.base import EffnetError
from effnet.classify import labelled_files, zips
from effnet.classify.labelled_files import in_zip
from effnet.pixels.preparation import MAX_BYTES, open_image

FUZZED = int(os.environ.get("EFFNET_FUZZED_ZIPS", "300"))  # of 3,000 that were tried


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def ends(data: bytes) -> dict[str, str]:
    """What comes of each picture in a zip: its size, or why it can't be opened."""
    found = {}
    for item in in_zip(data):
        try:
            found[item.name] = "{} x {}".format(*open_image(item.source).size)
        except EffnetError as error:
            found[item.name] = str(error)
    return found


def test_a_zips_pictures_come_in_order_with_their_folders():
    data = zipped(
        {"x/b.png": b"2", "a/a.jpg": b"1", "__MACOSX/a.jpg": b"", ".h.png": b"", "t": b""}
    )
    assert [(i.name, i.folder, i.source.read()) for i in in_zip(data)] == [
        ("a/a.jpg", "a", b"1"), ("x/b.png", "x", b"2"),
    ]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_every_way_of_packing_is_read(method):
    assert ends(whole(method)) == {
        "c.png": "24 x 18",
        "cats/a.png": "24 x 18",
        "狗/b.jpg": "24 x 18",
    }


def test_names_come_from_the_directory_and_nothing_is_unpacked(monkeypatch):
    data = whole(zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    names = [item.name for item in in_zip(data)]
    assert names == ["c.png", "cats/a.png", "狗/b.jpg"]


def test_names_are_read_as_they_were_meant():
    """UTF-8 without its flag, as macOS writes it; backslashes, as old Windows programs do."""
    data = zipped({"狗/ä.png": b"1", "cats+b.png": b"2"}).replace(b"cats+b.png", b"cats\\b.png")
    for mark, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = data.index(mark)
        flags = struct.unpack_from("<H", data, place + at)[0] & ~0x800
        data = data[: place + at] + struct.pack("<H", flags) + data[place + at + 2 :]
    assert [(item.name, item.folder) for item in in_zip(data)] == [
        ("cats\\b.png".replace("\\", "/"), "cats"), ("狗/ä.png", "狗"),
    ]  # fmt: skip


def test_a_picture_that_says_it_is_too_large_is_not_unpacked(monkeypatch):
    bomb = zipped({"bomb.png": bytes(100 * 2**20), "good.png": saved(noise(24, 18), "PNG")})
    assert len(bomb) < 200_000
    assert ends(bomb) == {
        "bomb.png": "100 MiB is too large; the limit is 32 MiB", "good.png": "24 x 18",
    }  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_a_picture_that_lies_about_its_size_is_unpacked_no_further(method):
    """The directory says 10 bytes; 64 MiB of zeros lie there, and 10 bytes come."""
    data = zipped({"a.png": bytes(64 * 2**20)}, method)
    place = data.rindex(b"PK\x01\x02")
    lying = data[: place + 24] + struct.pack("<L", 10) + data[place + 28 :]
    (item,) = in_zip(lying)
    with pytest.raises(EffnetError, match="can't be unpacked"):
        item.source.read()


def test_pictures_that_unpack_to_too_much_together_are_refused():
    many = zipped({f"{i}.png": bytes(MAX_BYTES) for i in range(17)})
    with pytest.raises(EffnetError, match="unpacks to 544 MiB of pictures; the limit is 512 MiB"):
        in_zip(many)


def test_entries_that_overlap_are_refused_before_anything_is_unpacked(monkeypatch):
    monkeypatch.setattr(zips, "MAX_BYTES", 2**40)
    monkeypatch.setattr(labelled_files, "MAX_UNPACKED", 2**50)
    bomb = overlapping(2000)
    assert len(bomb) < 150_000
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    found = ends(bomb)
    assert len(found) == 2000
    assert set(found.values()) == {"it overlaps with another file in the zip, as in a zip bomb"}


def test_the_bomb_itself_is_refused_whole():
    with pytest.raises(EffnetError, match="unpacks to 60000 MiB"):
        in_zip(overlapping(2000))


def test_one_entry_that_reaches_into_another_leaves_the_others_alone():
    """Quoted overlap: the first entry's packed bytes hold the second, as its directory says."""
    data = zipped({f"{n}.png": saved(noise(24, 18), "PNG") for n in "abcd"}, zipfile.ZIP_STORED)
    place = data.index(b"PK\x01\x02")
    size = struct.unpack_from("<L", data, place + 20)[0] + 60
    data = data[: place + 20] + struct.pack("<LL", size, size) + data[place + 28 :]
    found = ends(data)
    assert [name for name, end in found.items() if "overlaps" in end] == ["a.png", "b.png"]
    assert (found["c.png"], found["d.png"]) == ("24 x 18", "24 x 18")


def test_a_locked_picture_says_so():
    data = zipped({"a.png": b"1", "b.png": saved(noise(24, 18), "PNG")})
    for mark, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = data.index(mark) + at
        data = data[:place] + b"\x01" + data[place + 1 :]
    assert "encrypted" in ends(data)["a.png"]
    assert ends(data)["b.png"] == "24 x 18"


def test_names_that_point_outside_write_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert len(ends(zipped({"../../evil.png": b"1", "/abs.png": b"2", "~/c.png": b"3"}))) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"words" * 99, zipped({"a.txt": b""})])
def test_what_is_no_zip_of_pictures_is_refused(data):
    with pytest.raises(EffnetError, match=r"not a zip|no pictures in the zip"):
        in_zip(data)


def test_too_many_pictures_or_files_are_refused():
    many = zipped({f"{i}.png": b"" for i in range(labelled_files.MAX_PICTURES + 1)})
    with pytest.raises(EffnetError, match="2001 pictures in the zip; the limit is 2000"):
        in_zip(many)
    with pytest.raises(EffnetError, match="over 20,000 files in the zip"):
        in_zip(b"PK\x01\x02" * 20_001)


@pytest.mark.parametrize("field", ["zip version 9.9", "a method that nobody has"])
def test_zips_of_programs_to_come_are_refused_or_say_so(field):
    data = bytearray(whole(zipfile.ZIP_DEFLATED))
    place = data.index(b"PK\x01\x02")
    if field.startswith("zip"):
        data[place + 6] = 99
        with pytest.raises(EffnetError, match=r"zip file version 9\.9"):
            in_zip(bytes(data))
        return
    data[place + 10] = data[10 - 2] = 97
    assert "can't be unpacked" in ends(bytes(data))["cats/a.png"]


def lines_of(data: bytes) -> list[str]:
    """What a zip ends in: a line for all of it, or one for each picture."""
    try:
        return list(ends(data).values())
    except EffnetError as error:
        return [str(error)]


def test_fuzzed_zips_end_in_lines_and_lose_none():
    """Every picture that a directory names gets a picture or a line; no other exception."""
    lines = [line for data in fuzzed(FUZZED) for line in lines_of(data)]
    assert all(3 < len(line) < 400 and "\n" not in line for line in lines)
    opened = sum(line.split() in (["24", "x", "18"],) for line in lines)
    refused = sum(line.startswith(("not a zip", "no pictures")) for line in lines)
    assert opened > FUZZED / 3
    assert refused > FUZZED / 10
    assert len(lines) - opened - refused > FUZZED / 10
