"""The language of what is made outside the app, and what Plotly itself says in it."""

from typing import Any

from effnet.base import DEFAULT, LANGUAGES, check_known, current, mark, say

TIPS = (
    mark("Download plot as a PNG"),
    mark("Preparing image - this may take a few seconds"),
    mark("Image download succeeded"),
    mark("Sorry, there was a problem downloading your image!"),
    mark("Zoom"),
    mark("Pan"),
    mark("Zoom in"),
    mark("Zoom out"),
    mark("Autoscale"),
    mark("Reset axes"),
    mark("Double-click to zoom back out"),
    mark("Double-click on legend to isolate one trace"),
)


def known_language(asked: str | None) -> str:
    """The language that was asked for; where none was, the current one.

    Raises:
        EffnetError: It is not one of `language.LANGUAGES`.
    """
    if asked is None:
        return current()
    check_known("language", asked, LANGUAGES)
    return asked


def plotly_config() -> dict[str, Any]:
    """Plotly's configuration: tips in the reader's language, and nothing that uploads."""
    config: dict[str, Any] = {
        "responsive": True,
        "displaylogo": False,
        "plotlyServerURL": "",
        "modeBarButtonsToRemove": ["sendChartToCloud", "select2d", "lasso2d"],
    }
    return config | locale()


def locale() -> dict[str, Any]:
    """The part of Plotly's configuration that translates its tips; empty for English."""
    code = current()
    if code == DEFAULT:
        return {}
    told = {tip: say(tip) for tip in TIPS}
    return {"locale": code, "locales": {code: {"dictionary": told, "format": {}}}}
