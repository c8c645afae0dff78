"""Records, their doubts, and what samples allow to say; against numpy and scipy."""

import dataclasses
import json
import random
import statistics

import numpy as np
import pytest

from effnet.base.language import speaking
from effnet.timing import comparisons
from effnet.timing.comparisons import compared, fastest, in_words, knee, log_r2, median_interval
from effnet.timing.measurements import Environment, Latency, allowed_cores, quantile
from effnet.timing.options import Options
from effnet.timing.profiles import Roof

HERE = Environment(
    "cpu", "a processor", 2, 0.5, "2.15", "3.11", "here", "2026-07-01T00:00:00+00:00", cores=2
)


def record(*samples_ms: float, batch_size: int = 1, **where) -> Latency:
    found = dataclasses.replace(HERE, **where)
    return Latency(
        "b0", samples_ms, found.settled(Options(batch_size=batch_size), 224), None, found
    )


@pytest.mark.parametrize("count", [1, 2, 5, 10, 11, 37])
def test_quantiles_are_numpys(count):
    samples = np.random.default_rng(count).gamma(3, 4, count).tolist()
    found = record(*samples)
    wanted = np.quantile(samples, [0.1, 0.5, 0.9])
    assert [found.p10_ms, found.median_ms, found.p90_ms] == pytest.approx(wanted)
    assert quantile(samples, 0.25) == pytest.approx(np.quantile(samples, 0.25))


def test_throughput_counts_the_pictures_of_a_batch():
    assert record(20.0, 25.0, 30.0).images_per_s == pytest.approx(40)
    assert record(20.0, 25.0, 30.0, batch_size=8).images_per_s == pytest.approx(320)


def test_a_record_goes_through_json_with_every_sample():
    found = json.loads(json.dumps(record(3.0, 1.0, 2.0).as_dict()))
    assert found["samples_ms"] == [3.0, 1.0, 2.0]
    assert found["median_ms"] == 2.0
    assert found["environment"]["torch"] == "2.15"


# --- doubts


@pytest.mark.parametrize(
    ("samples", "where", "said"),
    [
        ((10.0,) * 9, {}, ""),
        ((10.0, 11, 10, 11, 10), {}, ""),
        ((10.0, 20, 10, 20, 10), {}, "the passes differ by 100 % of the median"),
        ((10.0,) * 9, {"other_cores": 0.2}, ""),
        ((10.0,) * 9, {"other_cores": 1.0}, "other programs kept 1.0 of 2 cores busy"),
        ((10.0,) * 9, {"other_cores": 1.0, "threads": 1}, "other programs kept 1.0 of 2 cores"),
        ((10.0,) * 9, {"other_cores": 1.0, "cores": 16, "threads": 8}, ""),
        ((10.0,) * 9, {"load_before": 7.0}, "load was 7.0 before"),
        ((10.0,) * 9, {"load_before": 7.0, "other_cores": 0.0}, ""),
        ((10.0,) * 10 + (11.5,) * 10, {}, "the last third of the passes is 15 % slower"),
        ((11.5,) * 10 + (10.0,) * 10, {}, "13 % faster than the first"),
    ],
    ids=[
        "even",
        "nearly even",
        "wild",
        "nearly alone",
        "busy loop on the other core",
        "busy loop beside one thread",
        "one program beside many idle cores",
        "load, where nothing better is known",
        "load of one's own, where better is known",
        "slowing down",
        "speeding up",
    ],
)
def test_an_unstable_measurement_says_why(samples, where, said):
    found = record(*samples, **where)
    assert found.stable is (said == "")
    assert said in " ".join(found.doubts)
    assert bool(in_words(found)) is not found.stable
    if said:
        assert in_words(found).startswith("Unstable: ")


def test_doubts_are_told_in_the_readers_language_and_kept_in_english():
    found = record(10.0, 20, 10, 20, 10, other_cores=1.5)
    with speaking("zh"):
        said, kept = in_words(found), found.as_dict()
    assert said.startswith("不稳定：")
    assert "，而且" in said
    assert kept == found.as_dict()
    assert kept["doubts"][0].startswith("the passes differ by")


@pytest.mark.parametrize(
    ("cores", "threads", "allowed"), [(2, 2, 0.25), (2, 1, 0.75), (16, 8, 4.25), (2, 4, 0.25)]
)
def test_other_programs_may_use_half_of_what_a_pass_leaves_idle(cores, threads, allowed):
    assert allowed_cores(cores, threads) == allowed


# --- intervals and verdicts


@pytest.mark.parametrize(
    ("n", "ranks"), [(7, None), (8, (1, 8)), (20, (4, 17)), (50, (16, 35)), (100, (37, 64))]
)
def test_the_interval_of_a_median_is_the_textbooks_order_statistics(n, ranks):
    """Ranks of the distribution-free 99 % interval, as tabulated for the sign test."""
    low, high = median_interval([float(i) for i in range(1, n + 1)])
    assert (low, high) == (ranks or (-float("inf"), float("inf")))


def test_the_interval_agrees_with_scipys_binomial_quantiles():
    from scipy.stats import binom

    for n in (*range(8, 400, 7), 5000):
        low, high = median_interval([float(i) for i in range(1, n + 1)])
        rank = int(binom.ppf(0.005, n, 0.5))
        if binom.cdf(rank, n, 0.5) > 0.005:
            rank -= 1
        assert (low, high) == (rank + 1, n - rank)


def test_the_interval_holds_the_median_as_often_as_it_says():
    chance = random.Random(5)
    inside = 0
    for _ in range(600):
        low, high = median_interval([chance.lognormvariate(0, 0.4) for _ in range(40)])
        inside += low <= 1 <= high
    assert inside >= 0.98 * 600


def noisy(chance: random.Random, factor: float, busy: list[float]) -> tuple[float, ...]:
    """Times with a shared busy spell and noise of their own."""
    return tuple(factor * spell * chance.lognormvariate(0, 0.08) for spell in busy)


def trials(factor: float, number: int = 20, rounds: int = 60) -> list[str]:
    chance = random.Random(7)
    found = []
    for _ in range(number):
        busy = [10.0 * (3.0 if chance.random() < 0.2 else 1.0) for _ in range(rounds)]
        pair = noisy(chance, 1.0, busy), noisy(chance, factor, busy)
        found.append(compared(*(record(*samples) for samples in pair)).faster)
    return found


def test_a_network_is_not_told_from_itself_on_a_noisy_machine():
    assert trials(1.0).count("can't tell") >= 19


@pytest.mark.parametrize(("factor", "faster"), [(2.0, "first"), (1.2, "first"), (0.7, "second")])
def test_what_is_faster_is_named_though_busy_spells_hit_both(factor, faster):
    assert set(trials(factor)) == {faster}


def test_a_difference_that_memory_layout_can_make_is_not_told():
    pairs = [10.0 + i / 100 for i in range(40)]
    found = compared(record(*pairs), record(*(1.005 * value for value in pairs)))
    assert found.low > 1
    assert found.faster == "can't tell"


def test_too_few_pairs_tell_nothing():
    found = compared(record(1.0, 1.0), record(9.0, 9.0))
    assert found.faster == "can't tell"
    assert found.sentence("b0", "b2") == "can't tell b0 and b2 apart: 2 rounds are too few"


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (2.0, "b0 is 2.00 x as fast as b2 (99 % interval 2.00 to 2.00)"),
        (0.5, "b2 is 2.00 x as fast as b0 (99 % interval 2.00 to 2.00)"),
        (1.0, "can't tell b0 and b2 apart: the ratio of times is 1.00 to 1.00"),
    ],
)
def test_a_verdict_in_words(factor, said):
    samples = [10.0 + i for i in range(20)]
    found = compared(record(*samples), record(*(factor * value for value in samples)))
    assert found.sentence("b0", "b2") == said
    assert found.gain == pytest.approx(1 / factor)
    assert json.loads(json.dumps(found.as_dict()))["faster"] == found.faster


def test_pairs_that_do_not_match_are_a_bug():
    with pytest.raises(ValueError, match="shorter"):
        compared(record(1.0, 2.0), record(1.0))


def test_the_fastest_comes_with_those_that_can_not_be_told_from_it():
    chance = random.Random(1)
    raced = {
        name: [factor * chance.uniform(0.9, 1.1) for _ in range(60)]
        for name, factor in {"slow": 2.0, "best": 1.0, "near": 1.002}.items()
    }
    assert set(fastest(raced)) == {"best", "near"}


# --- curves


@pytest.mark.parametrize(
    ("throughputs", "batch"),
    [({1: 10, 2: 19, 4: 30, 8: 32, 16: 33}, 4), ({1: 30, 2: 31}, 1), ({1: 1, 2: 2, 4: 4}, 4)],
    ids=["bends at 4", "flat", "never bends"],
)
def test_the_knee_is_the_smallest_batch_near_the_best_throughput(throughputs, batch):
    assert knee(throughputs) == batch
    assert comparisons.KNEE == 0.9


def test_no_batches_have_no_knee():
    assert knee({}) is None


def test_correlation_of_logarithms_is_numpys():
    generator = np.random.default_rng(2)
    x = generator.lognormal(size=30)
    y = x**0.7 * generator.lognormal(sigma=0.3, size=30)
    wanted = np.corrcoef(np.log(x), np.log(y))[0, 1] ** 2
    assert log_r2(x.tolist(), y.tolist()) == pytest.approx(wanted)


@pytest.mark.parametrize(("x", "y"), [([1, 2], [1, 2]), ([3, 3, 3], [1, 2, 3])])
def test_a_correlation_of_too_little_is_none(x, y):
    assert log_r2(x, y) is None


# --- options and roof


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (Options(), "PyTorch's default way (fp32)"),
        (Options(batch_size=8, resolution=64), "PyTorch's default way (fp32)"),
        (Options(precision="bf16", channels_last=True), "bf16, channels-last"),
        (Options(folded=True, threads=1), "folded BatchNorm, 1 thread"),
        (Options(engine="openvino", threads=4), "OpenVINO, 4 threads"),
        (Options(precision="fp16", cuda_graph=True), "fp16, CUDA graph"),
    ],
    ids=str,
)
def test_options_say_what_differs_from_the_plain_way(options, words):
    assert options.words == words
    assert options.plain.words == "PyTorch's default way (fp32)"


def test_options_in_chinese_stand_in_one_row():
    options = Options("cpu", precision="bf16", folded=True, threads=2)
    with speaking("zh"):
        assert options.words == "bf16、折叠 BatchNorm、2 个线程"
    assert options.words == "bf16, folded BatchNorm, 2 threads"
    assert options.plain.batch_size == options.batch_size


def test_a_measurement_knows_the_options_that_would_repeat_it():
    found = Latency(
        "b0",
        (1.0,),
        HERE.settled(Options(batch_size=4, precision="bf16", channels_last=True), 96),
        None,
        HERE,
    )
    assert found.options == Options("cpu", 4, 96, "bf16", True, threads=2)


def test_the_roof_is_memory_before_the_ridge_and_arithmetic_behind_it():
    roof = Roof(100.0, 10.0, HERE)
    assert roof.ridge == 10
    assert [roof.at(intensity) for intensity in (1, 10, 50)] == [10, 100, 100]


def test_a_median_is_the_standard_librarys():
    assert record(3.0, 1.0, 2.0, 8.0).median_ms == statistics.median([3, 1, 2, 8])
