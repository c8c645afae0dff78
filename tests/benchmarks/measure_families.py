"""Measure the families on the machine at hand, into `assets/benchmarks/`.

    python tests/benchmarks/measure_families.py [--seconds 120] [--device auto] [--into FOLDER]

Every sample is a row of a file that is named for device, processor, PyTorch and precision. On CUDA
each network runs in fp32, fp16, fp16 with channels-last, and fp16 replayed as a CUDA graph; on a
processor in fp32, plain and with channels-last and folded BatchNorm.
"""

import argparse
from pathlib import Path

import effnet
from effnet.nn.devices import pick_device
from effnet.timing import plans
from effnet.timing.comparisons import in_words
from effnet.timing.measure.measured_sweep import sweep
from effnet.timing.options import Options

HERE = Path(effnet.__file__).parents[1] / "assets" / "benchmarks"


def ways(device: str, batch_size: int) -> list[Options]:
    """How each network runs on this device."""
    if device == "cuda":
        return [
            Options(device, batch_size),
            Options(device, batch_size, precision="fp16"),
            Options(device, batch_size, precision="fp16", channels_last=True),
            Options(device, batch_size, precision="fp16", cuda_graph=True),
        ]
    return [Options(device, batch_size), Options(device, batch_size, None, "fp32", True, True)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120.0, help="for each way to run")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batch-size", type=int, default=1)
    parser.add_argument("--into", type=Path, default=HERE)
    asked = parser.parse_args()
    place = pick_device(asked.device).type
    for options in ways(place, asked.batch_size):
        points = plans.sweep("family", effnet.get_variant("b0"), options)
        print(f"\n{place}, {options.words}")
        for row in sweep("family", points, budget_s=asked.seconds, keep_in=asked.into):
            found = row.latency
            told = (
                f"{found.median_ms:8.2f} ms  {in_words(found)}" if found.samples_ms else row.outcome
            )
            print(f"  {found.name:13} {told}")
