"""One sentence on what a state shows, computed from it: the first thing on every page. No torch."""

from typing import TYPE_CHECKING

from effnet.base import (
    class_name,
    factor,
    giga,
    in_a_row,
    mark,
    millions,
    milliseconds,
    percent,
    plural,
    say,
    significant,
)
from effnet.counting import QUANTITIES, Cost
from effnet.network import Spec, display_name, get_variant, list_variants
from effnet.scaling import Design, budget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from effnet.classify import Prediction
    from effnet.counting import Item
    from effnet.papers import Exhibit, Lines
    from effnet.timing import Estimate, Latency
    from effnet.train import Progressive

UNSURE = 0.2  # under this probability of the best class an answer is called a guess


def same_stages(spec: Spec) -> Spec | None:
    """The released network with these stages, whatever its resolution, stem and head; if any."""
    released = map(get_variant, list_variants(spec.family))
    return next((other for other in released if other.stages == spec.stages), None)


def design_claim(design: Design, spec: Spec, cost: Cost) -> str:
    """What the chosen design costs, and which released network it is."""
    totals = say(
        "{params} parameters and {macs} multiply-adds at {side} px",
        params=millions(cost.params),
        macs=giga(cost.macs),
        side=cost.resolution,
    )
    if design.mode == "released":
        return say("{network} has {totals}.", network=display_name(spec), totals=totals)
    if design.mode == "edited":
        edit = edit_in_words(design, spec)
        return say("Your own network has {totals}: {edit}.", totals=totals, edit=edit)
    twin = same_stages(spec)
    if twin is None:
        which = say("no released network has these stages")
    elif twin.name == design.base:
        which = say("{network} itself, stage by stage", network=display_name(twin))
    else:
        which = say("the released {network}'s widths and depths", network=display_name(twin))
        if twin.name == "b2" and design.mode == "formula" and round(design.phi, 2) == 1:
            which += say(", not B1's")
        if spec.head_channels != twin.head_channels:
            which += say(
                " with {mine} instead of {its} in the head",
                mine=spec.head_channels,
                its=twin.head_channels,
            )
    if design.mode == "free":
        return say(
            "Depth {depth:g} and width {width:g} give {totals}: {which}.",
            depth=design.depth,
            width=design.width,
            totals=totals,
            which=which,
        )
    return say(
        "phi = {phi:.2f} gives {totals}: {which}.", phi=design.phi, totals=totals, which=which
    )


def edit_in_words(design: Design, spec: Spec) -> str:
    """What of an edited network differs from the one that the edit began from."""
    start, title = design.base_spec, design.start.title
    twin = same_stages(spec)
    if twin is not None and spec.stages != start.stages:
        return say(
            "the stages of {twin}, edited from {start}", twin=display_name(twin), start=title
        )
    if len(spec.stages) != len(start.stages):
        return plural(
            len(spec.stages),
            "{n} stage instead of the {before} of {start}",
            "{n} stages instead of the {before} of {start}",
            before=len(start.stages),
            start=title,
        )
    pairs = list(zip(spec.stages, start.stages, strict=True))
    changed = [str(i) for i, (mine, its) in enumerate(pairs, start=1) if mine != its]
    if len(changed) > 3:
        return say(
            "all {n} {n:stage differs|stages differ} from those of {start}"
            if len(changed) == len(pairs)
            else "{n} of {all} stages differ from those of {start}",
            n=len(changed),
            all=len(pairs),
            start=title,
        )
    if changed:
        names = dict(zip("abc", changed, strict=False))
        which = (
            mark("stage {a} differs from that of {start}"),
            mark("stages {a} and {b} differ from those of {start}"),
            mark("stages {a}, {b} and {c} differ from those of {start}"),
        )[len(changed) - 1]
        return say(which, start=title, **names)
    ends = {
        say("stem"): spec.stem_channels != start.stem_channels,
        say("head"): spec.head_channels != start.head_channels,
        say("resolution"): spec.resolution != start.resolution,
    }
    other = [name for name, differs in ends.items() if differs]
    if other:
        return say("{start} with another {ends}", start=title, ends=in_a_row(other, " and "))
    return say("still the same as {start}", start=title)


def budget_claim(design: Design, base: Cost, cost: Cost) -> str:
    """The paper's promise of cost beside what rounding really gives."""
    value = budget(design.alpha, design.beta, design.gamma)
    return say(
        "The formula promises {promised} the multiply-adds; rounding up makes it {real}.",
        promised=factor(value**design.phi),
        real=factor(cost.macs / base.macs),
    )


# what the kinds of layer are called when shares are told; the second value says "always"
GROUPS = {
    mark("1x1 convolutions"): (("expand", "project", "reduce", "shortcut", "head"), False),
    mark("full convolutions"): (("stem", "fused", "spatial"), False),
    mark("depthwise convolutions"): (("depthwise",), True),
    mark("squeeze-and-excitation"): (("squeeze-and-excitation",), True),
    mark("the classifier"): (("classifier",), False),
}
SPENT = {  # by quantity
    "macs": mark("{network} spends {share} of its {whole} multiply-adds in {group}{rest}."),
    "params": mark("{network} holds {share} of its {whole} parameters in {group}{rest}."),
    "activations": mark("{network} writes {share} of its {whole} activations in {group}{rest}."),
    "memory": mark("{network} keeps {share} of its {whole} of training memory in {group}{rest}."),
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
    *middle, last = [(_share(shares[g]), say(g)) for g in others] or [("", "")]
    rest = "".join(say(", {share} in {group}", share=share, group=g) for share, g in middle)
    if last[0]:
        rest += say(" and {share} in {group}", share=last[0], group=last[1])
    return say(
        SPENT[quantity],
        network=name,
        share=percent(shares[largest]),
        whole=shown.written(whole),
        group=say(largest),
        rest=rest,
    )


def _share(share: float) -> str:
    return percent(share) if share >= 0.0005 else say("under 0.1 %")


def prediction_claim(network: str, prediction: "Prediction") -> str:
    """What a network says of a photo, and by what margin; or that it is unsure."""
    first, *rest = prediction.labels
    classes = len(prediction.logits)
    if classes > 1 and first.probability < UNSURE:
        return say(
            "Unsure: no class reaches {threshold}; perhaps none of the {classes:,} fits. "
            "{network}'s best guess is {label}, {share}.",
            threshold=f"{100 * UNSURE:.0f} %",
            classes=classes,
            network=display_name(network),
            label=class_name(first.name),
            share=percent(first.probability),
        )
    sure = say(
        "{network} says {label}, {share} sure",
        network=display_name(network),
        label=class_name(first.name),
        share=percent(first.probability),
    )
    if not rest:
        return say("{sure}.", sure=sure)
    return say(
        "{sure}; {label} comes next with {share}.",
        sure=sure,
        label=class_name(rest[0].name),
        share=percent(rest[0].probability),
    )


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
        return say(
            "{network}: {macs} multiply-adds, expected to take {time} here. Do they?"
            if expected
            else "{network}: {macs} multiply-adds. How long do they take here?",
            network=design.title,
            macs=giga(cost.macs),
            time=milliseconds(expected.ms) if expected else "",
        )
    where, batch = latency.environment, latency.batch_size
    threads = plural(where.threads, "{n} thread", "{n} threads")
    place = threads if where.device == "cpu" else where.processor
    many = say(" for {n} {n:image|images}", n=batch) if batch > 1 else ""
    said = say(
        "On this machine ({place}, {precision}) {network} takes {time}{many}, {low} to "
        "{high}{told}.",
        place=place,
        precision=latency.precision,
        network=design.title,
        time=milliseconds(latency.median_ms),
        many=many,
        low=significant(latency.p10_ms),
        high=significant(latency.p90_ms),
        told=say("; {told}", told=told) if told else "",
    )
    return said if latency.stable else said + say(" Unstable: see why below.")


def exhibit_claim(exhibit: "Exhibit", lines: "Lines") -> str:
    """What follows from a paper's table or figure when its numbers are computed again."""
    from effnet.papers import get_paper

    return say(
        "{paper}, {exhibit}: {finding}",
        paper=get_paper(exhibit.paper).name,
        exhibit=say(exhibit.label),
        finding=exhibit.finding(lines),
    )


def schedule_claim(network: str, schedule: "Progressive", relative: float) -> str:
    """What a training schedule saves against its last size throughout."""
    plan = schedule.plan()
    first, last = plan[0].size, plan[-1].size
    name = display_name(network)
    if schedule.stages == 1:
        return say(
            "Training {network} at {side} px throughout saves nothing: one stage does not grow.",
            network=name,
            side=last,
        )
    return say(
        "Growing from {first} to {side} px in {stages} {stages:stage|stages}, "
        "{network} trains with {factor} the multiply-adds of {side} px throughout: "
        "{saved} saved.",
        first=first,
        side=last,
        stages=schedule.stages,
        network=name,
        factor=factor(relative),
        saved=percent(1 - relative),
    )
