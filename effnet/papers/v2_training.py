"""How the second paper trains and searches: image size, augmentation, the objective."""

from collections.abc import Iterator

from effnet.base import say, significant
from effnet.network import get_variant
from effnet.papers.beside import counted, dots, free, released, series, where
from effnet.papers.printed_rows import rows
from effnet.papers.records import Axis, Chart, Line, Lines, Value, exhibit
from effnet.papers.sources import HOURS, THROUGHPUT, TOP1
from effnet.papers.wording import shown

REWARD = "reward, computed"


# --- Table 2: smaller images, faster training -----------------------------------------------------


def image_size() -> Iterator[Line]:
    """Table 2: training throughput of B6 at two sizes."""
    b6 = get_variant("b6")
    for row in rows("inference_latency", paper="V2", table="Table 2"):
        size = int(row["model"].rpartition("size ")[2].removesuffix(" px"))
        full = "out of memory" in row["notes"]
        values: dict[str, Value] = {
            "training size (px)": size,
            "hardware": row["hardware"],
            "batch": row["batch_size"],
            TOP1: row["top1_percent"],
            f"throughput ({THROUGHPUT})": row["throughput_images_per_s"],
            "outcome": "out of memory" if full else "runs",
            "MACs, computed (G)": counted(b6, size)[1] / 1e9,
        }
        yield row.line(
            values,
            name=f"{size} px, {row['hardware']}, batch {row['batch_size']}",
            design=free(depth=b6.depth, width=b6.width, resolution=size),
        )


def image_size_finding(lines: Lines) -> str:
    """Fewer pixels: work and throughput."""
    column = f"throughput ({THROUGHPUT})"
    large, small = lines[0], next(x for x in lines[1:] if x.values["batch"] == "32")
    work = large.number("MACs, computed (G)") / small.number("MACs, computed (G)")
    return say(
        "At {small} instead of {large} px B6 does {work} times fewer multiply-adds (computed) and "
        "trains {speed} times as fast on a TPU (published).",
        small=small.values["training size (px)"],
        large=large.values["training size (px)"],
        work=significant(work),
        speed=significant(small.number(column) / large.number(column)),
    )


def image_size_chart(lines: Lines) -> Chart:
    """Throughput by size, machine and batch."""
    column = f"throughput ({THROUGHPUT})"
    failed = [line for line in lines if line.values["outcome"] != "runs"]
    large, small = (where(lines, "training size (px)", size) for size in (512, 380))
    return dots(
        say(
            "Smaller images train faster, and leave memory for batches that fail {n} times at "
            "{size} px",
            n=len(failed),
            size=failed[0].values["training size (px)"],
        ),
        say("training throughput per core or GPU (images/s)"),
        (
            series(large, "512 px", "other", column),
            series(small, "380 px", "v1", column),
        ),
    )


# --- Table 5: size and regularisation -------------------------------------------------------------


def regularisation() -> Lines:
    """Table 5: image size against RandAugment's magnitude."""
    return tuple(
        row.line(
            {
                "image size (px)": row["image_size_px"],
                "RandAugment magnitude": row["randaugment_magnitude"],
                TOP1: row["top1_percent"],
                "deviation over 3 runs": row["top1_std_percent"],
            },
            name=f"{row['image_size_px']} px, magnitude {row['randaugment_magnitude']}",
        )
        for row in rows("v2_ablations", table="Table 5")
    )


def _changes(lines: Lines) -> dict[str, float]:
    """What going from the weakest to the strongest augmentation does at each size."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(str(line.values["image size (px)"]), []).append(line)
    return {size: own[-1].number(TOP1) - own[0].number(TOP1) for size, own in found.items()}


def regularisation_finding(lines: Lines) -> str:
    """What stronger augmentation does to small and to large images."""
    changes = _changes(lines)
    low, high = min(changes, key=int), max(changes, key=int)
    return say(
        "Stronger RandAugment (5 to 15) changes top-1 by {less:+.1f} points at {low} px and by "
        "{more:+.1f} at {high} px: small images want weak regularisation.",
        less=changes[low],
        low=low,
        more=changes[high],
        high=high,
    )


def regularisation_chart(lines: Lines) -> Chart:
    """Accuracy along the magnitude, a colour for each size."""
    groups = [
        series(
            where(lines, "image size (px)", size),
            f"{size} px",
            f"setting {i}",
            "RandAugment magnitude",
            TOP1,
            spread="deviation over 3 runs",
        )
        for i, size in enumerate(_changes(lines), start=1)
    ]
    return Chart(
        say("Stronger augmentation helps large images and harms small ones"),
        Axis(shown("RandAugment magnitude")),
        Axis(say("ImageNet top-1 (%)")),
        tuple(groups),
    )


# --- section 3.3: the search ----------------------------------------------------------------------


def objective() -> Iterator[Line]:
    """The second search's reward, with Table 7's training hours in place of the step time."""
    (row,) = [r for r in rows("nas_objectives") if r["exponent_v"]]
    by_time, by_size = row.number("exponent_w"), row.number("exponent_v")
    for printed in rows("inference_latency", paper="V2", table="Table 7"):
        spec = printed.network
        hours = printed["train_hours_32_tpu_cores"]
        if spec is None or not hours or "21k" in printed["model"]:
            continue
        top1 = printed.number("top1_percent")
        time_factor = float(hours) ** by_time
        size_factor = (counted(spec)[0] / 1e6) ** by_size
        yield Line(
            printed["model"],
            {
                TOP1: printed["top1_percent"],
                HOURS: hours,
                "parameters, computed (M)": counted(spec)[0] / 1e6,
                "S^w, computed": round(time_factor, 4),
                "P^v, computed": round(size_factor, 4),
                REWARD: round(top1 * time_factor * size_factor, 2),
            },
            f"objective: {row['source']}; top-1 and hours: {printed['source']}",
            printed["notes"],
            released(printed["model"]),
        )


def objective_finding(lines: Lines) -> str:
    """Who wins by the objective."""
    best = max(lines, key=lambda x: x.number(REWARD))
    return say(
        "With training hours in place of the step time, {row} scores highest by the second "
        "search's objective ({reward:.1f}).",
        row=best.name,
        reward=best.number(REWARD),
    )


def objective_chart(lines: Lines) -> Chart:
    """Rewards."""
    best = max(lines, key=lambda x: x.number(REWARD))
    return dots(
        say("{row} is what this objective asks for", row=best.name),
        say("reward (top-1 in % x factors)"),
        (series(lines, shown(REWARD), "v2", REWARD, origin="computed"),),
    )


EXHIBITS = (
    exhibit("v2-table-2", image_size, image_size_finding, image_size_chart),
    exhibit("v2-table-5", regularisation, regularisation_finding, regularisation_chart),
    exhibit("v2-objective", objective, objective_finding, objective_chart),
)
