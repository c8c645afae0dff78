"""Networks of equal cost that learn side by side: what each names right, look by look. No torch.

The recorded race is `assets/experiments/race.json`: what `COMMAND` leaves in its folder. The
pictures are Fashion-MNIST's (Zalando Research, MIT licence).
"""

import base64
import io
import json
import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from effnet.base import has_numbers, read_json, read_lines, write_whole
from effnet.jobs import METRICS
from effnet.train import fashion_mnist
from effnet.train.claim import BATCH, SHIPPED
from effnet.train.many_trainings import Job
from effnet.train.plan import WAYS
from effnet.train.recipe import LOOKED_AT
from effnet.train.results import Row

FILE = "race.json"
COMMAND = "effnet train scaling --budget 4 --seeds 1 --workers 1 --output FOLDER"
LOOKS = 40
EACH = 3  # pictures shown of every class
PLAN = ("budget", "seed", "epochs", "rate")
LANE = ("macs", "params", "depth", "width", "resolution")
MACHINE = ("date", "processor", "cores", "torch")

Race = dict[str, Any]


def watched(job: Job) -> Job:
    """The same training, whose progress can be shown as a lane."""
    return replace(job, recipe=replace(job.recipe, looks=LOOKS))


def shown(labels: list[int]) -> list[int]:
    """The held-out pictures that are shown: the first of every class, then its second, its third.

    Args:
        labels: Classes of the held-out pictures that are looked at.
    """
    of = [[i for i, label in enumerate(labels) if label == one] for one in range(max(labels) + 1)]
    return [numbers[place] for place in range(EACH) for numbers in of if place < len(numbers)]


def pictures() -> dict[str, Any]:
    """What is shown of Fashion-MNIST's test pictures: their numbers, classes, and one PNG of all.

    Raises:
        EffnetError: The data are not there.
    """
    import numpy as np
    from PIL import Image

    _, (images, labels) = fashion_mnist.fashion_mnist()
    numbers = shown(labels[:LOOKED_AT].tolist())
    row = np.concatenate(images[numbers, 0], axis=1)
    buffer = io.BytesIO()
    Image.fromarray(row).save(buffer, "PNG", optimize=True)
    return {
        "source": "Fashion-MNIST, Zalando Research, MIT licence; numbers count its test pictures",
        "numbers": numbers,
        "labels": labels[numbers].tolist(),
        "classes": fashion_mnist.CLASSES,
        "png": base64.b64encode(buffer.getvalue()).decode(),
    }


def lanes(folder: Path, numbers: list[int]) -> Race | None:
    """How far the ways of a scaling run are; None before the first look.

    Args:
        folder: The run's.
        numbers: Of the held-out pictures that are shown.
    """
    names = read_json(folder / "jobs.json")
    found: dict[str, Row] = {}
    plan: Row = {}
    for key, facts in names.items() if isinstance(names, dict) else ():
        way = facts.get("way") if has_numbers(facts, *PLAN, *LANE) else None
        if way not in WAYS or way in found or not re.fullmatch(r"[\w-]{1,80}", key):
            continue
        rows = read_lines(folder / "jobs" / key / METRICS)
        looks = [row for row in rows if _is_look(row)]
        bits = [f"{int(row['right'], 16):0{LOOKED_AT}b}" for row in looks]
        found[way] = {
            "way": way,
            **{name: facts[name] for name in LANE},
            "steps": [row["step"] for row in looks],
            "top1": [row.count("1") / LOOKED_AT for row in bits],
            "right": ["".join(row[number] for number in numbers) for row in bits],
            "cpu_seconds": round(looks[-1]["cpu_seconds"], 1) if looks else 0,
        }
        if looks:
            steps = round(looks[0]["step"] / looks[0]["share"])
            plan = {name: facts[name] for name in PLAN} | {"steps": steps, "batch": BATCH}
    if not plan:
        return None
    return {"plan": plan, "lanes": [found[way] for way in WAYS if way in found]}


def _is_look(row: Row) -> bool:
    if not has_numbers(row, "step", "share", "cpu_seconds") or not 0 < row["share"] <= 1:
        return False
    right = row.get("right")
    return isinstance(right, str) and bool(re.fullmatch(rf"[0-9a-f]{{{LOOKED_AT // 4}}}", right))


def record(folder: Path, rows: list[Row]) -> None:
    """Write the race of a run that has ended into its folder, with its pictures.

    Args:
        folder: The run's.
        rows: Its results, for the machine.
    """
    found = pictures()
    if race := lanes(folder, found["numbers"]):
        machine = {name: rows[0][name] for name in MACHINE}
        whole = {"command": COMMAND, "machine": machine, "pictures": found, **race}
        write_whole(folder / FILE, json.dumps(whole).encode())


@lru_cache(maxsize=1)
def recorded() -> Race | None:
    """The race that is shipped; None where it is not installed."""
    found: Race | None = read_json(SHIPPED / FILE)
    return found
