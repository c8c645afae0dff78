"""One file that tells a design: what it is, costs and looks like, and the Python behind it.

    photo       the picture in it, and what a network saw there
    sections    what it says, part by part: words, tables, figures, code with what it prints
    page        as one self-contained HTML file
    twin        as a notebook; writing either

All of it is in the language in which its sections were made; the code stays English. No network;
torch only where a photo is looked at.
"""

from effnet.report.page import to_html
from effnet.report.photo import Look, Picture, look, picture, sample_picture, smaller
from effnet.report.sections import MOST_BYTES, Section, sections
from effnet.report.twin import to_notebook, write

__all__ = [
    "MOST_BYTES",
    "Look",
    "Picture",
    "Section",
    "look",
    "picture",
    "sample_picture",
    "sections",
    "smaller",
    "to_html",
    "to_notebook",
    "write",
]
