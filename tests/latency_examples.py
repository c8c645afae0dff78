"""Records of times that never were, for drawing."""

import dataclasses

import effnet
from effnet import figures
from effnet.papers import printed_times
from effnet.timing import plans, v2_bottlenecks
from effnet.timing.comparisons import compared
from effnet.timing.measurement_store import MEMORY, Row
from effnet.timing.measurements import Environment, Latency
from effnet.timing.options import Options
from effnet.timing.predicted import Pace
from effnet.timing.profiles import KindProfile, Roof, StepCost

HERE = Environment("cpu", "a processor", 2, 0.1, "2", "3.11", "Linux", "2026-01-01")
B0 = effnet.get_variant("b0")


def latency(name: str, median: float, *, batch_size: int = 1) -> Latency:
    samples = tuple(median * (1 + (i - 4) / 100) for i in range(9))
    return Latency(name, samples, HERE.settled(Options(batch_size=batch_size), 224), None, HERE)


def row(name: str, median: float, batch_size: int = 1) -> Row:
    cost = effnet.count(effnet.get_variant(name))
    measured = latency(name, median, batch_size=batch_size)
    return Row(f"{name}{batch_size}", "x", measured, cost.macs, cost.params, cost.activations)


BATCHES = [row("b0", ms, n) for n, ms in ((1, 40), (2, 60), (4, 100), (8, 190), (16, 380))]
EDGE = dataclasses.replace(
    row("b0", 1, 32), latency=dataclasses.replace(latency("b0", 1, batch_size=32), samples_ms=()),
    outcome=MEMORY,
)  # fmt: skip
FAMILY = [row("mobilenet_v2", 20), row("b0", 40), row("b1", 60), row("v2_b0", 45), row("b3", 130)]
KINDS = [
    KindProfile(1, "depthwise", 2.0, 4_000_000, 8_000_000),
    KindProfile(1, "project", 1.0, 20_000_000, 5_000_000),
    KindProfile(5, "expand", 1.0, 60_000_000, 2_000_000),
    KindProfile(5, "add", 0.1, 0, 2_000_000),
]
ROOF = Roof(80e9, 10e9, HERE)
PACE = Pace(
    {}, 0.05, 0.15, (1.0, 0.1), 0.3, 3, 10, "here", HERE, "fp32",
    ((10.0, 10.5, 13.0), (20.0, 19.0, 26.0), (40.0, 42.0, 28.0)),
)  # fmt: skip
STEPS = [StepCost(128, 8, (100.0,), 10**8, 9 * 10**7, 10**9),
         StepCost(256, 8, (390.0,), 3 * 10**8, 3 * 10**8, 4 * 10**9)]  # fmt: skip
SERIES = v2_bottlenecks.fused_series(B0)
RACED = {one.stages: [40.0 - one.stages + one.stages**2, 41.0] * 10 for one in SERIES}
GAINS = {
    "channels-last": compared(latency("b0", 40), latency("b0", 30)),
    "bf16": compared(latency("b0", 40), latency("b0", 80)),
    "folded": compared(latency("b0", 40), latency("b0", 40.1)),
}
V100 = "V100 GPU, FP16, batch 16 (V2 Table 7)"
SWEPT = plans.sweep("family", B0, Options("cpu"))
TWO = v2_bottlenecks.deepened(B0)

DRAWN = {
    "roofline": lambda: figures.roofline(KINDS, ROOF),
    "paired_ratios": lambda: figures.paired_ratios(compared(latency("b0", 40), latency("b1", 60))),
    "race_bars": lambda: figures.race_bars(
        compared(latency("b0", 40), latency("b1", 60)), seconds=3
    ),
    "prediction_check": lambda: figures.prediction_check(PACE),
    "batch_sweep": lambda: figures.batch_sweep([*BATCHES, EDGE]),
    "time_sweep": lambda: figures.time_sweep(
        FAMILY,
        [one.macs / 1e9 for one in FAMILY],
        ["mobilenet", "v1", "v1", "v2", "v1"],
        axis="multiply-adds (G, log scale)",
    ),
    "proxies": lambda: figures.proxies(FAMILY, {"params": 0.7, "macs": 0.9, "activations": 0.97}),
    "option_gains": lambda: figures.option_gains(GAINS),
    "published_times": lambda: figures.published_times(
        printed_times.on(V100), printed_times.surprise(V100)
    ),
    "ratios_beside": lambda: figures.ratios_beside(
        ["B3", "B4"], [1.0, 1.8], {V100: [1.0, 30 / 19]}, against="B3"
    ),
    "fused_race": lambda: figures.fused_race(SERIES, RACED, [1, 0]),
    "step_against_size": lambda: figures.step_against_size(STEPS),
    "where_to_deepen": lambda: figures.where_to_deepen(TWO, {"alike": [50.0], "late": [40.0]}, ""),
}
