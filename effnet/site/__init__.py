"""The explorer as a static folder that any file server, or a stick, serves.

builder             the folder as a whole; a part that can't be had is left out, and said so
site_pages          the pages of one language, from templates and records
lesson_pages        its lessons, whose answers are computed when they are made
browser_network     Lite0 with all class maps, and the sample photos answered
browser_notebooks   a JupyterLite with the notebooks that need no torch
executed_notebooks  every notebook as it ran, to read
fetched             what npm and pip fetch for it, checked by hash
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
