"""The card's part that ranks published networks by the searches' objectives."""

import streamlit as st

from effnet import figures
from effnet.app.kit import live, pick, sheet
from effnet.base import Column, mark, percent, remembered, say
from effnet.papers import STEP_TIMES, Rated, StepTime, search_objectives
from effnet.scaling import Range

_rewards = remembered(maxsize=32)(figures.rewards)

OBJECTIVES = ("EfficientNet", "EfficientNetV2")
EXPONENT = Range(-0.3, 0.1, 0.01)
STAND_INS: dict[StepTime, str] = {
    "macs": mark(
        "The papers print no step time for most networks, so multiply-adds take its place. "
        "They do not show what makes V2 fast. "
    ),
    "hours": mark(
        "Training hours on 32 TPU cores, with the accuracy printed beside them "
        "(arXiv:2104.00298v3 Table 7); a whole training, not a step. "
    ),
    "latency": mark(
        "Inference on a V100 with batch 16, with the accuracy printed beside it "
        "(arXiv:2104.00298v3 Table 7); not a training step. "
    ),
}


def objectives() -> None:
    """Exponents on the left, the ranking on the right."""
    left, right = st.columns([1, 2.2], gap="medium")
    with left, st.container(border=True):
        which = st.segmented_control(
            say("Search"),
            OBJECTIVES,
            default=OBJECTIVES[0],
            key="objective",
            required=True,
            persist_state="session",
        )
        ranked, words = _first() if which == OBJECTIVES[0] else _second()
    with right:
        live.figure(
            "rewards",
            _rewards(ranked),
            alt=say("Published networks by reward, from the printed accuracy to the reward"),
        )
        st.caption(words)
    with st.expander(say("The ranking as a table"), on_change="rerun") as opened:
        if opened.open:
            _ranking(ranked)


def _others() -> bool:
    return st.toggle(
        say("With other networks"),
        key="objective_others",
        help=say(
            "Networks by others, with their costs as printed, and V2 pretrained on "
            "ImageNet-21k where that is printed"
        ),
        persist_state="session",
    )


def _first() -> tuple[tuple[Rated, ...], str]:
    st.markdown(r"$\mathrm{ACC}\,(\mathrm{FLOPS}/T)^{w}$")
    w = pick.dial(
        "reward_w",
        "w",
        search_objectives.V1_W,
        EXPONENT,
        note=say("-0.07 in the paper (section 4)"),
    )
    target = pick.dial(
        "reward_target", "T (M)", 400.0, Range(50.0, 4000.0, 50.0), note=say("400 M in the paper")
    )
    ranked = search_objectives.rated_by_first(w=w, target=target * 1e6, others=_others())
    return ranked, say(
        "{effect} T multiplies every reward by the same number, so it never changes the order. "
        "Accuracies are as printed, in percent. Multiply-adds are computed, those of networks "
        "by others as printed. The paper's FLOPS are multiply-adds.",
        effect=_effect({say("multiply-adds"): w}),
    )


def _second() -> tuple[tuple[Rated, ...], str]:
    st.markdown(r"$A \cdot S^{w} \cdot P^{v}$")
    w = pick.dial(
        "reward_w2",
        "w",
        search_objectives.V2_W,
        EXPONENT,
        note=say("-0.07 in the paper (section 3.3)"),
    )
    v = pick.dial(
        "reward_v2",
        "v",
        search_objectives.V2_V,
        EXPONENT,
        note=say("-0.05 in the paper (section 3.3)"),
    )
    step: StepTime = (
        st.radio(
            say("What takes the place of the step time S"),
            tuple(STEP_TIMES),
            format_func=lambda name: say(STEP_TIMES[name]),
            key="reward_step",
            persist_state="session",
        )
        or "macs"
    )
    ranked = search_objectives.rated_by_second(w=w, v=v, step=step, others=_others())
    first = next(one for one in ranked if one.step == 1)
    return ranked, say(
        "{effect} {step}S and P are taken against {first}, which does not change the order.",
        effect=_effect({say("step time"): w, say("parameters"): v}),
        step=say(STAND_INS[step]),
        first=first.name,
    )


def _effect(exponents: dict[str, float]) -> str:
    """What doubling a cost does to the reward, and why."""
    changes = {what: 2**exponent - 1 for what, exponent in exponents.items()}
    text = say(", ").join(_doubled(what, change) for what, change in changes.items())
    if all(change < 0 for change in changes.values()):
        return say(
            "The exponent is negative, so cost lowers the reward: {effects}."
            if len(changes) == 1
            else "Both exponents are negative, so cost lowers the reward: {effects}.",
            effects=text,
        )
    if any(change > 0 for change in changes.values()):
        return say("A positive exponent pays for cost: {effects}.", effects=text)
    return say("An exponent of 0 leaves that cost out: {effects}.", effects=text)


def _doubled(what: str, change: float) -> str:
    if not change:
        return say("doubling the {what} leaves the reward as it is", what=what)
    return say(
        "doubling the {what} raises the reward by {share}"
        if change > 0
        else "doubling the {what} lowers the reward by {share}",
        what=what,
        share=percent(abs(change)),
    )


def _ranking(ranked: tuple[Rated, ...]) -> None:
    ranks = {one: rank for rank, one in enumerate(ranked, start=1)}
    sheet.show(
        ranked,
        Column(mark("rank"), ranks.get),
        Column(mark("network"), "name"),
        Column(mark("reward"), "reward", "%.2f"),
        Column(mark("top-1 (%), printed"), "top1"),
        Column("MACs (G)", "macs", "%.3f", 1e9),
        Column(mark("parameters (M)"), "params", "%.2f", 1e6),
        Column("S", "step", "%.2f x"),
        Column(mark("costs"), lambda one: say("computed" if one.computed else "printed")),
        "source",
        height=400,
        alt=say("Published networks by reward, with accuracy and costs"),
    )
