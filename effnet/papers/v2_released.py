"""The V2 family as released: what paper, README, Keras and torchvision say of the same networks."""

from effnet.base import mark, say, significant
from effnet.papers.beside import (
    counted,
    furthest,
    macs_g,
    network,
    pairs,
    params_m,
    params_with_statistics,
    released,
    rows,
)
from effnet.papers.records import Beside, Exhibit, Line, Lines, Note
from effnet.papers.sources import AUTOML, V2_FIRST, V2_PAPER
from effnet.papers.v2_stages import first_v2_s

FUSED_STAGES = {"no fused": 0, "fused stage 1-3": 3, "fused stage 1-5": 5, "fused stage 1-7": 7}


# --- the released networks ------------------------------------------------------------------------


def released_v2() -> Lines:
    """The README's and torchvision's numbers of every V2 beside ours."""
    lines = []
    for row in rows("v2_family"):
        spec = network(row["model"])
        assert spec is not None
        size = int(row["eval_size_px_repo"])
        lines.append(
            Line(
                f"EfficientNet{row['model']}",
                {
                    "input (px)": row["eval_size_px_repo"],
                    "README, top-1 (%)": row["repo_top1_percent_in1k"],
                    "paper, top-1 (%)": row["paper_top1_percent_in1k"],
                    "paper, 21k top-1 (%)": row["paper_top1_percent_21k_arxiv_v3"],
                    "arXiv v1, 21k top-1 (%)": row["paper_top1_percent_21k_arxiv_v1"],
                    "README, 21k top-1 (%)": row["repo_top1_percent_21k"],
                    "paper, parameters (M)": params_m(row["paper_params_M_arxiv_v3"], spec),
                    "arXiv v1, parameters (M)": params_m(
                        row["paper_params_M_arxiv_v1"],
                        first_v2_s() if row["model"] == "V2-S" else None,
                    ),
                    "README, parameters (M)": params_m(row["repo_params_M"], spec),
                    "Keras, parameters": Beside(
                        row["repo_keras_total_params"], params_with_statistics(spec)
                    ),
                    "torchvision, parameters": Beside(row["torchvision_params"], counted(spec)[0]),
                    "paper, MACs (G)": macs_g(row["paper_flops_B"], spec, size),
                    "README, MACs (G)": macs_g(row["repo_flops_B"], spec, size),
                    "torchvision, MACs (G)": macs_g(row["torchvision_gmacs"], spec, size),
                },
                row["source"],
                row["notes"],
                released(row["model"]),
            )
        )
    return tuple(lines)


def released_v2_finding(lines: Lines) -> str:
    """Exact totals that agree, and the README's number that fits neither."""
    exact = [b for _, column, b in pairs(lines) if column.startswith(("Keras", "torchvision, p"))]
    line, _, beside = furthest(lines, "README, parameters (M)")
    return say(
        "{agree} of {all} parameter totals of Keras and torchvision are ours to the last integer; "
        "the README's {printed} M for {row} fits neither {computed} M nor {keras:.1f} M with "
        "BatchNorm statistics.",
        agree=sum(b.agrees for b in exact),
        all=len(exact),
        printed=beside.printed,
        row=line.name,
        computed=significant(beside.computed or 0, 4),
        keras=(line.beside("Keras, parameters").computed or 0) / 1e6,
    )


_OLD_SIZES = Note(
    mark(
        "24, 55 and 121 M are the sizes of the first arXiv version; Table 7 of v3 has 22, 54 and "
        "120 M, Tables 8, 10 and 11 kept the old ones."
    ),
    f"{V2_PAPER} Tables 7, 8, 10 and 11; {V2_FIRST} Table 7",
)

EXHIBITS = (
    Exhibit(
        "v2-released",
        "v2",
        mark("Released networks"),
        mark("Paper, README, Keras and torchvision on the V2 family"),
        mark("Four sources print sizes and costs of the same networks, and do not always agree."),
        f"{AUTOML}/README.md and effnetv2_model_test.py; torchvision 0.29.1; {V2_PAPER}",
        released_v2,
        released_v2_finding,
        (),
        (
            _OLD_SIZES,
            Note(
                mark(
                    "V2-L's 119.5 M in the README fits neither the 118,515,272 that are trained "
                    "nor the 119,027,848 with BatchNorm's statistics."
                ),
                f"{AUTOML}/README.md; counted here",
            ),
            Note(
                mark(
                    "V2-B2 and V2-XL's ImageNet-1k numbers are not in the paper; V2-B2 and B3 "
                    "have a wider head (1408 and 1536) because their width is above 1."
                ),
                f"{AUTOML}/effnetv2_configs.py",
            ),
            Note(
                mark(
                    "This code base rounds channels without the 90 % rule: V2-B3's first stage "
                    "has 16 channels, not 24."
                ),
                f"{AUTOML}/effnetv2_model.py",
            ),
        ),
    ),
)
