"""int8 beside fp32 on this machine: size, time in turn, agreement over crops, where it breaks.

    python tests/benchmarks/bench_int8.py [lite0 lite1 ...]

The last lines take away one choice after the other, and calibrate on other photos than those that
are compared.
"""

import sys

import torch

import effnet
from effnet.int8 import quantize
from effnet.pixels import list_samples

SECONDS = 6.0
FEWER = {
    "as it is": {},
    "biases as they were": {"correct_bias": False},
    "one step a tensor": {"per_channel": False},
    "neither": {"correct_bias": False, "per_channel": False},
}


def main(names: list[str]) -> None:
    """Each network by the default choices, then the first with fewer of them."""
    torch.set_num_threads(2)
    for name in names:
        print(quantize(effnet.load(name), budget_s=SECONDS), end="\n\n")
    classifier = effnet.load(names[0])
    for title, choices in FEWER.items():
        made = quantize(classifier, budget_s=0, **choices)
        print(
            f"{names[0]}, {title}: {made.agreement.sentence()}; logits {made.layers[-1].snr_db:.1f}"
            f" dB, worst layer {made.worst.layer} {made.worst.snr_db:.1f} dB,"
            f" size {made.size_ratio:.3f}"
        )
    photos = [sample.path for sample in list_samples()]
    apart = quantize(classifier, photos[::2], compare_on=photos[1::2], budget_s=0)
    print(f"{names[0]}, other photos than calibrated on: {apart.agreement.sentence()}")


if __name__ == "__main__":
    main(sys.argv[1:] or ["lite0"])
