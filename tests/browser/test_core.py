"""What the browser counts is what Python counts: 20,000 designs, extreme ones too, in Chromium."""

import json
from pathlib import Path

import parity

import effnet

WEB = Path(effnet.__file__).parent / "web"
DESIGNS, PART = 20_000, 2_000
# as text: Playwright packs and unpacks values one by one
ASK = f"""async (text) => {{
  const [core, rows] = [await import('/core.js'), await import('/rows.js')];
  const {{ specs, asked }} = JSON.parse(text);
  return JSON.stringify(asked.map((one) => ({parity.ANSWER})(core, rows, specs, one)));
}}"""


def test_twenty_thousand_designs_are_pythons(browser):
    page = browser.new_page()
    page.route(
        "http://explorer.test/**",
        lambda route: (
            route.fulfill(
                path=WEB / route.request.url.rpartition("/")[2], content_type="text/javascript"
            )
            if route.request.url.endswith(".js")
            else route.fulfill(body="<!doctype html>", content_type="text/html")
        ),
    )
    page.goto("http://explorer.test/")
    specs, asked = parity.specs(), list(parity.cases(DESIGNS, seed=7, rows_every=20))
    assert len(asked) >= DESIGNS
    wrong = []
    for first in range(0, len(asked), PART):
        part = asked[first : first + PART]
        answers = page.evaluate(ASK, json.dumps({"specs": specs, "asked": part}))
        wrong += parity.differences(part, json.loads(answers))
    page.close()
    assert wrong == []
