"""The card of options: each measured in turn with the plain way, so that its own gain shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from operator import itemgetter

import streamlit as st

from effnet.app.kit import jobs, live, sheet
from effnet.app.pages.latency.stopwatch import KEEP, Chosen
from effnet.base import (
    Column,
    EffnetError,
    factor,
    in_a_row,
    mark,
    milliseconds,
    say,
    significant,
    verbatim,
)
from effnet.figures import option_gains
from effnet.jobs import Job
from effnet.network import Spec
from effnet.scaling import Design
from effnet.timing import FASTER, Comparison, Hardware, Options, hardware

KEY = "gains"
LABELS = {
    "channels_last": mark("Channels-last"),
    "folded": mark("Folded BatchNorm"),
    "both": mark("Both of these"),
    "bf16": "bf16",
    "fp16": "fp16",
    "compile": "torch.compile",
    "onnxruntime": "ONNX Runtime",
    "openvino": "OpenVINO",
    "cuda_graph": mark("CUDA graph"),
    "threads": mark("One thread"),
}
FIRST_CHOSEN = ("channels_last", "folded", "onnxruntime")


@dataclass(slots=True)
class Gains:
    """Comparisons with the plain way by how the other ran, and what could not run."""

    found: dict[Options, Comparison] = field(default_factory=dict)
    failed: dict[Options, str] = field(default_factory=dict)


def ways(plain: Options, here: Hardware) -> dict[str, Options]:
    """Every option by itself, and the two that go well together."""
    found = {
        "channels_last": replace(plain, channels_last=True),
        "folded": replace(plain, folded=True),
        "both": replace(plain, channels_last=True, folded=True),
        "bf16": replace(plain, precision="bf16"),
        "fp16": replace(plain, precision="fp16"),
        "compile": replace(plain, engine="compile"),
        "onnxruntime": replace(plain, engine="onnxruntime"),
        "openvino": replace(plain, engine="openvino"),
        "cuda_graph": replace(plain, cuda_graph=True),
    }
    if here.cores > 1:
        found["threads"] = replace(plain, threads=1)
    return found


def card(design: Design, spec: Spec, chosen: Chosen) -> None:
    """Choose options, measure each in turn with the plain way, and draw the gains."""
    here, plain = hardware(), chosen.options.plain
    st.markdown(
        say(
            "Each option takes turns with PyTorch's default way (fp32), pass by pass, so "
            "that a busy moment of the machine slows both alike. Where the 99 % interval "
            "of the ratio contains 1, the two can't be told apart."
        )
    )
    picked = _picked(ways(plain, here), here)
    seconds = len(picked) * 3 * chosen.budget_s
    jobs.card(
        KEY,
        say("Measure the gains"),
        say(
            "About {seconds:.0f} s for {n} {n:option|options}.",
            seconds=max(seconds, 1),
            n=len(picked),
        ),
        (spec, plain),
        design.title,
        partial(_measure, spec, plain, picked, chosen.budget_s),
        draw=_shown,
    )


def _picked(found: Mapping[str, Options], here: Hardware) -> list[Options]:
    """The options to measure; greyed where they can't be."""
    picked = []
    with st.grid(len(found), min_column_width=190, gap="small"):
        for name, options in found.items():
            reason = here.reasons.get(name, "")
            on = st.checkbox(
                say(LABELS[name]),
                value=name in FIRST_CHOSEN and not reason,
                key=f"way_{name}",
                persist_state=KEEP,
                disabled=bool(reason),
                help=say(reason or here.notes.get(name, "")) or None,
            )
            if on and not reason:
                picked.append(options)
    missing = [
        say("{option}: {reason}", option=say(LABELS[name]), reason=say(here.reasons[name]))
        for name in found
        if here.reasons.get(name)
    ]
    if missing:
        st.caption(say("Not available here: {missing}.", missing=in_a_row(missing, "; ")))
    if here.devices == ("cpu",):
        st.caption(
            say(
                "With a GPU there would also be half precision in hardware, CUDA graphs, times "
                "from the device's own events, and its peak of memory."
            )
        )
    return picked


def _measure(
    spec: Spec, plain: Options, picked: Sequence[Options], budget_s: float, job: Job
) -> Gains:
    from effnet.timing.measure import compare

    gains = Gains()
    for number, options in enumerate(picked):

        def heard(
            share: float, _: object, number: int = number, words: str = options.words
        ) -> None:
            job.report((number + share) / len(picked), words, gains)

        heard(0.0, None)
        try:
            gains.found[options] = compare(
                spec,
                spec,
                options=plain,
                second_options=options,
                budget_s=2 * budget_s,
                progress=heard,
            )
        except EffnetError as error:
            gains.failed[options] = str(error)
    return gains


def _shown(gains: Gains | None) -> None:
    if gains is None or not (gains.found or gains.failed):
        return
    for options, error in gains.failed.items():
        st.warning(say("{how}: {error}", how=options.words, error=verbatim(error)))
    if not gains.found:
        return
    found = {options.words: one for options, one in gains.found.items()}
    live.figure(
        "option_gains",
        option_gains(found),
        alt=say("How many times as fast each option is as the plain way, with its interval"),
    )
    sheet.show(
        [*found.items()],
        Column(mark("option"), itemgetter(0)),
        Column(mark("times as fast as plain"), lambda row: row[1].gain, factor),
        Column(mark("99 % interval"), _interval),
        Column(mark("verdict"), lambda row: say(FASTER[row[1].faster])),
        Column(mark("median"), lambda row: row[1].second.median_ms, milliseconds),
        Column(mark("plain median"), lambda row: row[1].first.median_ms, milliseconds),
        Column(mark("pairs"), lambda row: len(row[1].first.samples_ms)),
        key="option_table",
        alt=say("Gain, interval and verdict of every option"),
    )
    doubts = [words for words, one in found.items() if not one.second.stable]
    if doubts:
        st.caption(
            say(
                "Unstable, yet measured in turn with the plain way: {options}.",
                options=in_a_row(doubts),
            )
        )


def _interval(row: tuple[str, Comparison]) -> str:
    low, high = significant(1 / row[1].high), significant(1 / row[1].low)
    return say("{low} to {high}", low=low, high=high)
