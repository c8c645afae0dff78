"""What a sweep or an experiment measures: networks with options, cheap ones first."""

import random
from dataclasses import dataclass, replace
from functools import lru_cache

from effnet.base import mark, no_such
from effnet.counting import count
from effnet.network import Spec, Stage, display_name, get_variant, list_variants
from effnet.scaling import AnyNetwork, compound_scale, scale, spec_of
from effnet.timing.options import Options

BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
SIDES = (64, 96, 128, 160, 192, 224, 256, 288, 320, 384, 448, 512)
PHIS = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
LEFT_OUT = ("b8", "l2", "lite1", "lite3", "v2_xl")  # of a family: too large, or beside another
SWEEPS = {
    "batch": mark("Batch size"),
    "resolution": mark("Resolution"),
    "phi": "phi",
    "family": mark("Family"),
}


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement of a sweep.

    Attributes:
        label: What it is called on the axis.
        x: Its place on the axis; for a family its multiply-adds.
        spec: The network.
        options: How it runs.
        macs, params, activations: Computed, for one image.
    """

    label: str
    x: float
    spec: Spec
    options: Options
    macs: int
    params: int
    activations: int


def sweep(kind: str, spec: AnyNetwork, options: Options) -> tuple[Point, ...]:
    """The points of a sweep, cheapest first.

    Args:
        kind: One of `SWEEPS`.
        spec: The network that batch and resolution vary; phi scales the base of its family's kind,
            and a family does not need it.
        options: How all of them run; what the sweep varies is replaced.

    Raises:
        EffnetError: The kind is not known.
    """
    spec = spec_of(spec)
    if kind == "batch":
        return tuple(point(str(n), n, spec, replace(options, batch_size=n)) for n in BATCHES)
    if kind == "resolution":
        sized = (replace(options, resolution=side) for side in SIDES)
        return tuple(point(f"{o.resolution} px", o.resolution or 0, spec, o) for o in sized)
    own = replace(options, resolution=None)
    if kind == "phi":
        return tuple(point(f"{phi:g}", phi, compound_scale(phi), own) for phi in PHIS)
    if kind == "family":
        names = [name for name in list_variants() if name not in LEFT_OUT]
        points = [point(display_name(name), 0, get_variant(name), own) for name in names]
        placed = (replace(point, x=point.macs) for point in points)
        return tuple(sorted(placed, key=lambda point: point.macs))
    raise no_such("sweep", kind, SWEEPS)


def point(label: str, x: float, spec: Spec, options: Options) -> Point:
    """A network and how it runs as something to measure, with its counts."""
    cost = count(spec, resolution=options.resolution)
    return Point(label, x, spec, options, cost.macs, cost.params, cost.activations)


# --- networks to learn a machine's pace from --------------------------------------------------

LEARNED_FROM = ("b0", "v2_s", "v2_b0", "lite0", "mobilenet_v2", "mobilenet_v1", "resnet50")
MOST_LEARNED_MACS = 2 * 10**9


@lru_cache(maxsize=4)
def learning_networks(number: int = 42, seed: int = 1) -> tuple[Spec, ...]:
    """Networks that differ in all that a layer's time may depend on; none is a released one.

    Scaled at random from the families, with some stages edited: kernel, expansion, squeeze ratio,
    fused or not. Shallow ones, so that many shapes are seen in little time.
    """
    chance = random.Random(seed)
    found: list[Spec] = []
    while len(found) < number:
        base = LEARNED_FROM[len(found) % len(LEARNED_FROM)]
        spec = scale(
            base,
            depth=chance.uniform(0.2, 0.7),
            width=chance.uniform(0.5, 2.0),
            resolution=chance.randrange(96, 385, 16),
        )
        stages = tuple(_edited(stage, chance) for stage in spec.stages)
        spec = replace(spec, stages=stages, name=f"{base} varied {len(found) + 1}")
        if count(spec).macs <= MOST_LEARNED_MACS:
            found.append(spec)
    return tuple(found)


def _edited(stage: Stage, chance: random.Random) -> Stage:
    """A stage with one thing changed, two times in five."""
    if chance.random() < 0.6:
        return stage
    if stage.operator not in ("mbconv", "fused_mbconv"):
        return stage
    changes = (
        {"kernel": chance.choice((3, 5))},
        {"expand_ratio": chance.choice((1, 2, 4, 6))},
        {"se_ratio": 0.0 if stage.se_ratio else 0.25},
        {"operator": "mbconv" if stage.operator == "fused_mbconv" else "fused_mbconv"},
    )
    change = dict(chance.choice(changes))
    if change.get("operator") == "fused_mbconv":
        change |= {"kernel": 3, "expand_ratio": min(stage.expand_ratio, 4), "se_ratio": 0.0}
    return replace(stage, **change)  # type: ignore[arg-type]
