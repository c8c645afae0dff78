"""The site's lessons: a list, and a page for each whose answers are computed when it is made."""

from typing import Any

from effnet.base import mark, say
from effnet.counting import count
from effnet.network import Spec
from effnet.report import Step, answer, lessons
from effnet.site import step_charts
from effnet.site.site_pages import Folder
from effnet.timing import work

QUANTITIES = {
    "macs": mark("multiply-adds"),
    "params": mark("parameters"),
    "activations": mark("activations"),
}
INTENSITY = mark("multiply-adds a byte")
APP_PAGES = {
    "pages/cost.py": mark("Cost"),
    "pages/latency.py": mark("Latency"),
    "pages/explain.py": mark("Explain"),
    "pages/train.py": mark("Train"),
}


def all_lessons(folder: Folder, *, classifies: bool) -> None:
    """The list of the lessons, and a page for each: predict, then reveal."""
    found = list(lessons.lessons().values())
    folder.write("lessons.html", lessons=found)
    for lesson in found:
        folder.write(
            f"lesson-{lesson.key}.html",
            template="lesson.html",
            title=lesson.title,
            lesson=lesson,
            steps=[_step(step, classifies=classifies) for step in lesson.steps],
        )


def _step(step: Step, *, classifies: bool) -> dict[str, Any]:
    found = answer(step.question)
    elsewhere = step.page in APP_PAGES
    hidden = f"&hide={','.join(step.hide)}" if step.hide else ""
    return {
        "say": say(step.say),
        "ask": say(step.question.ask),
        "because": say(step.question.because),
        "choices": found.choices,
        "right": found.right,
        "shown": found.shown,
        "frame": "" if elsewhere else f"index.html?{step.design}{hidden}",
        "bars": _bars(step),
        "drawn": step_charts.shown_by(step),
        "why": [why and say("{why}.", why=why) for why in found.why or [""] * len(found.choices)],
        "page": (
            say("In the app this step stands on the page {page}.", page=say(APP_PAGES[step.page]))
            if elsewhere and step.page != "pages/cost.py"
            else ""
        ),
        "href": "classify.html" if classifies and step.page == "pages/explain.py" else "",
    }


def _bars(step: Step) -> list[dict[str, Any]]:
    """What the app shows by kind of layer, as bars without numbers: a question asks for one."""
    spec = lessons.read(step.design).spec()
    if step.page == "pages/cost.py":
        kinds = count(spec).by_kind()
        found = {
            quantity: {kind: float(getattr(total, quantity)) for kind, total in kinds.items()}
            for quantity in QUANTITIES
        }
    elif step.question.quantity == "intensity":
        found = {"intensity": _intensities(spec)}
    else:
        found = {}
    return [
        {
            "quantity": quantity,
            "name": say(QUANTITIES.get(quantity, INTENSITY)),
            "kinds": [
                {"name": say(kind), "share": value / max(values.values())}
                for kind, value in values.items()
            ],
        }
        for quantity, values in found.items()
    ]


def _intensities(spec: Spec) -> dict[str, float]:
    """Multiply-adds for every byte that is moved, by kind of layer."""
    units = work(spec)
    return {
        kind: sum(unit.macs for unit in units if unit.kind == kind)
        / sum(unit.bytes for unit in units if unit.kind == kind)
        for kind in dict.fromkeys(unit.kind for unit in units if unit.macs)
    }
