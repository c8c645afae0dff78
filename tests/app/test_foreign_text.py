"""Text from outside stays text on every page: in labels, captions, messages, choices and figures.

One text is Markdown, HTML, a formula, a colour and a terminal's order at once. It comes in as the
name of a file, a class, a run, a network or a machine, and as each value of a link, and all that a
page sends to the browser is looked through.
"""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
import visits
from google.protobuf.message import Message
from latency_examples import BATCHES
from PIL import Image
from streamlit.testing.v1 import AppTest
from tiny_network import tiny_spec

from effnet.app.kit import state
from effnet.app.kit.frame import PAGES
from effnet.jobs import runs
from effnet.nn import saved
from effnet.nn.model import build
from effnet.timing import measurement_store
from effnet.weights import Preprocessing

FOREIGN = "![i](http://e.x)[a](//e)<a href=//e>$x$:red[r]\x1b[31m"
MARKS = ("![i](", "[a](//e", "<a href", "$x$", ":red[", "\x1b")
HTML = ("<a href",)  # all that a figure takes for more than text
PLAIN = {  # by element and field: what the browser shows as it is
    "Heading.body",  # the page's sentence, which a component writes there as text
    "Selectbox.options", "Selectbox.raw_value", "MultiSelect.options", "FileUploader.type",
    "Button.id", "ButtonGroup.value", "TextInput.value", "CodeElement.code_text", "Json.body",
}  # fmt: skip
KEYS = {
    "classify": ("Any class", "Preprocessing", "Ladder", "Ensemble", "Resolution", "Perturb",
                 "Break it on purpose", "Many images", "Weights"),
    "explain": ("Top classes", "Ladder of networks", "Inside", "Can I believe it?", "Take away"),
}  # fmt: skip
LINK = (
    *state.LINK_KEYS, "tab", "lesson", "step", "hide", "present", "lang", "photo", "network",
    "class", "method", "layer", "exhibit", "quantity", "part",
)  # fmt: skip


def strings(message: Message, path: str) -> Iterator[tuple[str, str]]:
    """Every text in a message, with the names of the fields that lead to it."""
    for field, value in message.ListFields():
        single = isinstance(value, str) or not isinstance(value, Iterable)
        for one in [value] if single else value:
            if isinstance(one, Message):
                yield from strings(one, f"{path}.{field.name}")
            elif isinstance(one, str):
                yield f"{path}.{field.name}", one


def sent(node: object) -> Iterator[tuple[str, str]]:
    """Every text below a node of the page, with its element and field."""
    proto = getattr(node, "proto", None)
    if isinstance(proto, Message):
        yield from strings(proto, proto.DESCRIPTOR.name)
    for child in getattr(node, "children", {}).values():
        yield from sent(child)


def leaks(app: AppTest) -> list[str]:
    """Where the page shows the foreign text as more than text."""
    assert [error.message for error in app.exception] == []
    found = []
    for place, text in sent(app._tree):
        plain = place in PLAIN or place.endswith((".id", ".alt"))
        marks = HTML if place == "PlotlyChart.spec" else () if plain else MARKS
        found += [f"{place}: {text[:300]}"] if any(mark in text for mark in marks) else []
    return sorted(set(found))


def shows(app: AppTest) -> bool:
    """Whether the foreign text is there at all."""
    return any("http" in text and "e.x" in text for _, text in sent(app._tree))


def photo() -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def network(monkeypatch, tmp_path):
    """A kept network whose title, name and classes are foreign."""
    monkeypatch.setenv("EFFNET_RUNS", str(tmp_path / "runs"))
    torch.manual_seed(0)
    spec, classes = tiny_spec(name=FOREIGN, resolution=32), (FOREIGN, f"{FOREIGN} two", "three")
    run = runs.create("taught", FOREIGN, {"classes": list(classes)})
    data = saved.to_bytes(
        build(spec, num_classes=3).state_dict(),
        spec=spec,
        classes=classes,
        preprocessing=Preprocessing(32, 32),
    )
    (run.folder / runs.BEST).write_bytes(data)
    (run.folder / runs.RESULT).write_text("{}")
    return run


def with_photo(page: str, tab: str, network: runs.Run) -> AppTest:
    """Classify or Explain with a kept network and a photo of foreign names."""
    session = {f"{page}_tabs": tab, state.NETWORK: network.name}
    app = visits.opened(f"pages/{page}.py", session=session)
    name = f"{FOREIGN}.png"
    app.file_uploader[0].set_value([(name, photo(), "image/png"), (name, b"", "image/png")]).run()
    assert shows(app)
    return app


@pytest.mark.parametrize(("page", "tab"), [(page, tab) for page in KEYS for tab in KEYS[page]])
def test_names_of_photos_networks_and_classes(network, page, tab):
    assert leaks(with_photo(page, tab, network)) == []


def test_names_in_a_zip(network):
    app = with_photo("classify", "Many images", network)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{FOREIGN} two/{FOREIGN}.png", photo())
        archive.writestr(f"{FOREIGN} four/{FOREIGN}.png", photo())
        archive.writestr(f"three/{FOREIGN}.png", b"no picture")
    given = [(f"{FOREIGN}.zip", buffer.getvalue(), "application/zip")]
    app.file_uploader(key="many_files").set_value(given).run()
    app.button(key="many_go").click().run()
    assert leaks(visits.ended(app, "many")) == []


def test_names_of_weights(network):
    app = with_photo("classify", "Weights", network)
    for data in ((network.folder / runs.BEST).read_bytes(), b"none"):
        app.file_uploader(key="own_weights").set_value(
            (f"{FOREIGN}.safetensors", data, "application/octet-stream")
        ).run()
        assert leaks(app) == []


@pytest.mark.parametrize("page", [page.file for page in PAGES])
def test_values_of_a_link(page):
    assert leaks(visits.opened(page, **dict.fromkeys(LINK, FOREIGN))) == []


def test_titles_and_last_words_of_runs(monkeypatch, tmp_path):
    monkeypatch.setenv("EFFNET_RUNS", str(tmp_path / "runs"))
    for words in ("", f"effnet: {FOREIGN}\n"):
        run = runs.create("train", FOREIGN, {"recipe": {"epochs": 2}, "network": FOREIGN})
        (run.folder / runs.LOG).write_text(words)
        if words:
            row = {"epoch": 1, "step": 3, "loss": 2.0, "top1": 0.5, "size": 24, FOREIGN: 0.1}
            (run.folder / runs.METRICS).write_text(f"{json.dumps(row)}\n")
        app = visits.opened("pages/train.py", session={"train_tabs": "Run"})
        assert shows(app)
        assert leaks(app) == []


def test_classes_that_are_taught():
    app = visits.opened("pages/train.py", session={"train_tabs": "Teach it"})
    for place in range(2):
        app.text_input(key=f"teach_name_{place}").set_value(f"{FOREIGN}{place}")
        files = [(f"{FOREIGN}.png", photo(), "image/png")] * 3
        app.file_uploader(key=f"teach_files_{place}").set_value(
            [*files, (f"{FOREIGN}.png", b"none", "image/png")]
        )
    app.run()
    app.button(key="teach").click().run()
    assert shows(app)
    assert leaks(app) == []


def test_names_in_a_file_of_measurements():
    app = visits.opened("pages/latency.py", session={"latency_tabs": "Sweeps", "load_times": True})
    where = replace(BATCHES[0].latency.environment, processor=FOREIGN, device=FOREIGN)
    rows = [
        replace(row, run=f"{FOREIGN}.{i}", what=what, latency=latency)
        for what in ("batch", FOREIGN)
        for i, row in enumerate(BATCHES)
        for latency in [replace(row.latency, name=FOREIGN, environment=where)]
    ]
    text = measurement_store.as_csv(rows)
    app.file_uploader[0].set_value((f"{FOREIGN}.csv", text.encode(), "text/csv")).run()
    assert shows(app)
    assert leaks(app) == []
