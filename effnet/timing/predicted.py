"""A network's time on this machine, before it is measured: from a pace that was learned here.

`latency.predictor` times the units of many networks (a layer with what follows it, a skip) and fits
the milliseconds of each kind of unit as a sum of a fixed cost, multiply-adds, and bytes, none of
them negative. What it learned is a small JSON file in the folder of the measurements. Reading it
and adding up a network's units needs no torch and takes well under a millisecond.
"""

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path

from effnet.base import files, milliseconds, percent, say
from effnet.counting import runs
from effnet.network import Spec
from effnet.scaling import AnyNetwork, spec_of, takes_network
from effnet.timing.capabilities import cores, processor
from effnet.timing.measurement_store import folder
from effnet.timing.measurements import Environment
from effnet.timing.traffic import Work, block_work

FILE = "pace.json"
VERSION = 1
CACHES = (2.0, 16.0)  # MB; bytes beyond them cost more

# kinds of layer that are the same work: 1x1 convolutions
GROUPS = {"expand": "1x1", "project": "1x1", "head": "1x1", "reduce": "1x1", "shortcut": "1x1"}
FEATURES = ("each", "per M MACs", "per MB", *(f"per MB beyond {size:g} MB" for size in CACHES))


def features(work: Work) -> tuple[float, ...]:
    """What a unit's time is a sum of, in the order of `FEATURES`."""
    megabytes = work.bytes / 1e6
    beyond = (max(0.0, megabytes - size) for size in CACHES)
    return (1.0, work.macs / 1e6, megabytes, *beyond)


def group(kind: str) -> str:
    """The kind of work that a kind of layer is."""
    return GROUPS.get(kind, kind)


@dataclass(frozen=True, slots=True)
class Pace:
    """What was learned of a machine.

    Attributes:
        coefficients: By kind of work, milliseconds by `FEATURES`; none is negative.
        error: Median relative error on networks that a fit did not see (each of six parts of the
            networks was predicted from the other five).
        error_p90: Nine tenths of those errors are smaller.
        line: Milliseconds fixed and per M MACs of a straight line through the same networks.
        line_error: Its median relative error, by the same six parts.
        networks: How many there were.
        largest_bytes: Of the units that were seen; a network with larger ones is past them.
        host: The processor of the machine, with its number of cores.
        environment: Where it was learned.
        precision: At which precision; batch 1, eager.
        checks: For every network that was predicted without having been seen: its measured time,
            the prediction, and the line's.
    """

    coefficients: Mapping[str, Sequence[float]]
    error: float
    error_p90: float
    line: tuple[float, float]
    line_error: float
    networks: int
    largest_bytes: int
    host: str
    environment: Environment
    precision: str = "fp32"
    checks: Sequence[Sequence[float]] = ()

    def milliseconds(self, spec: Spec) -> float:
        """The predicted time of a pass of one image."""
        return pass_ms(self.coefficients, spec)

    def beyond(self, spec: Spec) -> bool:
        """Whether a layer moves over twice as many bytes as any that was learned from."""
        return any(unit.bytes > 2 * self.largest_bytes for _, unit in _units(spec))


def pass_ms(coefficients: Mapping[str, Sequence[float]], spec: Spec) -> float:
    """A pass's milliseconds by coefficients as `Pace` has them; units of other kinds take none."""
    known = ((repeats, unit, coefficients.get(group(unit.kind))) for repeats, unit in _units(spec))
    return sum(
        repeats * sum(a * b for a, b in zip(of_kind, features(unit), strict=True))
        for repeats, unit, of_kind in known
        if of_kind is not None
    )


@lru_cache(maxsize=64)
def _units(spec: Spec) -> tuple[tuple[int, Work], ...]:
    """The network's units, those of equal blocks once, with how often they come."""
    found: list[tuple[int, Work]] = []
    side = 0
    for run in runs(spec):
        found += [(run.blocks, unit) for unit in block_work(spec, run.block, side)]
        side = run.block.layers[-1].out_size
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A predicted time with its error.

    Attributes:
        ms: For one image, eager, at `precision`.
        error: Median relative error on networks that were not seen.
        low, high: The range that held nine tenths of those networks.
        beyond: Whether the network is past what was learned from.
        environment: Where and when it was learned.
        precision: Of the pass.
    """

    ms: float
    error: float
    low: float
    high: float
    beyond: bool
    environment: Environment
    precision: str

    @property
    def words(self) -> str:
        """In words: "about 41.2 ms here (predicted; half of such predictions are within 9.0 %)"."""
        return say(
            "about {time} here (predicted; half of such predictions are within {error}{past})",
            time=milliseconds(self.ms),
            error=percent(self.error),
            past=say("; larger than anything it was learned from") if self.beyond else "",
        )


@takes_network
def predicted_ms(spec: Spec) -> Estimate | None:
    """A network's time on this machine, predicted; None where no pace was learned here.

    One image, PyTorch eager, as it was learned on the Latency page or by
    `python -m effnet bench --fit`. Loads no torch.
    """
    known = pace()
    return None if known is None else estimate(known, spec)


def estimate(known: Pace, spec: AnyNetwork) -> Estimate:
    """What a pace predicts."""
    spec = spec_of(spec)
    value = known.milliseconds(spec)
    return Estimate(
        value,
        known.error,
        value / (1 + known.error_p90),
        value * (1 + known.error_p90),
        known.beyond(spec),
        known.environment,
        known.precision,
    )


# --- the file ---------------------------------------------------------------------------------


def host() -> str:
    """What tells this machine from another: the processor, and how many cores may be used."""
    return f"{processor()}, {cores()} cores"


def pace(where: Path | None = None) -> Pace | None:
    """The pace that was learned on this machine, if one was."""
    path = (folder() if where is None else where) / FILE
    try:
        state = os.stat(path)
    except OSError:
        return None
    found = _read(path, state.st_mtime_ns, state.st_size)
    return found if found is not None and found.host == host() else None


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int, _size: int) -> Pace | None:
    try:
        values = json.loads(path.read_text("utf-8"))
        return from_dict(values)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None  # another version's, or damaged: as if there were none


def save(known: Pace, where: Path | None = None) -> Path:
    """Write a pace where `pace` finds it, in one step."""
    path = (folder() if where is None else where) / FILE
    files.make_folder(path.parent)
    files.write_whole(path, json.dumps(to_dict(known), indent=1))
    return path


def to_dict(known: Pace) -> dict[str, object]:
    """Plain values for JSON."""
    return {"version": VERSION, "features": list(FEATURES)} | asdict(known)


def from_dict(values: Mapping[str, object]) -> Pace:
    """The pace that `to_dict` wrote; `ValueError`, `KeyError` or `TypeError` for anything else."""
    if values["version"] != VERSION or values["features"] != list(FEATURES):
        raise ValueError("a pace of another version")
    where = Environment(**values["environment"])  # type: ignore[arg-type]
    kept = {field.name: values[field.name] for field in fields(Pace)} | {"environment": where}
    found = Pace(**kept)  # type: ignore[arg-type]
    numbers = [value for row in found.coefficients.values() for value in row]
    numbers += [found.error, found.error_p90, found.line_error, *found.line]
    if not all(math.isfinite(value) and value >= 0 for value in numbers):
        raise ValueError("a coefficient is not a number from 0 on")
    if any(len(row) != len(FEATURES) for row in found.coefficients.values()):
        raise ValueError("a coefficient is missing")
    return found
