"""Networks in memory: loaded once, within a budget, the oldest first, nobody's taken away."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from effnet.classify.loaded_networks import Store, budget_bytes


class Fake:
    def __init__(self, name: str) -> None:
        self.name = name
        self.memory_bytes = 10


def test_the_least_recently_used_goes_first():
    store = Store(Fake, budget=30)
    for name in ("a", "b", "c", "a", "d"):
        store.get(name)
    assert store.names() == ["c", "a", "d"]
    assert store.memory_bytes() == 30


def test_one_that_is_too_large_is_kept_while_it_is_the_last():
    store = Store(Fake, budget=5)
    store.get("a")
    assert store.names() == ["a"]
    store.get("b")
    assert store.names() == ["b"]


def test_one_in_use_lives_on_and_is_not_loaded_twice():
    loads = []

    def load(name: str) -> Fake:
        loads.append(name)
        return Fake(name)

    store = Store(load, budget=10)
    held = store.get("a")
    store.get("b")
    assert store.names() == ["b"]
    assert store.alive() == ["a", "b"]
    assert store.get("a") is held
    assert loads == ["a", "b"]
    del held
    store.get("b")
    gc.collect()
    assert store.alive() == ["b"]


def test_many_at_once_load_one_and_do_not_wait_for_another():
    started, go_on, loads = threading.Event(), threading.Event(), []

    def load(name: str) -> Fake:
        loads.append(name)
        if name == "slow":
            started.set()
            assert go_on.wait(120)
        return Fake(name)

    store = Store(load, budget=100)
    with ThreadPoolExecutor(8) as pool:
        slow = [pool.submit(store.get, "slow") for _ in range(6)]
        assert started.wait(120)
        assert store.get("quick").name == "quick"
        go_on.set()
        assert len({id(one.result()) for one in slow}) == 1
    assert sorted(loads) == ["quick", "slow"]


def test_a_load_that_fails_is_tried_again():
    outcomes = iter([ValueError("broken"), None])

    def load(name: str) -> Fake:
        problem = next(outcomes)
        if problem:
            raise problem
        return Fake(name)

    store = Store(load)
    with pytest.raises(ValueError, match="broken"):
        store.get("a")
    assert store.get("a").name == "a"


@pytest.mark.parametrize(("said", "mib"), [("", 2048), ("100", 100), ("much", 2048)])
def test_the_budget_is_the_environments(monkeypatch, said, mib):
    monkeypatch.setenv("EFFNET_MODEL_MEMORY", said)
    assert budget_bytes() == mib * 2**20
