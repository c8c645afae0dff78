"""The latency of one network, and of two in turn."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace

from effnet.base import check_range
from effnet.nn import workers
from effnet.timing import PLAIN, Comparison, Engine, Latency, Options, compared
from effnet.timing.measure import clock, machine
from effnet.timing.measure.prepare import Model, Ready, prepared

LEAST_ROUNDS = 8  # fewer have no interval at 99 %

Progress = clock.Progress
Rounds = Callable[[float, dict[str, list[float]]], None]


def check_budget(budget_s: float) -> None:
    """Raise `EffnetError` where a budget is no time."""
    check_range("budget in seconds", budget_s, 0, above=True)


def measure_latency(
    model: Model,
    *,
    device: str = "auto",
    batch_size: int = 1,
    resolution: int | None = None,
    precision: str = "fp32",
    budget_s: float = 5.0,
    channels_last: bool = False,
    folded: bool = False,
    engine: Engine = "eager",
    cuda_graph: bool = False,
    threads: int | None = None,
    link: str = "",
    progress: Progress | None = None,
) -> Latency:
    """Measure the forward pass of a network on this machine.

    Args:
        model: A `Spec`, a variant's name (both with random weights: time does not depend on them)
            or a module, which is left as it was.
        device: "auto" (CUDA, MPS, CPU), or one of them.
        batch_size: Images in a pass.
        resolution: Side of the input in pixels; the network's own where not given.
        precision: "fp32", "bf16" or "fp16" by autocast.
        budget_s: Seconds for the samples; warm-up takes up to half as long before them.
        channels_last: Whether a pixel's channels lie side by side in memory.
        folded: Whether each BatchNorm is folded into the convolution before it.
        engine: "eager", "compile", "onnxruntime" or "openvino".
        cuda_graph: Whether the pass is recorded once and replayed (CUDA).
        threads: Threads of the processor; as they are where not given.
        link: The design's link, to be kept with the samples.
        progress: Called after each pass, in the warm-up with no samples yet, with the share of the
            budget spent and the samples so far in milliseconds; it may raise to stop.

    Raises:
        EffnetError: An option is out of range or can't be used here, or the network is too large
            to measure.
    """
    options = Options(
        device,
        batch_size,
        resolution,
        precision,
        channels_last,
        folded,
        engine,
        cuda_graph,
        threads,
    )
    return measured(model, options, budget_s=budget_s, link=link, progress=progress)


def measured(
    model: Model,
    options: Options,
    *,
    budget_s: float = 5.0,
    link: str = "",
    progress: Progress | None = None,
) -> Latency:
    """`measure_latency` with its options in one record."""
    check_budget(budget_s)
    heard: Progress = progress or (lambda _share, _samples: None)
    with prepared(model, options) as ready:
        ready.warm_up(budget_s * clock.WARM_UP, lambda: heard(0.0, []))
        found = ready.latency(clock.take(ready.sample, budget_s, heard), link=link)
        return replace(found, peak_memory_bytes=ready.peak_bytes())


def race(
    runners: Mapping[str, tuple[Model, Options]],
    *,
    budget_s: float = 10.0,
    progress: Rounds | None = None,
) -> dict[str, Latency]:
    """Measure several networks or ways in turn, round after round, so that they can be compared.

    The samples of one place belong to one round.

    Args:
        runners: Each by a name of its own: what runs, and how. The name is kept as the network's.
        budget_s: Seconds for all rounds; warming up takes up to half as long before them.
        progress: Called after each round, in the warm-up with no samples yet, with the share of
            the budget spent and the samples so far by name; it may raise to stop.
    """
    check_budget(budget_s)
    heard: Rounds = progress or (lambda _share, _samples: None)
    samples: dict[str, list[float]] = {name: [] for name in runners}
    with ExitStack() as stack:
        ready = {
            name: stack.enter_context(prepared(model, options))
            for name, (model, options) in runners.items()
        }
        for one in ready.values():
            with workers.threads(one.options.threads):
                one.warm_up(budget_s * clock.WARM_UP / len(ready), lambda: heard(0.0, samples))
        others = machine.Others()
        one_round = clock.in_turn({name: _sampler(one, ready) for name, one in ready.items()})

        def sample() -> None:
            for name, value in one_round().items():
                samples[name].append(value)

        clock.take(sample, budget_s, lambda share, _: heard(share, samples), least=LEAST_ROUNDS)
        for one in ready.values():
            one.others = others
        return {name: replace(one.latency(samples[name]), name=name) for name, one in ready.items()}


def compare(
    first: Model,
    second: Model,
    *,
    options: Options = PLAIN,
    second_options: Options | None = None,
    budget_s: float = 10.0,
    progress: Rounds | None = None,
) -> Comparison:
    """Measure two networks, or one network run two ways, in turn, and judge the ratio.

    Args:
        first: A variant, spec or module.
        second: Another, or the same.
        options: How the first runs, and the second unless told otherwise.
        second_options: How the second runs.
        budget_s: Seconds for both together.
        progress: As for `race`, by the names "first" and "second".
    """
    runners = {"first": (first, options), "second": (second, second_options or options)}
    found = race(runners, budget_s=budget_s, progress=progress)
    named = [replace(found[key], name=_name(model)) for key, (model, _) in runners.items()]
    return compared(*named)


def _name(model: Model) -> str:
    if isinstance(model, str):
        return model
    spec = getattr(model, "spec", model)
    return str(getattr(spec, "name", type(model).__name__))


def _sampler(one: Ready, ready: Mapping[str, Ready]) -> Callable[[], float]:
    """A sample with its own number of threads; after a change of that, one pass goes untimed."""
    if len({other.options.threads for other in ready.values()}) == 1:
        return one.sample

    def sample() -> float:
        with workers.threads(one.options.threads):
            one.step()
            return one.sample()

    return sample
