"""A forked process predicts and explains as its parent does, and doesn't wait for its threads."""

import multiprocessing
import os
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest

import effnet
from effnet.nn import workers

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no forking on this system")
PATIENCE_S = 180


def child_ends_well(work) -> bool:
    """Run `work` in a real fork; False where it raises, or waits for ever."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork among threads is the point
        child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.02)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return False


@pytest.mark.parametrize("engine", ["auto", "eager", "packed"])
def test_a_fork_predicts_and_explains_as_its_parent(engine, coffee):
    classifier = effnet.load("lite0", device="cpu", engine=engine)
    logits = [one.logits for one in classifier.predict([coffee] * 3)]  # its decoders run as well
    native = classifier.explain(coffee).native

    def work() -> None:
        again = [one.logits for one in classifier.predict([coffee] * 3)]
        assert np.allclose(logits, again, atol=1e-4)
        assert np.allclose(native, classifier.explain(coffee).native, atol=1e-4)

    assert child_ends_well(work)
    assert np.allclose(classifier.predict(coffee)[0].logits, logits[0], atol=1e-4)


def test_a_fork_while_the_parent_holds_the_locks(coffee):
    classifier = effnet.load("lite0", device="cpu")
    with classifier._engine._making:  # another thread is making its engine just now
        assert child_ends_well(lambda: classifier.predict(coffee))


def test_a_fork_loads_networks_of_its_own(lite0, coffee):
    lite0.predict(coffee)
    assert child_ends_well(lambda: effnet.load("lite0", device="cpu").predict(coffee))


def test_a_fork_of_a_fork_predicts_too(lite0, coffee):
    lite0.predict(coffee)

    def work() -> None:
        lite0.predict(coffee)
        assert child_ends_well(lambda: lite0.predict(coffee))

    assert child_ends_well(work)


def test_a_download_of_the_parent_is_none_of_the_fork(tmp_path):
    from effnet.weights import downloads

    with downloads._alone(tmp_path / "one.part"):
        assert child_ends_well(lambda: list(downloads._busy) == [] or os._exit(2))


_shared: list[effnet.Classifier] = []


def named(path) -> str:
    return _shared[0].predict(path)[0].labels[0].name


@pytest.mark.skipif(sys.platform != "linux", reason="pools fork on Linux only")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_pool_that_forks_gives_its_answers(lite0, coffee, chelsea):
    _shared[:] = [lite0]
    wanted = [named(coffee), named(chelsea)]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map_async(named, [coffee, chelsea]).get(timeout=PATIENCE_S) == wanted


def test_the_decoders_are_made_anew(lite0, coffee):
    lite0.predict([coffee, coffee])
    assert workers._decoders.cache_info().currsize == 1

    def work() -> None:
        assert workers._decoders.cache_info().currsize == 0

    assert child_ends_well(work)


ENDS = """
import os, sys, warnings, effnet
warnings.simplefilter("ignore")
classifier = effnet.load("lite0", device="cpu")
classifier.predict(sys.argv[1])
child = os.fork()
if not child:
    classifier.predict(sys.argv[1])
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
"""


def test_a_fork_that_predicted_ends_by_itself(coffee):
    """All destructors run: those of the parent's engine would wait for its threads."""
    work = [sys.executable, "-c", ENDS, str(coffee)]
    subprocess.run(work, check=True, timeout=PATIENCE_S)
