"""A network in 8-bit whole numbers: made after training, and held against fp32.

    crops         parts of pictures, to calibrate on and to compare on
    correction    what rounding the weights adds on average, taken out of the biases
    static_file   ONNX Runtime's own static quantisation
    differences   agreement of the answers, error by layer
    record        both side by side
    making        `quantize`, which does all of it

Rounding is per channel for weights and per tensor for maps: value = scale * (whole - zero), with
256 values, or 128 for the weights where an x86 processor has no int8 units and would overflow.
"""

from effnet.base import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
