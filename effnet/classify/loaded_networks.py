"""Networks in memory, loaded once and shared, within a budget; the least recently used goes first.

A network that somebody still works with is not lost to them when it goes: it lives until they are
done, and is found again if it is asked for meanwhile.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from effnet.classify.classifier import Classifier

BUDGET_VARIABLE = "EFFNET_MODEL_MEMORY"  # MiB
USUAL_BUDGET = 2048 * 2**20


def budget_bytes() -> int:
    """What networks may take together: `$EFFNET_MODEL_MEMORY` in MiB, or 2 GiB."""
    said = os.environ.get(BUDGET_VARIABLE, "")
    return int(said) * 2**20 if said.isdigit() else USUAL_BUDGET


class Store:
    """Networks by name.

    Args:
        load: Makes the classifier of a name.
        budget: Bytes that all of them may take; the one asked for last always fits.
    """

    def __init__(self, load: "Callable[[str], Classifier]", budget: int | None = None) -> None:
        self._load = load
        self._budget = budget
        self._kept: OrderedDict[str, Classifier] = OrderedDict()
        self._alive: WeakValueDictionary[str, Classifier] = WeakValueDictionary()
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}

    def get(self, name: str) -> "Classifier":
        """The classifier of that name; one visitor loads it, others wait for that one alone."""
        found = self._found(name)
        if found is not None:
            return found
        with self._lock:
            mine = self._loading.setdefault(name, threading.Lock())
        with mine:
            found = self._found(name)
            if found is None:
                found = self._load(name)
                with self._lock:
                    self._alive[name] = found
                    self._keep(name, found)
        return found

    def _found(self, name: str) -> "Classifier | None":
        with self._lock:
            found = self._alive.get(name)
            if found is not None:
                self._keep(name, found)
            return found

    def _keep(self, name: str, one: "Classifier") -> None:
        self._kept[name] = one
        self._kept.move_to_end(name)
        budget = budget_bytes() if self._budget is None else self._budget
        while len(self._kept) > 1 and self.memory_bytes() > budget:
            self._kept.popitem(last=False)

    def forget(self, name: str) -> None:
        """Load it anew when it is asked for next; its weights have changed."""
        with self._lock:
            self._kept.pop(name, None)
            self._alive.pop(name, None)

    def names(self) -> list[str]:
        """What is kept, least recently used first."""
        return list(self._kept)

    def memory_bytes(self) -> int:
        """What the networks that are kept take."""
        return sum(one.memory_bytes for one in self._kept.values())

    def alive(self) -> list[str]:
        """What is in memory: kept, or still worked with."""
        return sorted(self._alive)
