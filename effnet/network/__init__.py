"""What a network is, as plain data: spec, published variants, block strings, the one walk.

A `Spec` holds a paper's rows and the rules its family follows; `walk` resolves repeats, strides,
channels and sizes. Counts, PyTorch modules and the browser's module read those rules. No torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
