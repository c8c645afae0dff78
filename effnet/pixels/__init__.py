"""From a file that somebody has to the array that a network wants; sample photos."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
