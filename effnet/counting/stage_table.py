"""A network's stage table: the papers' Table 1 for any design, exact and rounded. No torch."""

from dataclasses import dataclass, replace

from effnet.base import mark
from effnet.counting.cost import Cost, count
from effnet.network import Block, Spec, Stage, operator_label, out_size, round_channels, walk
from effnet.scaling import AnyNetwork, spec_of, takes_network


@dataclass(frozen=True, slots=True)
class StageRow:
    """One row: stem is stage 0, head and classifier the last.

    Attributes:
        stage: Its number, the same as in `Cost.by_stage`.
        operator: As the papers write it.
        kernel, stride, se_ratio: Of its first block.
        exact_channels, channels: Output channels as scaling asked for, and rounded.
        exact_repeats, repeats: Blocks as scaling asked for, and rounded up.
        in_size, out_size: Sides of its input and output maps in pixels.
        receptive_field: Side of the input patch that one output place depends on, in pixels, by
            its convolutions alone; squeeze-and-excitation looks at the whole map.
        drop_rate: Stochastic-depth rate of its last block.
        params, macs, activations: Its cost; shares are of the whole network.
        changed: Names of the fields that differ from the base network's row.
    """

    stage: int
    operator: str
    kernel: int
    stride: int
    se_ratio: float
    exact_channels: float
    channels: int
    exact_repeats: float
    repeats: int
    in_size: int
    out_size: int
    receptive_field: int
    drop_rate: float
    params: int
    macs: int
    activations: int
    params_share: float
    macs_share: float
    activations_share: float
    changed: tuple[str, ...] = ()


@takes_network
def stage_rows(
    spec: Spec, *, cost: Cost | None = None, base: AnyNetwork | None = None
) -> list[StageRow]:
    """The stage table of a network, with what changed against `base` where that has as many rows.

    Args:
        spec: The network.
        cost: Its counts, if they are at hand.
        base: The network that it was scaled from.
    """
    totals = cost or count(spec)
    by_stage = totals.by_stage()
    blocks: dict[int, list[Block]] = {}
    for block in walk(spec):
        blocks.setdefault(block.stage, []).append(block)
    start = None if base is None else spec_of(base)
    others = stage_rows(start) if start and len(start.stages) == len(spec.stages) else []
    rows, field, jump = [], 1, 1
    for number, members in blocks.items():
        for block in members:
            field, jump = _grown(block, field, jump)
        stage = _stage(spec, number, start)
        pooled = number == 0 and spec.stem_pool
        if pooled:
            field, jump = field + 2 * jump, 2 * jump
        before = members[0].layers[0].in_size
        sums = by_stage[number]
        row = StageRow(
            stage=number,
            operator=_operator(spec, number),
            kernel=stage.kernel,
            stride=stage.stride,
            se_ratio=stage.se_ratio,
            exact_channels=stage.exact_channels,
            channels=stage.channels,
            exact_repeats=stage.exact_repeats,
            repeats=stage.repeats,
            in_size=before,
            out_size=out_size(before, 4 if pooled else stage.stride),
            receptive_field=field,
            drop_rate=members[-1].drop_rate,
            params=sums.params,
            macs=sums.macs,
            activations=sums.activations,
            params_share=sums.params / totals.params,
            macs_share=sums.macs / totals.macs,
            activations_share=sums.activations / totals.activations,
        )
        rows.append(_marked(row, others[number]) if others else row)
    return rows


COMPARED = ("operator", "kernel", "stride", "se_ratio", "channels", "repeats", "out_size")


def _marked(row: StageRow, other: StageRow) -> StageRow:
    changed = tuple(name for name in COMPARED if getattr(row, name) != getattr(other, name))
    return replace(row, changed=changed)


def _operator(spec: Spec, number: int) -> str:
    if number == 0:
        return mark("Conv, max pooling") if spec.stem_pool else "Conv"
    if number <= len(spec.stages):
        return operator_label(spec.stages[number - 1])
    return mark("Conv, pooling, FC") if spec.head_channels else mark("Pooling, FC")


def _stage(spec: Spec, number: int, base: Spec | None) -> Stage:
    """The stage of that number; stem and head as stages of one block."""
    if 0 < number <= len(spec.stages):
        return spec.stages[number - 1]
    stem = number == 0
    channels = spec.stem_channels if stem else spec.head_channels or spec.stages[-1].channels
    exact = float(channels)
    scales = spec.stem_scales if stem else spec.head_scaling == "width"
    if base is not None and scales and (stem or spec.head_channels):
        unscaled = base.stem_channels if stem else base.head_channels
        scaled = unscaled * spec.width / base.width
        if round_channels(scaled, limit=spec.round_limit) == channels:  # not where it was edited
            exact = scaled
    return Stage(
        "separable",
        channels,
        1,
        kernel=spec.stem_kernel if stem else 1,
        stride=2 if stem else 1,
        exact_channels=exact,
    )


def _grown(block: Block, field: int, jump: int) -> tuple[int, int]:
    """Receptive field and step between places after a block, by its main row of convolutions."""
    for layer in block.layers:
        if layer.kind not in ("squeeze-and-excitation", "shortcut", "classifier"):
            field += (layer.kernel - 1) * jump
            jump *= layer.stride
    return field, jump
