"""Whatever names a network, read into its `Spec` or `Design`: names, links, JSON and files.

`counting` reads by this too, so that nothing here loads before a name has to be read. No torch.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import wraps
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, Union

from effnet.base import EffnetError, say
from effnet.network import Spec, blocks_of, get_variant, joined, list_variants

if TYPE_CHECKING:
    from effnet.scaling.design import Design

AnyNetwork = Union[str, Path, Mapping[str, Any], "Design", Spec]
P = ParamSpec("P")
R = TypeVar("R")

FILES = (".json", ".safetensors")
FREELY_SCALED = re.compile(r"(\w+) d(\d+\.?\d*) w(\d+\.?\d*) r(\d+)")  # as `scale` names them
MAX_HEADER = 100_000_000  # bytes; safetensors' own limit


def spec_of(network: AnyNetwork) -> Spec:
    """The architecture that people name in one of these ways.

    Args:
        network: A `Spec` or a `Design`; a variant's name; a link ("?phi=1"); a spec's JSON, as
            text, read already, or a `.json` file; or a `.safetensors` file that names its network.

    Raises:
        EffnetError: It is none of these, or can't be read.
    """
    if isinstance(network, Spec):
        return network
    from effnet.scaling.design import Design, from_link, is_link

    if isinstance(network, Design):
        return network.spec()
    if isinstance(network, Mapping):
        return Spec.from_dict(network.get("spec", network))
    if not isinstance(network, (str, Path)):
        return get_variant(network)  # which says what is expected
    text = str(network).strip()
    if text.startswith("{"):
        return _spec_of_json(text, say("the JSON"))
    if text.endswith(FILES):
        return _spec_of_file(Path(text).expanduser())
    if is_link(text):
        return from_link(text).spec()
    return get_variant(text)


def takes_network(
    function: Callable[Concatenate[Spec, P], R],
) -> Callable[Concatenate[AnyNetwork, P], R]:
    """Let a function's first argument be whatever names a network, read by `spec_of`."""
    call: Callable[..., R] = function
    first = next(iter(signature(function).parameters))

    @wraps(function)
    def reading(*given: Any, **named: Any) -> R:
        if given:
            return call(spec_of(given[0]), *given[1:], **named)
        if first in named:
            named[first] = spec_of(named[first])
        return call(**named)

    return reading


def text_of(spec: Spec) -> str:
    """The shortest text that `spec_of` reads it from: a variant's name, else the spec's JSON."""
    known = spec.name in list_variants() and get_variant(spec.name) == spec
    return spec.name if known else json.dumps(spec.to_dict())


def design_of(network: AnyNetwork) -> "Design":
    """The design that a network comes from: the sliders and the link that say it.

    A link's own; else a released network, one scaled freely, or one edited from the first that has
    its rules.

    Raises:
        EffnetError: It is no network, or one that no link can say.
    """
    from effnet.scaling.design import Design, from_link, is_link

    if isinstance(network, Design):
        return network
    text = network.strip() if isinstance(network, str) else ""
    if is_link(text) and not text.startswith("{") and not text.endswith(FILES):
        return from_link(text)
    spec = spec_of(network)
    for candidate in _candidates(spec):
        try:
            made = candidate.spec()
        except EffnetError:
            continue
        if replace(made, name=spec.name) == spec:
            return candidate
    raise EffnetError(
        "{network!r} is a network that no link can say: it differs from every family in more than "
        "stages, head and resolution; count, build and compare take it all the same",
        network=spec.name,
    )


def _candidates(spec: Spec) -> "Iterator[Design]":
    from effnet.scaling.design import BASES, Design

    names = list_variants()
    if spec.name in names:
        yield Design(mode="released", released=spec.name)
    if (said := FREELY_SCALED.fullmatch(spec.name)) and said[1] in BASES:
        depth, width, size = float(said[2]), float(said[3]), int(said[4])
        yield Design("free", said[1], depth=depth, width=width, resolution=size)
    try:
        blocks = joined(blocks_of(spec))
    except EffnetError:
        return
    size, head = spec.resolution, spec.head_channels
    for origin in sorted(names, key=lambda name: get_variant(name).family != spec.family):
        yield Design("edited", origin=origin, blocks=blocks, own_resolution=size, own_head=head)


def _spec_of_file(file: Path) -> Spec:
    try:
        with file.open("rb") as opened:
            if file.suffix == ".json":
                return _spec_of_json(opened.read(), str(file))
            length = int.from_bytes(opened.read(8), "little")  # a safetensors file begins with JSON
            header = json.loads(opened.read(min(length, MAX_HEADER)))
            return _spec_of_json(header["__metadata__"]["spec"], str(file))
    except OSError as error:
        raise EffnetError(
            "can't read {path}: {error}", path=file, error=error.strerror or error
        ) from None
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, EffnetError):
            raise
        raise EffnetError(
            "{file} does not say which network it holds; name it: load('b0', weights='{file}')",
            file=file,
        ) from None


def _spec_of_json(text: str | bytes, called: str) -> Spec:
    try:
        read = json.loads(text)
    except ValueError as error:
        raise EffnetError("{file} is no JSON ({error})", file=called, error=error) from None
    if not isinstance(read, dict):
        raise EffnetError("{file} holds no network's fields", file=called)
    return spec_of(read)
