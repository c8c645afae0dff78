"""Exact counts in closed form, and what each is the sum of.

    cost              parameters, multiply-adds, activations from the walk
    receipts          any number opened into its terms; `formulas` with values filled in
    stage_table       the papers' Table 1 for any design
    memory            bytes alive while a network runs or trains
    receptive_field   what a place of a map can see
    promise           from the formula's promise to the real cost
    counters          what other tools count, in closed form

No torch. (The room isn't called `count`, as `effnet.count` is the function.)
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
