"""Presenter mode: large type and large figures, for a room that looks at a projector."""

import json
from typing import Any

import plotly.graph_objects as go

from effnet.app.kit import state
from effnet.figures import Values

LARGER = 1.5  # a figure's type, height and margins


def on() -> bool:
    """Whether the page is for a projector."""
    return state.remembered(state.PRESENT, "") == "1"


def larger(size: int) -> int:
    """A card's height or least width in pixels: more on a projector, whose type is larger."""
    return round(LARGER * size) if on() else size


def sized(drawn: go.Figure | Values) -> go.Figure | Values:
    """A figure of the size that a projector asks for; itself where there is none."""
    if not on():
        return drawn
    plain = drawn if isinstance(drawn, dict) else json.loads(drawn.to_json())
    found: Values = _enlarged(plain)
    layout = found["layout"]
    layout["height"] = round(LARGER * layout["height"])
    layout["margin"] = _larger_sides(layout["margin"])
    layout["title"]["pad"] = _larger_sides(layout["title"]["pad"])
    return found


def _larger_sides(sides: dict[str, int]) -> dict[str, int]:
    return {side: round(LARGER * px) for side, px in sides.items()}


def _enlarged(values: Any) -> Any:
    """A copy with every font larger; parts that axes share are copied each."""
    if isinstance(values, dict):
        return {
            key: value | {"size": _larger_type(value["size"])}
            if key.endswith("font") and isinstance(value, dict) and "size" in value
            else _enlarged(value)
            for key, value in values.items()
        }
    return [_enlarged(value) for value in values] if isinstance(values, (list, tuple)) else values


def _larger_type(size: Any) -> Any:
    """A size, or one for every point."""
    if isinstance(size, (list, tuple)):
        return [_larger_type(one) for one in size]
    return round(LARGER * size)
