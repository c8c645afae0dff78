"""Times as plain records: no torch, nothing is measured here; `timing.measure` does.

options, measurements   what a measurement is: options, machine, every raw sample
comparisons             when a number is unstable, when two can't be told apart
measurement_store       append-only CSV, one row a sample; `reading` reads anybody's
traffic                 bytes that the operators of a pass read and write
profiles                measured stages beside computed costs
predicted               a network's time here before it is measured
plans, v2_bottlenecks   which networks a sweep or an experiment measures
capabilities            what this machine has, and the reasons for what it lacks
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
