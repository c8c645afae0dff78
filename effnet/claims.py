"""One sentence on what a state shows, computed from it: the first thing on every page. No torch."""

from typing import TYPE_CHECKING

from effnet.cost import Cost
from effnet.design import Design
from effnet.formulas import QUANTITIES
from effnet.scaling import budget
from effnet.spec import Spec
from effnet.units import factor, giga, millions, milliseconds, percent, significant
from effnet.variants import display_name, get_variant, list_variants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from effnet.formulas import Item
    from effnet.latency import Latency
    from effnet.papers import Exhibit, Lines
    from effnet.predict import Prediction
    from effnet.speed import Estimate
    from effnet.train.schedule import Progressive


def same_stages(spec: Spec) -> Spec | None:
    """The released network with these stages, whatever its resolution, stem and head; if any."""
    released = map(get_variant, list_variants(spec.family))
    return next((other for other in released if other.stages == spec.stages), None)


def design_claim(design: Design, spec: Spec, cost: Cost) -> str:
    """What the chosen design costs, and which released network it is."""
    totals = (
        f"{millions(cost.params)} parameters and {giga(cost.macs)} multiply-adds "
        f"at {cost.resolution} px"
    )
    if design.mode == "released":
        return f"{display_name(spec)} has {totals}."
    if design.mode == "edited":
        return f"Your own network has {totals}: {_edit_in_words(design, spec)}."
    twin = same_stages(spec)
    if twin is None:
        which = "no released network has these stages"
    elif twin.name == design.base:
        which = f"{display_name(twin)} itself, stage by stage"
    else:
        which = f"the released {display_name(twin)}'s widths and depths"
        if twin.name == "b2" and design.mode == "formula" and round(design.phi, 2) == 1:
            which += ", not B1's"
        if spec.head_channels != twin.head_channels:
            which += f" with {spec.head_channels} instead of {twin.head_channels} in the head"
    if design.mode == "free":
        start = f"Depth {design.depth:g} and width {design.width:g} give"
    else:
        start = f"phi = {design.phi:.2f} gives"
    return f"{start} {totals}: {which}."


def _edit_in_words(design: Design, spec: Spec) -> str:
    """What of an edited network differs from the one that the edit began from."""
    start, title = design.base_spec, design.start.title
    twin = same_stages(spec)
    if twin is not None and spec.stages != start.stages:
        return f"the stages of {display_name(twin)}, edited from {title}"
    if len(spec.stages) != len(start.stages):
        count = f"{len(spec.stages)} stage{'s' if len(spec.stages) > 1 else ''}"
        return f"{count} instead of the {len(start.stages)} of {title}"
    pairs = list(zip(spec.stages, start.stages, strict=True))
    changed = [str(i) for i, (mine, its) in enumerate(pairs, start=1) if mine != its]
    if len(changed) > 3:
        many = "all" if len(changed) == len(pairs) else f"{len(changed)} of"
        return f"{many} {len(pairs)} stages differ from those of {title}"
    if changed:
        *some, last = changed
        which = f"stages {', '.join(some)} and {last} differ" if some else f"stage {last} differs"
        return f"{which} from {'those' if some else 'that'} of {title}"
    ends = {
        "stem": spec.stem_channels != start.stem_channels,
        "head": spec.head_channels != start.head_channels,
        "resolution": spec.resolution != start.resolution,
    }
    other = [name for name, differs in ends.items() if differs]
    if other:
        return f"{title} with another {' and '.join(other)}"
    return f"as yet the same as {title}"


def budget_claim(design: Design, base: Cost, cost: Cost) -> str:
    """The paper's promise of cost beside what rounding really gives."""
    value = budget(design.alpha, design.beta, design.gamma)
    return (
        f"The formula promises {factor(value**design.phi)} the multiply-adds; "
        f"rounding up makes it {factor(cost.macs / base.macs)}."
    )


# what the kinds of layer are called when shares are told; the second value says "always"
GROUPS = {
    "1x1 convolutions": (("expand", "project", "reduce", "shortcut", "head"), False),
    "full convolutions": (("stem", "fused", "spatial"), False),
    "depthwise convolutions": (("depthwise",), True),
    "squeeze-and-excitation": (("squeeze-and-excitation",), True),
    "the classifier": (("classifier",), False),
}
TOLD = 0.05  # smaller shares than this are told only of what is always told


def cost_claim(name: str, found: "Sequence[Item]", quantity: str) -> str:
    """Which kinds of layer a quantity of a network sits in, largest share first.

    Depthwise convolutions and squeeze-and-excitation are told of wherever there are any.
    """
    shown, whole = QUANTITIES[quantity], sum(item.total for item in found)
    shares = {
        group: sum(item.total for item in found if item.kind in kinds) / whole
        for group, (kinds, _) in GROUPS.items()
    }
    ordered = sorted((g for g, share in shares.items() if share), key=lambda g: -shares[g])
    largest, *others = (g for g in ordered if shares[g] >= TOLD or GROUPS[g][1])
    said = [f"{_share(shares[g])} in {g}" for g in others]
    rest = f", {', '.join(said[:-1])}" * (len(said) > 1) + f" and {said[-1]}" if said else ""
    return (
        f"{name} {shown.verb} {percent(shares[largest])} of its {shown.written(whole)} "
        f"{shown.noun} in {largest}{rest}."
    )


def _share(share: float) -> str:
    return percent(share) if share >= 0.0005 else "under 0.1 %"


def prediction_claim(network: str, prediction: "Prediction") -> str:
    """What a network says of a photo, and by what margin."""
    first, *rest = prediction.labels
    sure = f"{display_name(network)} says {first.name}, {percent(first.probability)} sure"
    if not rest:
        return f"{sure}."
    return f"{sure}; {rest[0].name} comes next with {percent(rest[0].probability)}."


def latency_claim(
    design: Design,
    cost: Cost,
    latency: "Latency | None",
    expected: "Estimate | None" = None,
    told: str = "",
) -> str:
    """What a measurement says, or what there is to measure.

    Args:
        design: What is measured.
        cost: Its counts for one image.
        latency: The measurement, if there is one.
        expected: What was predicted, told where there is none.
        told: A verdict against another network, in words.
    """
    if latency is None:
        macs = f"{design.title}: {giga(cost.macs)} multiply-adds"
        if expected is None:
            return f"{macs}. How long do they take here?"
        return f"{macs}, expected to take {milliseconds(expected.ms)} here. Do they?"
    where, batch = latency.environment, latency.batch_size
    threads = f"{where.threads} thread{'s' * (where.threads > 1)}"
    place = threads if where.device == "cpu" else where.processor
    many = f" for {batch} images" if batch > 1 else ""
    doubt = "" if latency.stable else " Unstable: see why below."
    return (
        f"On this machine ({place}, {latency.precision}) {design.title} takes "
        f"{milliseconds(latency.median_ms)}{many}, {significant(latency.p10_ms)} to "
        f"{significant(latency.p90_ms)}{'; ' + told if told else ''}.{doubt}"
    )


def exhibit_claim(exhibit: "Exhibit", lines: "Lines") -> str:
    """What follows from a paper's table or figure when its numbers are computed again."""
    from effnet.papers import get_paper

    return f"{get_paper(exhibit.paper).name}, {exhibit.label}: {exhibit.finding(lines)}"


def schedule_claim(network: str, schedule: "Progressive", relative: float) -> str:
    """What a training schedule saves against its last size throughout."""
    plan = schedule.plan()
    first, last = plan[0].size, plan[-1].size
    name = display_name(network)
    if schedule.stages == 1:
        return f"Training {name} at {last} px throughout saves nothing: one stage does not grow."
    return (
        f"Growing from {first} to {last} px in {schedule.stages} stages, {name} trains with "
        f"{factor(relative)} the multiply-adds of {last} px throughout: "
        f"{percent(1 - relative)} saved."
    )
