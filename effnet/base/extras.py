"""Packages that are not always installed: which extra brings them, said in one line."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from effnet.base.errors import EffnetError
from effnet.base.language import say

P = ParamSpec("P")
T = TypeVar("T")

# what each extra of pyproject.toml brings, by the name that is imported
BROUGHT = {
    "app": ("streamlit", "pyarrow"),
    "notebook": ("ipywidgets", "anywidget", "plotly", "pandas", "IPython"),
    "train": ("torch", "torchvision", "safetensors", "skimage", "sklearn", "PIL", "numpy"),
    "export": ("onnx", "onnxruntime", "openvino"),
}


def extra_of(package: str) -> str:
    """The extra that brings a package, by the name that is imported; "" for none."""
    top = package.partition(".")[0]
    return next((extra for extra, brought in BROUGHT.items() if top in brought), "")


def missing(error: ModuleNotFoundError) -> EffnetError | None:
    """What to say of a package that is not installed; None where no extra brings it."""
    package = (error.name or "").partition(".")[0]
    extra = extra_of(package)
    if not extra:
        return None
    return EffnetError(
        say(
            "{package} is not installed; get it with: pip install 'effnet[{extra}]'",
            package=package,
            extra=extra,
        )
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
