"""Memory that tensors take during a pass, by watching operators make them and let them go."""

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Live(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of all storages that operators made and that are still alive.

    What a kernel allocates for itself and gives back before it ends is not seen, nor what the
    allocator rounds up.
    """

    def __init__(self, known: Iterable[Tensor] = ()) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now: int = 0
        self.peak: int = 0
        self._sizes: dict[int, tuple[weakref.ref[torch.UntypedStorage], int]] = {}
        for tensor in known:
            self._add(tensor)

    def __torch_dispatch__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        found = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(found):
            if isinstance(tensor, Tensor):
                self._add(tensor)
        return found

    def _add(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        key = id(storage)
        seen = self._sizes.get(key)
        if seen is not None and seen[0]() is storage:
            return
        size = storage.nbytes()
        self._sizes[key] = weakref.ref(storage, lambda _: self._gone(key, size)), size
        self.now += size
        self.peak = max(self.peak, self.now)

    def _gone(self, key: int, size: int) -> None:
        self._sizes.pop(key, None)
        self.now -= size


def peak_bytes(module: nn.Module, image: Tensor, step: Callable[[], object]) -> int | None:
    """The most that weights, buffers, the image and all tensors of a pass take together.

    None where a device doesn't tell.
    """
    if image.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(image.device)
        step()
        torch.cuda.synchronize(image.device)
        return torch.cuda.max_memory_allocated(image.device)
    if image.device.type != "cpu":
        return None
    known = [*module.parameters(), *module.buffers(), image]
    with Live(known) as live:
        step()
    return int(live.peak)
