"""Progressive learning as arithmetic: image size and regularisation that grow together.

Algorithm 1 of arXiv:2104.00298: training is cut into M stages of equal length; stage i of 0 to
M - 1 trains at S_0 + (S_e - S_0) * i / (M - 1) pixels, and every regularisation's strength is
interpolated likewise; weights are handed on. The released code interpolates by (i + 1) / M
instead, so it never trains at S_0. Standard library only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any, Literal, Self

from effnet.base import EffnetError, brief, check_known, check_range, content, mark, settle
from effnet.counting import cost_curve
from effnet.network import check_resolution
from effnet.papers import Row, rows
from effnet.scaling import AnyNetwork

Rule = Literal["paper", "code"]
Range = tuple[float, float]

RULES: dict[Rule, str] = {
    "paper": mark("i / (M - 1), as in Algorithm 1"),
    "code": "(i + 1) / M",
}
STRENGTHS = ("dropout", "randaugment", "mixup", "cutmix")
LIMITS: dict[str, Range] = {
    "size": (8, 1024),
    "dropout": (0, 0.9),
    "randaugment": (0, 30),
    "mixup": (0, 5),
    "cutmix": (0, 5),
}
# what the table of published schedules says in words
SOURCES, NOTES = (tuple(content("schedules")[name]) for name in ("sources", "notes"))
MOST_STAGES, MOST_EPOCHS = 12, 100_000
IMAGENET_IMAGES = 1_281_167  # ILSVRC-2012, training


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of training.

    Attributes:
        number: From 0.
        first_epoch, epochs: When it begins and how long it lasts; may be fractions.
        exact_size: What the rule gives, in pixels.
        size: Whole pixels that are trained at: rounded (paper), cut off (code).
        dropout: Rate before the classifier.
        randaugment: RandAugment's magnitude, 0 for none.
        mixup, cutmix: alpha of their Beta distribution, 0 for none.
    """

    number: int
    first_epoch: float
    epochs: float
    exact_size: float
    size: int
    dropout: float
    randaugment: float
    mixup: float
    cutmix: float


@dataclass(frozen=True, slots=True)
class Progressive:
    """A schedule: each pair is the value at the start and at the end.

    Attributes:
        stages: M; 1 trains at the end values throughout.
        epochs: In all.
        size, dropout, randaugment, mixup, cutmix: Start and end.
        rule: "paper" or "code".
    """

    stages: int = 4
    epochs: float = 350
    size: Range = (128, 300)
    dropout: Range = (0.1, 0.3)
    randaugment: Range = (5, 15)
    mixup: Range = (0, 0)
    cutmix: Range = (0, 0)
    rule: Rule = "paper"

    def __post_init__(self) -> None:
        settle(self)
        check_range("stages", self.stages, 1, MOST_STAGES, whole=True)
        check_range("epochs", self.epochs, 0, MOST_EPOCHS, above=True)
        check_known("rule", self.rule, RULES)
        for name, limits in LIMITS.items():
            ends = getattr(self, name)
            if not (isinstance(ends, tuple) and len(ends) == 2):
                raise EffnetError("{name} {value}; expected two", name=name, value=brief(ends))
            for value in ends:
                check_range(name, value, *limits)

    def share(self, stage: int) -> float:
        """How far stage i lies from the start (0) to the end (1)."""
        if self.stages == 1:
            return 1.0
        if self.rule == "code":
            return (stage + 1) / self.stages
        return stage / (self.stages - 1)

    def plan(self) -> tuple[Stage, ...]:
        """Every stage in order.

        Example: 128 to 300 px in four stages are 128, 185.33, 242.67 and 300 px by the paper's
        rule, 171, 214, 257 and 300 px by the code's.
        """
        length = self.epochs / self.stages
        rows = []
        for i in range(self.stages):
            share = self.share(i)
            size = _between(self.size, share)
            rows.append(
                Stage(
                    i,
                    i * length,
                    length,
                    size,
                    round(size) if self.rule == "paper" else int(size),
                    *(_between(getattr(self, name), share) for name in STRENGTHS),
                )
            )
        return tuple(rows)

    def fixed(self) -> Self:
        """The end values from the first epoch on: what progressive learning is held against."""
        return replace(self, stages=1)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        known = {f.name for f in fields(cls)}
        if set(values) - known:
            names = ", ".join(sorted(set(values) - known))
            raise EffnetError("not a schedule's fields: {names}", names=names)
        pairs = {name: tuple(values[name]) for name in LIMITS if name in values}
        return cls(**{**values, **pairs})


def _between(ends: Range, share: float) -> float:
    start, end = ends
    return start + (end - start) * share


# --- what it costs ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StageCost:
    """Multiply-adds of one stage of training, forward passes only: exact.

    Attributes:
        stage: Which.
        macs_per_image: One forward pass at the stage's size.
        macs: All images of the stage.
    """

    stage: Stage
    macs_per_image: int
    macs: int


def stage_costs(
    schedule: Progressive, spec: AnyNetwork, *, images: int = IMAGENET_IMAGES
) -> tuple[StageCost, ...]:
    """What each stage costs, counted at its own size.

    A training step takes about three times a forward pass (the backward pass has two products a
    layer), at every size alike; ratios of stages are those of whole steps.
    """
    curve = cost_curve(spec)
    rows = []
    for stage in schedule.plan():
        each = curve.at(check_resolution(stage.size)).macs
        rows.append(StageCost(stage, each, round(each * images * stage.epochs)))
    return tuple(rows)


def relative_cost(schedule: Progressive, spec: AnyNetwork) -> float:
    """Multiply-adds of the whole schedule over those of training at the end size throughout."""
    whole = sum(row.macs for row in stage_costs(schedule, spec))
    return whole / sum(row.macs for row in stage_costs(schedule.fixed(), spec))


def relative_time(schedule: Progressive, step_ms: Mapping[int, float]) -> float:
    """The same with measured step times by size.

    Raises:
        EffnetError: A size of the schedule was not measured.
    """
    plan = schedule.plan()
    sizes = {stage.size for stage in (*plan, *schedule.fixed().plan())}
    if missing := sizes - set(step_ms):
        sizes_px = ", ".join(map(str, sorted(missing)))
        raise EffnetError("no step time at {sizes} px; measure it", sizes=sizes_px)
    spent = sum(step_ms[stage.size] * stage.epochs for stage in plan)
    return spent / (step_ms[schedule.fixed().plan()[0].size] * schedule.epochs)


# --- what was published -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Preset:
    """A published schedule: for which network, by whom, and where it stands."""

    name: str
    variant: str
    setting: str
    schedule: Progressive
    source: str
    notes: str


@lru_cache(maxsize=1)
def presets() -> tuple[Preset, ...]:
    """V2-S, M and L as the paper prints them, and S to XL as the released code runs them."""
    found = []
    for row in rows("v2_progressive"):

        def ends(name: str, row: Row = row) -> Range:
            return row.maybe(f"{name}_min") or 0.0, row.maybe(f"{name}_max") or 0.0

        paper = row["setting"] == "paper"
        size = int(row["image_size_min_px"]), int(row["image_size_max_px"])
        found.append(
            Preset(
                f"{row['model']}, {'paper' if paper else 'code'}",
                row["model"].lower().replace("-", "_"),
                row["setting"],
                Progressive(
                    stages=int(row["stages"]),
                    epochs=int(row["epochs_total"]),
                    size=size,
                    dropout=ends("dropout_rate"),
                    randaugment=ends("randaugment_magnitude"),
                    mixup=ends("mixup_alpha"),
                    cutmix=ends("cutmix_alpha"),
                    rule="paper" if paper else "code",
                ),
                row["source"],
                row["notes"],
            )
        )
    return tuple(found)
