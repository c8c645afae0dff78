"""Times as plain records: no torch, nothing is measured here.

    records      what a measurement is: options, machine, samples, stages, roof
    verdict      when a number is unstable, when two can't be told apart, where a curve bends
    store        measurements on disk: append-only CSV, one row a sample
    reading      the same read back, also from somebody else's file
    traffic      bytes that the operators of a pass read and write
    predicted    a network's time on this machine, from what was measured here before
    printed      the papers' times, with their hardware
    plans        which networks and options a sweep or an experiment measures
    hardware     what this machine has, and the reasons for what it lacks

Measuring itself is in `effnet.latency`.
"""

from effnet.speed.options import Options
from effnet.speed.predicted import Estimate, predicted_ms
from effnet.speed.profiles import StageProfile
from effnet.speed.records import Environment, Latency
from effnet.speed.verdict import Comparison

__all__ = [
    "Comparison",
    "Environment",
    "Estimate",
    "Latency",
    "Options",
    "StageProfile",
    "predicted_ms",
]
