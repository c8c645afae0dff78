"""Class activation maps: right under many visitors, aligned with the photo, comparable, tested.

    question         which class, and rather than which other one
    methods          what each method is and costs, and its formula
    core             the fast path: cut the network, differentiate only what lies behind
    channel_sweeps   Score-CAM and Ablation-CAM, a slice of channels at a time
    explanation      the record, laid on the picture
    agreement        rank correlation, share in a box, the ladder of networks
    faithfulness     deletion and insertion, random weights; `map_verdict` says what they found
    inside           channels, gates, what one place sees

The formulas are held against the grad-cam package in the tests.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
