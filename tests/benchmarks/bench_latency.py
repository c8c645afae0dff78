"""The stopwatch against PyTorch's own, against itself, under load, and the prediction's error.

    python tests/benchmarks/bench_latency.py [agreement stages itself faster busy predict]

All parts if none is named. The parts that compare take turns, so that a busy spell hits both.
"""

import multiprocessing
import statistics
import sys
import time

import torch
from interleaved import use_threads
from torch.utils import benchmark

import effnet
from effnet.timing.capabilities import cores
from effnet.timing.measure.predictor import gather, learn
from effnet.timing.measure.protocol import compare, measured
from effnet.timing.measure.stage_profiles import profiles
from effnet.timing.options import Options
from effnet.timing.plans import learning_networks

ROUNDS, EACH_S = 21, 0.3  # short turns: a busy spell hits both
TRIALS, TRIAL_S = 20, 1.5
LEARN_S = 120.0


def agreement() -> None:
    """The median of the ratios of alternating runs on one module."""
    for name in ("b0", "mobilenet_v2", "v2_b0"):
        module = effnet.build(effnet.get_variant(name)).eval()
        image = torch.randn(1, 3, 224, 224)

        def theirs(module=module, image=image) -> float:
            timer = benchmark.Timer(
                "with torch.inference_mode(): module(image)",
                globals={"module": module, "image": image, "torch": torch},
                num_threads=torch.get_num_threads(),
            )
            return timer.blocked_autorange(min_run_time=EACH_S).median * 1000

        def ours(module=module) -> float:
            return effnet.measure_latency(
                module, device="cpu", resolution=224, budget_s=EACH_S
            ).median_ms

        pairs = []
        for turn in range(ROUNDS + 1):
            both = (ours(), theirs()) if turn % 2 else tuple(reversed((theirs(), ours())))
            if turn:
                pairs.append(both)
        ratio = statistics.median(a / b for a, b in pairs)
        mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(
            f"  {name:13} ours {mine:7.2f} ms, torch.utils.benchmark {other:7.2f} ms, "
            f"median ratio {ratio:.3f} ({'within' if abs(ratio - 1) <= 0.05 else 'NOT within'} 5 %)"
        )


def stages() -> None:
    """The sum of a profile's stages over the whole pass, alternating."""
    for name in ("b0", "resnet50"):
        ratios = []
        for _ in range(ROUNDS // 2):
            whole = measured(name, Options("cpu"), budget_s=EACH_S).median_ms
            found, _ = profiles(name, options=Options("cpu"), budget_s=EACH_S)
            ratios.append(sum(stage.median_ms for stage in found) / whole)
        ratio = statistics.median(ratios)
        told = "within" if abs(ratio - 1) <= 0.1 else "NOT within"
        print(f"  {name:13} stages sum to {ratio:.3f} of the whole ({told} 10 %)")


def itself() -> None:
    """How often a network can't be told from itself."""
    spec = effnet.scale("b0", resolution=96)
    verdicts = [
        compare(spec, spec, options=Options("cpu"), budget_s=TRIAL_S).faster for _ in range(TRIALS)
    ]
    alike = verdicts.count("can't tell")
    print(f"  B0 at 96 px against itself: can't tell in {alike} of {TRIALS}")


def faster() -> None:
    """B0 against B2."""
    for first, second in (("b0", "b2"), ("b2", "b0")):
        found = compare(first, second, options=Options("cpu"), budget_s=6.0)
        print(f"  {found.sentence()}")


def _spin(until: float) -> None:
    while time.time() < until:
        pass


def busy() -> None:
    """With a busy loop on another core."""
    loop = multiprocessing.Process(target=_spin, args=(time.time() + 12,), daemon=True)
    loop.start()
    found = measured("b0", Options("cpu"), budget_s=4.0)
    loop.terminate()
    print(f"  {'stable (WRONG)' if found.stable else 'unstable'}: {'; '.join(found.doubts)}")


def predict() -> None:
    """The error of predictions on networks that a fit did not see, beside a line through MACs."""
    timed = gather(learning_networks(), options=Options("cpu"), budget_s=LEARN_S)
    found = learn(timed)
    print(
        f"  {found.networks} networks: median error {100 * found.error:.1f} % from layers, "
        f"{100 * found.line_error:.1f} % from MACs alone; nine in ten within "
        f"{100 * found.error_p90:.1f} %"
    )
    for name in ("b0", "b1", "v2_b0", "lite0", "mobilenet_v2", "resnet50"):
        ms = measured(name, Options("cpu"), budget_s=EACH_S).median_ms
        guess = found.milliseconds(effnet.get_variant(name))
        line = found.line[0] + found.line[1] * effnet.count(effnet.get_variant(name)).macs / 1e6
        print(
            f"  {name:13} {ms:7.2f} ms, predicted {guess:7.2f} ({100 * (guess / ms - 1):+.0f} %), "
            f"line {line:7.2f} ({100 * (line / ms - 1):+.0f} %)"
        )


PARTS = {
    "agreement": agreement,
    "stages": stages,
    "itself": itself,
    "faster": faster,
    "busy": busy,
    "predict": predict,
}

if __name__ == "__main__":
    use_threads()
    torch.set_num_threads(cores())  # fewer where this process was given fewer
    print(f"{cores()} cores for this process")
    for part in sys.argv[1:] or PARTS:
        print(f"\n{PARTS[part].__doc__}")
        PARTS[part]()
