"""Packages that are not always installed: which extra brings them, said in one line."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import lazy_loader

from effnet.base.errors import EffnetError

P = ParamSpec("P")
T = TypeVar("T")

# what each extra brings, by the name that is imported
BROUGHT = {
    "notebook": {"plotly", "pandas", "numpy", "PIL", "ipywidgets", "anywidget", "traitlets"}
    | {"jinja2", "nbclient", "nbconvert", "nbformat"},
    "train": {
        *("torch", "torchvision", "safetensors", "numpy", "pandas", "PIL"),
        *("pytorch_grad_cam", "ptflops", "skimage", "sklearn"),
    },
    "export": {"torch", "numpy", "safetensors", "onnxruntime", "onnx"},
    "hub": {"huggingface_hub"},
    "app": {"streamlit", "pyarrow", "jinja2"},
}
# rooms of effnet[train]
TENSORS = {"nn", "pixels", "classify", "cam", "int8", "timing", "train", "jobs"}


def extra_for(package: str, room: str) -> str:
    """The extra that brings a package, seen from a room that wants it; "" for none."""
    preferred = "train" if room in TENSORS else room
    order = sorted(BROUGHT, key=lambda extra: extra != preferred)
    return next((extra for extra in order if package in BROUGHT[extra]), "")


def _asking(error: BaseException) -> str:
    """The room that wanted what is missing: that of the last of our modules in the traceback."""
    room, trace = "", error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "")
        if name.startswith("effnet."):
            room = name.split(".")[1]
        trace = trace.tb_next
    return room


def missing(error: ModuleNotFoundError) -> EffnetError | None:
    """What to say of a package that is not installed; None where no extra brings it."""
    package = (error.name or "").partition(".")[0]
    extra = extra_for(package, _asking(error))
    if not extra:
        return None
    return EffnetError(
        "{package} is not installed; get it with: pip install 'effnet[{extra}]'",
        package=package,
        extra=extra,
    )


def needing(function: Callable[P, T]) -> Callable[P, T]:
    """Makes a function say which extra it needs where a package is not installed.

    Raises:
        EffnetError: Names the package and the command that installs it.
    """

    @wraps(function)
    def named(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except ModuleNotFoundError as error:
            said = missing(error)
            if said is None:
                raise
            raise said from None

    return named


def door(
    package: str, file: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """`lazy_loader`'s door of a room that people enter themselves, which names a missing extra."""
    resolved, listed, names = lazy_loader.attach_stub(package, file)
    return needing(resolved), listed, names
