"""Memory in closed form: weights, what lives while the network runs, what training keeps. No torch.

The networks are those of `build`, run by PyTorch eagerly in 32-bit floats. The rules are the
sentences `INFERENCE_RULE` and `TRAINING_RULE`; the tests hold them against the lifetimes of real
tensors, byte by byte.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
