"""From a base network to others: compound and free scaling, the design behind a link, searches.

    compound            depth, width and resolution from phi and the coefficients
    design, edits       what the sliders and the stage editor say, as a value and a link
    search              step 1 of the paper, and the best network for limits
    equal_cost_search   one dimension against compound at equal cost; `shapes` counts thousands
    flat_spots          where a slider changes the network and where rounding keeps it still

No torch.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
