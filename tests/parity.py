"""Designs, what Python says of them, and the same asked of `effnet/web` in JavaScript."""

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

import effnet
from effnet.base import EffnetError
from effnet.counting import stage_table
from effnet.network.spec import Spec, Stage
from effnet.scaling.design import BASES, RANGES, Range

WEB = Path(effnet.__file__).parent / "web"
QUANTITIES = ("params", "macs", "activations")
OPERATORS = ("mbconv", "fused_mbconv", "inverted_residual", "separable", "bottleneck")
# powers that come out even, where a wrong last bit would round up a block too many
EVEN = ((1.5, 2), (1.25, -1), (1.44, 0.5), (1.21, 1.5), (1.4641, 0.25), (2, -2), (1.1, 1), (1, 7))
# past what can be shown
REFUSED = (
    ("formula", "v2_s", {"phi": 8.0, "alpha": 2.0, "beta": 1.0, "gamma": 1.0}),
    ("formula", "b0", {"phi": 60.0, "alpha": 2.0, "beta": 1.1, "gamma": 1.15}),
    ("formula", "b0", {"phi": 1.0, "alpha": 0.0, "beta": 1.1, "gamma": 1.15}),
    ("free", "b0", {"depth": -1.0, "width": 1.0, "resolution": 224}),
    ("free", "b0", {"depth": 1.0, "width": 0.0, "resolution": 224}),
    ("free", "b0", {"depth": 3000.0, "width": 1.0, "resolution": 224}),
    ("free", "b0", {"depth": 1.0, "width": 1e6, "resolution": 224}),
    ("free", "b0", {"depth": 1.0, "width": 1.0, "resolution": 2**21}),
)
# The whole of a design in JavaScript: what is refused, or what is counted, as text.
ANSWER = """
(core, rows, specs, [kind, base, values, withRows]) => {
  const text = (_, value) => (typeof value === 'bigint' ? `${value}` : value);
  try {
    const start = typeof base === 'string' ? specs[base] : base;
    const spec = kind === 'formula' ? core.compoundScale(start, values)
      : kind === 'free' ? core.scale(start, values) : start;
    const { total, stages } = core.countStages(spec);
    const numbers = [total, ...stages].flatMap((one) => [one.params, one.macs, one.activations]);
    return { name: spec.name, resolution: spec.resolution, numbers: numbers.map(String),
      rows: withRows ? JSON.parse(JSON.stringify(rows.stageRows(spec, start), text)) : null };
  } catch (error) {
    if (!error.refusal) throw error;
    return { refused: error.refusal.text };
  }
}
"""
Case = tuple[str, str | dict[str, Any], dict[str, float], bool]


def in_node(body: str, data: Any) -> Any:
    """What a function that sees `core`, `rows`, `words`, `design`, `reports` gives in node."""
    if shutil.which("node") is None:
        pytest.skip("no node here; the browser tests ask Chromium the same")
    modules = "".join(
        f"import * as {name} from '{(WEB / f'{name}.js').as_uri()}';"
        for name in ("core", "rows", "words", "design", "reports")
    )
    script = (
        f"{modules} let text = ''; for await (const part of process.stdin) text += part;"
        "const big = (_, value) => (typeof value === 'bigint' ? `${value}` : value);"
        f"process.stdout.write(JSON.stringify(({body})(JSON.parse(text)), big));"
    )
    told = subprocess.run(
        ["node", "--input-type=module", "-e", script],
        input=json.dumps(data),
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-2000:]
    return json.loads(told.stdout)


def specs() -> dict[str, dict[str, Any]]:
    return {name: effnet.get_variant(name).to_dict() for name in effnet.list_variants()}


def _drawn(generator: random.Random, span: Range, *, on_grid: bool) -> float:
    if not on_grid:
        return generator.uniform(span.low, span.high)
    steps = round((span.high - span.low) / span.step)
    return round(span.low + span.step * generator.randint(0, steps), 4)


def _own(generator: random.Random) -> dict[str, Any]:
    """A network with any stages, from one that fits a toy to one past what doubles hold."""
    start = effnet.get_variant(generator.choice(effnet.list_variants()))
    top = generator.choice((64, 1000, 10_000_000))
    made = tuple(
        Stage(
            generator.choice(OPERATORS),  # type: ignore[arg-type]
            generator.randint(1, top),
            generator.choice((1, 2, 3, 40)),
            generator.choice((1, 3, 5, 7, 9, 11)),
            generator.choice((1, 2)),
            generator.choice((0.25, 1, 1.5, 4, 6, 64)),
            generator.choice((0.0, 0.0625, 0.25, 1.0)),
            expands_output=generator.choice((False, False, True)),
        )
        for _ in range(generator.randint(1, 9))
    )
    side = generator.choice((1, 7, 224, 333, 2**20))
    return replace(start, stages=made, resolution=side).to_dict()


def cases(number: int, seed: int, *, rows_every: int) -> Iterator[Case]:
    """Designs of every kind, the seeded ones after those that come out even."""
    generator = random.Random(seed)
    for base in BASES:
        for value, phi in EVEN:
            yield "formula", base, {"phi": phi, "alpha": value, "beta": value, "gamma": value}, True
    for kind, base, values in REFUSED:
        yield kind, base, values, False
    for name in effnet.list_variants():
        yield "released", name, {}, True
    for i in range(number):
        base, on_grid = generator.choice(BASES), i % 2 == 0
        kind = generator.choice(("formula",) * 6 + ("free",) * 3 + ("edited",))
        names = {"formula": ("phi", "alpha", "beta", "gamma"), "free": ("depth", "width")}
        values = {
            name: _drawn(generator, RANGES[name], on_grid=on_grid) for name in names.get(kind, ())
        }
        if kind == "free":
            values["resolution"] = generator.randint(32, 1024)
        yield (
            kind,
            _own(generator) if kind == "edited" else base,
            values,
            i % rows_every == 0,
        )


def expected(case: Case) -> dict[str, Any]:
    """What Python says of a design."""
    kind, base, values, with_rows = case
    start = effnet.get_variant(base) if isinstance(base, str) else Spec.from_dict(base)
    try:
        spec = start
        if kind == "formula":
            spec = effnet.compound_scale(**values, base=start)
        if kind == "free":
            spec = effnet.scale(start, **values)  # type: ignore[arg-type]
    except EffnetError as error:
        return {"refused": str(error)}
    cost = effnet.count(spec)
    counted = [cost, *cost.by_stage().values()]
    rows = None
    if with_rows:
        rows = [asdict(row) for row in stage_table.stage_rows(spec, cost=cost, base=start)]
    return {
        "name": spec.name,
        "resolution": spec.resolution,
        "numbers": [str(getattr(one, name)) for one in counted for name in QUANTITIES],
        "rows": rows,
    }


def differences(asked: list[Case], answers: list[dict[str, Any]]) -> list[str]:
    """Where JavaScript's answers are not Python's, in words."""
    wrong = []
    for case, answer in zip(asked, answers, strict=True):
        right = expected(case)
        if "refused" in right or "refused" in answer:
            if not same_refusal(answer.get("refused", ""), right.get("refused", "")):
                wrong.append(f"{case}: refused {answer.get('refused')!r}, {right.get('refused')!r}")
            continue
        rows, its = right.pop("rows"), answer.pop("rows")
        if answer != right:
            wrong.append(f"{case}: {json.dumps(answer)} for {json.dumps(right)}")
        for mine, row in zip(its or [], rows or [], strict=True):
            wrong += [
                f"{case}: {name} {value!r} for {row[name]!r}"
                for name, value in mine.items()
                if not same(value, row[name])
            ]
    return wrong


def same(mine: Any, right: Any) -> bool:
    """The same number, text or list; big whole numbers come as text."""
    if isinstance(right, float):
        return abs(mine - right) <= 1e-12 * max(1.0, abs(right))
    if isinstance(right, tuple):
        return tuple(mine) == right
    return str(mine) == str(right)


def same_refusal(template: str, message: str) -> bool:
    """Whether a message was made from a text: the words between its braces, in order."""
    if not template or not message:
        return False
    begin = template.partition("{")[0]
    return message.startswith(begin) and message.endswith(template.rpartition("}")[2])
