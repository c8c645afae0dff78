"""Networks as block strings, the notation of the released code of EfficientNet V1 and V2.

A string is one stage, its tokens joined by underscores:

    r2_k5_s2_e6_i24_o40_se0.25   2 blocks, 5x5, stride 2, expansion 6, 24 to 40 channels, SE 0.25
    r2_k3_s1_e1_i24_o24_c1       c1: Fused-MBConv

V1's code writes the stride twice (s22), V2's once (s2); both are read. Sources: tensorflow/tpu
models/official/efficientnet/efficientnet_builder.py, google/automl
efficientnetv2/effnetv2_configs.py. What the strings leave out (normalisation, activation, padding,
head, resolution) comes from a base network. Standard library only.
"""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from effnet.base import EffnetError, in_a_row, mark, remembered, say, settle
from effnet.network.spec import MAX_CHANNELS, OPERATORS, Operator, Spec, Stage

Dialect = Literal["v1", "v2"]

DIALECTS: dict[Dialect, str] = {"v1": "V1 (s22)", "v2": "V2 (s2)"}
MAX_STAGES = 40
MAX_TEXT = 2000
SAYABLE: tuple[Operator, ...] = ("mbconv", "fused_mbconv", "inverted_residual")

TOKEN = re.compile(r"(se|[rkseiocf])(\d{1,9}(?:\.\d{1,9})?)", re.ASCII)
FIELDS = {
    "r": "repeats",
    "k": "kernel",
    "s": "stride",
    "e": "expand_ratio",
    "i": "in_channels",
    "o": "channels",
    "se": "se_ratio",
}
TITLES = {  # what messages call the tokens that must be there
    "r": mark("repeats"),
    "k": mark("kernel"),
    "s": mark("stride"),
    "e": mark("expand ratio"),
    "i": mark("in channels"),
    "o": mark("channels"),
}
STRIDES = {"1": 1, "11": 1, "2": 2, "22": 2}


@dataclass(frozen=True, slots=True)
class BlockString:
    """One stage as a block string says it. Channels are those that leave the stage."""

    repeats: int
    kernel: int
    stride: int
    expand_ratio: float
    in_channels: int
    channels: int
    se_ratio: float = 0.0
    fused: bool = False

    def __post_init__(self) -> None:
        settle(self)

    def write(self, dialect: Dialect = "v2") -> str:
        """The string, as V1's or V2's released code writes it."""
        stride = str(self.stride) * (2 if dialect == "v1" else 1)
        tokens = [
            f"r{self.repeats}",
            f"k{self.kernel}",
            f"s{stride}",
            f"e{_short(self.expand_ratio)}",
            f"i{self.in_channels}",
            f"o{self.channels}",
        ]
        if self.se_ratio:
            tokens.append(f"se{_short(self.se_ratio)}")
        if self.fused:
            tokens.append("c1")
        return "_".join(tokens)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from a text: its stages, what is wrong with it, and what was left out."""

    blocks: tuple[BlockString, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _short(value: float) -> str:
    """The shortest decimal of at most nine places: 6, 0.25, 1.5."""
    return f"{value:.9f}".rstrip("0").rstrip(".")


# --- networks to strings ----------------------------------------------------------------------


def to_block_strings(spec: Spec, *, dialect: Dialect = "v2") -> tuple[str, ...]:
    """A network's stages as block strings, one each.

    Raises:
        EffnetError: The notation has no word for one of its operators.
    """
    return tuple(block.write(dialect) for block in blocks_of(spec))


@lru_cache(maxsize=64)
def blocks_of(spec: Spec) -> tuple[BlockString, ...]:
    """The same as records. MobileNetV2's inverted residual is an MBConv without squeeze."""
    unknown = {stage.operator for stage in spec.stages} - set(SAYABLE)
    if unknown:
        names = in_a_row(sorted(say(OPERATORS[one]).lower() for one in unknown), " and ")
        raise EffnetError(
            "block strings have no word for the {names} stages of {network!r}; they can say "
            "{sayable}",
            names=names,
            network=spec.name,
            sayable=in_a_row(say(OPERATORS[name]) for name in SAYABLE),
        )
    channels, blocks = spec.stem_channels, []
    for stage in spec.stages:
        blocks.append(
            BlockString(
                stage.repeats,
                stage.kernel,
                stage.stride,
                stage.expand_ratio,
                channels,
                stage.channels,
                stage.se_ratio,
                stage.operator == "fused_mbconv",
            )
        )
        channels = stage.channels
    return tuple(blocks)


# --- strings to networks ----------------------------------------------------------------------


def from_block_strings(
    text: str,
    *,
    base: Spec,
    resolution: int | None = None,
    head_channels: int | None = None,
    name: str | None = None,
) -> Spec:
    """The network that block strings describe, with everything else as in `base`.

    Args:
        text: Block strings of either dialect, separated by new lines, commas or spaces. The first
            `i` is the stem's channels; every other `i` is the `o` before it.
        base: Gives normalisation, activation, padding, module layout and what scales how. In a
            family of inverted residuals, an MBConv without squeeze is read as one.
        resolution: Side of the input in pixels; the base's own where not given.
        head_channels: Outputs of the head's convolution; the base's own where not given.
        name: What the network is called; the base's name with "edited" where anything differs.

    Raises:
        EffnetError: A string can't be read; the message names each that can't.

    Example: B0's seven strings with `base=get_variant("b0")` give `get_variant("b0")`.
    """
    reading = read_block_strings(text)
    if reading.problems:
        more = len(reading.problems) - 5
        shown = in_a_row(reading.problems[:5], "; ")
        raise EffnetError(shown + (say("; and {n} more", n=more) if more > 0 else ""))
    inverted = any(stage.operator == "inverted_residual" for stage in base.stages)
    last = len(reading.blocks) - 1
    stages = tuple(
        replace(
            stage_of(block, inverted=inverted),
            **_scaling(base, number, last, same_count=last + 1 == len(base.stages)),
        )
        for number, block in enumerate(reading.blocks)
    )
    read = replace(
        base,
        stages=stages,
        stem_channels=reading.blocks[0].in_channels,
        resolution=base.resolution if resolution is None else resolution,
        head_channels=base.head_channels if head_channels is None else head_channels,
    )
    if read == base and name is None:
        return base
    return replace(read, name=name or f"{base.name.removesuffix(' edited')} edited")


def stage_of(block: BlockString, *, inverted: bool = False) -> Stage:
    """The stage that a block string says; `EffnetError` where a value is out of its limits."""
    operator: Operator = "fused_mbconv" if block.fused else "mbconv"
    if inverted and not block.fused and not block.se_ratio:
        operator = "inverted_residual"
    values = asdict(block)
    del values["in_channels"], values["fused"]
    return Stage(operator, **values)


def _scaling(base: Spec, number: int, last: int, *, same_count: bool) -> dict[str, Any]:
    """How the base's stage at that place scales; first and last keep their own rules."""
    if same_count:
        like = base.stages[number]
    elif number in (0, last):
        like = base.stages[0 if number == 0 else -1]
    else:
        like = base.stages[len(base.stages) // 2]
    return {"scales_depth": like.scales_depth, "divisor": like.divisor}


@remembered(maxsize=256)
def read_block_strings(text: str) -> Reading:
    """Read block strings one by one; a wrong one is named with its number and what is wrong."""
    if len(text) > MAX_TEXT:
        return Reading((), (say("the text is longer than {most:,} characters", most=MAX_TEXT),))
    words = text.replace(",", " ").replace(";", " ").split()
    if not words:
        said = say("there are no block strings; expected such as r1_k3_s1_e1_i32_o16")
        return Reading((), (said,))
    if len(words) > MAX_STAGES:
        said = say("there are {n} stages; at most {most} go", n=len(words), most=MAX_STAGES)
        return Reading((), (said,))
    blocks: list[BlockString] = []
    problems: list[str] = []
    notes: list[str] = []
    before: int | None = None
    for number, word in enumerate(words, start=1):
        shown = say("stage {number}, {word!r}", number=number, word=word[:60])
        try:
            block, left_out = _read(word)
            notes += [say("{where}: {what}", where=shown, what=note) for note in left_out]
            if before not in (None, block.in_channels):
                problems.append(
                    say(
                        "{where}: i{channels} does not follow the stage before, which ends with "
                        "o{before}",
                        where=shown,
                        channels=block.in_channels,
                        before=before,
                    )
                )
            before = block.channels
            blocks.append(block)
        except EffnetError as error:
            problems.append(say("{where}: {what}", where=shown, what=error))
            before = None
    return Reading(tuple(blocks), tuple(problems), tuple(notes))


def _read(word: str) -> tuple[BlockString, list[str]]:
    """One string, with notes on the tokens that change nothing here."""
    values: dict[str, Any] = {}
    notes: list[str] = []
    for token in word.strip("'\"[]()").lower().split("_"):
        if token == "noskip":
            notes.append(
                say("noskip is read, but blocks keep their skip here; no count depends on it")
            )
            continue
        match = TOKEN.fullmatch(token)
        if match is None:
            raise EffnetError(
                "{token!r} is no token; expected r, k, s, e, i, o and where needed se or c "
                "with a number each, such as r2_k3_s2_e6_i16_o24_se0.25",
                token=token[:20],
            )
        key, number = match.groups()
        if key in values:
            raise EffnetError("{key} is there twice", key=key)
        values[key] = _value(key, number)
    missing = [key for key in ("r", "k", "s", "e", "i", "o") if key not in values]
    if missing:
        names = in_a_row(
            say("{token} ({title})", token=key, title=say(TITLES[key])) for key in missing
        )
        raise EffnetError("without {names}", names=names)
    fused = bool(values.pop("c", 0))
    values.pop("f", None)
    block = BlockString(fused=fused, **{FIELDS[key]: value for key, value in values.items()})
    if not 1 <= block.in_channels <= MAX_CHANNELS:
        raise EffnetError(
            "{channels} input channels; expected 1 to {most:,}",
            channels=block.in_channels,
            most=MAX_CHANNELS,
        )
    stage_of(block)
    return block, notes


def _value(key: str, number: str) -> int | float:
    if key == "s":
        if number not in STRIDES:
            raise EffnetError("stride s{number}; expected s1 or s2 (or s11, s22)", number=number)
        return STRIDES[number]
    if key in ("e", "se"):
        return float(number)
    if "." in number:
        raise EffnetError("{key}{number}; expected a whole number", key=key, number=number)
    if (key == "c" and number not in ("0", "1")) or (key == "f" and number != "0"):
        raise EffnetError(
            "{key}{number}; expected c0 (MBConv) or c1 (Fused-MBConv)", key=key, number=number
        )
    return int(number)


def joined(blocks: Iterable[BlockString]) -> str:
    """Block strings in one line, as links carry them."""
    return ",".join(block.write() for block in blocks)
