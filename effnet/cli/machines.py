"""Times on this machine: `bench` measures, races two, profiles stages, learns the pace."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from typing import Any

from effnet.base import EffnetError, Unwritable, path_of
from effnet.cli import networks
from effnet.cli.console import Advance, Outcome, Result, Rows, bar
from effnet.cli.parser import Commands, number
from effnet.counting import count
from effnet.network import FAMILIES, UNPRINTED, Spec, list_variants
from effnet.scaling import Design, spec_of
from effnet.timing import ENGINES, Latency, Options, in_words, learning_networks
from effnet.timing import measurement_store as store

SECONDS, FIT_S = 5.0, 60.0  # for a network; for all that a fit needs
Network = Spec | Design


def add(commands: Commands) -> None:
    """The command of this group."""
    parser = commands.add(
        "bench",
        _bench,
        "measure the latency of networks on this machine",
        "b0 b1 '?phi=1'",
        "v1 --seconds 2 --keep",
        "b0 --against resnet50",
        "lite0 --stages --json",
        "--fit",
    )
    networks.add(
        parser,
        "variant",
        nargs="*",
        metavar="network",
        told=f"{networks.HELP}; or a family: {', '.join(FAMILIES | UNPRINTED)}",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--batch-size", type=int, default=1, metavar="N", help="images in a pass")
    parser.add_argument("--resolution", type=int, metavar="PIXELS", help="its own if not given")
    parser.add_argument("--precision", default="fp32", help="fp32, bf16 or fp16")
    number(parser, "--seconds", help="for each, 5; for all of --fit, 60")
    parser.add_argument("--channels-last", action="store_true", help="a pixel's channels together")
    parser.add_argument("--folded", action="store_true", help="BatchNorm into the convolutions")
    parser.add_argument("--engine", default="eager", help=", ".join(ENGINES))
    parser.add_argument("--cuda-graph", action="store_true", help="record the pass, replay it")
    parser.add_argument("--threads", type=int, metavar="N", help="of the processor")
    networks.add(parser, "--against", metavar="NETWORK", told="run both in turn, judge the ratio")
    parser.add_argument("--stages", action="store_true", help="time the first network's stages")
    parser.add_argument(
        "--keep",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="append every sample to a CSV there; with no folder, where the Latency page looks",
    )
    parser.add_argument(
        "--fit", action="store_true", help="learn this machine's pace, so that times are predicted"
    )


def _bench(options: argparse.Namespace) -> Result | Outcome:
    seconds = options.seconds
    if options.fit:
        return _fit(FIT_S if seconds is None else seconds)
    chosen = named(options.variant)
    if not chosen:
        raise EffnetError("no network to measure; name some, such as `bench b0 b1`, or use --fit")
    how = Options(**{one.name: getattr(options, one.name) for one in fields(Options)})
    seconds = SECONDS if seconds is None else seconds
    first = next(iter(chosen.values()))
    if options.against:
        return _against(first, networks.read(options.against), how, seconds)
    if options.stages:
        return _stages(first, how, seconds)
    return _times(chosen, how, seconds, options.keep)


def named(texts: Sequence[str]) -> dict[str, Network]:
    """The networks of names, links, files and families by their names, each once, in order."""
    chosen: dict[str, Network] = {}
    for text in texts:
        members = list_variants(text) if text in FAMILIES | UNPRINTED else [text]
        for network in map(networks.read, members):
            chosen[_name(network)] = network
    return chosen


def _name(network: Network) -> str:
    return spec_of(network).name


def _times(chosen: dict[str, Network], how: Options, seconds: float, keep: str | None) -> Outcome:
    from effnet.timing.measure import measured

    into = path_of(keep) if keep else None
    if keep is not None:
        store.check_folder(into)  # before the time is spent
    rows, doubts = Rows(), list[str]()
    with bar(f"timing {len(chosen)}") as advance:
        for done, (name, network) in enumerate(chosen.items()):
            spec = spec_of(network)
            latency = measured(
                spec, how, budget_s=seconds, progress=_heard(advance, done, len(chosen))
            )
            cost = count(spec, resolution=latency.resolution)
            rows.append({"name": name, "macs": cost.macs} | latency.as_dict())
            if not latency.stable:
                doubts.append(f"{name}: {in_words(latency)}")
            if keep is not None:
                _kept(latency, (cost.macs, cost.params, cost.activations), into, rows)
    return Outcome(rows, remarks=tuple(doubts))


def _heard(advance: Advance, done: int, of: int) -> Callable[[float, object], None]:
    """What is told the share of one of several, after so many."""
    return lambda share, _: advance((done + share) / of)


def _kept(latency: Latency, counted: tuple[int, int, int], into: Any, rows: Rows) -> None:
    row = store.Row(store.new_run(), "latency", latency, *counted)
    try:
        store.keep([row], into=into)
    except Unwritable as error:
        error.result = rows
        raise


def _against(first: Network, second: Network, how: Options, seconds: float) -> Outcome:
    from effnet.timing.measure import compare

    with bar(f"{_name(first)} and {_name(second)} in turn") as advance:
        pair = spec_of(first), spec_of(second)
        found = compare(*pair, options=how, budget_s=seconds, progress=advance)
    both = (found.first, found.second)
    shown = ("median_ms", "p10_ms", "p90_ms", "stable", "doubts")
    result = {
        "verdict": found.sentence(),
        "ratio": found.ratio,
        "low": found.low,
        "high": found.high,
        "rounds": len(found.first.samples_ms),
        "rows": [{"name": one.name} | {key: one.as_dict()[key] for key in shown} for one in both],
    }
    doubts = tuple(f"{one.name}: {in_words(one)}" for one in both if not one.stable)
    return Outcome(result, remarks=doubts)


def _stages(network: Network, how: Options, seconds: float) -> Rows:
    from effnet.timing.measure import profiles

    with bar(f"timing the stages of {_name(network)}") as advance:
        spec = spec_of(network)
        stages, _ = profiles(spec, options=how, budget_s=seconds, progress=advance)
    return [asdict(stage) for stage in stages]


def _fit(seconds: float) -> dict[str, Any]:
    from effnet.timing import save
    from effnet.timing.measure import gather, learn

    store.check_folder()
    with bar("learning this machine's pace") as advance:
        timed = gather(learning_networks(), budget_s=seconds, progress=advance)
    found = learn(timed)
    return {
        "networks": found.networks,
        "median error": f"{100 * found.error:.1f} %",
        "p90 error": f"{100 * found.error_p90:.1f} %",
        "median error of MACs alone": f"{100 * found.line_error:.1f} %",
        "machine": found.host,
        "file": str(save(found)),
    }
