"""Weights that are known, and downloads for an offline class: `weights`."""

import argparse

from effnet.cli import networks
from effnet.cli.console import Rows, bar
from effnet.cli.parser import Commands
from effnet.network import get_variant
from effnet.weights import checkpoints


def add(commands: Commands) -> None:
    """The command of this group."""
    parser = commands.add(
        "weights",
        _weights,
        "list known weights, or download some",
        "",
        "download b0 v2_s",
        "download b1:IMAGENET1K_V1",
    )
    parser.add_argument(
        "action", choices=("list", "download"), nargs="?", default="list", help="list if not given"
    )
    networks.add(
        parser, "variant", nargs="*", told="such as b0 v2_s, or b1:IMAGENET1K_V1 for one of several"
    )


def _weights(options: argparse.Namespace) -> Rows:
    if options.action == "list":
        known = [get_variant(name).name for name in options.variant]
        return [
            row for row in checkpoints.available_weights() if not known or row["variant"] in known
        ]
    from effnet.nn import download

    wanted = [name.partition(":") for name in options.variant or ["b0"]]
    chosen = [checkpoints.choose(name, which or "default") for name, _, which in wanted]
    rows = []
    for row in chosen:
        path = row.path
        if path is None:
            with bar(row.file) as advance:
                path = download(
                    row, progress=lambda done, total: advance(done / total if total else 0.0)
                )
        rows.append({"variant": row.variant, "weights": row.short_name, "file": str(path)})
    return rows
