"""EfficientNet and compound scaling: understand, cost, run and see.

The rooms, from the ground up; each imports only what lies below it:

    spec, variants, walk    architecture as data, and the one walk over its layers
    cost, receipts, memory  exact counts from that walk, each with its formula; bytes alive
    counters                what other tools count, in closed form
    scaling, design         compound, free, released and edited networks, and their links
    search, equal_cost      networks for a budget; one dimension against compound
    checkpoints, published  which pretrained weights are known; what the papers measured
    speed, receptive        records of measured times; what a place of a map can see
    nn                      the same walk as PyTorch modules; weight files read safely
    preprocess, predict     from a picture to class probabilities
    classify, fetch         engines, perturbations, many images; downloads that resume
    cam, latency, train     where a network looked; how long it takes here; training it
    papers, claims, report  the papers checked; a page's sentence; one file that tells it all
    figures                 records in, Plotly figures out
    ui, notebook            the Streamlit app's controls, state and cards; the Jupyter explorer

Public names are resolved on first use: `import effnet` loads neither torch nor Streamlit.
"""

import importlib
from typing import TYPE_CHECKING, Any

_ROOMS = {
    "spec": ("EffnetError", "Spec", "Stage"),
    "variants": ("get_variant", "list_variants"),
    "cost": ("Cost", "LayerCost", "count"),
    "scaling": ("compound_scale", "implied_phi", "scale"),
    "pareto": ("compare",),
    "checkpoints": ("WeightsUnavailable", "available_weights"),
    "nn.model": ("build",),
    "nn.pretrained": ("backbone",),
    "prediction": ("Label", "Prediction"),
    "predict": ("Classifier", "load"),
    "cam": ("Explanation",),
    "latency": ("Latency", "measure_latency", "profile_stages"),
    "notebook": ("explore",),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}

__version__ = "0.1.0"
__all__ = [
    "Classifier",
    "Cost",
    "EffnetError",
    "Explanation",
    "Label",
    "Latency",
    "LayerCost",
    "Prediction",
    "Spec",
    "Stage",
    "WeightsUnavailable",
    "available_weights",
    "backbone",
    "build",
    "compare",
    "compound_scale",
    "count",
    "explore",
    "figures",
    "get_variant",
    "implied_phi",
    "list_variants",
    "load",
    "measure_latency",
    "profile_stages",
    "scale",
]

if TYPE_CHECKING:
    from effnet import figures
    from effnet.cam import Explanation
    from effnet.checkpoints import WeightsUnavailable, available_weights
    from effnet.cost import Cost, LayerCost, count
    from effnet.latency import Latency, measure_latency, profile_stages
    from effnet.nn.model import build
    from effnet.nn.pretrained import backbone
    from effnet.notebook import explore
    from effnet.pareto import compare
    from effnet.predict import Classifier, load
    from effnet.prediction import Label, Prediction
    from effnet.scaling import compound_scale, implied_phi, scale
    from effnet.spec import EffnetError, Spec, Stage
    from effnet.variants import get_variant, list_variants


def __getattr__(name: str) -> Any:
    if name == "figures":
        return importlib.import_module("effnet.figures")
    if name not in _HOME:
        raise AttributeError(f"module 'effnet' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"effnet.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
