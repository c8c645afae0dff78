"""Files of `effnet/data`, and its tables, read once as rows of text."""

import csv
from functools import lru_cache
from importlib import resources


def data_text(name: str) -> str:
    """What a file of `data/` holds, by its path there."""
    return resources.files("effnet").joinpath(f"data/{name}").read_text("utf-8")


@lru_cache(maxsize=32)
def table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a table as text, columns as in the file of that name in `data/`."""
    return tuple(csv.DictReader(data_text(f"{name}.csv").splitlines()))
