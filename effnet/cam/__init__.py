"""Class activation maps: right under many visitors, aligned with the photo, comparable, tested.

    question        which class, and rather than which other one
    methods         what each method is and costs, and its formula
    core            the fast path: cut the network, differentiate only what lies behind
    sweeps          Score-CAM and Ablation-CAM, a slice of channels at a time
    explanation     the record, laid on the picture
    agreement       rank correlation, share in a box, the ladder of networks
    faithfulness    deletion and insertion, random weights
    verdict         what those tests found
    inside          channels, gates, what one place sees

The formulas are held against the grad-cam package in the tests.
"""

from effnet.cam.agreement import (
    BoxShare,
    Rung,
    agreement,
    rank_correlation,
    rungs,
    share_in_box,
)
from effnet.cam.core import (
    cut_at,
    default_layer,
    finished,
    list_layers,
    quick_maps,
    unit_range,
)
from effnet.cam.explanation import DIMMED, Box, Explanation, place
from effnet.cam.methods import METHODS, Method, known_method
from effnet.cam.question import Question, Target, asked
from effnet.cam.sweeps import estimate_s, sweep_maps

__all__ = [
    "DIMMED",
    "METHODS",
    "Box",
    "BoxShare",
    "Explanation",
    "Method",
    "Question",
    "Rung",
    "Target",
    "agreement",
    "asked",
    "cut_at",
    "default_layer",
    "estimate_s",
    "finished",
    "known_method",
    "list_layers",
    "place",
    "quick_maps",
    "rank_correlation",
    "rungs",
    "share_in_box",
    "sweep_maps",
    "unit_range",
]
