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
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Literal

from effnet.base import EffnetError, check_range, in_a_row, mark, remembered, say, settle
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


def stage_of(block: BlockString, *, inverted: bool = False) -> Stage:
    """The stage that a block string says; `EffnetError` where a value is out of its limits."""
    operator: Operator = "fused_mbconv" if block.fused else "mbconv"
    if inverted and not block.fused and not block.se_ratio:
        operator = "inverted_residual"
    values = asdict(block)
    del values["in_channels"], values["fused"]
    return Stage(operator, **values)


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
        said = say("there are {n} stages; the limit is {most}", n=len(words), most=MAX_STAGES)
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
    check_range("input channels", block.in_channels, 1, MAX_CHANNELS, whole=True)
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
