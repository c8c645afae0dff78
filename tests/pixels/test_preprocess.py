"""From a file to the network's numbers: torchvision's to the last bit, and no file that crashes."""

import contextlib
import io
import struct
import sys
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile, features
from streamlit.testing.v1 import AppTest
from torchvision.models import get_weight

import effnet
from effnet.base import EffnetError
from effnet.pixels import preparation
from effnet.pixels.in_flight import InFlight
from effnet.pixels.preparation import (
    EXTENSIONS,
    MAX_BYTES,
    MAX_PIXELS,
    crop_box,
    open_image,
    resized_size,
    to_array,
    view,
)
from effnet.pixels.webp_size import webp_size
from effnet.weights.checkpoints import Preprocessing, known_checkpoints

FROM_TORCHVISION = [row for row in known_checkpoints() if row.origin == "torchvision"]
SETTINGS = list(dict.fromkeys(row.preprocessing for row in known_checkpoints()))


def picture(width: int, height: int, mode: str = "RGB", *, seed: int = 0) -> Image.Image:
    """A seeded picture with smooth parts and hard edges."""
    source = np.random.default_rng([seed, width, height])
    coarse = source.integers(0, 256, (max(2, height // 9), max(2, width // 9), 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    return image.convert(mode)


def saved(image: Image.Image, format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def png_of_zeros(width: int, height: int) -> bytes:
    """A PNG of black, one bit a pixel: few bytes, whatever size it claims."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", packed), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in chunks)


# --- the network's numbers

SIZES = [
    (224, 224), (256, 256), (231, 517), (517, 231), (97, 101), (640, 427), (33, 600), (600, 33),
    (1, 1), (2, 3), (255, 256), (257, 255), (300, 1999), (480, 480), (383, 385), (1023, 767),
]  # fmt: skip


@lru_cache(maxsize=1)
def pictures() -> list[Image.Image]:
    colour = [picture(*size, seed=i) for i, size in enumerate(SIZES)]
    others = [picture(301, 243, mode, seed=7) for mode in ("L", "P", "CMYK", "1")]
    return [*colour, *others]


@pytest.mark.parametrize("row", FROM_TORCHVISION, ids=lambda row: row.weights)
def test_the_array_is_torchvisions_to_the_last_bit(row):
    transforms = get_weight(row.weights).transforms()
    for image in pictures():
        ours = to_array(view(open_image(image), row.preprocessing), row.preprocessing)
        theirs = transforms(image.convert("RGB")).numpy()
        assert np.array_equal(ours, theirs), (image.size, image.mode)


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: f"{s.resize}-{s.crop}")
def test_the_array_is_single_precision_channels_first(settings):
    array = to_array(view(picture(301, 199), settings), settings)
    assert array.shape == (3, settings.crop, settings.crop)
    assert array.dtype == np.float32
    assert array.flags.c_contiguous


@pytest.mark.parametrize(("value", "number"), [(127, 0.0), (255, 1.0), (0, -127 / 128)])
def test_lites_numbers_are_those_of_the_released_code(value, number):
    settings = effnet.weights.checkpoints.usual_preprocessing(effnet.get_variant("lite0"))
    array = to_array(Image.new("RGB", (224, 224), (value,) * 3), settings)
    assert array == pytest.approx(number, abs=1e-6)


@pytest.mark.parametrize(
    ("size", "resized"),
    [((600, 400), (384, 256)), ((400, 600), (256, 384)), ((451, 300), (384, 256)),
     ((7, 7), (256, 256)), ((1, 20), (256, 5120))],
)  # fmt: skip
def test_the_short_side_is_resized_and_the_long_one_cut_down(size, resized):
    assert resized_size(*size, 256) == resized


# --- what the network sees of a picture


@pytest.mark.parametrize("size", [(600, 400), (400, 600), (451, 300), (224, 224), (999, 313)])
@pytest.mark.parametrize(
    "settings",
    [Preprocessing(256, 224), Preprocessing(288, 288), Preprocessing(320, 300)],
    ids=lambda s: f"{s.resize}-{s.crop}",
)
def test_a_spot_lands_where_the_crop_box_says(size, settings):
    width, height = size
    left, top, right, bottom = crop_box(width, height, settings)
    for across, down in ((0.5, 0.5), (0.15, 0.2), (0.8, 0.1), (0.25, 0.9)):
        x = round(left + across * (right - left))
        y = round(top + down * (bottom - top))
        values = np.zeros((height, width, 3), np.uint8)
        values[y - 4 : y + 4, x - 4 : x + 4] = 255
        seen = np.asarray(view(Image.fromarray(values), settings), dtype=float)[..., 0]
        rows, columns = np.mgrid[: settings.crop, : settings.crop] + 0.5
        found = (seen * columns).sum() / seen.sum(), (seen * rows).sum() / seen.sum()
        wanted = (
            (x - left) / (right - left) * settings.crop,
            (y - top) / (bottom - top) * settings.crop,
        )
        assert found == pytest.approx(wanted, abs=1)


@pytest.mark.parametrize("size", [(600, 400), (400, 600)])
@pytest.mark.parametrize("edge", ["left", "top", "right", "bottom"])
def test_what_lies_outside_the_crop_box_is_not_seen_and_inside_is(size, edge):
    settings = Preprocessing(200, 120, "bilinear")
    box = dict(zip(("left", "top", "right", "bottom"), crop_box(*size, settings), strict=True))
    inwards = 1 if edge in ("left", "top") else -1
    for steps, seen in ((-10, False), (10, True)):
        line = round(box[edge] + inwards * steps)
        values = np.zeros((size[1], size[0], 3), np.uint8)
        if edge in ("left", "right"):
            values[:, line - 2 : line + 2] = 255
        else:
            values[line - 2 : line + 2] = 255
        assert bool(np.asarray(view(Image.fromarray(values), settings)).any()) is seen


def test_the_crop_box_by_hand():
    """451 x 300 becomes 384 x 256; 224 of that from (80, 16), back in the picture's pixels."""
    box = crop_box(451, 300, Preprocessing(256, 224))
    across, down = 451 / 384, 300 / 256
    assert box == pytest.approx((80 * across, 16 * down, 304 * across, 240 * down), abs=1e-9)


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: f"{s.resize}-{s.crop}")
@pytest.mark.parametrize("size", [(600, 400), (401, 600), (1, 1), (3, 50)])
def test_the_crop_box_lies_centred_inside_the_picture(size, settings):
    left, top, right, bottom = crop_box(*size, settings)
    assert -0.01 * size[0] <= left < right <= 1.01 * size[0]
    assert -0.01 * size[1] <= top < bottom <= 1.01 * size[1]
    assert (left + right) / 2 == pytest.approx(size[0] / 2, abs=size[0] / settings.resize)
    assert (top + bottom) / 2 == pytest.approx(size[1] / 2, abs=size[1] / settings.resize)


# --- sane pictures of every kind

COLOURS = [(200, 30, 30), (30, 160, 40), (30, 40, 190), (230, 210, 40)]


def quarters(width: int = 48, height: int = 64) -> Image.Image:
    """Four colours, one a corner: red, green above; blue, yellow below."""
    values = np.zeros((height, width, 3), np.uint8)
    for i, colour in enumerate(COLOURS):
        y, x = divmod(i, 2)
        rows = slice(y * height // 2, (y + 1) * height // 2)
        values[rows, x * width // 2 : (x + 1) * width // 2] = colour
    return Image.fromarray(values)


def assert_quarters(image: Image.Image, *, within: int = 0) -> None:
    assert image.mode == "RGB"
    width, height = image.size
    for i, colour in enumerate(COLOURS):
        y, x = divmod(i, 2)
        found = image.getpixel((width * (2 * x + 1) // 4, height * (2 * y + 1) // 4))
        assert max(abs(a - b) for a, b in zip(found, colour, strict=True)) <= within, (
            found,
            colour,
        )


@pytest.mark.parametrize(
    ("format", "options", "within"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("TIFF", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("WEBP", {"quality": 90}, 20),
        ("JPEG", {"quality": 95}, 6),
        ("AVIF", {"quality": 95}, 12),
        ("GIF", {}, 6),
    ],
)
def test_pictures_of_every_format_open(format, options, within):
    if format == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    image = open_image(saved(quarters(), format, **options))
    assert image.size == (48, 64)
    assert_quarters(image, within=within)


def test_every_source_gives_the_same_picture(tmp_path):
    image = quarters()
    data = saved(image, "PNG")
    path = tmp_path / "quarters.png"
    path.write_bytes(data)
    sources = [image, data, bytearray(data), memoryview(data), path, str(path), np.asarray(image)]
    for source in sources:
        assert np.array_equal(np.asarray(open_image(source)), np.asarray(image)), type(source)


def test_the_callers_picture_is_left_as_it_was():
    image = quarters().convert("RGBA")
    before = image.tobytes()
    open_image(image)
    assert (image.mode, image.tobytes()) == ("RGBA", before)


def test_a_cmyk_jpeg_opens():
    assert_quarters(open_image(saved(quarters().convert("CMYK"), "JPEG", quality=95)), within=8)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_sideways_photo_comes_out_upright(orientation, format):
    turned_by = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,  # stored lying on its left side: turn it right to see it
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = quarters() if turned_by is None else quarters().transpose(turned_by)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}}.get(format, {"quality": 95})
    image = open_image(saved(stored, format, exif=exif, **options))
    assert image.size == (48, 64)
    assert_quarters(image, within=6)


def test_transparency_is_laid_on_white():
    values = np.zeros((2, 3, 4), np.uint8)
    values[..., 0] = 255
    values[0, :, 3] = [0, 128, 255]
    values[1, :, 3] = 255
    image = open_image(saved(Image.fromarray(values), "PNG"))
    top = [image.getpixel((x, 0)) for x in range(3)]
    assert top[0] == (255, 255, 255)
    assert top[1] == pytest.approx((255, 127, 127), abs=1)
    assert top[2] == (255, 0, 0)


def test_grey_with_transparency_is_laid_on_white():
    values = np.zeros((1, 2, 2), np.uint8)
    values[0, 1, 1] = 255
    image = open_image(saved(Image.fromarray(values, "LA"), "PNG"))
    assert [image.getpixel((x, 0)) for x in range(2)] == [(255, 255, 255), (0, 0, 0)]


@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_a_palettes_transparent_colour_is_laid_on_white(format):
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 0, 0, 255])
    image.putpixel((0, 0), 0)
    opened = open_image(saved(image, format, transparency=0))
    assert opened.getpixel((0, 0)) == (255, 255, 255)
    assert opened.getpixel((3, 3)) == (0, 0, 255)


def test_of_an_animation_the_first_frame_is_taken():
    frames = [Image.new("RGB", (12, 12), colour) for colour in ("red", "lime", "blue")]
    for format in ("GIF", "WEBP", "TIFF", "PNG"):
        options = {"lossless": True} if format == "WEBP" else {}
        data = saved(frames[0], format, save_all=True, append_images=frames[1:], **options)
        assert open_image(data).getpixel((5, 5)) == (255, 0, 0), format


@pytest.mark.parametrize(
    ("values", "format"),
    [
        pytest.param(np.linspace(0, 65535, 64).astype(np.uint16), "PNG", id="16-bit PNG"),
        pytest.param(np.linspace(300, 4000, 64).astype(np.uint16), "TIFF", id="12-bit TIFF"),
        pytest.param(np.linspace(-1, 1, 64).astype(np.float32), "TIFF", id="float TIFF"),
        pytest.param(np.linspace(-9000, 9000, 64).astype(np.int32), "TIFF", id="32-bit TIFF"),
    ],
)
def test_deep_grey_is_stretched_not_clipped(values, format):
    image = open_image(saved(Image.fromarray(values.reshape(8, 8)), format))
    found = np.asarray(image)[..., 0].ravel().astype(int)
    wanted = np.linspace(0, 255, 64)
    assert np.abs(found - wanted).max() <= 1


def test_float_grey_with_holes_opens():
    values = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    values[0, 0] = np.nan
    image = open_image(saved(Image.fromarray(values), "TIFF"))
    assert image.getpixel((7, 7)) == (255, 255, 255)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_flat_deep_grey_opens(dtype):
    open_image(saved(Image.fromarray(np.full((8, 8), 1000, dtype)), "TIFF"))


def test_one_bit_is_black_and_white():
    image = Image.new("1", (8, 8), 0)
    image.putpixel((2, 3), 1)
    opened = open_image(saved(image, "PNG"))
    assert opened.getpixel((2, 3)) == (255, 255, 255)
    assert opened.getpixel((3, 2)) == (0, 0, 0)


def test_a_picture_of_one_pixel_opens_and_is_seen():
    image = open_image(saved(Image.new("RGB", (1, 1), (9, 8, 7)), "PNG"))
    seen = view(image, Preprocessing(256, 224))
    assert seen.size == (224, 224)
    assert seen.getpixel((100, 100)) == (9, 8, 7)


@pytest.mark.parametrize("size", [(20, 400), (400, 20)])
def test_twenty_to_one_is_not_too_narrow(size):
    assert open_image(Image.new("RGB", size)).size == size


# --- what is refused

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"just words, whatever the name says", id="text"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", id="SVG"),
        pytest.param(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n", id="PDF"),
        pytest.param(EPS, id="EPS"),
        pytest.param(saved(Image.new("RGB", (16, 16)), "ICO"), id="an icon"),
        pytest.param(saved(Image.new("RGB", (16, 16)), "PPM"), id="PPM"),
        pytest.param(b"\0" * 100, id="zeros"),
        pytest.param(b"\x89PNG\r\n\x1a\n", id="a PNG's first bytes"),
        pytest.param(b"\xff\xd8\xff", id="a JPEG's first bytes"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_formats_that_are(tmp_path, data):
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    for source in (data, path):
        with pytest.raises(EffnetError, match=r"not a picture that can be read.*JPEG, PNG, WEBP"):
            open_image(source)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_picture_cut_short_is_refused(format, share):
    if format == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    source = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    whole = saved(Image.fromarray(source), format)
    with pytest.raises(EffnetError, match=r"damaged or cut short|not a picture"):
        open_image(whole[: int(len(whole) * share)])


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"])
def test_a_damaged_picture_is_read_or_refused_but_never_crashes(format):
    whole = saved(picture(40, 30), format)
    source = np.random.default_rng(3)
    for _ in range(150):
        damaged = bytearray(whole)
        for place in source.integers(0, len(damaged), 6):
            damaged[place] = source.integers(0, 256)
        with contextlib.suppress(EffnetError):
            assert open_image(bytes(damaged)).mode == "RGB"


def test_an_unfinished_picture_of_pil_is_refused():
    whole = saved(picture(200, 200), "PNG")
    with (
        Image.open(io.BytesIO(whole[: len(whole) // 2])) as image,
        pytest.raises(EffnetError, match="damaged or cut short"),
    ):
        open_image(image)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [8100, 9200, 10_000, 20_000])
def test_a_small_file_of_many_pixels_is_refused_before_it_is_decoded(side):
    data = png_of_zeros(side, side)
    assert len(data) < 100_000
    with pytest.raises(EffnetError, match=r"too many pixels; the limit is 64 million"):
        open_image(data)


def test_many_pixels_are_accepted_up_to_the_limit():
    side = int(MAX_PIXELS**0.5)
    assert open_image(png_of_zeros(side, side)).size == (side, side)


@pytest.mark.parametrize(("width", "height"), [(1, 60_000), (60_000, 1), (10, 201)])
def test_a_picture_too_narrow_is_refused_with_its_size(width, height):
    with pytest.raises(EffnetError, match=f"{width} x {height} is too narrow"):
        open_image(saved(Image.new("L", (width, height)), "PNG"))
    with pytest.raises(EffnetError, match=f"{width} x {height} is too narrow"):
        open_image(Image.new("RGB", (width, height)))
    with pytest.raises(EffnetError, match=f"{width} x {height} is too narrow"):
        open_image(np.zeros((height, width, 3), np.uint8))


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "empty.jpg"
    path.touch()
    for source in (b"", path):
        with pytest.raises(EffnetError, match="the file is empty"):
            open_image(source)


def test_too_many_bytes_are_refused_without_reading_them(tmp_path):
    path = tmp_path / "large.jpg"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(EffnetError, match="32 MiB is too large; the limit is 32 MiB"):
        open_image(path)
    with pytest.raises(EffnetError, match="too large"):
        open_image(bytes(MAX_BYTES + 1))


def test_a_path_that_cannot_be_read_is_named(tmp_path):
    for path in (tmp_path / "nowhere.jpg", tmp_path):
        with pytest.raises(EffnetError, match=f"can't read {path}"):
            open_image(path)


@pytest.mark.parametrize(
    ("array", "named"),
    [
        pytest.param(np.zeros((5, 5), np.uint8), r"\(5, 5\)", id="grey"),
        pytest.param(np.zeros((5, 5, 4), np.uint8), r"\(5, 5, 4\)", id="four channels"),
        pytest.param(np.zeros((2, 5, 5, 3), np.uint8), r"\(2, 5, 5, 3\)", id="a batch"),
        pytest.param(np.zeros((5, 5, 3), np.float32), "float32", id="floats"),
        pytest.param(np.zeros((0, 5, 3), np.uint8), "5 x 0", id="nothing"),
    ],
)
def test_an_array_that_is_no_picture_is_refused(array, named):
    with pytest.raises(EffnetError, match=named):
        open_image(array)


@pytest.mark.parametrize(
    "source", [None, 7, 1.5, {"image": 1}, [b"x"], print], ids=lambda s: type(s).__name__
)
def test_what_is_no_source_is_refused_by_its_type(source):
    with pytest.raises(EffnetError, match=f"can't read a picture from {type(source).__name__}"):
        open_image(source)


def test_upload_endings_are_those_of_the_formats():
    known = {ending.lstrip(".") for ending in Image.registered_extensions()}
    assert set(EXTENSIONS) - {"heic", "heif"} <= known


# --- file objects


class Stream(io.RawIOBase):
    """As a response from a server: it can be read once, from where it is."""

    def __init__(self, data):
        self.left = io.BytesIO(data)

    def read(self, size=-1):
        return self.left.read(size)


def test_file_objects_are_pictures_read_from_their_beginning(tmp_path):
    data = saved(quarters(), "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(data)
    script = "import streamlit; streamlit.file_uploader('Photo', key='photo')"
    app = AppTest.from_string(script).run()
    app.file_uploader[0].set_value(("a.png", data, "image/png")).run()
    uploaded = app.session_state["photo"]
    with path.open("rb") as opened, zipfile.ZipFile(io.BytesIO(zipped(data))) as archive:
        for source in (io.BytesIO(data), opened, uploaded, Stream(data), archive.open("a.png")):
            assert_quarters(open_image(source))
            if source.seekable():
                assert_quarters(open_image(source))


def zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.png", data)
    return buffer.getvalue()


def test_a_file_object_of_no_picture_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("words")
    closed = io.BytesIO(b"x")
    closed.close()
    with (tmp_path / "a.txt").open() as text:
        for source, problem in (
            (text, "gives str; open it in binary mode"),
            (io.StringIO("words"), "gives str"),
            (closed, "can't read the file object"),
            (io.BytesIO(), "the file is empty"),
            (io.BytesIO(b"words"), "not a picture"),
        ):
            with pytest.raises(EffnetError, match=problem):
                open_image(source)
    with Path("/dev/zero").open("rb") as endless, pytest.raises(EffnetError, match="too large"):
        open_image(endless)


@pytest.mark.parametrize("path", ["a\0b.jpg", "~nobody_here/a.jpg", "x" * 5000, "\ud800.jpg"])
def test_what_can_be_no_path_is_refused(path):
    with pytest.raises(EffnetError, match=r"is no path|can't read"):
        open_image(path)


# --- what telephones and other programs save


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\0\0\0\x1cftypheic\0\0\0\0mif1heic", "HEIC, as telephones save it"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftyphevc\0\0\0\0", "HEIC"),
        (b"\0\0\0\x18ftypqt  \0\0\0\0", "but MP4"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "but JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "but JPEG 2000"),
        (b"8BPS\0\1", "but Photoshop"),
        (b"%PDF-1.7", "but PDF"),
    ],
)
def test_what_people_have_is_named_when_it_is_refused(monkeypatch, data, kind):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    preparation._reads_heic.cache_clear()
    with pytest.raises(EffnetError, match=rf"{kind}.*JPEG, PNG, WEBP"):
        open_image(data + bytes(64))
    preparation._reads_heic.cache_clear()


def test_heic_is_read_where_pillow_heif_is_installed():
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(quarters()).save(buffer, quality=95)
    preparation._reads_heic.cache_clear()
    assert_quarters(open_image(buffer.getvalue()), within=8)
    with pytest.raises(EffnetError, match="not a picture"):
        open_image(buffer.getvalue()[:60])


# --- one visitor can't take the memory of all


def test_the_largest_picture_is_decoded_alone_and_many_small_ones_together(monkeypatch):
    """Pixels in flight never pass the room, whoever asks; nobody is turned away."""
    room, seen = InFlight(10_000), []
    monkeypatch.setattr(preparation, "IN_FLIGHT", room)
    load = ImageFile.ImageFile.load

    def counted(image):
        seen.append(room.used)
        return load(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", counted)
    files = [saved(picture(*size), "PNG") for size in ((100, 100), (40, 100), (30, 100), (200, 90))]
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(open_image, files * 6))
    assert len(opened) == 24
    assert 3_000 <= min(seen) <= max(seen) <= 10_000
    assert room.used == 0


def test_a_webp_is_let_in_alone_as_it_takes_memory_before_its_size_is_known(monkeypatch):
    room = InFlight(10_000)
    monkeypatch.setattr(preparation, "IN_FLIGHT", room)
    opened = Image.open
    seen = []
    monkeypatch.setattr(Image, "open", lambda *a, **k: seen.append(room.used) or opened(*a, **k))
    for format in ("WEBP", "PNG"):
        open_image(saved(picture(40, 30), format))
    assert seen == [10_000, 0]
    assert room.used == 0


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 50}, {"exif": b"Exif\0\0"}])
def test_the_size_of_a_webp_is_known_before_it_is_decoded(options, monkeypatch):
    """Three forms of the header: lossless, lossy, and extended (with alpha or metadata)."""
    assert webp_size(saved(picture(40, 30), "WEBP", **options)) == (40, 30)
    large = saved(Image.new("RGB", (8000, 8000)), "WEBP", **options)
    monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(EffnetError, match=r"8000 x 8000 is too many pixels; the limit is 32 mill"):
        open_image(large)


def test_what_is_no_webp_has_no_size_as_one():
    for data in (b"", b"RIFF", saved(picture(40, 30), "PNG"), b"RIFF\0\0\0\0WEBPJUNK" + bytes(20)):
        assert webp_size(data) is None


def test_a_file_of_more_pixels_than_are_kept_is_made_smaller():
    data = saved(quarters().resize((900, 600)), "PNG")
    assert open_image(data, most_pixels=900 * 600).size == (900, 600)
    assert open_image(data, most_pixels=900 * 600 - 1).size == (450, 300)
    assert open_image(data, most_pixels=20_000).size == (150, 100)
    assert_quarters(open_image(data, most_pixels=20_000))


def test_who_finds_no_room_is_turned_away_and_room_is_given_back():
    room = InFlight(100)
    with room.hold(60):
        room_left = pytest.raises(EffnetError, match="too many pictures")
        with room.hold(40), room_left, room.hold(1, patience_s=0):
            raise AssertionError
        with pytest.raises(RuntimeError), room.hold(30):
            raise RuntimeError
        assert room.used == 60
    with room.hold(1_000_000, patience_s=0):  # larger than the room: alone
        assert room.used == 100
    assert room.used == 0


def test_a_large_picture_is_not_overtaken_for_ever():
    """Who came first goes first: small pictures wait behind a large one."""
    room, order = InFlight(100), []
    first = room.hold(60)
    first.__enter__()

    def take(name, pixels):
        with room.hold(pixels):
            order.append(name)

    with ThreadPoolExecutor(2) as pool:
        large = pool.submit(take, "large", 100)
        while not room.waiting:
            pass
        small = pool.submit(take, "small", 10)
        while room.waiting < 2:
            pass
        assert order == []
        first.__exit__(None, None, None)
        large.result(), small.result()
    assert order == ["large", "small"]


@pytest.mark.parametrize("mode", ["I;16", "I", "F", "LA", "P", "RGBA", "CMYK"])
def test_a_large_picture_is_converted_as_a_small_one_strip_by_strip(monkeypatch, mode):
    """What lies in memory beside picture and result is a strip, and the strips don't show."""
    source = np.random.default_rng(1).integers(0, 60_000, (90, 70))
    values = source.astype({"I;16": np.uint16, "I": np.int32, "F": np.float32}.get(mode, np.uint8))
    image = Image.fromarray(values) if mode in ("I;16", "I", "F") else picture(70, 90, mode)
    whole = open_image(image)
    sizes = []
    monkeypatch.setattr(preparation, "STRIP", 70 * 7)
    crop = Image.Image.crop
    monkeypatch.setattr(
        Image.Image, "crop", lambda self, box: sizes.append(box[3] - box[1]) or crop(self, box)
    )
    assert open_image(image).tobytes() == whole.tobytes()
    assert max(sizes) == 7
    assert sum(sizes) == 90 * (3 if mode in ("I;16", "I", "F") else 1)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "I;16", "F"])
@pytest.mark.parametrize("size", [(70, 90), (71, 89)])
def test_strips_made_smaller_are_the_whole_picture_made_smaller(monkeypatch, mode, size):
    """By 3, though neither side is a multiple of it; a strip has as many rows as blocks need."""
    values = np.random.default_rng(2).integers(0, 60_000, size[::-1])
    kind = {"I;16": np.uint16, "F": np.float32}.get(mode)
    image = Image.fromarray(values.astype(kind)) if kind else picture(*size, mode)
    data = saved(image, "TIFF")
    whole = open_image(data).reduce(3)
    monkeypatch.setattr(preparation, "STRIP", 70 * 7)
    small = open_image(data, most_pixels=whole.width * whole.height)
    assert small.size == whole.size == (24, 30)
    assert small.tobytes() == whole.tobytes()
