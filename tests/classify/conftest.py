"""Tiny networks that answer in milliseconds, with statistics so that their answers differ."""

from functools import lru_cache

import pytest
import torch
from oracles import calibrate

import effnet
from effnet.classify.classifier import Classifier
from effnet.weights.checkpoints import Preprocessing

WIDTHS = {"small": 0.25, "smaller": 0.2, "smallest": 0.15}


@lru_cache(maxsize=3)
def tiny(name: str) -> Classifier:
    torch.manual_seed(1)
    spec = effnet.scale("b0", depth=0.3, width=WIDTHS[name], resolution=64)
    model = calibrate(effnet.build(spec), side=64)
    settings = Preprocessing(72, 64)
    return Classifier(model, weights="tiny", preprocessing=settings, device="cpu")


@pytest.fixture(scope="session")
def small() -> Classifier:
    return tiny("small")


@pytest.fixture(scope="session")
def load_tiny():
    """Makes one of three tiny networks, anew each time."""

    def load(name: str) -> Classifier:
        one = tiny(name)
        return Classifier(one.model, weights="tiny", preprocessing=one.preprocessing, device="cpu")

    return load
