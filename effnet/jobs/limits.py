"""How many trainings a machine takes on, in all and for one visitor. No torch."""

import os
import re
from collections.abc import Sequence

from effnet.base import plural, say

LIMIT_VARIABLE = "EFFNET_TRAININGS"
IN_ALL, A_VISITOR = 8, 2  # runs that wait or run


def most() -> int:
    """How many runs may wait or run on this machine: `$EFFNET_TRAININGS`; 0 for none at all."""
    text = os.environ.get(LIMIT_VARIABLE, "")
    return int(text) if re.fullmatch(r"\d{1,4}", text) else IN_ALL


def over(owner: str, owners: Sequence[str]) -> str:
    """Why no run can be started now, in a sentence; "" where one can.

    Args:
        owner: Who wants to; "" for the machine's own people, who have no limit of their own.
        owners: Of the runs that wait or run.
    """
    if most() == 0:
        return say("Trainings are switched off on this server.")
    mine = owners.count(owner)
    if owner and mine >= A_VISITOR:
        return plural(
            mine,
            "A training of yours runs or waits; stop it, or wait for its end.",
            "{n} trainings of yours run or wait; stop one, or wait for one to end.",
        )
    if len(owners) >= most():
        return plural(
            len(owners),
            "This machine has a training to do already; try again later.",
            "This machine has {n} trainings to do already; try again later.",
        )
    return ""
