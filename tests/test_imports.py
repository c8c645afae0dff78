"""What loads what: names on first use, light rooms without torch, imports that never look up."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import effnet

ROOT = Path(effnet.__file__).parents[1]
ROOM_FILES = sorted((ROOT / "effnet").rglob("*.py"))

# A room may import rooms of its own floor and below. Add new rooms here.
FLOORS = {
    "base": 0,
    "language": 0,
    "rich": 0,
    "spec": 0,
    "walk": 0,
    "variants": 0,
    "colours": 0,
    "units": 0,
    "cost": 1,
    "scaling": 1,
    "stages": 1,
    "promise": 1,
    "pareto": 1,
    "flat_spots": 1,
    "blockstring": 1,
    "edits": 1,
    "design": 1,
    "onnx_graph": 1,
    "checkpoints": 1,
    "fetch": 1,
    "published": 1,
    "papers": 1,
    "runs": 1,
    "speed": 1,
    "counters": 1,
    "shapes": 1,
    "equal_cost": 1,
    "experiments": 1,
    "search": 1,
    "rewards": 1,
    "memory": 1,
    "formulas": 1,
    "receipts": 1,
    "receptive": 1,
    "nn": 2,
    "pixels": 3,
    "preprocess": 3,
    "samples": 3,
    "predict": 3,
    "prediction": 3,
    "cam": 3,
    "classify": 3,
    "latency": 3,
    "export": 3,
    "second_opinion": 3,
    "train": 3,
    "claims": 4,
    "remarks": 4,
    "figures": 4,
    "report": 4,
    "lessons": 4,
    "web": 4,
    "ui": 5,
    "notebook": 5,
    "__main__": 5,
    "console": 5,
}
TORCH_ROOMS = {"nn", "predict", "cam", "classify", "latency", "train"}
STREAMLIT_ROOMS = {"ui"}
HEAVY = {"torch", "torchvision", "streamlit", "plotly", "numpy", "pandas", "PIL"}


# --- the syntax tree


def room_of(file: Path) -> str:
    """The room that a file of the package belongs to; "" for the package's own front door."""
    first, *rest = file.relative_to(ROOT / "effnet").parts
    return first if rest else first.removesuffix(".py").replace("__init__", "")


def for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imports(tree: ast.AST, *, late: bool) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Modules imported, with the names taken from each; `late` looks into functions as well."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield ("." * node.level) + (node.module or ""), tuple(a.name for a in node.names)
        elif for_types_only(node):
            continue
        elif late or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from imports(node, late=late)


def tops(file: Path, *, late: bool) -> set[str]:
    """The packages that a file imports."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {module.partition(".")[0] for module, _ in imports(tree, late=late)}


def rooms_imported(file: Path) -> set[str]:
    """The rooms that a file imports anywhere in it; public names count as the room they live in."""
    found = set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for module, names in imports(tree, late=True):
        package, _, path = module.partition(".")
        assert package != "", f"{file} has a relative import; write effnet.{path}"
        if package != "effnet":
            continue
        if path:
            found.add(path.partition(".")[0])
        else:
            found |= {effnet._HOME.get(name, name).partition(".")[0] for name in names}
    return found


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", ROOM_FILES, ids=name_of)
def test_imports_look_down_or_sideways_never_up(file):
    room = room_of(file)
    if not room:
        assert rooms_imported(file) == set(), "effnet/__init__.py resolves its names lazily"
        return
    assert room in FLOORS, f"effnet/{room} is a new room: give it a floor in FLOORS, in {__file__}"
    for other in rooms_imported(file):
        assert other in FLOORS, f"{file} imports effnet.{other}, which has no floor in FLOORS"
        assert FLOORS[other] <= FLOORS[room], (
            f"effnet/{room} (floor {FLOORS[room]}) imports effnet/{other} (floor {FLOORS[other]})"
        )


@pytest.mark.parametrize("file", ROOM_FILES, ids=name_of)
def test_only_the_rooms_of_tensors_load_torch(file):
    if room_of(file) not in TORCH_ROOMS:
        assert not tops(file, late=False) & {"torch", "torchvision"}


@pytest.mark.parametrize("file", ROOM_FILES, ids=name_of)
def test_only_the_app_knows_streamlit(file):
    if room_of(file) not in STREAMLIT_ROOMS:
        assert "streamlit" not in tops(file, late=True)


@pytest.mark.parametrize(
    "file", [file for file in ROOM_FILES if FLOORS.get(room_of(file), 9) <= 1], ids=name_of
)
def test_the_two_lowest_floors_load_the_standard_library_only(file):
    assert tops(file, late=False) <= sys.stdlib_module_names | {"effnet"}


def test_every_room_on_a_floor_is_there_or_planned():
    planned = {"train", "notebook", "__main__"}
    assert set(FLOORS) - {room_of(file) for file in ROOM_FILES} <= planned


# --- what a program really loads


def loaded_by(code: str, environment: dict[str, str]) -> set[str]:
    """The top-level packages in memory after running some code in a fresh interpreter."""
    show = "import sys; print('LOADED', *{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{show}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    *_, line = (line for line in done.stdout.splitlines() if line.startswith("LOADED"))
    return set(line.split()[1:])


def test_importing_effnet_loads_nothing_heavy(environment_without_weights):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import effnet"],
        cwd=ROOT,
        env=environment_without_weights,
        capture_output=True,
        text=True,
        check=True,
    )
    named = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "effnet" in named
    assert not named & HEAVY


@pytest.mark.parametrize(
    "code",
    [
        "effnet.count(effnet.get_variant('b7'))",
        "effnet.compound_scale(1)",
        "effnet.available_weights()",
        "effnet.get_variant('b0')._repr_html_()",
        "effnet.implied_phi(effnet.get_variant('b4'))",
        "from effnet.scaling import phi_curve; phi_curve([0, 1, 2])",
        "effnet.WeightsUnavailable",
    ],
)
def test_arithmetic_loads_neither_torch_nor_streamlit_nor_numpy(code, environment_without_weights):
    assert not loaded_by(f"import effnet\n{code}", environment_without_weights) & HEAVY


def test_figures_load_no_torch_and_no_streamlit(environment_without_weights):
    loaded = loaded_by("import effnet; effnet.figures", environment_without_weights)
    assert "plotly" in loaded
    assert not loaded & {"torch", "torchvision", "streamlit"}


# --- the public names


def front_door() -> ast.Module:
    return ast.parse(Path(effnet.__file__).read_text(encoding="utf-8"))


def test_the_lazy_names_are_the_listed_ones():
    assert effnet.__all__ == sorted(effnet.__all__)
    assert set(effnet.__all__) == {*effnet._HOME, "figures"}
    assert dir(effnet) == effnet.__all__


def test_type_checkers_see_the_lazy_names_in_the_same_rooms():
    (block,) = [node for node in front_door().body if for_types_only(node)]
    seen = {
        name: module.removeprefix("effnet").lstrip(".")
        for module, names in imports(ast.Module(block.body, []), late=False)
        for name in names
    }
    assert seen.pop("figures") == ""
    assert seen == effnet._HOME


@pytest.mark.parametrize("name", effnet.__all__)
def test_every_public_name_resolves(name):
    assert getattr(effnet, name) is getattr(effnet, name)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'frobnicate'"):
        effnet.frobnicate  # noqa: B018
