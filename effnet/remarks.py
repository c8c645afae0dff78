"""What a map, its tests and its neighbours say, in words computed from them. No torch."""

from typing import TYPE_CHECKING

from effnet.receptive import layer_title, stage_ends
from effnet.spec import Spec
from effnet.units import percent, significant
from effnet.variants import display_name

if TYPE_CHECKING:
    from effnet.cam import Explanation, Rung
    from effnet.cam.inside import Microscope
    from effnet.cam.verdict import Verdict

PART = 0.2  # the brightest part whose loss a verdict tells


def _part() -> str:
    return f"{100 * PART:.0f} %"


def explanation_claim(spec: Spec, photo: str, explanation: "Explanation") -> str:
    """Where a network looked, in words: which part of what it saw holds half of the map."""
    network = display_name(spec)
    if explanation.weights == "random":
        return f"{network} has random weights here: this map of {photo} shows nothing learned."
    if explanation.blank:
        where = layer_title(spec, explanation.layer)
        return f"Nothing that {network} saw in {photo} speaks for {explanation.asked} at {where}."
    values = sorted(explanation.native.ravel().tolist(), reverse=True)
    half, used, total = 0.0, 0, sum(values)
    for value in values:
        half, used = half + value, used + 1
        if half >= total / 2:
            break
    return (
        f"Half of what speaks for {explanation.asked} lies on "
        f"{percent(used / len(values))} of what {network} saw of {photo}."
    )


def blank_note(spec: Spec, explanation: "Explanation") -> str:
    """Why a map is blank, and what to try."""
    where = layer_title(spec, explanation.layer)
    return (
        f"The map is blank: for {explanation.asked} at {where}, {explanation.why_blank}. "
        "Try a later layer, another method, or one of the top classes."
    )


def notes(spec: Spec, explanation: "Explanation", *, local: bool) -> list[str]:
    """What to keep in mind about a map.

    Args:
        spec: The network.
        explanation: The map.
        local: Whether its method keeps every place's own gradient.
    """
    found = []
    rows, columns = explanation.native.shape
    last = explanation.layer == stage_ends(spec)[-1]
    if explanation.method in ("gradcam", "gradcam++", "xgradcam") and not (last or local):
        found.append(
            "This method gives a channel one weight for all places. At an early layer a place sees "
            "little and places mean different things: HiResCAM or LayerCAM holds better there."
        )
    if explanation.method in ("eigencam", "eigengradcam"):
        found.append(
            "A principal component has no sign of its own: dark and bright may be swapped."
        )
    if not explanation.blank:
        place = int(explanation.native.argmax())
        row, column = divmod(place, columns)
        if rows > 2 and row in (0, rows - 1) and column in (0, columns - 1):
            found.append(
                "The brightest place is a corner. Padding often does that, not the picture; "
                "see whether other layers and networks agree."
            )
        if not explanation.against_label and explanation.probability < 0.01:
            found.append(
                f"The network gives {explanation.label} only {percent(explanation.probability)}: "
                "the map shows what little speaks for it."
            )
    return found


def default_reason(spec: Spec) -> str:
    """Why the last layer is the one to start with."""
    return (
        f"Default: {layer_title(spec, stage_ends(spec)[-1])}, the map that the classifier reads. "
        "Behind it come only a mean and one linear layer, so the places' shares add up to the "
        "score exactly."
    )


def verdict_claim(verdict: "Verdict", explanation: "Explanation") -> str:
    """Whether to believe a map, in one sentence with its numbers."""
    label = explanation.label
    sure, chance = percent(verdict.probability), percent(verdict.chance)
    if verdict.level == "untrained":
        return (
            f"Nothing in this map was learned: the weights are random, and {label} gets {sure} "
            f"where chance is {chance}."
        )
    if verdict.level == "nothing":
        return (
            f"There is nothing to explain: the network gives {label} {sure}, near chance "
            f"({chance})."
        )
    drop = (
        f"blurring its brightest {_part()} takes {label} from {sure} to "
        f"{percent(verdict.after_deleting(verdict.by_map, PART))}, a random {_part()} to "
        f"{percent(verdict.random_after_deleting(PART))}"
    )
    changed = f"rank correlation {significant(verdict.randomised, 2)}"
    if verdict.level == "chance":
        return f"This map is no better than chance: {drop}."
    if verdict.level == "follows":
        return (
            f"The map follows what the network learned: {drop}; with random weights the map "
            f"changes ({changed})."
        )
    reasons = []
    if verdict.beaten < len(verdict.randoms):
        reasons.append(f"it beats {verdict.beaten} of {len(verdict.randoms)} random orders")
    if abs(verdict.randomised) >= 0.5:
        reasons.append(
            f"with random weights it stays much the same ({changed}), so part of it is the "
            "picture's, not the network's"
        )
    return f"Believe this map in part: {drop}, but {' and '.join(reasons)}."


def centre_note(verdict: "Verdict") -> str:
    """How the map does against a blob in the middle of the picture."""
    ours, centre = significant(verdict.by_map.score, 2), significant(verdict.centre.score, 2)
    how = "beats" if verdict.beats_centre else "does not beat"
    tail = "" if verdict.beats_centre else ": the object is in the middle, where any guess hits it"
    return f"The map {how} a blob in the middle ({ours} against {centre}){tail}."


def ladder_claim(rungs: "list[Rung]") -> str:
    """What a row of maps says of agreement and of the box."""
    alike = [rung.agreement for rung in rungs if rung.agreement is not None]
    words = []
    if alike:
        low, high = significant(min(alike), 2), significant(max(alike), 2)
        span = low if low == high else f"{low} to {high}"
        words.append(f"Neighbours agree by {span} (rank correlation)")
    shares = [rung.share for rung in rungs if rung.share is not None]
    if shares:
        low, high = percent(min(s.mass for s in shares)), percent(max(s.mass for s in shares))
        words.append(
            f"{low} to {high} of the map lies in the box, where an even map would have "
            f"{percent(shares[0].area)}"
        )
    return f"{'; '.join(words)}." if words else "Too few maps to compare."


def gates_claim(microscope: "Microscope", label: str, index: int) -> str:
    """What forcing the gates does to a class's score."""
    usual, one, mean = (
        float(microscope.logits[force][index]) for force in ("as they are", "one", "mean")
    )
    return (
        f"{label} scores {significant(usual)} with its gates, {significant(one)} with all of them "
        f"wide open, {significant(mean)} with every gate at the mean of its block."
    )
