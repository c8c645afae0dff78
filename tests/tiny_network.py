"""A network that trains in about a second."""

from effnet.network.spec import Spec, Stage


def tiny_spec(**changes) -> Spec:
    values = {
        "name": "tiny",
        "family": "v1",
        "stages": (Stage("mbconv", 8, 2, 3, 2, 2, 0.25),),
        "stem_channels": 8,
        "head_channels": 16,
        "resolution": 16,
        "dropout": 0.2,
        "stochastic_depth": 0.2,
    }
    return Spec(**(values | changes))
