"""Key names from one project's to another's; the tensors stay the same."""

from collections.abc import Mapping
from typing import TypeVar

from effnet.base import EffnetError, check_known, in_a_row
from effnet.network import Spec, every_variant, get_variant, walk
from effnet.nn.namings import LUKEMELAS, TIMM, Naming, module_names, naming_of, routings

PROJECTS: dict[str, Naming | None] = {"torchvision": None, "timm": TIMM, "lukemelas": LUKEMELAS}

Value = TypeVar("Value")


def convert(state: Mapping[str, Value], *, to: str) -> dict[str, Value]:
    """A state dict under the key names of another project, in the order of its entries.

    Network and project are told by the keys: any published one, with as many channels and classes
    as it may have, and those of `nn.with_experts`. What has the right names already comes back as
    it is.

    Args:
        state: Names and tensors, in torchvision's, timm's or lukemelas' naming.
        to: "torchvision", "timm" or "lukemelas".

    Raises:
        EffnetError: Another project; keys of no network that is known; or a network that the
            project has not (V2, MobileNet and ResNet, for lukemelas').
    """
    check_known("naming", to, PROJECTS)
    if not isinstance(state, Mapping) or not all(isinstance(key, str) for key in state):
        raise EffnetError("no state dict; expected names and tensors")
    modules = {key.rpartition(".")[0] for key in state}
    naming = naming_of(state)
    for title in every_variant():
        spec = get_variant(title)
        theirs, besides = _names(naming, spec), routings(naming, spec)
        if modules - besides.keys() != theirs.keys():
            continue
        theirs |= {path: besides[path] for path in modules & besides.keys()}
        known = _names(PROJECTS[to], spec) | routings(PROJECTS[to], spec)
        wanted = {ours: name for name, ours in known.items()}
        if not wanted.keys() >= set(theirs.values()):
            raise EffnetError("{network} is no network of {project}", network=title, project=to)
        parts = ((*key.rpartition("."), value) for key, value in state.items())
        return {f"{wanted[theirs[path]]}.{leaf}": value for path, _, leaf, value in parts}
    raise EffnetError(
        "these are the names of no published network; expected a whole state dict, without "
        "prefixes, of one of {networks}",
        networks=in_a_row(every_variant()),
    )


def _names(naming: Naming | None, spec: Spec) -> dict[str, str]:
    """A project's module paths of a network, each with ours; empty where it has no such network."""
    ours = {
        path
        for block in walk(spec)
        for layer in block.layers
        for path in (block.path(layer), *([block.norm_path(layer)] if layer.norm else []))
    }
    if naming is None or spec.layout in naming.same_layouts:
        return {path: path for path in ours}
    names = module_names(naming, spec) if spec.layout in naming.layouts else {}
    return names if set(names.values()) == ours else {}
