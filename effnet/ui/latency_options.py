"""The card of options: each measured in turn with the plain way, so that its own gain shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import streamlit as st

from effnet.design import Design
from effnet.figures import option_gains
from effnet.spec import EffnetError, Spec
from effnet.speed.hardware import Hardware, hardware
from effnet.speed.records import Options
from effnet.speed.turns import Job
from effnet.speed.verdict import Comparison
from effnet.ui import live, stopwatch
from effnet.ui.stopwatch import KEEP, Chosen, Work
from effnet.units import factor, milliseconds, significant

KEY = "gains"
LABELS = {
    "channels_last": "Channels-last",
    "folded": "Folded BatchNorm",
    "both": "Both of these",
    "bf16": "bf16",
    "fp16": "fp16",
    "compile": "torch.compile",
    "onnxruntime": "ONNX Runtime",
    "openvino": "OpenVINO",
    "cuda_graph": "CUDA graph",
    "threads": "One thread",
}
FIRST_CHOSEN = ("channels_last", "folded", "onnxruntime")
VERDICTS = {"first": "slower", "second": "faster", "can't tell": "can't tell"}


@dataclass(slots=True)
class Gains:
    """Comparisons with the plain way by option, and what could not run."""

    found: dict[str, Comparison] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


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


def card(design: Design, spec: Spec, chosen: Chosen, *, dark: bool) -> None:
    """Choose options, measure each in turn with the plain way, and draw the gains."""
    here, plain = hardware(), chosen.options.plain
    st.markdown(
        "Each option is measured in turn with plain eager fp32, pass by pass, so that a busy spell "
        "hits both alike. Where the interval of the ratio (99 %) covers 1, the two can't be told "
        "apart."
    )
    picked = _picked(ways(plain, here), here)
    seconds = len(picked) * 3 * chosen.budget_s
    subject = spec, plain
    result = stopwatch.card(
        KEY,
        "Measure the gains",
        f"About {max(seconds, 1):.0f} s for {len(picked)} options.",
        subject,
        design.title,
        _work(spec, plain, picked, chosen.budget_s),
        draw=lambda found: _shown(found, dark=dark),
    )
    if not stopwatch.running(KEY):
        _shown(result.value if result else None, dark=dark)


def _picked(found: Mapping[str, Options], here: Hardware) -> dict[str, Options]:
    """The options to measure, by what they are called; greyed where they can't be."""
    picked = {}
    with st.grid(len(found), min_column_width=190, gap="small"):
        for name, options in found.items():
            words, reason = options.words, here.reasons.get(name, "")
            on = st.checkbox(
                LABELS[name],
                value=name in FIRST_CHOSEN and not reason,
                key=f"way_{name}",
                persist_state=KEEP,
                disabled=bool(reason),
                help=reason or here.notes.get(name),
            )
            if on and not reason:
                picked[words] = options
    missing = [f"{LABELS[name]}: {here.reasons[name]}" for name in found
               if here.reasons.get(name)]  # fmt: skip
    if missing:
        st.caption(f"Not here: {'; '.join(missing)}.")
    if here.devices == ("cpu",):
        st.caption(
            "A GPU would add: half precision in hardware, CUDA graphs, samples stamped by the "
            "device's own events, and its allocator's peak of memory."
        )
    return picked


def _work(spec: Spec, plain: Options, picked: Mapping[str, Options], budget_s: float) -> Work:
    def run(job: Job) -> Gains:
        job.report(0.0, "Loading PyTorch")
        from effnet.latency.measure import compare

        gains = Gains()
        for number, (words, options) in enumerate(picked.items()):

            def heard(share: float, _: object, number: int = number, words: str = words) -> None:
                job.report((number + share) / len(picked), words, gains)

            heard(0.0, None)
            try:
                gains.found[words] = compare(
                    spec,
                    spec,
                    options=plain,
                    second_options=options,
                    budget_s=2 * budget_s,
                    progress=heard,
                )
            except EffnetError as error:
                gains.failed[words] = str(error)
        return gains

    return run


def _shown(gains: Gains | None, *, dark: bool) -> None:
    if gains is None or not (gains.found or gains.failed):
        return
    for words, error in gains.failed.items():
        st.warning(f"{words}: {error}")
    if not gains.found:
        return
    found = dict(gains.found)
    live.figure(
        "option_gains",
        option_gains(found, dark=dark),
        alt="How many times as fast each option is as the plain way, with its interval",
    )
    st.dataframe(
        [
            {
                "option": words,
                "as fast as plain": factor(one.gain),
                "99 % interval": f"{significant(1 / one.high)} to {significant(1 / one.low)}",
                "verdict": VERDICTS[one.faster],
                "median": milliseconds(one.second.median_ms),
                "plain median": milliseconds(one.first.median_ms),
                "pairs": len(one.first.samples_ms),
            }
            for words, one in found.items()
        ],
        key="option_table",
        hide_index=True,
        width="stretch",
        alt="Gain, interval and verdict of every option",
    )
    doubts = [words for words, one in found.items() if not one.second.stable]
    if doubts:
        st.caption(f"Unstable, yet measured in turn with the plain way: {', '.join(doubts)}.")
