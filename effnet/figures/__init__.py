"""Figures: records in, `plotly.graph_objects.Figure` out, named for what they show.

They own every title, axis, unit and mark, compute nothing and never show themselves. Computed
numbers are lines and solid bars, measured ones filled dots, published ones hollow diamonds.
Figures follow the page: `with on_page(dark=True):`, or `dark=True` to one of them.
"""

from effnet.base import door

__getattr__, __dir__, __all__ = door(__name__, __file__)
