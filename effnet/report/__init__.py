"""One file that tells a design: what it is, costs and looks like, and the Python behind it.

    photo       the picture in it, and what a network saw there
    sections    what it says, part by part: words, tables, figures, code with what it prints
    page        as one self-contained HTML file
    twin        as a notebook; writing either

All of it is in the language in which its sections were made; the code stays English. No network;
torch only where a photo is looked at.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
