"""A network as people name it on the command line: one reader for every command.

A variant's name, a link ("?phi=1.5"), a spec's JSON file, `-` for that JSON on standard input, or a
`.safetensors` file that says which network it holds.
"""

import argparse
import sys

from effnet.network import FAMILIES, UNPRINTED, Spec, every_variant
from effnet.scaling import Design, design_of, from_link, is_link, spec_of

STANDARD_INPUT = "-"
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
    """A design that a link can say; nothing is the app's first one."""
    return design_of(read(text)) if text else Design()


def add(
    parser: argparse.ArgumentParser, name: str = "network", *, told: str = HELP, **more: object
) -> None:
    """An argument that names a network, or several; the shell completes variants' names."""
    action = parser.add_argument(name, help=told, **more)  # type: ignore[arg-type]
    action.completer = _completed  # type: ignore[attr-defined]


def _completed(**_: object) -> list[str]:
    return [*every_variant(), *FAMILIES, *UNPRINTED]
