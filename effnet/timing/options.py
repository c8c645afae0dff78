"""How a network is run while it is measured."""

from dataclasses import dataclass
from typing import Literal, get_args

from effnet.base import (
    EffnetError,
    Text,
    check_known,
    check_range,
    in_a_row,
    plural,
    say,
    settle,
)
from effnet.nn import ENGINES as ALL_ENGINES
from effnet.nn import OTHERS

Engine = Literal["eager", "half", "compile", "onnxruntime", "openvino"]

PRECISIONS = ("fp32", "bf16", "fp16")
ENGINES = {name: ALL_ENGINES[name] for name in get_args(Engine)}
MOST_BATCH, MOST_THREADS = 4096, 1024


@dataclass(frozen=True, slots=True)
class Options:
    """How a network is run while it is measured.

    Attributes:
        device: "auto" (CUDA, MPS, CPU), or one of them.
        batch_size: Images in a pass.
        resolution: Side of the input in pixels; None is the network's own.
        precision: "fp32", or "bf16" or "fp16" by autocast.
        channels_last: Whether a pixel's channels lie side by side in memory.
        folded: Whether each BatchNorm is folded into the convolution before it.
        engine: One of `ENGINES`.
        cuda_graph: Whether the pass is recorded once and replayed.
        threads: Threads of the processor; None leaves them as they are.
    """

    device: str = "auto"
    batch_size: int = 1
    resolution: int | None = None
    precision: str = "fp32"
    channels_last: bool = False
    folded: bool = False
    engine: Engine = "eager"
    cuda_graph: bool = False
    threads: int | None = None

    def __post_init__(self) -> None:
        settle(self)

    def check(self) -> None:
        """Raise `EffnetError` where an option is out of range or two don't go together."""
        check_known("precision", self.precision, PRECISIONS)
        check_known("engine", self.engine, ENGINES)
        check_range("batch size", self.batch_size, 1, MOST_BATCH, whole=True)
        if self.threads is not None:
            check_range("threads", self.threads, 1, MOST_THREADS, whole=True)
        switched = self.precision != "fp32" or self.channels_last or self.folded or self.cuda_graph
        if self.engine in ("half", *OTHERS) and switched:
            raise EffnetError(
                "{engine} chooses precision, memory format and folding itself here; leave "
                "precision, channels-last, folding and CUDA graphs off",
                engine=Text(ENGINES[self.engine]),
            )
        if self.cuda_graph and self.engine == "compile":
            raise EffnetError(
                "CUDA graphs record an eager pass; choose them or torch.compile, not both"
            )

    @property
    def plain(self) -> "Options":
        """The same input and device, run the plain way: eager, fp32, nothing switched on."""
        return Options(self.device, self.batch_size, self.resolution)

    @property
    def words(self) -> str:
        """What differs from the plain way: "bf16, channels-last"; of the plain way, its name.

        Device, batch size and resolution are the input, and are told elsewhere.
        """
        said = [
            self.precision if self.precision != "fp32" else "",
            say("channels-last") if self.channels_last else "",
            say("folded BatchNorm") if self.folded else "",
            say(ENGINES[self.engine]) if self.engine != "eager" else "",
            say("CUDA graph") if self.cuda_graph else "",
            plural(self.threads, "{n} thread", "{n} threads") if self.threads else "",
        ]
        return in_a_row([word for word in said if word]) or say("PyTorch's default way (fp32)")


PLAIN = Options()  # one image of the network's own size, eager fp32, on the best device
