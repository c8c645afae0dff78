"""Ten minutes on a bare machine, a GPU first of all: its tests, then its times for the app to show.

    python tests/benchmarks/measure_machine.py [--minutes 10] [--device auto] [--into FOLDER]

The tests that need a GPU run first. Then the stages of B0 and V2-S are timed (the mirror), and the
families, every way this device knows, a batch of 1, 16 and 128 each: on CUDA fp32, fp16, fp16 with
channels-last, what answers there by default, fp16 as a CUDA graph, and through torch.compile, which
comes last as it compiles for minutes. What the minutes don't reach is kept as not measured. The
files are named for device, processor, PyTorch and precision, a row a sample; those in
`assets/benchmarks/` the Latency page shows among its sweeps and under its mirror.

With `--dry` it goes the same way on the processor in seconds, with tiny networks.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import effnet
from effnet.network import Spec
from effnet.nn import pick_device
from effnet.timing import Options, Point, in_words
from effnet.timing.measure import record_stages, sweep

ROOT = Path(effnet.__file__).parents[1]
NETWORKS = (*(f"b{number}" for number in range(8)), "v2_s", "v2_m", "v2_l")
MIRRORED = ("b0", "v2_s")
BATCHES = (1, 16, 128)
TESTS_S = 120.0  # that the tests may take
MIRROR_SHARE = 0.1  # of the time, for all mirrors


def ways(device: str) -> list[Options]:
    """How each network runs on this device, the slowest to begin last."""
    plain = Options(device)
    if device != "cuda":
        default = [replace(plain, engine="onnxruntime")] if device == "cpu" else []
        return [plain, replace(plain, channels_last=True, folded=True), *default]
    half = replace(plain, precision="fp16")
    last = replace(half, channels_last=True)
    graph, compiled = replace(last, cuda_graph=True), replace(last, engine="compile")
    return [plain, half, last, replace(plain, engine="half"), graph, compiled]


def tests() -> None:
    """What needs a GPU; the rest of the suite does not."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "tests"]
    print("tests:", subprocess.run(command, cwd=ROOT, timeout=TESTS_S, check=False).returncode)


def mirrors(specs: Sequence[Spec], device: str, seconds: float, into: Path) -> None:
    """Where the time of a pass goes: eager, as stages can't be told in a graph."""
    eager = [way for way in ways(device) if way.engine == "eager" and not way.cuda_graph]
    asked = [
        (spec, replace(way, batch_size=batch))
        for spec in specs
        for way in eager
        for batch in BATCHES[:2]
    ]
    for spec, options in asked:
        stages = record_stages(spec, options=options, budget_s=seconds / len(asked), keep_in=into)
        slowest = max(stages, key=lambda one: one.time_share)
        print(
            f"  {spec.name:13} {options.words}, batch {options.batch_size}: "
            f"stage {slowest.stage} takes {slowest.time_share:.0%} of the time "
            f"for {slowest.macs_share:.0%} of the multiply-adds"
        )


def families(specs: Sequence[Spec], device: str, end: float, into: Path) -> None:
    """All networks, each way, at each batch; what is left of the time is shared evenly."""
    costs = sorted(((spec, effnet.count(spec)) for spec in specs), key=lambda pair: pair[1].macs)
    asked = [replace(way, batch_size=batch) for way in ways(device) for batch in BATCHES]
    for number, options in enumerate(asked):
        share = max(0.5, (end - time.monotonic()) / (len(asked) - number))
        points = [
            Point(spec.name, cost.macs, spec, options, cost.macs, cost.params, cost.activations)
            for spec, cost in costs
        ]
        print(f"\n{device}, {options.words}, batch {options.batch_size}")
        for row in sweep("family", points, budget_s=share, keep_in=into):
            found = row.latency
            told = f"{found.median_ms:9.2f} ms  {in_words(found)}" if found.samples_ms else ""
            print(f"  {found.name:13} {told or row.outcome}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--into", type=Path, help="assets/benchmarks; a new folder with --dry")
    parser.add_argument("--dry", action="store_true", help="tiny networks on the processor")
    asked = parser.parse_args(arguments)
    shipped = ROOT / "assets" / "benchmarks"
    into = asked.into or (Path(tempfile.mkdtemp()) if asked.dry else shipped)
    print(f"rows go into {into}")
    end = time.monotonic() + 60 * asked.minutes
    device = "cpu" if asked.dry else pick_device(asked.device).type
    specs = {name: effnet.get_variant(name) for name in NETWORKS}
    if asked.dry:
        end = time.monotonic()
        specs = {
            name: effnet.scale(spec, depth=0.2, width=0.1, resolution=32)
            for name, spec in specs.items()
            if name in MIRRORED
        }
    elif device == "cuda":
        tests()
    left = max(2.0, end - time.monotonic())
    mirrors([specs[name] for name in MIRRORED], device, MIRROR_SHARE * left, into)
    families(list(specs.values()), device, end, into)


if __name__ == "__main__":
    main()
