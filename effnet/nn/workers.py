"""A few long-lived threads that run every model call.

A web server makes a fresh thread per visit, and PyTorch's first pass in a fresh thread costs
about twice; here the threads stay warm, and no more passes run at once than there are threads.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import lru_cache, partial
from typing import ParamSpec, TypeVar

from effnet.base import after_fork

P = ParamSpec("P")
T = TypeVar("T")

_PREFIX = "effnet-worker"


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    workers = max(2, min(4, (os.cpu_count() or 2) // 4))
    return ThreadPoolExecutor(workers, thread_name_prefix=_PREFIX)


@lru_cache(maxsize=1)
def decoders() -> ThreadPoolExecutor:
    """Threads that decode and resize pictures: Pillow lets go of Python's lock for both."""
    return ThreadPoolExecutor(os.cpu_count() or 2, thread_name_prefix="effnet-decoder")


after_fork(_pool.cache_clear)
after_fork(decoders.cache_clear)


def call(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function` on a worker thread and wait for what it gives back or raises.

    The caller's language goes along, for what it may say.
    """
    if threading.current_thread().name.startswith(_PREFIX):
        return function(*args, **kwargs)
    made: Callable[[], T] = partial(function, *args, **kwargs)
    return _pool().submit(copy_context().run, made).result()
