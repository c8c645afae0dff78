"""Architectures and what they cost: `list`, `scale`, `count`, `compare`, `search`."""

import argparse
from dataclasses import asdict
from typing import Any

from effnet import papers
from effnet.base import EffnetError
from effnet.cli import networks
from effnet.cli.console import Outcome, Rows
from effnet.cli.parser import Commands, number
from effnet.counting import Totals, count, opinions, stage_rows
from effnet.network import FAMILIES, UNPRINTED, Spec, get_variant, list_variants
from effnet.nn import second_opinion
from effnet.report import export, same_stages
from effnet.scaling import (
    ALPHA,
    BETA,
    GAMMA,
    Design,
    Fit,
    Limits,
    compound_scale,
    from_block_strings,
    scale,
    search,
    spec_of,
)
from effnet.weights import checkpoints

COEFFICIENTS = {"alpha": ALPHA, "beta": BETA, "gamma": GAMMA}
MULTIPLIERS = ("depth", "width")
MOST_ROWS = 20  # of a search, for people


def add(commands: Commands) -> None:
    """The commands of this group."""
    listing = commands.add("list", _list, "published networks and what they cost", "", "v2 --csv")
    listing.add_argument(
        "family", nargs="?", metavar="family", help=", ".join(FAMILIES | UNPRINTED)
    )

    scaled = commands.add(
        "scale",
        _scale,
        "scale a network by the formula or by free multipliers",
        "b0 --phi 1.5",
        "v2_s --width 1.2 --resolution 256",
        "--phi 1 --json > mine.json    # other commands read this file as a network",
    )
    networks.add(scaled, "base", nargs="?", default="b0")
    number(scaled, "--phi", help="scales by the formula")
    for name, value in COEFFICIENTS.items():
        number(scaled, f"--{name}", help=f"with --phi; {value} if not given")
    for name in MULTIPLIERS:
        number(scaled, f"--{name}", help="without --phi; 1 if not given")
    scaled.add_argument("--resolution", type=int, metavar="PIXELS", help="without --phi")
    scaled.add_argument(
        "--blocks",
        metavar="TEXT",
        help="block strings in the place of the base's stages, such as r1_k3_s1_e1_i32_o16_se0.25",
    )

    counted = commands.add(
        "count",
        _count,
        "parameters, multiply-adds and activations of a network",
        "b0",
        "'?phi=1' --by kind",
        "own.safetensors --resolution 320 --json",
    )
    networks.add(counted)
    counted.add_argument(
        "--resolution",
        type=_sides,
        metavar="PIXELS",
        help="a side, or height and width as 320x480; its own if not given",
    )
    counted.add_argument("--in-channels", type=int, default=3, metavar="N", help="of the input")
    counted.add_argument("--classes", type=int, default=1000, metavar="N", help="of the answer")
    counted.add_argument(
        "--by",
        choices=("stage", "kind", "layer", "tool"),
        default="stage",
        help="a row each; tool: what other counters would print",
    )

    compared = commands.add(
        "compare",
        _compare,
        "networks beside each other, held to the first",
        "b0 b1 '?phi=1'",
        "resnet50 b4 own.json --csv",
    )
    networks.add(compared, nargs="+")

    found = commands.add(
        "search",
        _search,
        "the most balanced network that fits into a budget, and its rivals",
        "--macs 1e9",
        "--macs 6e8 --params 8e6 --base v2_b0",
        "--coefficients --tolerance 0.05    # the paper's step 1, replayed",
    )
    networks.add(found, "--base", default="b0", told="what is scaled", metavar="NETWORK")
    number(found, "--macs", help="at most, for one image")
    number(found, "--params", help="at most")
    number(found, "--weights-mb", help="at most, of the file of weights in 32-bit floats")
    number(found, "--memory-mb", help="at most, that is alive during an inference of one image")
    found.add_argument(
        "--resolution", type=int, default=32, metavar="PIXELS", help="at least this side"
    )
    found.add_argument("--all", action="store_true", help="all that fit, not only the front")
    found.add_argument("--published", action="store_true", help="the published networks that fit")
    found.add_argument(
        "--coefficients", action="store_true", help="alpha, beta, gamma whose product is near 2"
    )
    number(found, "--tolerance", default=0.1, help="of --coefficients: distance from 2")


def _list(options: argparse.Namespace) -> Rows:
    here = set(checkpoints.offline_variants())
    return [
        _summary(get_variant(name)) | {"weights_here": name in here}
        for name in list_variants(options.family)
    ]


def _summary(spec: Spec) -> dict[str, Any]:
    totals = count(spec)
    return {
        "name": spec.name,
        "family": spec.family,
        "resolution": spec.resolution,
        "blocks": spec.blocks,
        "params": totals.params,
        "macs": totals.macs,
        "activations": totals.activations,
    }


def _scale(options: argparse.Namespace) -> dict[str, Any]:
    base = networks.spec(options.base)
    if options.blocks is not None:
        base = from_block_strings(options.blocks, base=base)
    by_formula = options.phi is not None
    of_formula, free = tuple(COEFFICIENTS), (*MULTIPLIERS, "resolution")
    right, wrong = (of_formula, free) if by_formula else (free, of_formula)
    for name in wrong:
        if getattr(options, name) is not None:
            only = "goes without --phi" if by_formula else "is of the formula and needs --phi"
            raise EffnetError("--{name} {only}; leave one of the two off", name=name, only=only)
    chosen = {name: getattr(options, name) for name in right}
    given = {name: value for name, value in chosen.items() if value is not None}
    spec = compound_scale(options.phi, **given, base=base) if by_formula else scale(base, **given)
    twin = same_stages(spec)
    return _summary(spec) | {
        "same_stages_as": twin.name if twin else None,
        "spec": spec.to_dict(),
        "stages": [asdict(row) for row in stage_rows(spec)],
    }


def _sides(text: str) -> int | tuple[int, int]:
    """A side, or height and width."""
    height, cross, width = text.lower().partition("x")
    return (int(height), int(width)) if cross else int(height)


_sides.__name__ = "pixels"  # "invalid pixels value: '2xx'"


def _square(options: argparse.Namespace) -> int | None:
    """The side that counting tools are asked about."""
    if isinstance(options.resolution, tuple) or options.in_channels != 3 or options.classes != 1000:
        raise EffnetError(
            "--by tool counts a square picture of 3 channels and 1,000 classes; leave "
            "--in-channels, --classes and a second side out"
        )
    side: int | None = options.resolution
    return side


def _count(options: argparse.Namespace) -> Outcome:
    spec = networks.spec(options.network)
    totals = count(
        spec,
        resolution=options.resolution,
        in_channels=options.in_channels,
        num_classes=options.classes,
    )
    people = None
    if options.by == "layer":
        rows = totals.as_rows()
    elif options.by == "tool":
        rows = [
            {
                "tool": opinion.title,
                "version": opinion.version,
                "installed": second_opinion.installed(opinion.tool),
                "prints": opinion.says,
                "as": opinion.unit,
                "made of": opinion.formula,
            }
            for opinion in opinions(spec, resolution=_square(options))
        ]
        people = [row | {"prints": f"{row['prints']:,}"} for row in rows]
    else:
        groups: dict[Any, Totals] = (
            dict(totals.by_stage()) if options.by == "stage" else dict(totals.by_kind())
        )
        rows = [{options.by: key, **asdict(value)} for key, value in groups.items()]
    found = {"name": spec.name} | {name: getattr(totals, name) for name in export.TOTALS}
    return Outcome(found | {"rows": rows}, people and found | {"rows": people})


def _compare(options: argparse.Namespace) -> Rows:
    return papers.compare(*map(networks.read, options.network)).as_rows()


def _search(options: argparse.Namespace) -> Outcome | Rows:
    base = networks.spec(options.base)
    if options.coefficients:
        return [asdict(found) for found in search.step_one(base, options.tolerance)]
    limits = Limits(
        macs=_whole("--macs", options.macs),
        params=_whole("--params", options.params),
        weights_bytes=_whole("--weights-mb", options.weights_mb, 1e6),
        peak_bytes=_whole("--memory-mb", options.memory_mb, 1e6),
        resolution=options.resolution,
    )
    if limits == Limits(resolution=options.resolution):
        raise EffnetError(
            "no limit to search under; give one, such as --macs 1e9 or --params 8e6, or ask for "
            "--coefficients"
        )
    if options.published:
        return [asdict(one) for one in search.released(limits) if one.fits]
    solution = search.solve(base, limits)
    if solution.best is None:
        raise EffnetError(
            "nothing scaled from {base} fits these limits; raise one, or take another --base",
            base=base.name,
        )
    fits = solution.fits if options.all else solution.front
    rows = [{"choice": fit == solution.best, **asdict(fit), **_link(base, fit)} for fit in fits]
    told = (
        f"{solution.looked_at:,} shapes tried, {len(solution.fits):,} fit, {len(solution.front)} "
        f"on the front of MACs and balance; the choice: "
        f"effnet scale {options.base} --depth {solution.best.depth:g} "
        f"--width {solution.best.width:g} --resolution {solution.best.resolution}"
    )
    fewer = rows[:MOST_ROWS]
    if not any(row["choice"] for row in fewer):
        fewer += [row for row in rows if row["choice"]]
    if len(fewer) < len(rows):
        told += f"; {len(fewer)} of {len(rows):,} shown, all with --csv or --json"
    return Outcome(rows, fewer, remarks=(told,))


def _link(base: Spec, fit: Fit) -> dict[str, str]:
    """The link that opens a network of a search, where its base has one."""
    try:
        design = Design(
            "free", base.name, depth=fit.depth, width=fit.width, resolution=fit.resolution
        )
        same = spec_of(base.name) == base
    except EffnetError:
        return {}
    query = "&".join(f"{key}={value}" for key, value in design.to_query().items())
    return {"link": f"?{query}"} if same else {}


def _whole(name: str, value: float | None, unit: float = 1.0) -> int | None:
    """A limit as a whole number; 1e9 and 1.5e9 are such."""
    if value is None:
        return None
    if not 0 < value * unit < 1e18:
        raise EffnetError(
            "{name} {value:g}; expected a number above 0, such as 1e9", name=name, value=value
        )
    return int(value * unit)
