"""Designs to take away: tables, specs, code and models, each with where it came from.

Text needs the standard library only; PyTorch is loaded where weights are asked for.
"""

import json
import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

import effnet
from effnet.base import DEFAULT, EffnetError, csv_text, mark, millions, speaking
from effnet.counting import Cost, stage_rows
from effnet.network import Spec, blocks_of, display_name
from effnet.nn import onnx_model
from effnet.scaling import Design, takes_network, to_block_strings

if TYPE_CHECKING:
    from torch import Tensor

MOST_PARAMS = 70_000_000  # B7 and smaller: 280 MB of float32
MOST_MODEL_BLOCKS = 1000  # each is a few modules of PyTorch
COUNTING = mark(
    "params: trainable, BatchNorm's scale and shift included; macs: multiply-adds of convolutions "
    "and fully connected layers for one image; activations: elements that these layers write"
)
TOTALS = ("resolution", "params", "macs", "flops", "activations")
RANDOM = mark("Random weights, not trained: for shapes, sizes and times, not for predictions.")

Manifest = Mapping[str, str | int]


def manifest(design: Design | Spec, cost: Cost, *, link: str, today: date) -> dict[str, str | int]:
    """What every download says of itself: versions, date, the design, its link, exact counts.

    Args:
        design: The design, or a network that no link can say.
        cost: Its counts.
        link: The address that opens it again; "" for none.
        today: The date.
    """
    with speaking(DEFAULT):
        title = design.title if isinstance(design, Design) else display_name(design)
    spec = design.spec() if isinstance(design, Design) else design
    return {
        "made_by": f"effnet {effnet.__version__}",
        "python": platform.python_version(),
        "date": today.isoformat(),
        "design": title,
        "link": _one_line(link),
        "resolution": spec.resolution,
        "params": cost.params,
        "macs": cost.macs,
        "activations": cost.activations,
        "counting": COUNTING,
    }


@takes_network
def file_name(spec: Spec, what: str, today: date) -> str:
    """A name with network, size and date: `effnet-b0-224px-stages-2026-11-22.csv`.

    Args:
        spec: The network.
        what: Kind and ending, such as "stages.csv".
        today: The date.
    """
    name = re.sub(r"[^a-z0-9.]+", "-", spec.name.lower()).strip("-")
    name = name.replace(f"-r{spec.resolution}", "")[:60]
    kind, _, ending = what.partition(".")
    return f"effnet-{name}-{spec.resolution}px-{kind}-{today.isoformat()}.{ending}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


# --- tables and specs -------------------------------------------------------------------------


@takes_network
def stage_csv(spec: Spec, cost: Cost, about: Manifest) -> str:
    """The stage table as CSV, the manifest in lines that begin with #."""
    rows = [asdict(row) for row in stage_rows(spec, cost=cost)]
    for row in rows:
        del row["changed"]
    return _csv(rows, about)


def layer_csv(cost: Cost, about: Manifest) -> str:
    """One row per layer as CSV, the manifest in lines that begin with #."""
    return _csv(cost.as_rows(), about)


def _csv(rows: list[dict[str, Any]], about: Manifest) -> str:
    head = "".join(f"# {key}: {value}\n" for key, value in about.items())
    return head + csv_text(list(rows[0]), (list(row.values()) for row in rows))


@takes_network
def spec_json(spec: Spec, cost: Cost, about: Manifest) -> str:
    """Everything about a design as JSON; `Spec.from_dict(...["spec"])` reads the network back."""
    by_stage = {str(key): asdict(total) for key, total in cost.by_stage().items()}
    found = {
        "manifest": dict(about),
        "spec": spec.to_dict(),
        "block_strings": _block_strings(spec),
        "totals": {name: getattr(cost, name) for name in TOTALS},
        "by_stage": by_stage,
    }
    return json.dumps(found, indent=2)


def _block_strings(spec: Spec) -> list[str] | None:
    try:
        return list(to_block_strings(spec))
    except EffnetError:
        return None


# --- code -------------------------------------------------------------------------------------


def python_code(design: Design, about: Manifest) -> str:
    """A program that makes this design again, counts it, and fails where a count differs."""
    with speaking(DEFAULT):
        title = _quoted(design.title)
    lines = [
        f'"""{title}, made again and counted. Needs the package effnet."""',
        "",
    ]
    if design.mode == "edited" and not design.blocks:
        lines += ["from dataclasses import replace", ""]
    lines += ["import effnet"]
    if design.mode == "edited" and design.blocks:
        lines += ["from effnet import from_block_strings"]
    lines += [
        "",
        f"MANIFEST = {json.dumps(dict(about), indent=4)}",
        "",
        *recipe(design),
        "cost = effnet.count(spec)",
        "",
        'print(f"{cost.params:,} parameters, {cost.macs:,} multiply-adds, "',
        '      f"{cost.activations:,} activations at {cost.resolution} px")',
        'for name in ("params", "macs", "activations", "resolution"):',
        "    counted, expected = getattr(cost, name), MANIFEST[name]",
        "    if counted != expected:",
        '        raise SystemExit(f"{name}: counted {counted:,}, expected {expected:,}")',
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Text that is safe inside a triple-quoted string."""
    return text.replace("\\", "/").replace('"', "'")


def recipe(design: Design) -> Iterable[str]:
    """Lines that set `spec`."""
    if design.mode != "edited":
        return [f"spec = {_call(design)}"]
    start, spec = design.start, design.spec()
    if not design.blocks:
        return [
            f"base = {_call(start)}",
            "spec = replace(",
            f"    base, resolution={spec.resolution}, head_channels={spec.head_channels}",
            ")",
        ]
    return [
        f"base = {_call(start)}",
        "spec = from_block_strings(",
        '    """',
        *(f"    {block.write()}" for block in blocks_of(spec)),
        '    """,',
        "    base=base,",
        f"    resolution={spec.resolution},",
        f"    head_channels={spec.head_channels},",
        ")",
    ]


def _call(design: Design) -> str:
    if design.mode == "released":
        return f"effnet.get_variant({design.released!r})"
    if design.mode == "formula":
        values = design.phi, design.alpha, design.beta, design.gamma
        return f"effnet.compound_scale({', '.join(map(repr, values))}, base={design.base!r})"
    size = f", resolution={design.resolution}" if design.resolution else ""
    return f"effnet.scale({design.base!r}, depth={design.depth!r}, width={design.width!r}{size})"


# --- models -----------------------------------------------------------------------------------


@takes_network
def check_model(spec: Spec, cost: Cost) -> None:
    """Raise `EffnetError` where a design is too large to be built for a download."""
    if cost.params > MOST_PARAMS:
        raise EffnetError(
            "{params} parameters are too many to download as a model here; the limit is {most}. "
            "In Python, effnet.build(spec) makes any size",
            params=millions(cost.params),
            most=millions(MOST_PARAMS),
        )
    if spec.blocks > MOST_MODEL_BLOCKS:
        raise EffnetError(
            "{blocks:,} blocks are too many to download as a model here; the limit is {most:,}. "
            "In Python, effnet.build(spec) makes any size",
            blocks=spec.blocks,
            most=MOST_MODEL_BLOCKS,
        )


@takes_network
def state_dict_file(spec: Spec, cost: Cost, about: Manifest) -> bytes:
    """The built network's state dict as safetensors, random weights, the manifest as metadata.

    Raises:
        EffnetError: The network is past what can be downloaded.
    """
    from safetensors.torch import save

    return save(_random_state(spec, cost), metadata=_metadata(about))


@takes_network
def onnx_file(spec: Spec, cost: Cost, about: Manifest) -> bytes:
    """The network as ONNX, random weights: `image` `(N, 3, R, R)` to `logits` `(N, 1000)`.

    Raises:
        EffnetError: The network is past what can be downloaded.
    """
    weights = {
        name: (tuple(tensor.shape), tensor.numpy().data.cast("B"))
        for name, tensor in _random_state(spec, cost).items()
        if tensor.ndim
    }
    return onnx_model(spec, weights, about=_metadata(about), note=RANDOM)


def _random_state(spec: Spec, cost: Cost) -> "dict[str, Tensor]":
    from effnet.nn import build

    check_model(spec, cost)
    return dict(build(spec).state_dict())


def _metadata(about: Manifest) -> dict[str, str]:
    import torch

    found = {key: str(value) for key, value in about.items()}
    return found | {"torch": torch.__version__, "weights": RANDOM}
