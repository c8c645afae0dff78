"""Where exhibits come from, and the column titles that they share. Standard library only."""

from effnet.base import mark
from effnet.papers.records import Paper

TPU = "tensorflow/tpu models/official/efficientnet"
AUTOML = "google/automl efficientnetv2"
ICML = "ICML 2019 camera-ready (PMLR 97)"
V1_PAPER = "arXiv:1905.11946v5"
V2_PAPER = "arXiv:2104.00298v3"
V2_FIRST = "arXiv:2104.00298v1"
LITE_README = f"{TPU}/lite/README.md"

TOP1, TOP5 = "top-1 (%)", "top-5 (%)"
PARAMS, MACS = "parameters (M)", "MACs (G)"
LATENCY, HOURS = "latency (ms)", "training (hours on 32 TPU cores)"
THROUGHPUT = "images/s"

PAPERS = (
    Paper(
        "v1",
        "EfficientNet",
        "Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, "
        "ICML 2019",
        "https://arxiv.org/abs/1905.11946",
        "arXiv v5 is redrawn; the ICML version, v2 and v3 were read as well",
    ),
    Paper(
        "v2",
        "EfficientNetV2",
        "Tan and Le, EfficientNetV2: Smaller Models and Faster Training, ICML 2021",
        "https://arxiv.org/abs/2104.00298",
        "arXiv v3 is redrawn; v1 was read as well",
    ),
    Paper(
        "lite",
        "EfficientNet-Lite",
        mark("The README of EfficientNet-Lite; there is no paper"),
        "https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite",
        "the README in the official code",
    ),
)
