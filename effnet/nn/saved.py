"""Networks with all that is needed to use them in one `.safetensors` file: no code, no pickles.

The header names the architecture, the classes and the preprocessing, so a network that is no
published variant opens as easily as one that is.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from torch import Tensor

from effnet.base import EffnetError, path_of
from effnet.network import Spec
from effnet.nn.model import Network
from effnet.nn.reading import State
from effnet.nn.weight_files import load_state
from effnet.weights import Preprocessing, WeightsUnavailable

FORMAT = "1"


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """What a file says of its network.

    Attributes:
        spec: The architecture.
        classes: Names in index order.
        preprocessing: How pictures are prepared.
        state: Names and tensors.
    """

    spec: Spec
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    state: State

    def network(self, origin: str) -> Network:
        """The network with its weights; `EffnetError` where they do not fit."""
        return load_state(self.spec, self.state, origin=origin)


def to_bytes(
    state: dict[str, Tensor],
    *,
    spec: Spec,
    classes: tuple[str, ...],
    preprocessing: Preprocessing,
) -> bytes:
    """The file's content."""
    from safetensors.torch import save

    header = {
        "effnet": FORMAT,
        "spec": json.dumps(spec.to_dict()),
        "classes": json.dumps(classes),
        "preprocessing": json.dumps(asdict(preprocessing)),
    }
    plain = {name: value.detach().cpu().contiguous() for name, value in state.items()}
    return save(plain, metadata=header)


def read(path: Path) -> Saved:
    """Open such a file.

    Raises:
        WeightsUnavailable: There is no file.
        EffnetError: It is no `.safetensors` file, or its header names no network.
    """
    from safetensors import safe_open

    file = path_of(path)
    if not file.is_file():
        raise WeightsUnavailable(
            "no file at {file}; expected one that a training has saved", file=file
        )
    try:
        with safe_open(str(file), framework="pt") as opened:
            header = opened.metadata() or {}
            state = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except Exception as error:  # the reader raises nearly anything on a damaged file
        raise EffnetError(
            "{file} is not a file of plain weights ({reason})", file=file, reason=error
        ) from error
    if header.get("effnet") != FORMAT:
        raise EffnetError(
            "{file} does not say which network it holds; name it: load('b0', weights='{file}')",
            file=file,
        )
    try:
        spec = Spec.from_dict(json.loads(header["spec"]))
        classes = tuple(str(name) for name in json.loads(header["classes"]))
        wanted = json.loads(header["preprocessing"])
        preprocessing = Preprocessing(**wanted)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise EffnetError("{file} has a damaged header ({error})", file=file, error=error) from None
    return Saved(spec, classes, preprocessing, state)
