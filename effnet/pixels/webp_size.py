"""The size of a WebP picture by its header, before anything is decoded.

The decoder makes its canvases (16 bytes a pixel in all) while it opens a file, so its size is read
here first. Source: RFC 9649, sections 2.4 to 2.7.
"""


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels that the first chunk says; None where it is no WebP, or cut."""
    if len(data) < 30 or data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None

    def whole(at: int, count: int) -> int:
        return int.from_bytes(data[at : at + count], "little")

    match data[12:16]:
        case b"VP8X":
            return whole(24, 3) + 1, whole(27, 3) + 1
        case b"VP8L":
            bits = whole(21, 4)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return whole(26, 2) & 0x3FFF, whole(28, 2) & 0x3FFF
    return None
