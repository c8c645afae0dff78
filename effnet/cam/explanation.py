"""The record of where a network looked, laid on the picture that it looked at."""

import base64
import io
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PIL import Image

from effnet.base import (
    Card,
    Rich,
    Tabular,
    check_range,
    class_name,
    coloured,
    percent,
    say,
)
from effnet.cam.core import unit_range
from effnet.cam.methods import Array
from effnet.pixels import Picture

Box = tuple[float, float, float, float]

CARD_SIDE = 320  # px of a picture on a card
DIMMED = 0.35  # brightness of what a network never saw


@dataclass(frozen=True, slots=True, eq=False)
class Explanation(Rich, Tabular):
    """Where a network looked.

    Attributes:
        native: float32 `(h, w)` at the layer's own grid, 0 to 1.
        target: Class index.
        label: Class name.
        probability: The network's probability of that class.
        method, layer: How and where.
        seconds: Wall time of the computation; of all maps together, where one pass gave several.
        box: What the network saw of the picture: left, top, right, bottom in its pixels.
        blank: True where the map is flat or not a number: nothing spoke for the class.
        picture: The picture, with its file.
        against, against_label: The class that the target is held against; None and "" without.
        why_blank: Why the map is blank, in words; "" where it is not.
        network, weights: Which network with which weights; "random" means untrained.
    """

    native: Array
    target: int
    label: str
    probability: float
    method: str
    layer: str
    seconds: float
    box: Box
    blank: bool
    picture: Picture = field(repr=False)
    against: int | None = None
    against_label: str = ""
    why_blank: str = ""
    network: str = ""
    weights: str = ""

    def as_rows(self) -> list[dict[str, Any]]:
        """One dictionary a cell of the layer's own grid, with the cell's box in the picture."""
        left, top, right, bottom = self.box
        high, wide = self.native.shape
        down, across = (bottom - top) / high, (right - left) / wide
        return [
            {
                "row": row,
                "column": column,
                "value": float(value),
                "left_px": left + column * across,
                "top_px": top + row * down,
                "right_px": left + (column + 1) * across,
                "bottom_px": top + (row + 1) * down,
            }
            for (row, column), value in np.ndenumerate(self.native)
        ]

    @property
    def image(self) -> Image.Image:
        """The picture itself, RGB; a large JPEG is decoded whole when this is first read."""
        return self.picture.whole

    @property
    def map(self) -> Array:
        """float32 `(H, W)` of the picture, 0 to 1; 0 where the crop looked at nothing.

        Laid out anew at every reading: a map of a large photo is large.
        """
        return place(self.native, self.picture.size, self.box)

    @property
    def asked(self) -> str:
        """The class, and rather than which: "espresso", "espresso rather than cup"."""
        if not self.against_label:
            return class_name(self.label)
        label, other = class_name(self.label), class_name(self.against_label)
        return say("{label} rather than {other}", label=label, other=other)

    def overlay(self, alpha: float = 0.5, *, smooth: bool = True) -> Image.Image:
        """The map in viridis over the picture; what the network never saw is dimmed.

        Args:
            alpha: Opacity of the map, 0 to 1.
            smooth: False shows the map's own cells.
        """
        check_range("opacity", alpha, 0, 1)
        values = place(self.native, self.picture.size, self.box, smooth=smooth)
        picture = np.asarray(self.image, dtype=np.float32)
        left, top, right, bottom = self.window
        seen = (slice(top, bottom), slice(left, right))
        result = picture * DIMMED
        result[seen] = (1 - alpha) * picture[seen] + alpha * coloured(values[seen])
        return Image.fromarray(result.astype(np.uint8))

    def grid(self) -> Image.Image:
        """The map's own cells, unsmoothed, where the network saw them."""
        return self.overlay(1.0, smooth=False)

    def on(self, image: Image.Image) -> "Explanation":
        """The same map on a larger or smaller copy of its picture."""
        width, height = self.picture.size
        across, down = image.width / width, image.height / height
        left, top, right, bottom = self.box
        scaled = (left * across, top * down, right * across, bottom * down)
        return replace(self, picture=Picture(image), box=scaled)

    def fitted(self, side: int) -> "Explanation":
        """On a copy of its picture of at most `side` px; itself where the picture is small."""
        return self if max(self.picture.size) <= side else self.on(self.picture.fitted(side))

    @property
    def window(self) -> tuple[int, int, int, int]:
        """What the network saw, in whole pixels of the picture: left, top, right, bottom."""
        left, top, right, bottom = (round(edge) for edge in self.box)
        width, height = self.picture.size
        return max(left, 0), max(top, 0), min(right, width), min(bottom, height)

    def as_dict(self) -> dict[str, Any]:
        """Plain values that go through JSON; the map at its own grid, the picture left out."""
        return {
            "network": self.network,
            "weights": self.weights,
            "method": self.method,
            "layer": self.layer,
            "target": self.target,
            "label": self.label,
            "against": self.against,
            "against_label": self.against_label,
            "probability": self.probability,
            "picture_size": list(self.picture.size),
            "seen_box": list(self.box),
            "native": [[round(float(value), 6) for value in row] for row in self.native],
            "blank": self.blank,
            "why_blank": self.why_blank,
            "seconds": self.seconds,
        }

    def card(self) -> Card:
        """The map at its own grid and over the picture, for notebooks and plain text."""
        small, (rows, columns) = self.fitted(CARD_SIDE), self.native.shape
        pictures = (
            (
                _uri(small.grid()),
                say("the map at its own grid, {rows} x {columns}", rows=rows, columns=columns),
            ),
            (_uri(small.overlay()), say("the map over the picture")),
        )
        notes = (say("Blank: {why}", why=say(self.why_blank)),) if self.blank else ()
        network = self.network or say("the network")
        return Card(
            say("Where {network} looked for {asked}", network=network, asked=self.asked),
            (
                say("probability {probability}", probability=percent(self.probability)),
                say("method {method}", method=self.method),
                say("layer {layer}", layer=self.layer),
                say("weights {weights}", weights=self.weights or say("not named")),
            ),
            pictures=pictures,
            notes=notes,
        )


def _uri(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def place(native: Array, size: tuple[int, int], box: Box, *, smooth: bool = True) -> Array:
    """Lay a map over the part of a picture that the network saw; 0 elsewhere.

    Args:
        native: `(h, w)`, 0 to 1.
        size: The picture's width and height.
        box: Left, top, right, bottom in the picture's pixels.
        smooth: Bilinear, as is usual; False keeps the cells.
    """
    width, height = size
    left, top, right, bottom = (round(edge) for edge in box)
    grid = Image.fromarray(native)
    size_seen = (max(right - left, 1), max(bottom - top, 1))
    filters = Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST
    stretched, _ = unit_range(np.asarray(grid.resize(size_seen, filters)))
    result = np.zeros((height, width), dtype=np.float32)
    rows = slice(max(top, 0), min(bottom, height))
    columns = slice(max(left, 0), min(right, width))
    result[rows, columns] = stretched[
        rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
    ]
    return result
