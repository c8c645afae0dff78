"""A network in int8 beside itself in fp32: size, time, agreement, and the error of every layer."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from effnet.base import (
    Card,
    Rich,
    Tabular,
    mebibytes,
    milliseconds,
    path_ending,
    percent,
    rows_of,
    say,
    wilson,
    write_whole,
)
from effnet.timing import Comparison

NOT_COMPARED = "–"  # a hyphen would be a list in Streamlit's Markdown
SURE = 0.5  # probability of the best class from which on fp32 counts as sure of it


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two networks name the same class.

    Attributes:
        same: Pictures of which they do.
        pictures: All that were asked.
    """

    same: int
    pictures: int

    @property
    def share(self) -> float:
        """Of 1; NaN without pictures."""
        return self.same / self.pictures if self.pictures else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's bounds of the share at 95 %."""
        return wilson(self.same, self.pictures)

    def sentence(self) -> str:
        """The share with its interval, in words."""
        low, high = self.interval
        return say(
            "{share} of {pictures:,} ({low} to {high} at 95 %)",
            share=percent(self.share) if self.pictures else "-",
            pictures=self.pictures,
            low=percent(low),
            high=percent(high),
        )


@dataclass(frozen=True, slots=True)
class LayerNoise:
    """A layer's output in int8, measured against the same in fp32.

    Attributes:
        layer: Its module path.
        stage: Of the network; 0 is the stem.
        kind: "depthwise", "project" and so on.
        low, high: The lowest and the highest value in fp32.
        snr_db: Signal to noise in decibels with everything before it in int8 too; 20 dB are noise
            of a tenth of the signal.
        own_db: The same if only this output were rounded; None where it stays in float.
    """

    layer: str
    stage: int
    kind: str
    low: float
    high: float
    snr_db: float
    own_db: float | None


@dataclass(frozen=True, slots=True)
class Quantized(Rich, Tabular):
    """A network in int8 beside fp32. `to_pandas` has a row a layer.

    Attributes:
        network, weights: What was quantised.
        data: The int8 ONNX file.
        fp32_bytes: Size of the fp32 ONNX file.
        calibrated: Crops that gave the maps' ranges.
        bits: Of the weights: 8, or 7 where an x86 processor has no int8 units.
        per_channel: Whether each output channel's weights have a step of their own.
        bias_corrected: Whether the rounding's average shift was taken out of the biases.
        agreement: Of the best class, over all crops that were compared.
        agreement_when_sure: Over those whose best class has a probability of `SURE` in fp32.
        layers: Every layer in order.
        times: fp32 first, int8 second, measured in turn; None where it was not asked.
        units: Whether this processor has int8 instructions; None where it doesn't say.
    """

    network: str
    weights: str
    data: bytes = field(repr=False)
    fp32_bytes: int
    calibrated: int
    bits: int
    per_channel: bool
    bias_corrected: bool
    agreement: Agreement
    agreement_when_sure: Agreement
    layers: tuple[LayerNoise, ...] = field(repr=False)
    times: Comparison | None
    units: bool | None

    @property
    def size_ratio(self) -> float:
        """Size of the int8 file, of the fp32 file's."""
        return len(self.data) / self.fp32_bytes

    @property
    def worst(self) -> LayerNoise:
        """The layer with the most noise."""
        return min(self.layers, key=lambda layer: layer.snr_db)

    def save(self, path: str | Path) -> Path:
        """Write the int8 ONNX file; gives its path.

        Raises:
            EffnetError: The name does not end in `.onnx`, or the file can't be written.
        """
        file = path_ending(path, ".onnx")
        write_whole(file, self.data)
        return file

    def as_rows(self) -> list[dict[str, Any]]:
        """One dictionary a layer."""
        return rows_of(self.layers)

    def beside(self) -> tuple[tuple[str, str, str], ...]:
        """What is compared: its name, fp32, int8."""
        rows = [(say("file"), mebibytes(self.fp32_bytes), mebibytes(len(self.data)))]
        if self.times:
            times = (self.times.first, self.times.second)
            fp32, int8 = (milliseconds(one.median_ms) for one in times)
            rows.append((say("one picture, measured"), fp32, int8))
        return (
            *rows,
            (say("same best class"), NOT_COMPARED, self.agreement.sentence()),
            (
                say("the same, where fp32 is sure (over {sure})", sure=percent(SURE)),
                NOT_COMPARED,
                self.agreement_when_sure.sentence(),
            ),
        )

    def notes(self) -> tuple[str, ...]:
        """What to know of the numbers."""
        worst = self.worst
        found = [
            say(
                "Most noise in {layer} ({kind}): {snr:.1f} dB.",
                layer=worst.layer,
                kind=say(worst.kind),
                snr=worst.snr_db,
            ),
        ]
        if self.times:
            verdict = say("{sentence}.", sentence=self.times.sentence("fp32", "int8"))
            found += [verdict, units_note(self.units)]
            found += [
                say("Don't compare this: {doubt}.", doubt=x) for x in self.times.second.doubts
            ]
        if self.bits < 8:
            found.append(
                say(
                    "Weights have 7 bits, because without such instructions products of 8 bits "
                    "overflow here."
                )
            )
        if self.weights == "random":
            found.append(
                say(
                    "These weights are random. Size, time and the layers' noise can still be "
                    "measured. Whether the answers agree says little, because they mean "
                    "nothing."
                )
            )
        return tuple(found)

    def card(self) -> Card:
        """Both side by side, for notebooks and plain text."""
        return Card(
            say("{network} ({weights}) in int8", network=self.network, weights=self.weights),
            (
                say("size {ratio:.3f} of fp32", ratio=self.size_ratio),
                say("calibrated on {n} crops", n=self.calibrated),
            ),
            ("", "fp32", "int8"),
            self.beside(),
            notes=self.notes(),
        )


def units_note(units: bool | None) -> str:
    """Whether int8 can be faster here, honestly."""
    if units is None:
        return say(
            "This system does not say whether its processor has int8 instructions; the time tells."
        )
    if units:
        return say(
            "This processor has int8 instructions. They compute four products of 8 bits in the "
            "time of one of 32."
        )
    return say(
        "This processor has no int8 instructions (VNNI or alike). Here int8 is smaller, but "
        "hardly faster."
    )
