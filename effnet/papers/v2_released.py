"""The V2 family as released: what paper, README, Keras and torchvision say of the same networks."""

from collections.abc import Iterator

from effnet.base import say, significant
from effnet.papers.beside import counted, furthest, macs_g, pairs, params_m, params_with_statistics
from effnet.papers.printed_rows import rows
from effnet.papers.records import Beside, Line, Lines, Value, exhibit
from effnet.papers.v2_stages import first_v2_s

# --- the released networks ------------------------------------------------------------------------


def released_v2() -> Iterator[Line]:
    """The README's and torchvision's numbers of every V2 beside ours."""
    for row in rows("v2_family"):
        spec = row.network
        assert spec is not None
        size = int(row["eval_size_px_repo"])
        values: dict[str, Value] = {
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
        }
        yield row.line(values, name=f"EfficientNet{row['model']}")


def released_v2_finding(lines: Lines) -> str:
    """Exact totals that agree, and the README's number that fits neither."""
    exact = [b for _, column, b in pairs(lines) if column.startswith(("Keras", "torchvision, p"))]
    line, _, beside = furthest(lines, "README, parameters (M)")
    return say(
        "{agree} of {all} parameter totals of Keras and torchvision equal ours; the README's "
        "{printed} M for {row} is neither {computed} M nor, with BatchNorm statistics, "
        "{keras:.1f} M.",
        agree=sum(b.agrees for b in exact),
        all=len(exact),
        printed=beside.printed,
        row=line.name,
        computed=significant(beside.computed or 0, 4),
        keras=(line.beside("Keras, parameters").computed or 0) / 1e6,
    )


EXHIBITS = (exhibit("v2-released", released_v2, released_v2_finding),)
