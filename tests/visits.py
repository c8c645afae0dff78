"""A visitor without a browser: the app's pages run by Streamlit's own harness."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[1]
PATIENCE = 300  # s; a loaded machine is slow, and nothing here measures speed
# Once, not for each visit: it reads what is installed, which takes ten times as long as a page.
with suppress(ImportError, AttributeError):  # Streamlit's own, it may move
    from streamlit.components.v2 import manifest_scanner

    manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


def opened(
    page: str = "app.py", /, *, session: Mapping[str, Any] | None = None, **query: str | list[str]
) -> AppTest:
    """A page, run once, as a link with this query opens it in a visit that holds `session`."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    for name, value in query.items():
        app.query_params[name] = value
    for name, value in (session or {}).items():
        app.session_state[name] = value
    if page != "app.py":
        app.switch_page(page)
    return app.run()


def sound(app: AppTest) -> AppTest:
    """The page itself, where it holds neither an exception nor an error."""
    assert [error.message for error in app.exception] == []
    assert [error.value for error in app.error] == []
    return app


def claim(app: AppTest) -> str:
    """The page's sentence; a page that broke has none."""
    assert [error.message for error in app.exception] == []
    return str(app.subheader[0].value)


def until(app: AppTest, holds: Callable[[AppTest], bool]) -> AppTest:
    """The page, looked at again and again, once something holds of it."""
    end = time.monotonic() + PATIENCE
    while not holds(app):
        assert time.monotonic() < end, [one.value for one in (*app.markdown, *app.caption)]
        time.sleep(0.05)
        app.run()
    assert [error.message for error in app.exception] == []
    return app


def ended(app: AppTest, key: str) -> AppTest:
    """The page once a card's job has ended: it has no stop any more."""
    return until(app, lambda page: f"stop_{key}" not in [button.key for button in page.button])


def explorer(app: AppTest) -> dict[str, Any]:
    """What the explorer or the dials are handed: the design, what is hidden, the lock."""
    found: dict[str, Any] = json.loads(app.json[0].value)
    return found


def report(app: AppTest, *, lock: str | None = None, **values: Any) -> AppTest:
    """The page after the explorer's browser has reported these values of the design."""
    handed = explorer(app)
    design = {name: str(value) for name, value in {**handed["design"], **values}.items()}
    said = {"design": design, "lock": lock, "stage": 2, "n": handed["answers"] + 1}
    key = "dials" if "dials" in handed else "explorer"
    return app.text_input(key=key).set_value(json.dumps(said)).run()
