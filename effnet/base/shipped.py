"""Where the app, its pages, the notebooks and the kept results lie: in the wheel or beside it."""

from pathlib import Path

import effnet


def shipped(*names: str) -> Path:
    """A file or folder of the explorer, by its path in the source tree: `shipped("pages")`."""
    package = Path(effnet.__file__).parent
    inside = package / "shipped"  # where `setup.py` puts them when it builds a wheel
    return (inside if inside.is_dir() else package.parent).joinpath(*names)
