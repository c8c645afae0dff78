"""Where exhibits come from, and the column titles that they share. Standard library only."""

from effnet.base import content
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

PAPERS = tuple(Paper(key, **content(f"papers_{key}")["paper"]) for key in ("v1", "v2", "lite"))
