"""A file of somebody's weights as names and tensors: no code in it runs, nothing is taken on trust.

What it is told by its first bytes, not by its name. Sizes are read from its directory before
anything is unpacked.
"""

import io
import threading
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Self

import torch
from torch import Tensor

from effnet.base import EffnetError, after_fork, in_a_row, path_of, say
from effnet.weights import WeightsUnavailable

State = dict[str, Tensor]

# Where trainers keep a state dict; the averaged weights come first, as in timm
AVERAGED = ("state_dict_ema", "model_ema", "ema_state_dict", "ema_model", "ema")
WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "params",
            "module")  # fmt: skip
LEVELS = 4  # of dictionaries in dictionaries

# What trainers write beside the weights; the reader makes an `_Aside` of them, never the thing
BESIDE = (
    "argparse.Namespace",
    "numpy.dtype",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
)
# PyTorch's list of what may stand in a file is one for the process
_reading = [threading.Lock()]


def _after_fork() -> None:
    _reading[0] = threading.Lock()


after_fork(_after_fork)


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """What a file holds.

    Attributes:
        state: Names and tensors, as they stand in it.
        notes: What was chosen and what was left aside, in words.
    """

    state: State
    notes: tuple[str, ...] = ()


class _Aside:
    """Stands for a number or an option beside the weights: takes anything, does nothing."""

    def __new__(cls, *_: object) -> Self:
        return super().__new__(cls)

    def __setstate__(self, _: object) -> None:
        pass


def read_file(path: str | Path) -> Contents:
    """What a user's weight file holds; no code in it is run.

    Raises:
        WeightsUnavailable: There is no such file.
        EffnetError: It can't be read, or holds no state dict.
    """
    file = path_of(path)
    try:
        data = file.read_bytes()
    except (OSError, ValueError) as error:
        raise WeightsUnavailable(
            "no weights file at {file} ({reason}); expected one that PyTorch or safetensors wrote",
            file=file,
            reason=getattr(error, "strerror", None) or error,
        ) from None
    return read_bytes(data, str(file))


def read_bytes(data: bytes, name: str) -> Contents:
    """What a weight file's bytes hold; `name` is what messages call it."""
    state, path = _unwrapped(_content(data, name))
    named = {key: value for key, value in state.items() if isinstance(key, str)}
    tensors = {key: value for key, value in named.items() if isinstance(value, Tensor)}
    if not tensors and (state or path):
        raise EffnetError("{file} holds no state dict (names and tensors)", file=name)
    for key, value in tensors.items():
        if problem := _problem(value):
            raise EffnetError(
                "{file}: {key} is {problem}", file=name, key=key[:80], problem=problem
            )
    notes = []
    if any(step in AVERAGED for step in path):
        notes.append(
            say(
                "The averaged weights ({path}) were taken, not the raw ones beside them.",
                path=".".join(path),
            )
        )
    aside = [str(key) for key in state if key not in tensors]
    if aside:
        notes.append(say("Not weights, left aside: {names}.", names=few(aside)))
    return Contents({key: value.detach() for key, value in tensors.items()}, tuple(notes))


def few(names: Sequence[str]) -> str:
    """The first five names in a row."""
    return in_a_row([name[:40] for name in names[:5]] + (["..."] if len(names) > 5 else []))


def _content(data: bytes, name: str) -> dict[Any, Any]:
    """The dictionary in a file; messages say what else it is."""
    try:
        if data[8:9] == b"{":  # eight bytes of length, then the header
            from safetensors.torch import load

            content: Any = load(data)
        else:
            _check_sizes(data, name)
            allowed: list[Any] = [(_Aside, name) for name in BESIDE]
            with _reading[0], torch.serialization.safe_globals(allowed):
                content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except EffnetError:
        raise
    except Exception as error:  # unpicklers raise nearly anything on a damaged file
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        if isinstance(error, (UnpicklingError, EOFError)):  # PyTorch's own words are of its options
            reason = say("damaged, or more than tensors; save only model.state_dict()")
        raise EffnetError(
            "{file} is not a file of plain weights ({reason})", file=name, reason=reason
        ) from error
    if not isinstance(content, dict):
        raise EffnetError("{file} holds no state dict (names and tensors)", file=name)
    return content


def _check_sizes(data: bytes, name: str) -> None:
    """PyTorch packs nothing, so what unpacks to more than the file is made to fill the memory."""
    if not data.startswith(b"PK"):
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > len(data):
        raise EffnetError(
            "{file} is {packed:.1f} MiB and would unpack to {size:.1f} MiB; expected a file as "
            "torch.save writes it, not packed",
            file=name,
            packed=len(data) / 2**20,
            size=size / 2**20,
        )


def _unwrapped(content: dict[Any, Any]) -> tuple[dict[Any, Any], tuple[str, ...]]:
    """The state dict inside a trainer's checkpoint, and the keys that lead to it."""
    path: tuple[str, ...] = ()
    while len(path) < LEVELS:
        step = next((key for key in AVERAGED + WRAPPERS if _holds_tensors(content.get(key))), None)
        if step is None:
            break
        content, path = content[step], (*path, step)
    return content, path


def _holds_tensors(value: object, levels: int = LEVELS) -> bool:
    if not isinstance(value, dict) or not levels:
        return False
    if any(isinstance(inner, Tensor) for inner in value.values()):
        return True
    return any(_holds_tensors(value.get(key), levels - 1) for key in AVERAGED + WRAPPERS)


def _problem(value: Tensor) -> str:
    """Why a tensor can't be read as plain numbers, in words; "" where it can."""
    if value.layout is not torch.strided:
        return say("sparse; expected a dense tensor")
    if value.is_quantized:
        return say("quantised; expected plain floating-point numbers")
    if value.device.type != "cpu":
        return say("on the device {device}, without numbers", device=repr(str(value.device)))
    if value.untyped_storage().nbytes() < value.numel() * value.element_size():
        return say(
            "{shape}, but the file has only {size:,} bytes for it",
            shape=tuple(value.shape),
            size=value.untyped_storage().nbytes(),
        )
    return ""
