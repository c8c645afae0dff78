"""ImageNet's class names in the reader's language; what programs read keeps the English ones."""

from functools import lru_cache

from effnet.base import language
from effnet.base.tables import data_text


def class_name(name: str) -> str:
    """A class in the reader's language, by its English name; another network's own as it is."""
    return _names(language.current()).get(name, name)


def either_name(name: str) -> str:
    """A class in the reader's language with its English name, for a box that is searched."""
    said = class_name(name)
    return name if said == name else f"{said} ({name})"


@lru_cache(maxsize=len(language.LANGUAGES))
def _names(code: str) -> dict[str, str]:
    """Names by their English ones; empty for English."""
    if code == language.DEFAULT:
        return {}
    english, said = (
        data_text(f"{file}.txt").splitlines()
        for file in ("imagenet_classes", f"imagenet_classes_{code}")
    )
    return dict(zip(english, said, strict=True))
