"""Memory in closed form: weights, what lives while the network runs, what training keeps. No torch.

The networks are those of `build`, run by PyTorch eagerly in 32-bit floats. The rules are the
sentences `INFERENCE_RULE` and `TRAINING_RULE`; the tests hold them against the lifetimes of real
tensors, byte by byte.
"""

from effnet.language import mark
from effnet.memory.curve import CurvePoint, curve
from effnet.memory.inference import INFERENCE_RULE, Moment, moments, peak, peak_bytes
from effnet.memory.tensors import (
    DTYPES,
    FLOAT_BYTES,
    OPTIMISERS,
    Tensor,
    Weights,
    place,
    weights,
)
from effnet.memory.training import TRAINING_RULE, Kept, kept, largest_batch, training_bytes

NOT_COUNTED = mark("what kernels need for themselves, the allocator's rounding, and the loss")

__all__ = [
    "DTYPES",
    "FLOAT_BYTES",
    "INFERENCE_RULE",
    "NOT_COUNTED",
    "OPTIMISERS",
    "TRAINING_RULE",
    "CurvePoint",
    "Kept",
    "Moment",
    "Tensor",
    "Weights",
    "curve",
    "kept",
    "largest_batch",
    "moments",
    "peak",
    "peak_bytes",
    "place",
    "training_bytes",
    "weights",
]
