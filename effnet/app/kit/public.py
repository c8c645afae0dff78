"""A server for a class (`EFFNET_PUBLIC=1`): what its visitors may not do, each in one sentence."""

import os

from effnet.base import mark, say

VARIABLE = "EFFNET_PUBLIC"

REFUSALS = {
    "download": mark("Downloads are switched off on this server; whoever runs it adds weights."),
    "upload": mark(
        "Own weight files are switched off on this server; run the app at home for that."
    ),
    "others": mark("Another visitor started this run; on this server only they may change it."),
}


def on() -> bool:
    """Whether this server is open to people who don't know each other."""
    return os.environ.get(VARIABLE, "").strip().lower() not in ("", "0", "no", "off", "false")


def refusal(what: str) -> str:
    """Why a visitor may not do this here, in a sentence; "" where they may."""
    return say(REFUSALS[what]) if on() else ""
