"""The public API with odd values: a result, an `EffnetError` or a clear `TypeError`, never else.

`EFFNET_FUZZ` says how many calls are made.
"""

import dataclasses
import json
import os
import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image
from tiny_network import tiny_spec

import effnet
from effnet import from_block_strings
from effnet.base import EffnetError
from effnet.classify import find_class
from effnet.scaling.design import Design, from_query, read_origin

CALLS = int(os.environ.get("EFFNET_FUZZ", "1500"))
SEEDS = 5
FIELDS = [field.name for field in dataclasses.fields(effnet.Spec)]
SPECS = (
    "b0",
    "b3",
    "v2_s",
    "lite0",
    "mobilenet_v1",
    "resnet50",
    "efficientnet_b1",
    "EfficientNet-B2",
)
ODD: tuple[object, ...] = (
    None, True, False, 0, 1, -1, 2, 3, 7, 224, 2**31, 2**63, 10**400, -(10**5000), 0.0, -0.0, 0.5,
    1.0, 1.5,
    -2.5, 1e-300, 5e-324, 1e308, float("inf"), -float("inf"), float("nan"), 1j, Fraction(1, 3),
    Decimal("1.5"),
    "", " ", "b0", "B0 ", "b99", "x" * 12_000, "1", "nan", "\0", "\ud800", "é\u0301",
    "[x](http://e)", "=1",
    "\x1b[2J", "{name}", "%s", "../../etc/passwd", "?phi=1", "r1_k3_s1_e1_i32_o16", "b0~p1.5",
    "b0~" * 3000,
    b"", b"b0", bytes(64), [], [1], ["b0", "b1"], (), (1, 2), {}, {"a": 1}, {"name": "x",
    "stages": []}, set(),
    range(3), object(), int, len, Ellipsis, slice(1), np.int8(-3), np.uint8(3), np.int32(224),
    np.int64(2**40),
    np.float16(1.5), np.float32("nan"), np.float64(2), np.bool_(True), np.array(3), np.array([3]),
    np.array([1, 2]),
    np.array([]), np.array("b0"), np.zeros((3, 3)), np.zeros((40, 40, 3), np.uint8), np.full((2,
    2, 3), np.nan),
    np.datetime64("2020-01-01"), Image.new("RGB", (8, 8)), Image.new("1", (1, 400)),
)  # fmt: skip


def odd(source: random.Random, *usual: object) -> object:
    return source.choice(usual) if usual and source.random() < 0.4 else source.choice(ODD)


def spec_of(source: random.Random) -> object:
    return odd(source, *SPECS, *(effnet.get_variant(name) for name in ("b0", "v2_b0", "lite0")))


def damaged(source: random.Random) -> object:
    values = json.loads(json.dumps(effnet.get_variant(source.choice(("b0", "v2_s"))).to_dict()))
    place = values if source.random() < 0.5 else source.choice(values["stages"])
    place[source.choice(list(place))] = odd(source)
    if source.random() < 0.2:
        del place[source.choice(list(place))]
    return values


def calls(small: effnet.Classifier) -> dict[str, Callable[[random.Random], object]]:
    number = lambda s: odd(s, 1, 0.5, 1.2, 2)  # noqa: E731
    tiny = tiny_spec()
    state = effnet.build(tiny, num_classes=3).state_dict()
    return {
        "list_variants": lambda s: effnet.list_variants(odd(s, "v1", "lite")),
        "get_variant": lambda s: effnet.get_variant(odd(s, *SPECS)),
        "count": lambda s: effnet.count(
            spec_of(s), resolution=odd(s, None, 64), num_classes=odd(s, 10)
        ),
        "scale": lambda s: effnet.scale(
            spec_of(s), depth=number(s), width=number(s), resolution=odd(s, None, 64)
        ),
        "compound_scale": lambda s: effnet.compound_scale(
            number(s), number(s), number(s), number(s), base=spec_of(s)
        ),
        "implied_phi": lambda s: effnet.implied_phi(spec_of(s), spec_of(s), alpha=number(s)),
        "compare": lambda s: effnet.compare(*(spec_of(s) for _ in range(s.randrange(4)))),
        "replace": lambda s: effnet.count(
            dataclasses.replace(effnet.get_variant("b0"), **{s.choice(FIELDS): odd(s)})
        ),
        "from_dict": lambda s: effnet.count(effnet.Spec.from_dict(damaged(s))),
        "from_nonsense": lambda s: effnet.Spec.from_dict(odd(s)),
        "design": lambda s: Design(
            **{s.choice([f.name for f in dataclasses.fields(Design)]): odd(s)}
        ).spec(),
        "link": lambda s: from_query(
            {f.name: str(odd_text(s)) for f in dataclasses.fields(Design) if s.random() < 0.5}
        )[0].spec(),
        "origin": lambda s: read_origin(str(odd_text(s))),
        "blocks": lambda s: from_block_strings(
            str(odd_text(s)), base=effnet.get_variant("b0"), resolution=odd(s, None)
        ),
        "find_class": lambda s: find_class(str(odd_text(s)), small.classes),
        "predict": lambda s: small.predict(odd(s), top=odd(s, 1, 5)),
        "predict_pixels": lambda s: small.predict_pixels(odd(s), top=odd(s, 1)),
        "prediction": lambda s: small.prediction(odd(s, np.zeros(3, np.float32))),
        "explain": lambda s: small.explain(
            odd(s, Image.new("RGB", (40, 40))),
            method=odd(s, "gradcam", "cam"),
            target=odd(s, 0, "class 1"),
            layer=odd(s, None),
        ),
        "sweep": lambda s: effnet.sweep(
            spec_of(s), phi=odd(s, 1, [0, 1]), depth=odd(s, None), resolution=odd(s, None, [64, 96])
        ),
        "build": lambda s: effnet.build(odd(s, tiny), num_classes=odd(s, 3), dropout=odd(s, None)),
        "backbone": lambda s: effnet.backbone(odd(s, tiny), levels=odd(s, (1, 2)), weights=None),
        "convert": lambda s: effnet.convert(odd(s, state), to=odd(s, "timm", "lukemelas")),
        "table": lambda s: effnet.published.frame(odd(s, *effnet.published.tables())),
        "measure_latency": lambda s: effnet.measure_latency(
            odd(s, tiny), batch_size=odd(s, 1), resolution=odd(s, None), precision=odd(s, "fp32"),
            engine=odd(s, "eager"), budget_s=0.001,
        ),
        "profile_stages": lambda s: effnet.profile_stages(
            odd(s, tiny), batch_size=odd(s, 1), resolution=odd(s, None), budget_s=0.001
        ),
        "explore": lambda s: effnet.explore(odd(s, "b0", "?phi=1")),
        "explore_photo": lambda s: effnet.explore_photo(odd(s)),
        "load": lambda s: effnet.load(odd(s, "b99"), weights=odd(s, "nothing", "no/file.pth")),
    }  # fmt: skip


def odd_text(source: random.Random) -> object:
    text = source.choice(ODD)
    try:
        return str(text)
    except ValueError:  # Python writes no number of so many digits
        return "9" * 5000


@pytest.fixture(scope="module")
def small() -> effnet.Classifier:
    from effnet.weights import Preprocessing

    network = effnet.build(effnet.scale("b0", depth=0.3, width=0.25, resolution=32), num_classes=3)
    settings = Preprocessing(32, 32)
    return effnet.Classifier(network, weights="own", preprocessing=settings, engine="eager")


@pytest.mark.filterwarnings("ignore")  # NumPy and Pillow warn of odd values
@pytest.mark.parametrize("seed", range(SEEDS))
def test_odd_values_end_in_a_result_or_a_message(small, seed):
    source, kinds, surprises = random.Random(seed), calls(small), {}
    for number in range(CALLS // SEEDS):
        name = list(kinds)[number % len(kinds)]
        try:
            kinds[name](source)
        except EffnetError as error:
            if not 5 < len(str(error)) <= 2000:
                surprises.setdefault(f"{name}: a message of {len(str(error))} characters", number)
        except TypeError as error:
            if not clear(str(error)):
                surprises.setdefault(f"{name}: TypeError: {str(error)[:90]}", number)
        except Exception as error:
            surprises.setdefault(f"{name}: {type(error).__name__}: {str(error)[:90]}", number)
    assert not surprises, "\n".join(map(str, surprises))
    assert effnet.count("b0").params == 5_288_548  # torchvision's: no cache was poisoned
    assert effnet.count("b7").params == 66_347_960


def clear(message: str) -> bool:
    """A `TypeError` that tells a caller what to pass."""
    return "expected" in message or "must be" in message or "argument" in message
