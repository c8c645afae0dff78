"""What the first paper's text says of scaling and search, and what the released code scales by."""

from collections.abc import Iterator

from effnet.base import say, significant
from effnet.network import get_variant
from effnet.papers.beside import (
    called,
    counted,
    dots,
    free,
    macs_g,
    params_with_statistics,
    released,
    series,
)
from effnet.papers.printed_rows import rows
from effnet.papers.records import Beside, Chart, Line, Lines, Value, exhibit
from effnet.papers.sources import TOP1, V1_PAPER
from effnet.papers.wording import shown
from effnet.scaling import budget, implied_phi

PHI = {axis: f"phi from {axis}, computed" for axis in ("depth", "width", "resolution")}
REWARD = "reward, computed"


# --- the released coefficients ------------------------------------------------------------------


def coefficients() -> Iterator[Line]:
    """B0 to L2 by the code's coefficients, with the phi of each axis and torchvision's counts."""
    for row in rows("b_family"):
        spec = row.network
        assert spec is not None
        small = row["model"] == "L2-475"
        phis = implied_phi(spec)
        own = round(row.number("resolution_px"))
        size = round(row.maybe("torchvision_gmacs_input_px") or own)
        params, macs = counted(spec, own)
        design = released(row["model"])
        if small:
            design = free(depth=spec.depth, width=spec.width, resolution=475)
        values: dict[str, Value] = {
            "depth": row["depth_coefficient"],
            "width": row["width_coefficient"],
            "input (px)": row["resolution_px"],
            "dropout": row["dropout_rate"],
            PHI["depth"]: round(phis.depth, 2),
            PHI["width"]: round(phis.width, 2),
            PHI["resolution"]: None if small else round(phis.resolution, 2),
            "parameters, torchvision": Beside(row["torchvision_params"], params),
            "MACs, torchvision (G)": macs_g(row["torchvision_gmacs"], spec, size),
            "parameters with BatchNorm statistics, computed": params_with_statistics(spec),
            "MACs, computed": macs,
        }
        yield row.line(values, name=f"EfficientNet-{row['model']}", design=design)


def coefficients_finding(lines: Lines) -> str:
    """The widest spread of phi among the paper's networks."""
    own = [line for line in lines if line.name[-2:] in {f"B{i}" for i in range(1, 8)}]

    def spread(line: Line) -> float:
        phis = [line.number(column) for column in PHI.values()]
        return max(phis) - min(phis)

    worst = max(own, key=spread)
    low, high = sorted(worst.number(column) for column in PHI.values())[:: len(PHI) - 1]
    return say(
        "No single phi gives the released networks: {row}'s depth, width and resolution stand for "
        "phi {low:.2f} to {high:.2f}.",
        row=worst.name,
        low=low,
        high=high,
    )


def coefficients_chart(lines: Lines) -> Chart:
    """The phi of every axis, network by network; L2's width is far outside."""
    _, others = called(lines, "EfficientNet-L")
    groups = [
        series(others, shown(axis), axis, column, origin="computed") for axis, column in PHI.items()
    ]
    first = others[1]
    phis = " / ".join(f"{first.number(column):.2f}" for column in PHI.values())
    title = say("{row} is phi {phis} by depth, width and resolution", row=first.name, phis=phis)
    return dots(title, "phi", groups)


# --- the search objective -----------------------------------------------------------------------


def objective() -> Iterator[Line]:
    """The search's reward for the paper's networks: printed accuracy, our multiply-adds."""
    (row,) = [r for r in rows("nas_objectives") if r["target_T_mult_adds_M"]]
    target, exponent = row.number("target_T_mult_adds_M"), row.number("exponent_w")
    for printed in rows("b_family"):
        top1 = printed["paper_top1_percent_arxiv_v5"]
        if not top1:
            continue
        spec = get_variant(printed["model"])
        macs = counted(spec)[1]
        factor = (macs / target) ** exponent
        yield Line(
            f"EfficientNet-{printed['model']}",
            {
                TOP1: top1,
                "MACs, computed (G)": macs / 1e9,
                "factor (MACs / T)^w, computed": round(factor, 4),
                REWARD: round(float(top1) * factor, 2),
            },
            f"objective: {row['source']}; top-1: {V1_PAPER} Table 2",
            design=released(printed["model"]),
        )


def objective_finding(lines: Lines) -> str:
    """Who wins by the objective."""
    best = max(lines, key=lambda line: line.number(REWARD))
    last = lines[-1]
    return say(
        "By the search's own objective {best} scores {high:.1f} and {last} {low:.1f}: its "
        "multiply-adds cost it {share:.0f} % of its accuracy.",
        best=best.name,
        high=best.number(REWARD),
        last=last.name,
        low=last.number(REWARD),
        share=100 * (1 - last.number("factor (MACs / T)^w, computed")),
    )


def objective_chart(lines: Lines) -> Chart:
    """Accuracy, and what the objective leaves of it."""
    best = max(lines, key=lambda line: line.number(REWARD))
    return dots(
        say("The objective prefers {row}: accuracy grows slower than its price", row=best.name),
        say("top-1 (%), and reward in the same unit"),
        (
            series(lines, shown(REWARD), "v1", REWARD, origin="computed"),
            series(lines, say("top-1, published"), "v1", TOP1),
        ),
    )


def _step() -> dict[str, str]:
    """What a step of phi costs by the grid's alpha, beta and gamma."""
    step = budget()
    return {
        "budget": f"{step:.4f}",
        "step": significant(step),
        "short": significant(100 * (1 - step / 2), 2),
    }


EXHIBITS = (
    exhibit("v1-coefficients", coefficients, coefficients_finding, coefficients_chart),
    exhibit("v1-objective", objective, objective_finding, objective_chart, values=_step),
)
