"""Pretrained weights: which are known, what input they want, where they lie; downloads that resume.

No torch: files are opened in `nn`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
