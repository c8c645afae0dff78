"""What `python -m effnet bench` does: measure, race two, profile stages, learn the pace."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from effnet.base import EffnetError, Unwritable, path_of
from effnet.counting import count
from effnet.network import FAMILIES, get_variant, list_variants
from effnet.timing import Options, learning_networks, measurement_store, save
from effnet.timing.measure.predictor import gather, learn
from effnet.timing.measure.protocol import compare, measured
from effnet.timing.measure.stage_profiles import profiles

SECONDS, FIT_S = 5.0, 60.0  # for a network; for all that a fit needs
Rows = list[dict[str, Any]]


def execute(asked: argparse.Namespace) -> dict[str, Any] | Rows:
    """Run the command; gives rows for a table, or one record.

    Raises:
        EffnetError: A name or an option is not known or can't be used here.
    """
    names, seconds = named(asked.variant), SECONDS if asked.seconds is None else asked.seconds
    if asked.fit:
        return _fit(FIT_S if asked.seconds is None else asked.seconds)
    if not names:
        raise EffnetError("no network to measure; name some, such as `bench b0 b1`, or use --fit")
    options = Options(
        asked.device,
        asked.batch_size,
        asked.resolution,
        asked.precision,
        asked.channels_last,
        asked.folded,
        asked.engine,
        asked.cuda_graph,
        asked.threads,
    )
    if asked.against:
        return _against(names[0], get_variant(asked.against).name, options, seconds)
    if asked.stages:
        return _stages(names[0], options, seconds)
    into = path_of(asked.keep) if asked.keep else None
    if asked.keep is not None:
        measurement_store.check_folder(into)  # before the time is spent
    rows = []
    for name in names:
        spec = get_variant(name)
        found = measured(spec, options, budget_s=seconds)
        cost = count(spec, resolution=found.resolution)
        counted = cost.macs, cost.params, cost.activations
        rows.append({"name": name, "macs": cost.macs} | found.as_dict())
        if asked.keep is not None:
            try:
                measurement_store.keep(
                    [
                        measurement_store.Row(
                            measurement_store.new_run(), "latency", found, *counted
                        )
                    ],
                    into=into,
                )
            except Unwritable as error:
                error.result = rows
                raise
    return rows


def named(names: Sequence[str]) -> list[str]:
    """The networks of names and families, each once, in order."""
    found: dict[str, None] = {}
    for name in names:
        family = list_variants(name) if name in FAMILIES else [get_variant(name).name]
        found |= dict.fromkeys(family)
    return list(found)


def _against(first: str, second: str, options: Options, seconds: float) -> dict[str, Any]:
    found = compare(first, second, options=options, budget_s=seconds)
    both = [
        {"name": one.name} | {key: one.as_dict()[key] for key in ("median_ms", "p10_ms", "p90_ms")}
        for one in (found.first, found.second)
    ]
    return {
        "verdict": found.sentence(),
        "ratio": found.ratio,
        "low": found.low,
        "high": found.high,
        "rounds": len(found.first.samples_ms),
        "rows": both,
    }


def _stages(name: str, options: Options, seconds: float) -> Rows:
    stages, _ = profiles(name, options=options, budget_s=seconds)
    return [asdict(stage) for stage in stages]


def _fit(seconds: float) -> dict[str, Any]:
    def heard(share: float, name: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{100 * share:3.0f} %  {name:30}")

    measurement_store.check_folder()
    found = learn(gather(learning_networks(), budget_s=seconds, progress=heard))
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    return {
        "networks": found.networks,
        "median error": f"{100 * found.error:.1f} %",
        "p90 error": f"{100 * found.error_p90:.1f} %",
        "median error of MACs alone": f"{100 * found.line_error:.1f} %",
        "machine": found.host,
        "file": str(save(found)),
    }
