"""The language of what is made outside the app, and what Plotly itself says in it."""

from typing import Any

from effnet.base import DEFAULT, LANGUAGES, check_known, content, current, say


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
    told = {tip: say(tip) for tip in content("library_words")["plotly"]}
    return {"locale": code, "locales": {code: {"dictionary": told, "format": {}}}}
