"""What a map, its tests and its neighbours say, in words computed from them. No torch."""

import math
from typing import TYPE_CHECKING

from effnet.base import class_name, mark, percent, probability, say, significant
from effnet.counting import layer_title, stage_ends
from effnet.network import Spec, display_name

if TYPE_CHECKING:
    from effnet.cam import Explanation, Microscope, Rung, Verdict

FRACTIONS = {  # of a picture, as one says them
    mark("About a fiftieth"): 1 / 50,
    mark("About a twentieth"): 1 / 20,
    mark("About a tenth"): 1 / 10,
    mark("About an eighth"): 1 / 8,
    mark("About a sixth"): 1 / 6,
    mark("About a fifth"): 1 / 5,
    mark("About a quarter"): 1 / 4,
    mark("About three tenths"): 3 / 10,
    mark("About a third"): 1 / 3,
    mark("About two fifths"): 2 / 5,
    mark("About half"): 1 / 2,
}
SAME_AT_LAST = ("cam", "gradcam", "hirescam", "xgradcam")  # methods whose last map is one
PART = 0.2  # the brightest part whose loss a verdict tells


def _part() -> str:
    return f"{100 * PART:.0f} %"


def _in_words(share: float) -> str:
    """The simple fraction that is nearest, by ratio, to a share of at most a half; not yet said."""
    return min(FRACTIONS, key=lambda words: abs(math.log(share / FRACTIONS[words])))


def explanation_claim(spec: Spec, photo: str, explanation: "Explanation") -> str:
    """Where a network looked, in words: which part of what it saw holds half of the map."""
    network = display_name(spec)
    if explanation.weights == "random":
        return say(
            "{network} has random weights here: this map of {photo} shows nothing learned.",
            network=network,
            photo=photo,
        )
    if explanation.blank:
        return say(
            "Nothing that {network} saw in {photo} speaks for {asked} at {where}.",
            network=network,
            photo=photo,
            asked=explanation.asked,
            where=layer_title(spec, explanation.layer),
        )
    values = sorted(explanation.native.ravel().tolist(), reverse=True)
    half, used, total = 0.0, 0, sum(values)
    for value in values:
        half, used = half + value, used + 1
        if half >= total / 2:
            break
    return say(
        "{Part} of the picture holds half of what speaks for {asked}: {share} of what {network} "
        "saw of {photo}.",
        Part=say(_in_words(used / len(values))),
        asked=explanation.asked,
        share=percent(used / len(values)),
        network=network,
        photo=photo,
    )


def hidden_claim(network: str, label: str, before: float, after: float) -> str:
    """What hiding a place of the photo does to the probability of a class."""
    return say(
        "Without the hidden place {network} gives {label} {after}; with it, {before}.",
        network=network,
        label=label,
        after=percent(after),
        before=percent(before),
    )


def blank_note(spec: Spec, explanation: "Explanation") -> str:
    """Why a map is blank, and what to try."""
    return say(
        "The map is blank: for {asked} at {where}, {why}. Try a later layer, another method, or "
        "one of the top classes.",
        asked=explanation.asked,
        where=layer_title(spec, explanation.layer),
        why=say(explanation.why_blank),
    )


def why_same(spec: Spec, explanation: "Explanation") -> str:
    """Why other methods give the same map, where they do; else ""."""
    if explanation.layer != stage_ends(spec)[-1] or explanation.method not in SAME_AT_LAST:
        return ""
    return say(
        "Only a mean and one linear layer follow, so a channel has the same gradient at every "
        "place. Grad-CAM++ and LayerCAM differ a little: they leave out what speaks against the "
        "class."
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
    if why_same(spec, explanation):
        found.append(
            say("At the last layer CAM, Grad-CAM, HiResCAM and XGrad-CAM all give this map.")
        )
    if explanation.method in ("gradcam", "gradcam++", "xgradcam") and not (last or local):
        found.append(
            say(
                "This method gives each channel one weight for all places. At an early layer a "
                "place sees little, and one channel can mean different things at different "
                "places. HiResCAM or LayerCAM fits better there."
            )
        )
    if explanation.method in ("eigencam", "eigengradcam"):
        found.append(
            say("A principal component has no sign of its own: dark and bright may be swapped.")
        )
    if not explanation.blank:
        place = int(explanation.native.argmax())
        row, column = divmod(place, columns)
        if rows > 2 and row in (0, rows - 1) and column in (0, columns - 1):
            found.append(
                say(
                    "The brightest place is a corner. Padding often does that, not the picture; "
                    "see whether other layers and networks agree."
                )
            )
        if not explanation.against_label and explanation.probability < 0.01:
            found.append(
                say(
                    "The network gives {label} only {probability}: the map shows what little "
                    "speaks for it.",
                    label=class_name(explanation.label),
                    probability=probability(explanation.probability),
                )
            )
    return found


def default_reason(spec: Spec) -> str:
    """Why the last layer is the one to start with."""
    return say(
        "The default is {layer}, the map that the classifier reads. Only a mean and one linear "
        "layer follow it, so the shares of all places add up to the score exactly.",
        layer=layer_title(spec, stage_ends(spec)[-1]),
    )


def verdict_claim(verdict: "Verdict", explanation: "Explanation") -> str:
    """Whether to believe a map, in one sentence with its numbers."""
    label = class_name(explanation.label)
    sure, chance = percent(verdict.probability), percent(verdict.chance)
    if verdict.level in ("untrained", "nothing"):
        return say(
            "Nothing in this map was learned: the weights are random, and {label} gets {sure} "
            "where chance is {chance}."
            if verdict.level == "untrained"
            else "There is nothing to explain: the network gives {label} {sure}, near chance "
            "({chance}).",
            label=label,
            sure=sure,
            chance=chance,
        )
    drop = say(
        "blurring its brightest {part} takes {label} from {sure} to {left}, a random {part} to "
        "{random}",
        part=_part(),
        label=label,
        sure=sure,
        left=percent(verdict.after_deleting(verdict.by_map, PART)),
        random=percent(verdict.random_after_deleting(PART)),
    )
    correlation = significant(verdict.randomised, 2)
    if verdict.level == "chance":
        return say("This map is no better than chance: {drop}.", drop=drop)
    if verdict.level == "follows":
        return say(
            "The map follows what the network learned: {drop}; with random weights the map changes "
            "(rank correlation {correlation}).",
            drop=drop,
            correlation=correlation,
        )
    reasons = []
    if verdict.beaten < len(verdict.randoms):
        reasons.append(
            say(
                "it beats {beaten} of {all} random orders",
                beaten=verdict.beaten,
                all=len(verdict.randoms),
            )
        )
    if abs(verdict.randomised) >= 0.5:
        reasons.append(
            say(
                "with random weights it stays much the same (rank correlation {correlation}), "
                "so part of it comes from the picture, not from what the network learned",
                correlation=correlation,
            )
        )
    if len(reasons) == 2:
        return say(
            "Believe this map in part: {drop}, but {first} and {second}.",
            drop=drop,
            first=reasons[0],
            second=reasons[1],
        )
    return say("Believe this map in part: {drop}, but {reason}.", drop=drop, reason=reasons[0])


def centre_note(verdict: "Verdict") -> str:
    """How the map does against a blob in the middle of the picture."""
    ours, centre = significant(verdict.by_map.score, 2), significant(verdict.centre.score, 2)
    return say(
        "The map beats a blob in the middle ({ours} against {centre})."
        if verdict.beats_centre
        else "The map does not beat a blob in the middle ({ours} against {centre}): the object is "
        "in the middle, where any guess hits it.",
        ours=ours,
        centre=centre,
    )


def ladder_claim(rungs: "list[Rung]") -> str:
    """What a row of maps says of agreement and of the box."""
    alike = [rung.agreement for rung in rungs if rung.agreement is not None]
    words = []
    if alike:
        low, high = significant(min(alike), 2), significant(max(alike), 2)
        span = low if low == high else say("{low} to {high}", low=low, high=high)
        words.append(say("Two maps side by side agree by {span} (rank correlation)", span=span))
    shares = [rung.share for rung in rungs if rung.share is not None]
    if shares:
        low, high = percent(min(s.mass for s in shares)), percent(max(s.mass for s in shares))
        words.append(
            say(
                "{low} to {high} of the map lies in the box, where an even map would have {even}",
                low=low,
                high=high,
                even=percent(shares[0].area),
            )
        )
    if not words:
        return say("Too few maps to compare.")
    if len(words) == 2:
        return say("{first}; {second}.", first=words[0], second=words[1])
    return say("{sentence}.", sentence=words[0])


def gates_claim(microscope: "Microscope", label: str, index: int) -> str:
    """What forcing the gates does to a class's score."""
    usual, one, mean = (
        float(microscope.logits[force][index]) for force in ("as they are", "one", "mean")
    )
    return say(
        "{label} scores {usual} with its gates, {one} with all of them wide open, {mean} with "
        "every gate at the mean of its block.",
        label=label,
        usual=significant(usual),
        one=significant(one),
        mean=significant(mean),
    )
