"""A network as people name it on the command line: one reader for every command.

A variant's name, a link ("?phi=1.5"), a spec's JSON file, `-` for that JSON on standard input, or a
`.safetensors` file that says which network it holds.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import replace

from effnet.base import EffnetError
from effnet.network import FAMILIES, Spec, blocks_of, joined, list_variants
from effnet.scaling import BASES, Design, from_link, is_link, spec_of

STANDARD_INPUT = "-"
FREELY_SCALED = re.compile(r"(?P<base>\w+) d(?P<depth>\S+) w(?P<width>\S+) r(?P<resolution>\d+)")
HELP = "a variant's name, a link such as '?phi=1.5', a spec's .json file, or a .safetensors file"


def read(text: str) -> Spec | Design:
    """The network that a text names; a `Design` where it is a link.

    Raises:
        EffnetError: It is none; says what it may be.
    """
    if text == STANDARD_INPUT:
        return spec_of(sys.stdin.read(1_000_000))
    if text.endswith((".json", ".safetensors")) or not is_link(text):
        return spec_of(text)
    return from_link(text)


def spec(text: str) -> Spec:
    """The architecture that a text names."""
    return spec_of(read(text))


def design(text: str) -> Design:
    """A design that a link can say; nothing is the app's first one.

    Raises:
        EffnetError: It is no network, or one that no link can say.
    """
    network = read(text) if text else Design()
    if isinstance(network, Design):
        return network
    for candidate in _candidates(network):
        try:
            made = candidate.spec()
        except EffnetError:
            continue
        if replace(made, name=network.name) == network:
            return candidate
    raise EffnetError(
        "{network!r} is a network that no link can say; reports and programs need one: expected a "
        "variant's name, a link, or one of these with its stages edited",
        network=text,
    )


def _candidates(network: Spec) -> Iterator[Design]:
    """Designs that may give a network: released, scaled freely, or edited."""
    names = list_variants()
    if network.name in names:
        yield Design(mode="released", released=network.name)
    if (said := FREELY_SCALED.fullmatch(network.name)) and said["base"] in BASES:
        size = int(said["resolution"])
        yield Design("free", said["base"], depth=_number(said["depth"]), resolution=size,
                     width=_number(said["width"]))  # fmt: skip
    try:
        blocks = joined(blocks_of(network))
    except EffnetError:
        return
    for origin in names:
        yield Design(
            "edited",
            origin=origin,
            blocks=blocks,
            own_resolution=network.resolution,
            own_head=network.head_channels,
        )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0


def add(
    parser: argparse.ArgumentParser, name: str = "network", *, told: str = HELP, **more: object
) -> None:
    """An argument that names a network, or several; the shell completes variants' names."""
    action = parser.add_argument(name, help=told, **more)  # type: ignore[arg-type]
    action.completer = _completed  # type: ignore[attr-defined]


def _completed(**_: object) -> list[str]:
    return [*list_variants(), *FAMILIES]
