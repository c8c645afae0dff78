"""What figures are made of: dots by where a number comes from, lines across, bands, words.

Computed numbers are lines and solid bars, measured ones filled dots, published ones hollow
diamonds. All of it is plain data, as `theme.figure` takes it.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from effnet.figures import theme

Origin = Literal["measured", "published"]
SYMBOLS: dict[Origin, str] = {"measured": "circle", "published": "diamond-open"}
# filled, for kinds that stand in one figure
SHAPES = ("circle", "square", "diamond", "cross", "triangle-up", "star", "hexagon", "x")


def dot(origin: Origin, colour: str, *, size: float = 9, **more: Any) -> dict[str, Any]:
    """The marker of numbers of this origin."""
    edge = {"line": {"width": 2}} if origin == "published" else {}
    return {"symbol": SYMBOLS[origin], "color": colour, "size": size, **edge, **more}


Places = Iterable[Sequence[Any]]  # (x, y) in the plane, or (x, y, z) in space


def points(places: Places, *, mode: str = "markers", **properties: Any) -> dict[str, Any]:
    """A scatter, in the plane or in space."""
    axes = [list(axis) for axis in zip(*places, strict=True)] or [[], []]
    kind = "scatter3d" if len(axes) > 2 else "scatter"
    return theme.trace(kind, mode=mode, **dict(zip("xyz", axes, strict=False)), **properties)


def line(
    places: Places, colour: str, *, width: float = 2, dash: str = "solid", **properties: Any
) -> dict[str, Any]:
    """A line through places; `mode` says whether they have dots as well."""
    look = {"color": colour, "width": width, "dash": dash}
    return points(places, **{"mode": "lines", "line": look} | properties)


def bars(
    places: Places, marker: Any, *, text: Sequence[str] = (), **properties: Any
) -> dict[str, Any]:
    """Bars up to places, or across to them where `orientation` is "h".

    Args:
        places: Their ends.
        marker: A colour, one for each, or a whole marker.
        text: What stands at their ends.
        properties: Of the trace.
    """
    x, y = (list(axis) for axis in zip(*places, strict=True))
    look = marker if isinstance(marker, dict) else {"color": marker}
    ends = {"text": text, "textposition": "outside", "cliponaxis": False} if text else {}
    return theme.trace("bar", x=x, y=y, marker=look, **ends, **properties)


def colour_bar(title: str, *, y: float = -0.02, length: float = 0.8) -> dict[str, Any]:
    """What the colours of a quantity mean, lying below the figure."""
    return {
        "title": {"text": title, "side": "top"},
        "orientation": "h",
        "thickness": 10,
        "len": length,
        "y": y,
        "yanchor": "top",
    }


def space(
    titles: tuple[str, str, str], *, eye: tuple[float, float, float], down: float
) -> dict[str, Any]:
    """A picture in space, narrow and small enough for a phone.

    Args:
        titles: Of the axes x, y and z.
        eye: From where it is seen.
        down: How far below the middle one looks.
    """
    axes = dict(zip(("xaxis", "yaxis", "zaxis"), titles, strict=True))
    return {name: _solid_axis(title) for name, title in axes.items()} | {
        "aspectmode": "manual",
        "aspectratio": {"x": 0.78, "y": 0.78, "z": 0.9},
        "camera": {
            "eye": dict(zip("xyz", eye, strict=True)),
            "center": {"x": 0, "y": 0, "z": -down},
        },
        "dragmode": "turntable",
    }


def _solid_axis(title: str) -> dict[str, Any]:
    return {
        "title": {"text": title, "font": {"size": 12}},
        "tickfont": {"size": 10},
        "nticks": 6,
        "gridcolor": theme.faint(),
        "backgroundcolor": "rgba(0,0,0,0)",
        "showspikes": False,
    }


def spread(
    middles: Sequence[float], lows: Sequence[float], highs: Sequence[float], **style: Any
) -> dict[str, Any]:
    """Error bars from the lows to the highs."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - middle for middle, high in zip(middles, highs, strict=True)],
        "arrayminus": [middle - low for middle, low in zip(middles, lows, strict=True)],
        "thickness": 1.2,
        "width": 3,
        **style,
    }


def side_by_side(widths: Sequence[float], gap: float) -> tuple[list[float], float]:
    """Where the middles of what stands in a row from 0 on lie, with gaps between; and its end."""
    middles, left = [], 0.0
    for width in widths:
        middles.append(left + width / 2)
        left += width + gap
    return middles, left - gap


def outlined(colour: str, width: float) -> dict[str, Any]:
    """The marker of bars that are clear inside."""
    return {"color": "rgba(0,0,0,0)", "line": {"color": colour, "width": width}}


def upright(x: float, **line: Any) -> dict[str, Any]:
    """A line from the bottom of the figure to its top."""
    return {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1} | _ink(line)


def level(y: float, **line: Any) -> dict[str, Any]:
    """A line from one side of the figure to the other."""
    return {"type": "line", "y0": y, "y1": y, "xref": "paper", "x0": 0, "x1": 1} | _ink(line)


def _ink(line: dict[str, Any]) -> dict[str, Any]:
    return {"line": {"color": theme.ink(), "width": 1.5} | line}


def band(low: float, high: float, colour: str, *, along: str = "y", **more: Any) -> dict[str, Any]:
    """The area between two values of an axis, across the figure."""
    across = "x" if along == "y" else "y"
    return {
        "type": "rect",
        f"{along}0": low,
        f"{along}1": high,
        f"{across}ref": "paper",
        f"{across}0": 0,
        f"{across}1": 1,
        "fillcolor": colour,
        "line": {"width": 0},
        **more,
    }


def words(
    text: str, x: float, y: float, *, size: int | None = None, **place: Any
) -> dict[str, Any]:
    """A text in the figure, with no arrow."""
    font = {"font": {"size": size}} if size else {}
    return {"text": text, "x": x, "y": y, "showarrow": False, **font, **place}
