"""The design that a person is looking at: what the sliders say, as a value and as a link.

Four ways to get to a network: the paper's formula, free multipliers, a released one, or one of
these with its stages edited. A design goes into a URL's query and comes back from any nonsense
there, with a note on what was changed. No torch.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from effnet.base import EffnetError, check_known, mark, say, settle
from effnet.network import (
    MAX_TEXT,
    Spec,
    blocks_of,
    display_name,
    get_variant,
    joined,
    list_variants,
)
from effnet.scaling.compound import ALPHA, BETA, GAMMA, compound_scale, scale
from effnet.scaling.edits import from_block_strings

Mode = Literal["formula", "free", "released", "edited"]

MODES: dict[Mode, str] = {
    "formula": mark("Formula"),
    "free": mark("Free"),
    "released": mark("Released"),
    "edited": mark("Your own"),
}
BASES = ("b0", "v2_s", "v2_b0", "lite0", "mobilenet_v1", "mobilenet_v2", "resnet50")


@dataclass(frozen=True, slots=True)
class Range:
    """What a slider can say, and in what steps."""

    low: float
    high: float
    step: float


RANGES = {
    "phi": Range(-1.0, 8.0, 0.05),
    "alpha": Range(1.0, 2.0, 0.01),
    "beta": Range(1.0, 1.5, 0.01),
    "gamma": Range(1.0, 1.5, 0.01),
    "depth": Range(0.25, 20.0, 0.05),
    "width": Range(0.25, 6.0, 0.05),
    "resolution": Range(32, 1024, 1),
    "own_resolution": Range(32, 1024, 1),
    "own_head": Range(8, 100_000, 8),
}
WHOLE = ("resolution", "own_resolution", "own_head")  # whole numbers; 0 is "as it was"
EDIT = ("origin", "blocks", "own_resolution", "own_head")  # the fields that are an edit
# what an edit began from, as a link writes it: b4, b0~p1.5~a1.3, v2_s~d1.2~w1.1~r256
LETTERS = {
    "p": "phi",
    "a": "alpha",
    "b": "beta",
    "g": "gamma",
    "d": "depth",
    "w": "width",
    "r": "resolution",
}


@dataclass(frozen=True, slots=True)
class Design:
    """A network as the controls describe it; every field has a default that shows something.

    `resolution` 0 means the base network's own. An edit stands by itself, so that the sliders of
    the other modes leave it alone: `blocks` are its stages as block strings, `origin` what it began
    from ("b4", "b0~p1.5"), which gives all that block strings leave out; `own_resolution` and
    `own_head` 0 mean the origin's.
    """

    mode: Mode = "formula"
    base: str = "b0"
    phi: float = 1.0
    alpha: float = ALPHA
    beta: float = BETA
    gamma: float = GAMMA
    depth: float = 1.0
    width: float = 1.0
    resolution: int = 0
    released: str = "b0"
    origin: str = "b0"
    blocks: str = ""
    own_resolution: int = 0
    own_head: int = 0

    def __post_init__(self) -> None:
        settle(self)
        if self.mode not in MODES:
            raise EffnetError(unknown("mode", self.mode, MODES))

    def spec(self) -> Spec:
        """The network; raises `EffnetError` where it is past what can be shown."""
        if self.mode == "edited":
            return _edited(self.origin, self.blocks, self.own_resolution, self.own_head)
        if self.mode == "released":
            return get_variant(self.released)
        if self.mode == "free":
            return scale(
                self.base, depth=self.depth, width=self.width, resolution=self.resolution or None
            )
        return compound_scale(self.phi, self.alpha, self.beta, self.gamma, base=self.base)

    @property
    def base_spec(self) -> Spec:
        """What the network is compared with.

        Its base; for a released one its family's first; for an edited one what the edit began from.
        """
        if self.mode == "edited":
            return _began(self.origin)
        if self.mode != "released":
            return get_variant(self.base)
        family = get_variant(self.released).family
        return get_variant(next(n for n in list_variants(family)))

    @property
    def title(self) -> str:
        """A short name: `EfficientNet-B0 at phi 1.00`, `EfficientNet-B4`."""
        if self.mode == "edited":
            return say("Your own, from {start}", start=self.start.title)
        if self.mode == "released":
            return display_name(self.released)
        base = display_name(self.base)
        if self.mode == "formula":
            return say("{base} at phi {phi:.2f}", base=base, phi=self.phi)
        size = self.resolution or get_variant(self.base).resolution
        return say(
            "{base}, depth {depth:g}, width {width:g}, {size} px",
            base=base,
            depth=self.depth,
            width=self.width,
            size=size,
        )

    @property
    def start(self) -> "Design":
        """What an edit began from; in the other modes the design itself."""
        return read_origin(self.origin) if self.mode == "edited" else self

    @property
    def has_edit(self) -> bool:
        """True where something was edited, whatever the mode is now."""
        return bool(self.blocks or self.own_resolution or self.own_head)

    def begun(self) -> "Design":
        """This design ready to be edited; an edit that is there already is kept."""
        if self.mode == "edited" or self.has_edit:
            return replace(self, mode="edited")
        return replace(self, mode="edited", origin=origin_text(self))

    def edited(self, **values: Any) -> "Design":
        """This design after an edit; one of another mode's network begins anew.

        Args:
            **values: Any of `blocks`, `own_resolution` and `own_head`.
        """
        if self.mode == "edited":
            return replace(self, **values)
        none: dict[str, Any] = {name: getattr(Design(), name) for name in EDIT}
        return replace(replace(self, **none).begun(), **values)

    def unedited(self) -> "Design":
        """What the edit began from, with no edit left."""
        start, usual = self.start, Design()
        names = ["mode", "released" if start.mode == "released" else "base"]
        names += [name for name in LETTERS.values() if start.mode == _mode_of(name)]
        values: dict[str, Any] = {name: getattr(usual, name) for name in EDIT}
        return replace(self, **values, **{name: getattr(start, name) for name in names})

    def to_query(self) -> dict[str, str]:
        """The values that differ from the defaults and matter in this mode, for a link."""
        used = {
            "formula": ("base", "phi", "alpha", "beta", "gamma"),
            "free": ("mode", "base", "depth", "width", "resolution"),
            "released": ("mode", "released"),
            "edited": ("mode", *EDIT),
        }[self.mode]
        usual = Design()
        query = {name: getattr(self, name) for name in used}
        return {
            name: f"{value:g}" if isinstance(value, float) else str(value)
            for name, value in query.items()
            if value != getattr(usual, name) or name == "mode"
        }


def _mode_of(name: str) -> Mode:
    """The mode whose network that number decides."""
    return "free" if name in ("depth", "width", "resolution") else "formula"


# --- edits ------------------------------------------------------------------------------------


def origin_text(design: Design) -> str:
    """What an edit begins from, in one word: `b4`, `b0~p1.5~a1.3`, `v2_s~d1.2~w1.1~r256`."""
    if design.mode == "edited":
        return design.origin
    if design.mode == "released":
        return design.released
    usual, words = Design(), [design.base]
    for letter, name in LETTERS.items():
        value = getattr(design, name)
        said = name in ("phi", "depth") or value != getattr(usual, name)
        if said and design.mode == _mode_of(name):
            words.append(f"{letter}{value:g}")
    return "~".join(words)


@lru_cache(maxsize=256)
def read_origin(text: str) -> Design:
    """The design that `origin_text` wrote.

    Raises:
        EffnetError: It is not one; the message says what it may be.
    """
    name, *words = text.split("~")
    allowed = BASES if words else tuple(list_variants())
    check_known("origin", name, allowed)
    if not words:
        return Design(mode="released", released=name)
    values: dict[str, Any] = {}
    for word in words:
        label, notes = LETTERS.get(word[:1], ""), list[str]()
        value = _number(label, word[1:13], notes) if label else None
        if value is None or notes:
            reason = (
                notes[0]
                if notes
                else say(
                    "{word!r} is not a number with p, a, b, g, d, w or r",
                    word=word[:12],
                )
            )
            raise EffnetError("origin {name!r}: {reason}", name=text[:40], reason=reason)
        values[label] = value
    modes = {_mode_of(label) for label in values}
    if len(modes) > 1:
        raise EffnetError(
            "origin {name!r} mixes the formula's numbers with multipliers",
            name=text[:40],
        )
    return Design(mode=modes.pop(), base=name, **values)


@lru_cache(maxsize=256)
def _edited(origin: str, blocks: str, resolution: int, head: int) -> Spec:
    start = read_origin(origin).spec()
    changes: dict[str, Any] = {"resolution": resolution or start.resolution}
    changes["head_channels"] = start.head_channels and (head or start.head_channels)
    if blocks:
        return from_block_strings(blocks, base=start, **changes)
    changed = replace(start, **changes)
    return start if changed == start else replace(changed, name=f"{start.name} edited")


@lru_cache(maxsize=256)
def _began(origin: str) -> Spec:
    found = read_origin(origin).spec()
    return found if found.name in list_variants() else replace(found, name=mark("the start"))


# --- links ------------------------------------------------------------------------------------


def from_query(query: Mapping[str, str]) -> tuple[Design, list[str]]:
    """Read a design from a URL's query; what can't be used is left out or clamped, and named.

    Unknown keys are somebody else's and are passed over.
    """
    read: dict[str, Any] = {}
    notes: list[str] = []
    choices = {"mode": tuple(MODES), "base": BASES, "released": tuple(list_variants())}
    for name in (f.name for f in fields(Design)):
        if name not in query or name in ("origin", "blocks"):
            continue
        text = str(query[name])[:40]
        if name in choices:
            value: str | float | None = text.strip().lower()
            if value not in choices[name]:
                notes.append(unknown(name, text, choices[name]))
                value = None
        else:
            value = _number(name, text, notes)
        if value is not None:
            read[name] = value
    return _with_edit(Design(**read), query, notes), notes


def is_link(text: str) -> bool:
    """True for an address, or for its query alone; False for a name."""
    return "://" in text or "?" in text or "=" in text


def from_link(link: str) -> Design:
    """The design of a link, or of its query alone: `?phi=1`, `http://…/?mode=released&released=b4`.

    Raises:
        EffnetError: Something in it can't be used as it stands.
    """
    query = urlsplit(link).query if "://" in link or "?" in link else link
    design, notes = from_query(dict(parse_qsl(query)))
    if notes:
        raise EffnetError("design {link!r}: {notes}", link=link[:200], notes="; ".join(notes))
    return design


def unknown(key: str, said: str, allowed: Iterable[str]) -> str:
    """A note on a value in a link that nothing here has."""
    among = ", ".join(allowed)
    return say("{key} {said} is not one of {among}", key=key, said=repr(said[:40]), among=among)


def _with_edit(design: Design, query: Mapping[str, str], notes: list[str]) -> Design:
    """The design with the edit of a link, part by part as far as it can be used."""
    for name in ("origin", "blocks"):
        text = str(query.get(name, ""))[: MAX_TEXT + 1].strip()
        if not text:
            continue
        said: dict[str, Any] = {name: text}
        try:
            spec = replace(design, **said, mode="edited").spec()
            if name == "blocks":
                said = {name: joined(blocks_of(spec))}
            design = replace(design, **said)
        except EffnetError as error:
            notes.append(say("{key} left out: {error}", key=name, error=error))
    return design


def _number(name: str, text: str, notes: list[str]) -> float | None:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isnan(value):
        notes.append(say("{key} {said!r} is not a number", key=name, said=text))
        return None
    if name in WHOLE and value == 0:
        return 0
    allowed = RANGES[name]
    clamped = min(max(value, allowed.low), allowed.high)
    if clamped != value:
        notes.append(
            say(
                "{key} {said} was set to {value:g} ({low:g} to {high:g})",
                key=name,
                said=text,
                value=clamped,
                low=allowed.low,
                high=allowed.high,
            )
        )
    return round(clamped) if name in WHOLE else round(clamped, 4)
