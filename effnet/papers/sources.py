"""Where exhibits come from, and the column titles that they share. Standard library only."""

from effnet.base import content
from effnet.papers.records import Paper

V1_PAPER = "arXiv:1905.11946v5"
V2_PAPER = "arXiv:2104.00298v3"
V2_FIRST = "arXiv:2104.00298v1"

TOP1 = "top-1 (%)"
PARAMS, MACS = "parameters (M)", "MACs (G)"
LATENCY, HOURS = "latency (ms)", "training (hours on 32 TPU cores)"
THROUGHPUT = "images/s"

PAPERS = tuple(Paper(key, **content(f"papers_{key}")["paper"]) for key in ("v1", "v2", "lite"))
