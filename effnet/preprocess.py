"""From a file that somebody has to the array that the network wants.

`open_image` turns any sane picture into upright RGB, or says why not; nothing is written to disk.
`view` is what the network sees, `to_array` the numbers it gets; both follow the weights' own
preprocessing to the last bit of torchvision's.
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from effnet.checkpoints import Preprocessing
from effnet.language import mark, say
from effnet.spec import EffnetError

MAX_BYTES = 32 * 2**20
MAX_PIXELS = 64_000_000
MAX_ASPECT = 20
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
EXTENSIONS = ("jpg", "jpeg", "png", "webp", "avif", "gif", "bmp", "tif", "tiff")

_RESAMPLING = {
    mark("bilinear"): Image.Resampling.BILINEAR,
    mark("bicubic"): Image.Resampling.BICUBIC,
}

Source = Any  # PIL image, path, bytes, or (H, W, 3) uint8 array


def open_image(source: Source, *, short_side: int | None = None) -> Image.Image:
    """Turn a PIL image, path, bytes or `(H, W, 3)` uint8 array into upright RGB.

    EXIF rotation is applied, transparency laid on white, 16-bit and float grey stretched to
    8 bits, the first frame taken of several.

    Args:
        source: The picture.
        short_side: Where given, a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size as long as
            each side keeps at least twice this many pixels: what is resized to `short_side`
            afterwards is the same to the eye and takes a fraction of the time.

    Raises:
        EffnetError: What it is can't be read, or is too large or too narrow to be sane.
    """
    try:
        if isinstance(source, Image.Image):
            _check_size(source.width, source.height)
            return _upright_rgb(source)
        if isinstance(source, np.ndarray):
            return _from_array(source)
        data = _bytes(source)
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_size(image.width, image.height)
            if short_side:
                image.draft(None, (2 * short_side, 2 * short_side))
            image.load()
            return _upright_rgb(image)
    except EffnetError:
        raise
    except UnidentifiedImageError:
        raise EffnetError(
            say(
                "not a picture that can be read; expected one of {formats}",
                formats=", ".join(FORMATS),
            )
        ) from None
    except Image.DecompressionBombError:
        raise EffnetError(
            say("too many pixels; the limit is {limit:.0f} million", limit=MAX_PIXELS / 1e6)
        ) from None
    except MemoryError:
        raise EffnetError(
            say("the picture needs more memory than there is; use a smaller one")
        ) from None
    except Exception as error:  # decoders raise nearly anything on a damaged file
        raise EffnetError(
            say("the picture is damaged or cut short ({error})", error=error)
        ) from error


def _bytes(source: Source) -> bytes:
    if isinstance(source, (str, Path)):
        path = Path(source).expanduser()
        try:
            size = path.stat().st_size
            _check_bytes(size)
            return path.read_bytes()
        except OSError as error:
            raise EffnetError(
                say("can't read {path}: {error}", path=path, error=error.strerror or error)
            ) from None
    if isinstance(source, (bytes, bytearray, memoryview)):
        _check_bytes(len(source))
        return bytes(source)
    raise EffnetError(
        say(
            "can't read a picture from {kind}; expected a PIL image, a path, bytes, or an "
            "(H, W, 3) uint8 array",
            kind=type(source).__name__,
        )
    )


def _check_bytes(size: int) -> None:
    if size == 0:
        raise EffnetError(say("the file is empty"))
    if size > MAX_BYTES:
        raise EffnetError(
            say(
                "{size:.0f} MiB is too large; the limit is {limit} MiB",
                size=size / 2**20,
                limit=MAX_BYTES >> 20,
            )
        )


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise EffnetError(
            say(
                "{width} x {height} is too many pixels; the limit is {limit:.0f} million",
                width=width,
                height=height,
                limit=MAX_PIXELS / 1e6,
            )
        )
    if min(width, height) == 0 or max(width, height) > MAX_ASPECT * min(width, height):
        raise EffnetError(
            say(
                "{width} x {height} is too narrow; one side may be {times} times the other",
                width=width,
                height=height,
                times=MAX_ASPECT,
            )
        )


def _from_array(array: np.ndarray) -> Image.Image:
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        raise EffnetError(
            say(
                "an array of shape {shape} and type {type} is no picture; expected (H, W, 3) uint8",
                shape=array.shape,
                type=array.dtype,
            )
        )
    _check_size(array.shape[1], array.shape[0])
    return Image.fromarray(array)


def _upright_rgb(image: Image.Image) -> Image.Image:
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        values = np.nan_to_num(np.asarray(image, dtype=np.float64))
        low, high = values.min(), values.max()
        stretched = (values - low) / max(high - low, 1e-12) * 255
        image = Image.fromarray(stretched.round().astype(np.uint8))
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


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


def view(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """The picture as the network sees it: short side resized, centre cropped, `crop` px square."""
    whole = resized(image, preprocessing)
    left, top = _crop_corner(whole.width, whole.height, preprocessing.crop)
    return whole.crop((left, top, left + preprocessing.crop, top + preprocessing.crop))


def to_array(seen: Image.Image, preprocessing: Preprocessing) -> np.ndarray:
    """The network's numbers: `(3, crop, crop)` float32, (value / 255 - mean) / std."""
    return np.ascontiguousarray(to_pixels(seen, preprocessing).transpose(2, 0, 1))


def to_pixels(seen: Image.Image, preprocessing: Preprocessing) -> np.ndarray:
    """The same numbers pixel by pixel, as channels-last networks take them: `(crop, crop, 3)`."""
    pixels = np.array(seen, dtype=np.float32)
    pixels /= np.float32(255)
    pixels -= np.asarray(preprocessing.mean, dtype=np.float32)
    pixels /= np.asarray(preprocessing.std, dtype=np.float32)
    return pixels
