"""Two hundred files that somebody might upload: damaged, lying, huge, tiny, odd, and harmless."""

import io
import random
import struct
import zlib

import numpy as np
from PIL import Image, features

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
MODES = {
    "1": "PNG", "L": "PNG", "LA": "PNG", "P": "PNG", "RGB": "PNG", "RGBA": "PNG", "I;16": "PNG",
    "I": "TIFF", "F": "TIFF", "CMYK": "JPEG", "YCbCr": "JPEG", "LAB": "TIFF", "RGBX": "TIFF",
    "PA": "TIFF",
}  # fmt: skip


def saved(image: Image.Image, format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def noise(width: int = 96, height: int = 72) -> Image.Image:
    values = np.random.default_rng([width, height]).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(values)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes = b"", *, depth: int = 1, colour: int = 0) -> bytes:
    """A PNG whose header says what it likes."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def exif(orientation: object = 6, **more: object) -> bytes:
    found = Image.Exif()
    found[0x0112] = orientation
    for tag, value in more.items():
        found[int(tag[1:])] = value
    return found.tobytes()


def hostile_files() -> dict[str, bytes]:
    """At least 200 files by what is odd about them."""
    source = random.Random(0)
    formats = [f for f in FORMATS if f != "AVIF" or features.check("avif")]
    whole = {format: saved(noise(), format) for format in formats}
    files: dict[str, bytes] = {}
    for format, data in whole.items():
        for share in (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
            files[f"{format} cut at {share}"] = data[: int(len(data) * share)]
        for turn in range(9):
            damaged = bytearray(data)
            for _ in range(1 + 4 * turn):
                damaged[source.randrange(len(damaged))] = source.randrange(256)
            files[f"{format} damaged {turn}"] = bytes(damaged)
        files[f"{format} with a tail"] = data + b"<script>alert(1)</script>" + bytes(1000)
        files[f"{format} after a zip"] = b"PK\x03\x04" + data
        files[f"{format} twice"] = data + data
        files[f"{format} with its head zeroed"] = bytes(16) + data[16:]
    for mode, format in MODES.items():
        image = Image.new(mode, (40, 30)) if mode in ("I;16", "LAB", "PA") else None
        files[f"mode {mode}"] = saved(image or noise(40, 30).convert(mode), format)
    for width, height in ((1, 1), (1, 2), (2, 1), (3, 3), (20, 1), (1, 20), (30_000, 1),
                          (1, 30_000), (30_000, 1500), (30_000, 1499), (19, 400)):  # fmt: skip
        files[f"{width} x {height}"] = saved(Image.new("L", (width, height), 90), "PNG")
    for side in (8001, 20_000, 65_000, 2**31 - 1):
        files[f"a bomb that says {side}"] = png(side, side)
    files["a real bomb"] = png(12_000, 12_000, bytes(12_000 * 1501))
    files["a PNG with no width"] = png(0, 10)
    files["a PNG of an odd depth"] = png(9, 9, bytes(99), depth=7, colour=9)
    files["a PNG with no data"] = png(64, 64)
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(80 * 2**20)))
    files["a text bomb"] = whole["PNG"][:33] + text + whole["PNG"][33:]
    for orientation in (0, 1, 3, 6, 8, 9, 65_535, "six", b"\0"):
        try:
            said = exif(orientation)
        except Exception:
            continue
        files[f"EXIF orientation {orientation!r}"] = saved(noise(), "JPEG", exif=said)
    files["EXIF of noise"] = saved(noise(), "JPEG", exif=b"Exif\0\0" + source.randbytes(400))
    files["EXIF of loops"] = saved(
        noise(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x87\x69\0\x04\0\0\0\x01\0\0\0\x08" * 9
    )
    files |= {
        "nothing": b"", "one byte": b"\xff", "zeros": bytes(5000), "text": b"hello " * 99,
        "HTML": b"<!DOCTYPE html><img src=x onerror=alert(1)>", "PDF": b"%PDF-1.7\n1 0 obj\n",
        "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>", "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n",
        "a zip": b"PK\x03\x04" + bytes(40), "an ELF": b"\x7fELF" + bytes(200),
        "a pickle": b"\x80\x04cposix\nsystem\n", "noise": source.randbytes(4000),
        "GIF of 60,000 px": b"GIF89a\x60\xea\x60\xea\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0;",
    }  # fmt: skip
    frames = [noise(30 + i, 30) for i in range(3)]
    files["an animation"] = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    files["WebP of frames"] = saved(noise(), "WEBP", save_all=True, append_images=[noise()] * 3)
    for i in range(max(0, 200 - len(files))):
        files[f"noise {i}"] = source.randbytes(300 + i)
    return files
