"""Measuring: a fixed protocol, every raw sample kept, the machine written beside the number.

clock           synchronised samples, warm-up until steady, rounds of several in turn
prepare         from a network and options to a pass that can be timed, and back
protocol        one network; two or more in turn
stage_profiles  the same pass cut into stages, layers and skips (`pass_units`)
live_tensors    memory that tensors take during a pass
roofline        what this machine can do at best
measured_sweep  batch sizes, resolutions, phi, families; kept on disk
training_steps  a training step's time and memory
predictor       per-layer times, fitted to predict networks that were not measured
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
