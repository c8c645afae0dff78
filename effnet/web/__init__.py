"""What runs in the reader's browser: the explorer as ES modules, and what they are handed as data.

`core.js` scales and counts as `effnet` does, to the integer, and imports nothing; the other modules
draw. No build step: a host (the Scale page, a notebook, a plain file) takes all modules joined to
one text, and calls `mount` with `constants` and its own state.
"""

import base64
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import effnet
from effnet.base import DEFAULT, EffnetError, colours, current, mark, say, speaking
from effnet.figures import known_language
from effnet.network import FAMILIES, KINDS, display_name, get_variant, list_variants
from effnet.papers import released_points, rows
from effnet.pixels import get_sample
from effnet.report import claims
from effnet.scaling import ALPHA, BASES, BETA, GAMMA, RANGES, Design
from effnet.train import TITLES

if TYPE_CHECKING:
    from PIL import Image

# in the order in which they are joined: each imports only from those before it
MODULES = (
    *("core", "words", "dom", "design", "rows", "drawing", "glide", "cost", "curve", "table"),
    *("totals", "stages", "reports", "controls", "intro", "explorer"),
)
CAMERA = ("core", "words", "colours", "camera")
RACE = ("core", "words", "dom", "race")
TAGS = {"en": "en", "zh": "zh-Hans"}  # languages as HTML names them
PHOTO_SIDE = 600  # px at most of the photo that enters the drawing: those that B7 looks at
PRESETS: dict[str, dict[str, float]] = {
    mark("Paper"): {"alpha": ALPHA, "beta": BETA, "gamma": GAMMA},
    mark("Depth only"): {"alpha": 2.0, "beta": 1.0, "gamma": 1.0},
    mark("Width only"): {"alpha": 1.0, "beta": 1.4142, "gamma": 1.0},
    mark("Resolution only"): {"alpha": 1.0, "beta": 1.0, "gamma": 1.4142},
}
# arXiv:1905.11946v5 Figure 8: (method, point) of networks that cost 1.0 to 1.2 G as counted here;
# the one that grows in all three dimensions costs least
WAYS: dict[tuple[str, str], dict[str, Any]] = {
    ("depth", "3"): {"mode": "free", "base": "b0", "depth": 3.0, "width": 1.0, "resolution": 0},
    ("width", "3"): {"mode": "free", "base": "b0", "depth": 1.0, "width": 1.8, "resolution": 0},
    ("resolution", "4"): {
        "mode": "free",
        "base": "b0",
        "depth": 1.0,
        "width": 1.0,
        "resolution": 381,
    },
    ("compound", "3"): {"mode": "released", "released": "b2"},
}
_TEXT = re.compile(r"""(?:say|mark|refuse)\(\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)")""")
_IMPORT = re.compile(r"^import (\{[^}]*\}) from '\./(\w+)\.js';$", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:function|const) (\w+))", re.MULTILINE)


def source(name: str) -> str:
    """The text of a module or style sheet of this room, such as `core.js`."""
    return resources.files("effnet").joinpath("web", name).read_text("utf-8")


def joined(modules: tuple[str, ...], **exported: str) -> str:
    """Modules joined to one, each in a scope of its own: one text for every host, also inline.

    Args:
        modules: Their names, each after those that it imports from.
        exported: What the whole exports, by the module that has it: `core="count, scale"`.
    """
    exports = (f"export const {{ {names} }} = {name}_;\n" for name, names in exported.items())
    return "\n".join([*map(_scoped, modules), "".join(exports)])


@lru_cache(maxsize=1)
def module() -> str:
    """The explorer: exports `mount`, and `queryOf` and `designOf` of `design.js`."""
    return joined(MODULES, explorer="mount", design="designOf, queryOf")


@lru_cache(maxsize=1)
def camera_module() -> str:
    """The live camera: exports `mount` of `camera.js`."""
    return joined(CAMERA, camera="mount")


def camera_data(side: int) -> dict[str, Any]:
    """What the camera is handed, in the current language; plain values.

    Args:
        side: Of a frame that it sends, at most, the shorter one in px.
    """
    return {"side": side, "colours": colours.VIRIDIS, "words": translations(CAMERA)}


@lru_cache(maxsize=1)
def race_module() -> str:
    """Networks that learn side by side: exports `mount` of `race.js`."""
    return joined(RACE, race="mount")


def race_data(race: Mapping[str, Any], *, live: bool) -> dict[str, Any]:
    """What a race is handed, in the current language and the page's colours; plain values.

    Args:
        race: `plan`, `lanes` and `pictures`, as `train.race` has them.
        live: Whether it is still being run.
    """
    ways = [lane["way"] for lane in race["lanes"]]
    return {
        **{name: race[name] for name in ("plan", "lanes", "pictures")},
        "live": live,
        "colours": {way: colours.way(way) for way in ways},
        "titles": {way: say(TITLES[way]) for way in ways},
        "classes": [say(name) for name in race["pictures"]["classes"]],
        "words": translations(RACE),
    }


def _scoped(name: str) -> str:
    text = source(f"{name}.js")
    exported = ", ".join(_EXPORT.findall(text))
    body = _EXPORT.sub("", _IMPORT.sub(r"const \1 = \2_;", text))
    return f"const {name}_ = (() => {{\n{body}return {{ {exported} }};\n}})();"


@lru_cache(maxsize=8)
def texts(modules: tuple[str, ...] = MODULES) -> tuple[str, ...]:
    """The texts that modules say, the explorer's if not named, as they stand there in English."""
    code = "\n".join(source(f"{name}.js") for name in modules)
    said = (one or other for one, other in _TEXT.findall(code))
    return tuple(sorted({text.replace("\\'", "'") for text in said}))


def translations(modules: tuple[str, ...]) -> dict[str, str]:
    """What modules say in the current language, by the English text; empty for English."""
    told = {text: say(text) for text in texts(modules)}
    return {text: translated for text, translated in told.items() if text != translated}


# --- what every host hands in -----------------------------------------------------------------


@lru_cache(maxsize=4)
def _constants(language: str) -> dict[str, Any]:
    names = list_variants()
    with speaking(language):
        said = (*texts(), *map(display_name, names), *KINDS, *PRESETS, *_sources())
        words = {} if language == DEFAULT else {text: say(text) for text in said}
    points = released_points()
    return {
        "css": source("explorer.css"),
        "words": {text: told for text, told in words.items() if text != told},
        "specs": {name: get_variant(name).to_dict() for name in names},
        "titles": {name: display_name(name) for name in names},
        "families": {family: list_variants(family)[0] for family in FAMILIES},
        "bases": BASES,
        "released_names": names,
        "ranges": {name: asdict(span) for name, span in RANGES.items()},
        "presets": [{"title": title, "values": values} for title, values in PRESETS.items()],
        "colours": {
            "kind": {kind: _on_both(colours.kind, kind) for kind in KINDS},
            "way": {
                name: _on_both(colours.way, name)
                for name in ("depth", "width", "resolution", "compound")
            }
            | {"published": _on_both(colours.family, "v2")},
        },
        "released": [
            {"name": point.name, "macs": point.paper_macs, "top1": point.top1, "phis": point.phis}
            for point in points
        ],
        "stations": [{"name": p.name, "phi": round(sum(p.phis) / 3, 4)} for p in points],
        "ways": _ways(),
        "photo": _photo(),
        "madeBy": f"effnet {effnet.__version__}",
    }


def constants() -> dict[str, Any]:
    """What an explorer is handed besides its state, in the current language; plain values."""
    return _constants(current())


def _sources() -> tuple[str, ...]:
    return tuple({way["source"] for way in _ways()})


def _on_both(colour: Callable[[str], str], name: str) -> list[str]:
    """A colour on a light page and on a dark one."""
    found = []
    for dark in (False, True):
        with colours.on_page(dark):
            found.append(colour(name))
    return found


@lru_cache(maxsize=1)
def _ways() -> tuple[dict[str, Any], ...]:
    """Four ways to spend about the same, as published, with what each costs as counted here."""
    printed = {(row["method"], row["point_index"]): row for row in rows("figure8_scaling_methods")}
    return tuple(
        {
            "way": key[0],
            "design": values,
            "top1": printed[key].number("figure_top1_percent"),
            "macs": effnet.count(Design(**values).spec()).macs,
            "source": mark("arXiv:1905.11946v5 Figure 8"),
        }
        for key, values in WAYS.items()
    )


@lru_cache(maxsize=1)
def _photo() -> str:
    """A sample photo as the drawing shows it; "" where it can't be read."""
    try:
        path = get_sample("chelsea").path
        from effnet.pixels import open_image
    except (EffnetError, ModuleNotFoundError):  # no samples or no Pillow, as in a browser's Python
        return ""
    return photo_address(open_image(path)) if path else ""


def photo_address(image: "Image.Image") -> str:
    """A photo cut to a small square, as an address that holds it: what enters the drawing."""
    from PIL import ImageOps

    buffer = io.BytesIO()
    side = min(PHOTO_SIDE, *image.size)
    ImageOps.fit(image, (side, side)).save(buffer, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def handed(design: Design) -> dict[str, Any]:
    """A design as the explorer takes it, with the network of an edit and what it says of it."""
    found: dict[str, Any] = {"design": asdict(design), "own": None}
    if design.has_edit or design.mode == "edited":
        edited = design.begun()
        try:
            spec = edited.spec()
        except EffnetError:
            return found
        found["own"] = {
            "spec": spec.to_dict(),
            "start": edited.base_spec.to_dict(),
            "title": edited.start.title,
            "edit": claims.edit_in_words(edited, spec),
        }
    return found


def _as_json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False).replace("</", "<\\/")


# --- part of a file, and a plain file ---------------------------------------------------------


def embedded(design: Design) -> str:
    """The explorer at a design as a part of an HTML file, in the current language."""
    data = constants() | handed(design) | {"inline": True}
    return (
        f'<div id="explorer"></div>\n<script type="module">\n{module()}'
        f"mount(document.getElementById('explorer'), {_as_json(data)});</script>\n"
    )


_PAGE = """<!DOCTYPE html>
<html lang="{tag}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>:root {{ color-scheme: light dark; }} body {{ margin: 0 auto; padding: 12px 16px;
max-width: 1500px; background: light-dark(#fff, #0e1117); }}</style>
</head><body>
<main id="explorer"></main>
<script type="module">
{script}</script></body></html>
"""
_SCRIPT = """{module}
const data = {data};
const query = Object.fromEntries(new URLSearchParams(location.search || location.hash.slice(1)));
const said = Object.keys(query).length > 0;
data.design = designOf(query, data);
data.hidden = (query.hide ?? '').split(',');
data.intro = !said && {intro};
globalThis.explorer = mount(document.getElementById('explorer'), data, ({{ design }}) => {{
  const now = globalThis.explorer.design;
  history.replaceState(null, '', `#${{new URLSearchParams(queryOf(now))}}`);
}});
"""
TITLE = mark("Compound scaling: make a network bigger")


def script(*, links: Mapping[str, str] | None = None, intro: bool = True) -> str:
    """The module that draws the explorer into the element `explorer` of a page, as `page` has it.

    A link's `hide` names what a lesson leaves away, as on the Scale page.
    """
    data = constants() | handed(Design()) | {"links": dict(links or {})}
    return _SCRIPT.format(
        module=module(),
        data=_as_json(data),
        intro=json.dumps(intro),
    )


def page(
    language: str | None = None, *, links: Mapping[str, str] | None = None, intro: bool = True
) -> str:
    """The explorer as one HTML file, which opens with no server; its address carries the design.

    Args:
        language: "en" or "zh"; the current one where not given.
        links: Where "photo" and "lesson" of the first steps lead; those left out are not shown.
        intro: Whether it opens with the first steps where its address says nothing.

    Raises:
        EffnetError: The language is unknown.
    """
    code = known_language(language)
    with speaking(code):
        made = script(links=links, intro=intro)
        return _PAGE.format(tag=TAGS[code], title=say(TITLE), script=made)
