"""What every room stands on: the reader's language, units, colours, whole files.

Standard library only.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
