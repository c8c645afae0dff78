"""What loads what: names on first use, light rooms without torch, imports that never look up."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import effnet

ROOT = Path(effnet.__file__).parents[1]
ROOM_FILES = sorted((ROOT / "effnet").rglob("*.py"))

# A room may import rooms of its own floor and below, through their doors. Add new rooms here.
FLOORS = {
    "base": 0,
    "network": 0,
    "counting": 1,
    "scaling": 1,
    "papers": 1,
    "weights": 1,
    "nn": 2,
    "pixels": 3,
    "classify": 3,
    "cam": 3,
    "int8": 3,
    "timing": 3,
    "jobs": 3,
    "train": 3,
    "figures": 4,
    "report": 4,
    "web": 4,
    "site": 4,
    "notebook": 5,
    "cli": 5,
    "app": 5,
}
TORCH_ROOMS = {"nn", "classify", "cam", "int8", "timing", "train"}
STREAMLIT_ROOMS = {"app"}
HEAVY = {"torch", "torchvision", "streamlit", "plotly", "numpy", "pandas", "PIL"}


# --- the syntax tree


def room_of(file: Path) -> str:
    """The room that a file of the package belongs to; "" for the package's own front door."""
    first, *rest = file.relative_to(ROOT / "effnet").parts
    return first if rest else ""


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


def doors_used(file: Path) -> Iterator[tuple[str, str]]:
    """Doors of other rooms that a file imports from, with the name taken; "" is `effnet` itself."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for module, names in imports(tree, late=True):
        package, _, door = module.partition(".")
        assert package != "", f"{file} has a relative import; write effnet.{door}"
        if package == "effnet" and door.partition(".")[0] != (room_of(file) or "-"):
            yield from ((door, name) for name in names)


def rooms_imported(file: Path) -> set[str]:
    """The rooms that a file imports anywhere in it; public names count as the room they live in."""
    return {
        (door or PUBLIC.get(name, name)).partition(".")[0] for door, name in doors_used(file)
    } - {"__version__"}


def offered(stub: Path) -> dict[str, str]:
    """The names that a door offers, with the module that each lives in."""
    tree = ast.parse(stub.read_text(encoding="utf-8"))
    return {
        alias.name: node.module or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


PUBLIC = offered(ROOT / "effnet" / "__init__.pyi")
DOORS = {
    ".".join(stub.parent.relative_to(ROOT / "effnet").parts): offered(stub)
    for stub in (ROOT / "effnet").rglob("__init__.pyi")
} | {"web": dict.fromkeys(vars(importlib.import_module("effnet.web")), "")}


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", ROOM_FILES, ids=name_of)
def test_imports_look_down_or_sideways_never_up(file):
    room = room_of(file)
    if not room:
        assert rooms_imported(file) <= {"base", "cli"}, "effnet resolves its names lazily"
        return
    assert room in FLOORS, f"effnet/{room} is a new room: give it a floor in FLOORS, in {__file__}"
    for other in rooms_imported(file):
        assert other in FLOORS, f"{file} imports effnet.{other}, which has no floor in FLOORS"
        assert FLOORS[other] <= FLOORS[room], (
            f"effnet/{room} (floor {FLOORS[room]}) imports effnet/{other} (floor {FLOORS[other]})"
        )


@pytest.mark.parametrize("file", ROOM_FILES, ids=name_of)
def test_a_room_is_entered_by_its_door(file):
    for door, name in doors_used(file):
        assert door in DOORS, f"{file} goes past a door: effnet.{door}"
        assert name in DOORS[door] or (door, name) == ("", "__version__"), (
            f"{file} takes {name!r}, which the door of effnet.{door} does not offer"
        )


@pytest.mark.parametrize("door", sorted(DOORS))
def test_every_name_that_a_door_offers_is_behind_it(door):
    room = importlib.import_module(f"effnet.{door}".rstrip("."))
    for name in DOORS[door]:
        assert getattr(room, name) is not None or name.isupper()


def test_few_modules_stand_outside_the_rooms():
    assert len(list((ROOT / "effnet").glob("*.py"))) <= 4


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
    assert tops(file, late=False) <= sys.stdlib_module_names | {"effnet", "lazy_loader"}


def test_every_room_on_a_floor_is_there():
    assert set(FLOORS) == {room_of(file) for file in ROOM_FILES} - {""}


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
    loaded = loaded_by("import effnet; effnet.figures.macs_along_phi", environment_without_weights)
    assert "plotly" in loaded
    assert not loaded & {"torch", "torchvision", "streamlit"}


# --- the public names


def test_the_lazy_names_are_the_listed_ones():
    assert effnet.__all__ == sorted(effnet.__all__)
    assert set(effnet.__all__) == set(PUBLIC)


@pytest.mark.parametrize("name", effnet.__all__)
def test_every_public_name_resolves(name):
    assert getattr(effnet, name) is getattr(effnet, name)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="frobnicate"):
        effnet.frobnicate  # noqa: B018
