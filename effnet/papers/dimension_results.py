"""What the paper measured when it scaled one dimension, or all three: printed, never recomputed.

arXiv:1905.11946 Figures 3, 4 and 8 (read off the figures' own vector paths), Tables 3 and 7. Beside
each printed cost stands what the released networks count, where the coefficients are known: the
figures stand on two different baselines, and the tables on a third. No torch.
"""

from dataclasses import dataclass
from functools import lru_cache

from effnet.base import content, mark, say
from effnet.papers.beside import counted
from effnet.papers.records import Line
from effnet.papers.sources import MACS, TOP1
from effnet.scaling import WAYS, Way

# what Figure 4 varies the width of, as the way in which that baseline itself was scaled
_FIGURE_4: dict[str, tuple[Way, str]] = {
    "d=1.0, r=1.0": ("width", mark("Width at d = 1, r = 1")),
    "d=2.0, r=1.0": ("depth", mark("Width at d = 2, r = 1")),
    "d=1.0, r=1.3": ("resolution", mark("Width at d = 1, r = 1.3")),
    "d=2.0, r=1.3": ("compound", mark("Width at d = 2, r = 1.3")),
}
BASELINE = mark("Baseline")  # the series of the network that was scaled
_TABLE_3 = {"mobilenet_v1": "MobileNetV1", "mobilenet_v2": "MobileNetV2", "resnet50": "ResNet-50"}


def note(base: str, name: str) -> str:
    """What to know of a figure's or table's multiply-adds before comparing with them."""
    notes = content("papers_v1")["dimensions"]
    return say(notes[name]) + (say(notes["swapped"]) if base == "resnet50" else "")


@dataclass(frozen=True, slots=True)
class Measured:
    """One network that the paper trained, as it printed it.

    Attributes:
        series: The line it belongs to.
        way: What was scaled; in Figure 4, how the baseline that is widened was scaled.
        label: Its coefficients as printed; "" where none are.
        macs: Multiply-adds as printed or read off the figure.
        top1: Printed or read ImageNet top-1 in percent.
        counted: What these coefficients count on the released network; None where not known.
        source: Where it stands.
    """

    series: str
    way: Way
    label: str
    macs: float
    top1: float
    counted: int | None
    source: str


def experiments(base: str) -> tuple[str, ...]:
    """Figures and tables in which the paper scaled this network; none for some."""
    if base == "b0":
        return (mark("Figure 8"), mark("Figure 3"), mark("Figure 4"), mark("Table 7"))
    return (mark("Table 3"),) if base in _TABLE_3 else ()


@lru_cache(maxsize=32)
def experiment(base: str, name: str) -> tuple[Measured, ...]:
    """What one of those figures or tables shows, series by series, costs ascending."""
    from effnet.papers.exhibits import get_exhibit, lines

    key = f"v1-{name.lower().replace(' ', '-')}"
    own = (x for x in lines(key) if x.values.get("network") in {None, _TABLE_3.get(base)})
    rows = [_measured(line, base, get_exhibit(key).source) for line in own]
    order = list(dict.fromkeys(row.series for row in rows))
    return tuple(sorted(rows, key=lambda row: (order.index(row.series), row.macs)))


def _measured(line: Line, base: str, source: str) -> Measured:
    """A line of an exhibit of networks that were scaled."""
    scaled = str(line.values.get("scaled by", line.name))
    way: Way = next((way for way in WAYS if way in scaled), "compound")
    series, label = WAYS[way], _coefficients(line, way)
    if "series" in line.values:
        way, series = _FIGURE_4[str(line.values["series"])]
        label = f"w = {line.number('w'):g}" if line.has("w") else ""
    elif scaled == "baseline":
        series, label = BASELINE, str(line.values.get("network", "B0"))
    elif way == "compound" and base in {"mobilenet_v2", "resnet50"}:
        label = ""  # printed for MobileNetV1 only
    known = line.design if label else None
    return Measured(
        series,
        way,
        label,
        1e9 * line.number(MACS),
        line.number(TOP1) if line.has(TOP1) else line.number("top-1, v3 and v5 (%)"),
        counted(known.spec())[1] if known else None,
        source,
    )


def _coefficients(line: Line, way: Way) -> str:
    if line.has("factor"):
        return f"{way[0]} = {line.number('factor'):g}"
    factors = {letter: line.number(letter) for letter in "dwr" if line.has(letter)}
    named = [f"{letter} = {value:g}" for letter, value in factors.items() if value != 1]
    return ", ".join(named) or line.name.rpartition(" ")[2]
