"""A few long-lived threads that run every model call.

A web server makes a fresh thread per visit, and PyTorch's first pass in a fresh thread costs
about twice; here the threads stay warm, and no more passes run at once than there are threads.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import lru_cache, partial
from typing import ParamSpec, TypeVar

import torch

from effnet.base import after_fork

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S")

_PREFIX = "effnet-worker"
COUNT = max(2, min(4, (os.cpu_count() or 2) // 4))  # passes that run at once


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(
        COUNT,
        thread_name_prefix=_PREFIX,
        # a thread keeps the count of the moment when it was made: all have the same, as another
        # count adds up in another order, and the last bits of an answer would depend on the thread
        initializer=torch.set_num_threads,
        initargs=(torch.get_num_threads(),),
    )


@lru_cache(maxsize=1)
def _decoders() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 2, thread_name_prefix="effnet-decoder")


after_fork(_pool.cache_clear)
after_fork(_decoders.cache_clear)


@contextmanager
def threads(number: int | None) -> Iterator[None]:
    """This many threads for the time being; None leaves them as they are."""
    before = torch.get_num_threads()
    if number is None or number == before:
        yield
        return
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def call(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function` on a worker thread and wait for what it gives back or raises.

    The caller's language goes along, for what it may say.
    """
    if _on_worker():
        return function(*args, **kwargs)
    made: Callable[[], T] = partial(function, *args, **kwargs)
    return _pool().submit(copy_context().run, made).result()


def begin(function: Callable[[], object]) -> None:
    """Run `function` on a worker thread in the background; what it gives or raises is dropped."""
    _pool().submit(copy_context().run, function)


def decoded(function: Callable[[S], T], items: Iterable[S], *, ahead: int) -> Iterator[T]:
    """`function` of each item in order, `ahead` of them done before they are asked for.

    They run on threads that decode and resize: Pillow lets go of Python's lock for both.
    """
    return _in_order(_decoders(), function, items, ahead)


def passes(function: Callable[[S], T], items: Iterable[S]) -> Iterator[T]:
    """`function` of each item in order, on the worker threads, each with one waiting behind it."""
    if _on_worker():
        return map(function, items)
    return _in_order(_pool(), function, items, ahead=COUNT)


def _on_worker() -> bool:
    return threading.current_thread().name.startswith(_PREFIX)


def _in_order(
    pool: ThreadPoolExecutor, function: Callable[[S], T], items: Iterable[S], ahead: int
) -> Iterator[T]:
    waiting: deque[Future[T]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(copy_context().run, function, item))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
