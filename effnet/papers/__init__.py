"""What others printed: the papers' tables and figures as records, ours beside them, misprints.

    published          the printed tables
    exhibits           each table and figure: what it shows, its lines, our value beside (`beside`)
    comparison         networks beside each other and beside what was published
    search_objectives  what the two architecture searches optimised
    dimension_results  what the first paper measured when it scaled one dimension
    mistakes           what write-ups often get wrong

An `Exhibit` says what a table or figure shows and gives its lines; `lines` reads them once.
No torch, no plotly: `figures` draws the charts.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
