"""Trainings and experiments: `train`."""

import argparse
from typing import Any

from effnet.cli.console import Result, bar
from effnet.cli.parser import Commands
from effnet.train import run_process  # the standard library and the lower floors only


def add(commands: Commands) -> None:
    """The command of this group."""
    parser = commands.add(
        "train",
        _train,
        "train a network, or run an experiment",
        "fit --network small --data marks --epochs 3",
        "fit --start lite0 --data photos --output mine",
        "scaling --seeds 3",
        "list",
    )
    run_process.add_arguments(parser)


def _train(options: argparse.Namespace) -> Result:
    with bar(f"train {options.action}") as advance:

        def told(share: float, row: dict[str, Any]) -> None:
            run_process.json_line(share, row)  # stands above the bar
            advance(share)

        return run_process.execute(options, told=told)
