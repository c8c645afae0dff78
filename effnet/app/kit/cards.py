"""Cards that pages share: totals, stage table, and the line that explains the marks."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import streamlit as st
from PIL import Image, ImageEnhance, ImageOps

from effnet.app.kit import cache, live, projector
from effnet.base import factor, giga, mark, millions, say, significant
from effnet.counting import Cost, StageRow, steps_from_promise
from effnet.figures import macs_along_phi, promise_to_real, top_classes
from effnet.network import Spec, display_name
from effnet.papers import released_points
from effnet.pixels import crop_box, view
from effnet.report import claims
from effnet.scaling import Design
from effnet.timing import predicted_ms
from effnet.weights import Preprocessing

if TYPE_CHECKING:
    from effnet.classify import Classifier, Prediction

SHOWN_SIDE = 900
CARD_WIDTH = 140  # px: five in a row beside the controls, two on a phone
INTERPOLATIONS = (mark("bilinear"), mark("bicubic"))  # as weights' preprocessing names them
ORIGINS = mark("Lines and bars are computed, filled dots measured, hollow diamonds published.")
CURVE = {  # what the columns of the curve's table are called
    "phi": "phi",
    "network": mark("network"),
    "resolution": mark("resolution"),
    "params": mark("params"),
    "macs": mark("macs"),
    "activations": mark("activations"),
}


def totals(spec: Spec, cost: Cost, base: Spec, base_cost: Cost) -> None:
    """Parameters, multiply-adds, activations, resolution and blocks, beside the base network."""
    against = say(display_name(base)).removeprefix("EfficientNet").lstrip("-")
    entries = (
        (
            say("Parameters"),
            millions(cost.params),
            factor(cost.params / base_cost.params),
            f"{cost.params:,}",
        ),
        (
            say("Multiply-adds"),
            giga(cost.macs),
            factor(cost.macs / base_cost.macs),
            say(
                "{macs:,} MACs: the paper's FLOPS. Counted singly, {flops:,} FLOPs",
                macs=cost.macs,
                flops=cost.flops,
            ),
        ),
        (
            say("Activations"),
            millions(cost.activations),
            factor(cost.activations / base_cost.activations),
            say(
                "{n:,} elements written by convolutions and fully connected layers",
                n=cost.activations,
            ),
        ),
        (
            say("Resolution"),
            f"{cost.resolution} px",
            factor(cost.resolution / base_cost.resolution),
            say("Side of the square input"),
        ),
        (
            say("Blocks"),
            str(spec.blocks),
            factor(spec.blocks / base.blocks),
            say("Stem and head not counted"),
        ),
    )
    row((label, value, f"{ratio} {against}", note) for label, value, ratio, note in entries)
    _time_here(spec, base, against)


def row(entries: Iterable[tuple[str, str, str | None, str]]) -> None:
    """Cards side by side, of one height: label, number, what stands below it, help."""
    shown = tuple(entries)
    with st.grid(len(shown), min_column_width=projector.larger(CARD_WIDTH)):
        for label, value, below, note in shown:
            st.metric(
                label,
                value,
                delta=below,
                delta_color="off",
                delta_arrow="off",
                border=True,
                height=projector.larger(128),
                help=note,
            )


def _time_here(spec: Spec, base: Spec, against: str) -> None:
    """The predicted time of a pass, where this machine's pace was learned."""
    here, start = predicted_ms(spec), predicted_ms(base)
    if here and start:
        words = here.words[0].upper() + here.words[1:]
        st.caption(
            say(
                "{words}, {ratio} {against}; see Latency.",
                words=words,
                ratio=factor(here.ms / start.ms),
                against=against,
            )
        )


def stage_table(rows: list[StageRow], *, key: str) -> None:
    """The stage table; cells that differ from the base are marked with a dot."""
    number = st.column_config.NumberColumn
    st.dataframe(
        pa.Table.from_pylist([_shown(row) for row in rows]),  # as it is sent: no pandas on the way
        key=key,
        hide_index=True,
        width="stretch",
        height=35 * (len(rows) + 1) + 3,
        column_config={
            say("stage"): number(pinned=True, width=60),
            say("operator"): st.column_config.TextColumn(pinned=True),
            say("channels"): st.column_config.TextColumn(
                help=say(
                    "Output channels; exact value before rounding to multiples of 8 in brackets"
                )
            ),
            say("blocks"): st.column_config.TextColumn(
                help=say("Exact value before rounding up in brackets")
            ),
            say("map (px)"): st.column_config.TextColumn(
                help=say("Side of the input and output maps")
            ),
            say("sees (px)"): number(
                help=say("Receptive field of its convolutions, in input pixels"),
                format="localized",
            ),
            say("drop"): number(help=say("Stochastic-depth rate of its last block"), format="%.3f"),
            say("parameters"): number(format="localized"),
            "MACs": number(help=say("Multiply-adds for one image"), format="localized"),
            say("activations"): number(format="localized"),
            say("MACs share"): st.column_config.ProgressColumn(
                min_value=0, max_value=100, format="%.1f %%", color="primary", width=110
            ),
        },
        alt=say("Stage table: operator, channels, blocks, sizes and costs of every stage"),
    )


def _shown(row: StageRow) -> dict[str, Any]:
    def marked(name: str, text: str) -> str:
        return f"{text} •" if name in row.changed else text

    exact = significant(row.exact_channels, 4)
    channels = str(row.channels)
    if abs(row.exact_channels - row.channels) > 1e-6:
        channels += f" ({exact})"
    blocks = str(row.repeats)
    if abs(row.exact_repeats - row.repeats) > 1e-6:
        blocks += f" ({significant(row.exact_repeats)})"
    return {
        say("stage"): row.stage,
        say("operator"): marked("operator", say(row.operator)),
        say("kernel"): marked("kernel", f"{row.kernel}x{row.kernel}"),
        say("stride"): row.stride,
        say("channels"): marked("channels", channels),
        say("blocks"): marked("repeats", blocks),
        say("map (px)"): marked(
            "out_size", say("{side} to {out}", side=row.in_size, out=row.out_size)
        ),
        say("MACs share"): 100 * row.macs_share,
        "MACs": row.macs,
        say("parameters"): row.params,
        say("activations"): row.activations,
        say("sees (px)"): row.receptive_field,
        say("drop"): row.drop_rate,
        say("SE ratio"): row.se_ratio,
    }


def phi_curve(design: Design, *, dark: bool) -> None:
    """Multiply-adds along phi, with its table; only a formula design lies on the curve."""
    if design.mode != "formula":
        return
    points = cache.curve(design.base, design.alpha, design.beta, design.gamma)
    start = cache.counted_cost(design.base_spec)
    drawn = macs_along_phi.values(
        points,
        promise=cache.promise(start.macs, design.alpha, design.beta, design.gamma),
        released=released_points() if design.base == "b0" else (),
        chosen=cache.point(design),
        dark=dark,
    )
    alt = say("Multiply-adds against phi: promise, computed, published")
    live.figure("phi_curve", drawn, alt=alt)
    budget = claims.budget_claim(design, start, cache.counted_cost(design.spec()))
    st.caption(
        say(
            "{budget} {origins} The bar of a published network spans the phi that its depth, width "
            "and resolution imply.",
            budget=budget,
            origins=say(ORIGINS),
        )
    )
    with st.expander(say("Why the real cost differs"), on_change="rerun") as why:
        if why.open:
            _why(design, start, dark=dark)
    with st.expander(say("The curve as a table"), on_change="rerun") as opened:
        if opened.open:
            columns = {
                say(title): [getattr(point, name) for point in points]
                for name, title in CURVE.items()
            }
            st.dataframe(columns, hide_index=True, width="stretch", height=300)


def _why(design: Design, base: Cost, *, dark: bool) -> None:
    steps = steps_from_promise(
        design.base_spec,
        depth=design.alpha**design.phi,
        width=design.beta**design.phi,
        resolution=design.spec().resolution,
    )
    drawn = promise_to_real(steps, base_macs=base.macs, dark=dark)
    live.figure(
        "why", drawn, alt=say("From the formula's promise to the real cost, reason by reason")
    )
    st.dataframe(
        [
            {
                say("reason"): s.reason,
                say("multiply-adds"): round(s.macs),
                say("of the base"): s.macs / base.macs,
            }
            for s in steps
        ],
        hide_index=True,
        width="stretch",
        column_config={say("multiply-adds"): st.column_config.NumberColumn(format="localized")},
    )


def seen(image: Image.Image, classifier: "Classifier") -> None:
    """The photo with the crop drawn on it, and the network's view at its own resolution."""
    preprocessing = classifier.preprocessing
    st.image(
        cropped_outline(shown(image), preprocessing),
        caption=say(
            "The photo, {width} x {height} px; dimmed: never seen",
            width=image.width,
            height=image.height,
        ),
        width="stretch",
        alt=say("The photo with what the network does not see dimmed"),
    )
    st.image(
        view(image, preprocessing),
        caption=say(
            "What the network gets: short side to {resize} px ({interpolation}), centre "
            "{crop} x {crop}",
            resize=preprocessing.resize,
            interpolation=say(preprocessing.interpolation),
            crop=preprocessing.crop,
        ),
        alt=say("The photo as the network sees it"),
    )


def cropped_outline(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """The photo with everything outside the crop dimmed."""
    dimmed = ImageEnhance.Brightness(image).enhance(0.35)
    left, top, right, bottom = map(round, crop_box(image.width, image.height, preprocessing))
    box = max(left, 0), max(top, 0), min(right, image.width), min(bottom, image.height)
    dimmed.paste(image.crop(box), box[:2])
    return dimmed


def shown(image: Image.Image) -> Image.Image:
    """A copy small enough for the page."""
    if max(image.size) <= SHOWN_SIDE:
        return image
    return ImageOps.contain(image, (SHOWN_SIDE, SHOWN_SIDE))


def top_classes_card(prediction: "Prediction", family: str, *, dark: bool) -> None:
    """Bars of the most probable classes, with their table."""
    drawn = top_classes(prediction.labels, family=family, dark=dark)
    live.figure("top", drawn, alt=say("The most probable classes and their probabilities"))
    with st.expander(say("As a table")):
        st.dataframe(
            [
                {
                    say("class"): label.name,
                    say("probability"): label.probability,
                    say("index"): label.index,
                }
                for label in prediction.labels
            ],
            hide_index=True,
            width="stretch",
            column_config={say("probability"): st.column_config.NumberColumn(format="percent")},
        )
    if len(prediction.logits) == 1:
        from effnet.classify import ONE_OUTPUT

        st.caption(say(ONE_OUTPUT))
    st.caption(say("Computed on this machine in {ms:.0f} ms.", ms=1000 * prediction.seconds))
