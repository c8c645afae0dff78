"""Whatever names a network, read into its `Spec`: names, links, JSON and files. No torch."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from effnet.base import EffnetError, say
from effnet.network import Spec, get_variant
from effnet.scaling.design import Design, from_link, is_link

AnyNetwork = str | Path | Mapping[str, Any] | Design | Spec

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
    if isinstance(network, Design):
        return network.spec()
    if isinstance(network, Mapping):
        return Spec.from_dict(network.get("spec", network))
    if not isinstance(network, (str, Path)):
        return get_variant(network)  # which says what is expected
    text = str(network).strip()
    if text.startswith("{"):
        return _spec_of_json(text, say("the JSON"))
    if text.endswith((".json", ".safetensors")):
        return _spec_of_file(Path(text).expanduser())
    if is_link(text):
        return from_link(text).spec()
    return get_variant(text)


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
