"""A picture of which no more is decoded than is looked at."""

from functools import cached_property

import numpy as np
from PIL import Image

from effnet.pixels.preparation import Source, file_bytes, open_image, opened_with_size


class Picture:
    """A picture, decoded as far as a network needs it, and whole when somebody looks at it.

    Any number of threads may share one.

    Args:
        seen: Upright RGB.
        size: Width and height of the whole picture; those of `seen` where not given.
        file: What the whole is decoded from, where `seen` is smaller.

    Attributes:
        seen, size: As given.
    """

    def __init__(
        self, seen: Image.Image, size: tuple[int, int] | None = None, file: bytes = b""
    ) -> None:
        self.seen, self.size, self._file = seen, size or seen.size, file

    @classmethod
    def opened(cls, source: Source, short_side: int) -> "Picture":
        """A picture, read as `open_image` reads it.

        Args:
            source: As `open_image` takes it.
            short_side: As there: what a network resizes to.

        Raises:
            EffnetError: As there.
        """
        if isinstance(source, (Image.Image, np.ndarray)):
            return cls(open_image(source))
        file = file_bytes(source)
        seen, size = opened_with_size(file, short_side=short_side)
        return cls(seen, size, b"" if seen.size == size else file)

    @cached_property
    def whole(self) -> Image.Image:
        """Upright RGB, all of it."""
        return self.seen if self.seen.size == self.size else open_image(self._file)

    def fitted(self, side: int) -> Image.Image:
        """A copy of at most `side` px a side, of what is decoded where that will do."""
        enough = max(self.seen.size) >= min(side, max(self.size))
        small = (self.seen if enough else self.whole).copy()
        small.thumbnail((side, side))
        return small
