"""From a file that somebody has to the array that the network wants.

`open_image` turns any sane picture into upright RGB, or says why not; nothing is written to disk.
`view` is what the network sees, `to_array` the numbers it gets; both follow the weights' own
preprocessing to the last bit of torchvision's.
"""

import ctypes
import importlib
import io
import math
import os
import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import IO, Any

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from effnet.base import EffnetError, Text, brief, mark, path_of
from effnet.pixels.in_flight import InFlight
from effnet.pixels.webp_size import webp_size
from effnet.weights import Preprocessing

MAX_BYTES = 32 * 2**20
MAX_PIXELS = 64_000_000
MAX_WEBP_PIXELS = 32_000_000  # its decoder takes 16 bytes a pixel, and can't go by strips
MAX_ASPECT = 20
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
EXTENSIONS = (
    *("jpg", "jpeg", "jfif", "png", "webp", "avif", "gif", "bmp", "tif", "tiff"),
    *("heic", "heif"),
)
ADDRESS = re.compile(r"[a-z]+://", re.IGNORECASE)
HEIC = "HEIC"
KINDS = (  # what people have that is no picture here: where its mark stands, the mark, its name
    (4, (b"ftyphei", b"ftyphev", b"ftypmif1", b"ftypmsf1"), HEIC),
    (4, (b"ftyp",), "MP4"),
    (0, (b"\xff\x0a", b"\0\0\0\x0cJXL "), "JPEG XL"),
    (0, (b"\0\0\0\x0cjP  ",), "JPEG 2000"),
    (0, (b"8BPS",), "Photoshop"),
    (0, (b"%PDF",), "PDF"),
)
IN_FLIGHT = InFlight(MAX_PIXELS)  # of all visitors: the largest picture alone, or many small ones
LARGE = 4_000_000  # pixels from which on a picture's memory is given back to the system at once
RESIZED_WHOLE = 500_000  # pixels up to which no time is won by resizing only what is cropped
LYING = (5, 6, 7, 8)  # EXIF's orientations whose rows are the upright picture's columns
STRIP = 1 << 20  # pixels that are converted at a time

_RESAMPLING = {
    mark("bilinear"): Image.Resampling.BILINEAR,
    mark("bicubic"): Image.Resampling.BICUBIC,
}

Source = Any  # PIL image, path, bytes, binary file object, or (H, W, 3) uint8 array


def open_image(
    source: Source, *, short_side: int | None = None, most_pixels: int = MAX_PIXELS
) -> Image.Image:
    """Turn a picture into upright RGB.

    EXIF rotation is applied, transparency laid on white, 16-bit and float grey stretched to
    8 bits, the first frame taken of several. HEIC is read where `pillow-heif` is installed.
    While others decode large pictures, this waits for its turn.

    Args:
        source: A PIL image, a path, bytes, a file object opened in binary mode (read from its
            beginning, where it can be), or an `(H, W, 3)` uint8 array.
        short_side: Where given, a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size as long as
            each side keeps at least twice this many pixels: what is resized to `short_side`
            afterwards is the same to the eye and takes a fraction of the time.
        most_pixels: A file of more is made smaller by a whole factor.

    Raises:
        EffnetError: What it is can't be read, or is too large or too narrow to be sane; or others
            kept the machine from it for a minute.
    """
    opened, _ = opened_with_size(source, short_side=short_side, most_pixels=most_pixels)
    return opened


def opened_with_size(
    source: Source, *, short_side: int | None = None, most_pixels: int = MAX_PIXELS
) -> tuple[Image.Image, tuple[int, int]]:
    """What `open_image` gives, and the upright picture's whole width and height."""
    data = b""
    try:
        if isinstance(source, Image.Image):
            opened = _upright(source)
            size = opened.size
        elif isinstance(source, np.ndarray):
            opened = _from_array(source)
            size = opened.size
        else:
            data = file_bytes(source)
            opened, size = _decoded(data, short_side, most_pixels)
    except EffnetError:
        raise
    except UnidentifiedImageError:
        raise EffnetError(_not_read(data)) from None
    except Image.DecompressionBombError:
        raise EffnetError(
            "too many pixels; the limit is {limit:.0f} million", limit=MAX_PIXELS / 1e6
        ) from None
    except MemoryError:
        raise EffnetError(
            "the picture needs more memory than there is; use a smaller one"
        ) from None
    except Exception as error:  # decoders raise nearly anything on a damaged file
        raise EffnetError("the picture is damaged or cut short ({error})", error=error) from error
    if opened.width * opened.height >= LARGE or most_pixels < MAX_PIXELS:
        give_back_memory()
    return opened, size


def _upright(image: Image.Image) -> Image.Image:
    with _decoding(image):
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) != 1
        return _rgb(ImageOps.exif_transpose(image) if turned else image)


def _decoded(
    data: bytes, short_side: int | None, most_pixels: int
) -> tuple[Image.Image, tuple[int, int]]:
    if data[8:12] != b"WEBP":
        return _loaded(data, short_side, most_pixels)
    if size := webp_size(data):
        _check_size(*size, most=MAX_WEBP_PIXELS)
    with IN_FLIGHT.hold(IN_FLIGHT.room):  # its canvases are made while it is opened
        return _loaded(data, short_side, most_pixels, held=True)


def _loaded(
    data: bytes, short_side: int | None, most_pixels: int, *, held: bool = False
) -> tuple[Image.Image, tuple[int, int]]:
    formats = (*FORMATS, "HEIF") if _kind(data) == HEIC and _reads_heic() else FORMATS
    with Image.open(io.BytesIO(data), formats=formats) as image, _decoding(image, held=held):
        size = image.size
        if short_side:
            image.draft(None, (2 * short_side, 2 * short_side))
        image.load()
        if image.getexif().get(ExifTags.Base.Orientation, 1) in LYING:
            size = size[::-1]
        ImageOps.exif_transpose(image, in_place=True)
        times = math.ceil(math.sqrt(image.width * image.height / most_pixels))
        return _rgb(image, max(1, times)), size


def _decoding(image: Image.Image, *, held: bool = False) -> AbstractContextManager[None]:
    """Room for a picture's pixels while it is decoded and converted, unless it is held already."""
    _check_size(image.width, image.height)
    return nullcontext() if held else IN_FLIGHT.hold(image.width * image.height)


def give_back_memory() -> None:
    """Return freed memory to the system; glibc keeps what it once had."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)


@lru_cache(maxsize=1)
def _reads_heic() -> bool:
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError:
        return False
    return True


def _kind(data: bytes) -> str:
    """What a file that is no picture here is by its first bytes; "" where that is not known."""
    return next((kind for at, marks, kind in KINDS if data[at:].startswith(marks)), "")


def _not_read(data: bytes) -> Text:
    kind, formats = _kind(data), ", ".join(FORMATS)
    if kind == HEIC and not _reads_heic():
        return Text(
            "HEIC, as telephones save it, is not a picture that can be read here; install "
            "pillow-heif, or save it as one of {formats}",
            formats=formats,
        )
    if kind:
        return Text(
            "not a picture that can be read but {kind}; expected one of {formats}",
            kind=kind,
            formats=formats,
        )
    return Text("not a picture that can be read; expected one of {formats}", formats=formats)


def file_bytes(source: Source) -> bytes:
    """What a path, a file object or bytes hold, at most `MAX_BYTES`."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        _check_bytes(memoryview(source).nbytes)
        return bytes(source)
    if isinstance(source, str) and ADDRESS.match(source):
        raise EffnetError(
            "{address} is an address, and addresses are not fetched; save the picture and give its "
            "file",
            address=brief(source),
        )
    if isinstance(source, (str, os.PathLike)):
        path = path_of(source)
        try:
            _check_bytes(path.stat().st_size)
            with path.open("rb") as file:
                return _read(file)
        except OSError as error:
            raise EffnetError(
                "can't read {path}: {error}", path=path, error=error.strerror or error
            ) from None
    if callable(getattr(source, "read", None)):
        try:
            if callable(getattr(source, "seekable", None)) and source.seekable():
                source.seek(0)
            return _read(source)
        except (OSError, ValueError) as error:
            if isinstance(error, EffnetError):
                raise
            raise EffnetError("can't read the file object ({error})", error=error) from None
    raise EffnetError(
        "can't read a picture from {kind}; expected a PIL image, a path, bytes, a binary file "
        "object, or an (H, W, 3) uint8 array",
        kind=type(source).__name__,
    )


def _read(file: IO[bytes]) -> bytes:
    data = file.read(MAX_BYTES + 1)  # what it says of its size may be a lie
    if not isinstance(data, (bytes, bytearray)):
        raise EffnetError(
            "the file object gives {kind}; open it in binary mode, as in open(path, 'rb')",
            kind=type(data).__name__,
        )
    _check_bytes(len(data))
    return bytes(data)


def _check_bytes(size: int) -> None:
    if size == 0:
        raise EffnetError("the file is empty")
    if size > MAX_BYTES:
        raise EffnetError(
            "{size:.0f} MiB is too large; the limit is {limit} MiB",
            size=size / 2**20,
            limit=MAX_BYTES >> 20,
        )


def _check_size(width: int, height: int, *, most: int = MAX_PIXELS) -> None:
    if width * height > most:
        raise EffnetError(
            "{width} x {height} is too many pixels; the limit is {limit:.0f} million",
            width=width,
            height=height,
            limit=most / 1e6,
        )
    if min(width, height) == 0 or max(width, height) > MAX_ASPECT * min(width, height):
        raise EffnetError(
            "{width} x {height} is too narrow; one side may be {times} times the other",
            width=width,
            height=height,
            times=MAX_ASPECT,
        )


def _from_array(array: np.ndarray) -> Image.Image:
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        raise EffnetError(
            "an array of shape {shape} and type {type} is no picture; expected (H, W, 3) uint8",
            shape=array.shape,
            type=array.dtype,
        )
    _check_size(array.shape[1], array.shape[0])
    return Image.fromarray(array)


def _rgb(image: Image.Image, times: int = 1) -> Image.Image:
    """RGB on white, so many times smaller; only the picture and the result lie in memory whole."""
    strips = list(_strips(image, times))
    wide = image.mode.startswith("I") or image.mode == "F"
    low = min(_values(image, box).min() for box in strips) if wide else 0.0
    high = max(_values(image, box).max() for box in strips) if wide else 0.0
    whole = Image.new("RGB", (math.ceil(image.width / times), math.ceil(image.height / times)))
    for box in strips:
        if wide:
            stretched = (_values(image, box) - low) / max(high - low, 1e-12) * 255
            strip = Image.fromarray(stretched.round().astype(np.uint8))
        else:
            strip = image.crop(box)
        if "A" in strip.getbands() or "a" in strip.getbands() or "transparency" in strip.info:
            strip = strip.convert("RGBA")
            strip = Image.alpha_composite(Image.new("RGBA", strip.size, "white"), strip)
        strip = strip.convert("RGB")
        whole.paste(strip.reduce(times) if times > 1 else strip, (0, box[1] // times))
    return whole


def _strips(image: Image.Image, times: int) -> Iterator[tuple[int, int, int, int]]:
    rows = max(1, STRIP // image.width // times) * times
    for top in range(0, image.height, rows):
        yield 0, top, image.width, min(top + rows, image.height)


def _values(image: Image.Image, box: tuple[int, int, int, int]) -> np.ndarray:
    return np.nan_to_num(np.asarray(image.crop(box), dtype=np.float64))


def resized_size(width: int, height: int, resize: int) -> tuple[int, int]:
    """Width and height once the short side is `resize` pixels; the long side is cut down."""
    if width <= height:
        return resize, int(resize * height / width)
    return int(resize * width / height), resize


def crop_box(
    width: int, height: int, preprocessing: Preprocessing
) -> tuple[float, float, float, float]:
    """What the network sees of a picture: left, top, right, bottom in the picture's pixels."""
    wide, tall = resized_size(width, height, preprocessing.resize)
    left, top = _crop_corner(wide, tall, preprocessing.crop)
    across, down = width / wide, height / tall
    side = preprocessing.crop
    return left * across, top * down, (left + side) * across, (top + side) * down


def _crop_corner(width: int, height: int, crop: int) -> tuple[int, int]:
    return round((width - crop) / 2.0), round((height - crop) / 2.0)


def resized(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """The whole picture with its short side resized as the weights want it."""
    size = resized_size(image.width, image.height, preprocessing.resize)
    return image.resize(size, _RESAMPLING[preprocessing.interpolation])


def view(image: Image.Image, preprocessing: Preprocessing, *, exact: bool = True) -> Image.Image:
    """The picture as the network sees it: short side resized, centre cropped, `crop` px square.

    Args:
        image: Upright RGB.
        preprocessing: Sizes and interpolation.
        exact: False where one value in ten thousand may be off by one of 255 levels: of a picture
            of more than `RESIZED_WHOLE` pixels only the crop is resized then, in half the time.
    """
    side, how = preprocessing.crop, _RESAMPLING[preprocessing.interpolation]
    shrinks = min(image.size) >= 2 * preprocessing.resize
    if shrinks and image.width * image.height > RESIZED_WHOLE and not exact:
        box = crop_box(image.width, image.height, preprocessing)
        return image.resize((side, side), how, box)
    whole = resized(image, preprocessing)
    left, top = _crop_corner(whole.width, whole.height, side)
    return whole.crop((left, top, left + side, top + side))


def as_fed(source: Source, preprocessing: Preprocessing) -> Image.Image:
    """What `Classifier.predict` feeds of a picture, before it becomes numbers, `crop` px square.

    A large JPEG is decoded small, and of a large picture only the crop is resized; see `view`.
    """
    return view(open_image(source, short_side=preprocessing.resize), preprocessing, exact=False)


def to_array(seen: Image.Image, preprocessing: Preprocessing) -> np.ndarray:
    """The network's numbers: `(3, crop, crop)` float32, (value / 255 - mean) / std."""
    levels = _levels(preprocessing.mean, preprocessing.std)
    channels = np.asarray(seen).transpose(2, 0, 1)
    return np.stack([known.take(values) for known, values in zip(levels, channels, strict=True)])


def to_pixels(seen: Image.Image, preprocessing: Preprocessing) -> np.ndarray:
    """The same numbers pixel by pixel: `(crop, crop, 3)`, a view of `to_array`'s."""
    return to_array(seen, preprocessing).transpose(1, 2, 0)


@lru_cache
def _levels(mean: tuple[float, ...], std: tuple[float, ...]) -> np.ndarray:
    """What each of the 256 levels becomes in each channel: `(3, 256)` float32."""
    levels = np.arange(256, dtype=np.float32) / np.float32(255)
    offset, scale = (np.asarray(one, dtype=np.float32)[:, None] for one in (mean, std))
    return (levels - offset) / scale
