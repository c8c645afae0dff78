"""Measured time: a fixed protocol, every raw sample kept, the machine written beside the number.

    clock        synchronised samples, warm-up until steady, rounds of several in turn
    machine      what measures, and what other programs take of it
    prepare      from a network and options to a pass, and back
    engines      torch.compile, ONNX Runtime, OpenVINO
    measure      one network; two or more in turn
    stages       the same pass cut into stages, layers and skips (`units`)
    tensors      memory that tensors take during a pass
    roofline     what this machine can do at best
    sweep        batch sizes, resolutions, phi, families; kept on disk
    training     a training step's time and memory
    predictor    per-layer times, fitted to predict networks that were not measured
    bench        the command line's part of it

The records that come out are plain values of `effnet.speed`, which loads no torch.
"""

from effnet.latency.measure import compare, measure_latency, race
from effnet.latency.stages import profile_kinds, profile_stages
from effnet.speed.options import Options
from effnet.speed.profiles import StageProfile
from effnet.speed.records import Environment, Latency
from effnet.speed.verdict import Comparison

__all__ = [
    "Comparison",
    "Environment",
    "Latency",
    "Options",
    "StageProfile",
    "compare",
    "measure_latency",
    "profile_kinds",
    "profile_stages",
    "race",
]
