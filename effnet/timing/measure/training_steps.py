"""A training step's time and memory at several image sizes: the V2 paper's first bottleneck."""

import statistics
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from effnet.base import EffnetError
from effnet.counting import count
from effnet.counting.memory import training_bytes, weights
from effnet.network import NUM_CLASSES, Spec
from effnet.nn import build, pick_device
from effnet.scaling import takes_network
from effnet.timing import StepCost
from effnet.timing.measure import clock, live_tensors, machine
from effnet.timing.measure.prepare import MAX_MACS, OutOfMemory
from effnet.timing.measure.protocol import check_budget

MOST_MACS = MAX_MACS // 10
Heard = Callable[[float, "list[StepCost]"], None]


@takes_network
def step_costs(
    spec: Spec,
    sides: Sequence[int],
    *,
    batch_size: int = 8,
    device: str = "auto",
    budget_s: float = 30.0,
    progress: Heard | None = None,
) -> list[StepCost]:
    """Time forward, loss and backward at each image size, smallest first.

    Stops before a size that the closed form says does not fit into the memory that is free.

    Args:
        spec: The network, with random weights.
        sides: Image sides in pixels.
        batch_size: Images in a step.
        device: "auto", or a device's name.
        budget_s: Seconds for all sizes.
        progress: Called after each step with the share done and the sizes so far; it may raise to
            stop.
    """
    check_budget(budget_s)
    place = pick_device(device)
    found: list[StepCost] = []
    heard: Heard = progress or (lambda _share, _found: None)
    for number, side in enumerate(sorted(sides)):
        macs = batch_size * count(spec, resolution=side).macs
        if macs > MOST_MACS:
            raise EffnetError(
                "a step of {n} images at {side} px takes {macs:,.0f} G multiply-adds "
                "forwards; the limit is {most:,.0f} G",
                n=batch_size,
                side=side,
                macs=macs / 1e9,
                most=MOST_MACS / 1e9,
            )
        needed = training_bytes(spec, batch=batch_size, resolution=side)
        free = machine.free_bytes(place)
        if free is not None and needed + 2 * weights(spec).bytes(4) > free:
            raise OutOfMemory(spec.name, batch_size, side, place)

        def told(part: float, number: int = number) -> None:
            heard((number + part) / len(sides), found)

        one = _step_cost(spec, side, batch_size, place, budget_s / len(sides), told)
        found.append(one)
        heard((number + 1) / len(sides), found)
    return found


def _step_cost(
    spec: Spec,
    side: int,
    batch_size: int,
    place: torch.device,
    budget_s: float,
    heard: Callable[[float], None],
) -> StepCost:
    model, images, step = _training(spec, side, batch_size, place, torch.contiguous_format)
    timer = clock.timer(place)
    timer.sample(step)
    heard(0.0)
    peak = live_tensors.peak_bytes(model, images, step)
    samples = clock.take(
        lambda: timer.sample(step), budget_s, lambda share, _: heard(share), least=3
    )
    return StepCost(
        side,
        batch_size,
        tuple(samples),
        peak,
        training_bytes(spec, batch=batch_size, resolution=side),
        batch_size * count(spec, resolution=side).macs,
    )


def _training(
    spec: Spec, side: int, batch_size: int, place: torch.device, layout: torch.memory_format
) -> tuple[nn.Module, Tensor, Callable[[], None]]:
    """A network with random weights, random images, and a step of training on them."""
    model = build(spec).train().to(place, memory_format=layout)  # type: ignore[call-overload]
    images = torch.randn(batch_size, 3, side, side, device=place).to(memory_format=layout)
    classes = torch.randint(NUM_CLASSES, (batch_size,), device=place)

    def step() -> None:
        model.zero_grad(set_to_none=True)
        functional.cross_entropy(model(images), classes).backward()  # type: ignore[no-untyped-call]

    return model, images, step


def step_ms(spec: Spec, side: int, *, batch_size: int) -> float:
    """Median milliseconds of three steps as the trainer takes them here, after one to warm up."""
    place = torch.device("cpu")
    _, _, step = _training(spec, side, batch_size, place, torch.channels_last)
    _, *samples = (clock.timer(place).sample(step) for _ in range(4))
    return statistics.median(samples)
