"""Tables of `effnet/data`, read once as rows of text."""

import csv
from functools import lru_cache
from importlib import resources


@lru_cache(maxsize=32)
def table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a table as text, columns as in the file of that name in `data/`."""
    text = resources.files("effnet").joinpath(f"data/{name}.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))
