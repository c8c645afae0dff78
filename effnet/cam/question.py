"""What a map is asked: which class, and rather than which other one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from effnet.base import EffnetError, brief, check_range
from effnet.classify import find_class

Target = int | str | tuple[int | str, int | str] | None  # a pair: why A rather than B


@dataclass(frozen=True, slots=True)
class Question:
    """Which class a map is asked about, and rather than which other one, if any."""

    target: int
    against: int | None = None

    def score(self, logits: Tensor) -> Tensor:
        """What is explained, of `(N, classes)` logits: `(N,)`."""
        if self.against is None:
            return logits[:, self.target]
        return logits[:, self.target] - logits[:, self.against]

    def check(self, classes: int) -> "Question":
        """Itself; `EffnetError` where there is no such class."""
        for index in (self.target, self.against):
            if index is not None:
                check_range("class", index, 0, classes - 1)
        if self.target == self.against:
            raise EffnetError(
                "class {index} rather than itself; expected two classes", index=self.target
            )
        return self


def asked(target: Target, classes: Sequence[str]) -> Question | None:
    """The question of classes by index or name; None, the most probable class, stays None.

    Raises:
        EffnetError: The target is neither a class nor a pair of two, or a name is unknown.
    """
    if target is None:
        return None
    pair = target if isinstance(target, tuple) else (target,)
    if len(pair) not in (1, 2):
        raise EffnetError(
            "target {target}; expected a class, or a pair of two", target=brief(target)
        )
    indices = []
    for one in pair:
        index = find_class(one, classes) if isinstance(one, str) else one
        if isinstance(index, bool) or not isinstance(index, (int, np.integer)):
            raise EffnetError("target {target}; expected a class index or name", target=brief(one))
        indices.append(int(index))
    return Question(*indices)
