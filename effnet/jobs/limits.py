"""How many trainings a machine takes on, in all and for one visitor. No torch."""

import os
import re
from collections.abc import Sequence

from effnet.base import say

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
        return say(
            "You already have {n} {n:training|trainings} running or waiting; stop {n:it|one}, or "
            "wait until {n:it|one} ends.",
            n=mine,
        )
    if len(owners) >= most():
        return say(
            "This machine is busy with {n} {n:training|trainings}; try again later.", n=len(owners)
        )
    return ""
