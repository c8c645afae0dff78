"""What is measured, how, and that nothing is left changed; no test looks at a duration."""

import copy
import dataclasses
import itertools
import json
import random
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import effnet
from effnet.base import EffnetError
from effnet.counting.memory.inference import peak_bytes
from effnet.counting.memory.tensors import weights
from effnet.nn import sessions
from effnet.timing.measure import clock, live_tensors, machine, prepare, protocol
from effnet.timing.measure.protocol import compare, measured, race
from effnet.timing.measurements import Latency
from effnet.timing.options import Options

SMALL = effnet.scale("b0", depth=0.3, width=0.25, resolution=32)
TINY = effnet.scale("b0", depth=0.1, width=0.1, resolution=24)


class Spy(nn.Module):
    """Remembers the inputs and modes of its passes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple] = []
        self.layer = nn.Linear(1, 1)
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x):
        modes = self.training, self.norm.training, torch.is_inference_mode_enabled()
        self.seen.append((tuple(x.shape), x.dtype, modes))
        return self.norm(x)


def mixed_modes() -> nn.Module:
    """A network in training whose first stages somebody has frozen."""
    model = effnet.build(SMALL).train()
    model.get_submodule("features.1").eval()
    return model


# --- conditions


@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_measurement_keeps_its_conditions(batch_size, precision):
    found = effnet.measure_latency(
        SMALL,
        device="cpu",
        batch_size=batch_size,
        precision=precision,
        budget_s=0.01,
        link="phi=1",
    )
    assert (found.name, found.batch_size, found.resolution) == (SMALL.name, batch_size, 32)
    assert (found.precision, found.link) == (precision, "phi=1")
    assert len(found.samples_ms) >= 5
    assert all(sample > 0 for sample in found.samples_ms)
    where = found.environment
    assert (where.device, where.threads) == ("cpu", torch.get_num_threads())
    assert where.torch == torch.__version__
    assert where.cores >= 1
    ran = {field.name for field in dataclasses.fields(Options)} - {"device", "threads"}
    fields = {field.name for field in dataclasses.fields(Latency)} - {"options"} | ran
    derived = {"median_ms", "p10_ms", "p90_ms", "images_per_s", "stable", "doubts"}
    assert set(json.loads(json.dumps(found.as_dict()))) == fields | derived


@pytest.mark.parametrize("name", ["b0", "resnet50", "lite1", "v2_s"])
def test_the_peak_memory_is_weights_and_what_the_closed_form_says_is_alive(name):
    spec = effnet.scale(name, depth=0.3, width=0.5, resolution=48)
    found = effnet.measure_latency(spec, device="cpu", batch_size=2, budget_s=0.01)
    statistics = sum(
        buffer.numel() * buffer.element_size()
        for path, buffer in effnet.build(spec).named_buffers()
        if path.endswith("num_batches_tracked")
    )
    wanted = weights(spec).bytes(4) + statistics + peak_bytes(spec, batch=2)
    assert found.peak_memory_bytes == wanted


def test_passes_see_the_asked_input_in_evaluation_without_gradients():
    spy = Spy().train()
    effnet.measure_latency(spy, device="cpu", batch_size=2, resolution=17, budget_s=0.01)
    assert set(spy.seen) == {((2, 3, 17, 17), torch.float32, (False, False, True))}


def test_a_module_without_a_resolution_is_fed_224_px():
    found = effnet.measure_latency(Spy(), device="cpu", budget_s=0.01)
    assert (found.name, found.resolution) == ("Spy", 224)


def test_a_variants_name_and_a_network_tell_their_resolution():
    found = effnet.measure_latency("lite0", device="cpu", resolution=33, budget_s=0.01)
    assert found.name == "lite0"
    found = effnet.measure_latency(effnet.build(SMALL), device="cpu", budget_s=0.01)
    assert (found.name, found.resolution) == (SMALL.name, 32)


def test_threads_are_set_for_the_measurement_and_put_back():
    before = torch.get_num_threads()
    seen = []
    found = effnet.measure_latency(
        TINY, device="cpu", threads=1, budget_s=0.01, progress=lambda *_: seen.append(
            torch.get_num_threads()
        ),
    )  # fmt: skip
    assert set(seen) == {1}
    assert found.environment.threads == 1
    assert torch.get_num_threads() == before


# --- options that change what runs


def outputs(spec, **options) -> torch.Tensor:
    """The logits of a pass under these options."""
    torch.manual_seed(3)
    model = effnet.build(spec)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
    with prepare.prepared(model, Options("cpu", 2, **options)) as ready:
        ready.image.copy_(torch.rand(2, 3, ready.size, ready.size))
        return ready.step()


@pytest.mark.parametrize(
    ("options", "off"),
    [
        ({"channels_last": True}, 1e-5),
        ({"folded": True}, 1e-5),
        ({"folded": True, "channels_last": True}, 1e-5),
        ({"precision": "bf16"}, 0.1),
        ({"precision": "fp16"}, 0.02),
        ({"threads": 1}, 1e-5),
    ],
    ids=str,
)
def test_an_option_changes_how_a_network_runs_not_what_it_says(options, off):
    torch.manual_seed(0)
    plain, other = outputs(SMALL), outputs(SMALL, **options).float()
    assert (plain - other).abs().max() < off * plain.abs().max()
    assert plain.std() > 0


def test_channels_last_reaches_image_and_weights():
    with prepare.prepared(SMALL, Options("cpu", 2, channels_last=True)) as ready:
        assert ready.image.is_contiguous(memory_format=torch.channels_last)
        stem = ready.module.get_submodule("features.0.0").weight
        assert stem.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("options", [{"channels_last": True}, {"folded": True}], ids=str)
def test_options_that_would_change_a_module_run_a_private_copy(options):
    model = effnet.build(SMALL).train()
    keys = list(model.state_dict())
    effnet.measure_latency(model, device="cpu", budget_s=0.01, **options)
    assert list(model.state_dict()) == keys
    assert model.get_submodule("features.0.0").weight.is_contiguous()


def test_only_our_own_networks_can_be_folded():
    with pytest.raises(EffnetError, match="Spy is no network of effnet"):
        effnet.measure_latency(Spy(), device="cpu", folded=True, budget_s=0.01)


def test_torch_compile_starts_afresh_for_every_network(monkeypatch):
    calls = []
    monkeypatch.setattr(torch.compiler, "reset", lambda: calls.append("reset"))
    monkeypatch.setattr(torch, "compile", lambda module, **options: calls.append(options) or module)
    found = effnet.measure_latency(TINY, device="cpu", engine="compile", budget_s=0.01)
    assert calls == ["reset", {"dynamic": False}]
    assert (found.engine, found.peak_memory_bytes) == ("compile", None)


def test_another_engine_gets_the_network_as_onnx_and_its_version_is_kept(monkeypatch):
    built = {}

    def started(module, model, threads):
        built.update(bytes=len(model), threads=threads)
        return lambda image: built.update(image=image.shape)

    fake = SimpleNamespace(__version__="1.2.3")
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", fake)
    monkeypatch.setattr(sessions, "_onnxruntime", started)
    found = effnet.measure_latency(
        SMALL, device="cpu", engine="onnxruntime", batch_size=2, budget_s=0.01
    )
    assert built["image"] == (2, 3, 32, 32)
    assert built["bytes"] > 4 * effnet.count(SMALL).params
    assert built["threads"] == found.environment.threads
    assert found.environment.engine_version == "1.2.3"


# --- CUDA, on a device of our own


def test_a_cuda_graph_is_warmed_up_on_a_side_stream_recorded_once_and_replayed(monkeypatch):
    calls = []

    class Stream:
        def wait_stream(self, _):
            calls.append("wait")

    class Recording:
        def __init__(self, what):
            self.what = what

        def __enter__(self):
            calls.append(f"{self.what} begins")

        def __exit__(self, *_):
            calls.append(f"{self.what} ends")

    class Graph:
        def replay(self):
            calls.append("replay")

    cuda = SimpleNamespace(
        Stream=Stream,
        current_stream=Stream,
        stream=lambda _: Recording("side"),
        CUDAGraph=Graph,
        graph=lambda _: Recording("graph"),
    )
    monkeypatch.setattr(prepare, "torch", SimpleNamespace(cuda=cuda))
    step = prepare._recorded(lambda: calls.append("pass"))
    step()
    step()
    assert calls == [
        "wait",
        "side begins",
        *["pass"] * prepare.GRAPH_WARM_UP,
        "side ends",
        "wait",
        "graph begins",
        "pass",
        "graph ends",
        "replay",
        "replay",
    ]


def test_memory_on_cuda_is_the_allocators_peak_over_one_pass(monkeypatch):
    calls = []
    cuda = SimpleNamespace(
        reset_peak_memory_stats=lambda _: calls.append("reset"),
        synchronize=lambda _: calls.append("synchronise"),
        max_memory_allocated=lambda _: calls.append("read") or 12345,
    )
    with prepare.prepared(TINY, Options("cpu")) as ready:
        ready.image = SimpleNamespace(device=SimpleNamespace(type="cuda"))
        ready.step = lambda: calls.append("pass")
        monkeypatch.setattr(live_tensors, "torch", SimpleNamespace(cuda=cuda))
        assert ready.peak_bytes() == 12345
        monkeypatch.undo()
    assert calls == ["reset", "pass", "synchronise", "read"]


# --- left as it was


@pytest.mark.parametrize("measure", [effnet.measure_latency, effnet.profile_stages])
@pytest.mark.parametrize("make", [lambda: effnet.build(SMALL).eval(), mixed_modes])
def test_a_measured_module_is_left_as_it_was(measure, make):
    model = make()
    modes = {name: module.training for name, module in model.named_modules()}
    state = copy.deepcopy(model.state_dict())
    measure(model, device="cpu", budget_s=0.01)
    assert {name: module.training for name, module in model.named_modules()} == modes
    for key, value in model.state_dict().items():
        assert torch.equal(value, state[key]), key
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
    assert not any(module._forward_hooks for module in model.modules())


def test_a_module_that_fails_is_left_as_it_was():
    class Fails(Spy):
        def forward(self, _):
            raise RuntimeError("no such operator")

    model = Fails().train()
    model.norm.eval()
    with pytest.raises(RuntimeError, match="no such operator"):
        effnet.measure_latency(model, device="cpu", budget_s=0.01)
    assert (model.training, model.norm.training) == (True, False)


def test_progress_hears_every_pass_and_may_stop_it():
    heard = []

    def progress(share, samples):
        heard.append((share, len(samples)))
        if len(samples) == 3:
            raise KeyboardInterrupt

    model = mixed_modes()
    with pytest.raises(KeyboardInterrupt):
        effnet.measure_latency(model, device="cpu", budget_s=60, progress=progress)
    warming = [number for _, number in heard if number == 0]
    assert len(warming) >= 3
    assert [number for _, number in heard[len(warming) :]] == [1, 2, 3]
    assert all(0 <= share <= 1 for share, _ in heard)
    assert model.training
    assert not model.get_submodule("features.1").training


# --- several in turn


def test_a_race_gives_every_runner_as_many_samples_of_the_same_rounds():
    runners = {
        "plain": (TINY, Options("cpu")),
        "folded": (TINY, Options("cpu", folded=True)),
        "larger": (TINY, Options("cpu", resolution=40)),
    }
    heard = []
    found = race(runners, budget_s=0.05, progress=lambda _, s: heard.append(len(s["larger"])))
    assert list(found) == list(runners)
    counts = {len(latency.samples_ms) for latency in found.values()}
    assert len(counts) == 1
    assert max(heard) == counts.pop() >= 5
    assert found["folded"].folded
    assert found["larger"].resolution == 40
    assert found["plain"].name == "plain"


def test_ways_with_their_own_threads_run_under_them():
    seen = []

    class Watched(nn.Module):
        def forward(self, x):
            seen.append(torch.get_num_threads())
            return x

    before = torch.get_num_threads()
    runners = {
        "one": (Watched(), Options("cpu", resolution=8, threads=1)),
        "two": (Watched(), Options("cpu", resolution=8, threads=2)),
    }
    found = race(runners, budget_s=0.02)
    assert {latency.environment.threads for latency in found.values()} == {1, 2}
    assert set(seen) == {1, 2}
    assert torch.get_num_threads() == before


def test_a_comparison_is_judged_pair_by_pair(monkeypatch):
    samples = itertools.cycle({"first": one, "second": 2 * one} for one in (10.0, 11.0, 12.0))
    monkeypatch.setattr(protocol.clock, "in_turn", lambda _: lambda: next(samples))
    found = compare("b0", SMALL, options=Options("cpu", resolution=32), budget_s=0.01)
    assert (found.ratio, found.low, found.high) == (2.0, 2.0, 2.0)
    assert found.faster == "first"
    assert (found.first.name, found.second.name) == ("b0", SMALL.name)


def test_the_faster_of_b0_and_b2_is_named(monkeypatch):
    """On a device that takes as long as the layers' multiply-adds do, give or take a fifth: B2 has
    1.65 times those of B0, so each pair of samples says the same, however many there are."""
    chance = random.Random(4)

    class Timer:
        def sample(self, step):
            with FlopCounterMode(display=False) as counter:
                step()
            return counter.get_total_flops() / 1e6 * chance.uniform(0.8, 1.2)

    monkeypatch.setattr(clock, "timer", lambda _: Timer())
    found = compare("b0", "b2", options=Options("cpu", resolution=32), budget_s=1.0)
    assert found.faster == "first"
    assert "b0 is" in found.sentence()
    other = compare("b2", "b0", options=Options("cpu", resolution=32), budget_s=1.0)
    assert other.faster == "second"


@pytest.mark.skipif(machine._books() is None, reason="only Linux tells what other programs take")
def test_a_busy_loop_beside_it_makes_a_measurement_unstable():
    cores = machine.cores()
    spin = [sys.executable, "-c", "while True: pass"]
    loops = [subprocess.Popen(spin) for _ in range(cores)]
    try:
        found = effnet.measure_latency(TINY, device="cpu", threads=cores, budget_s=1.0)
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
    assert not found.stable
    assert any("differ by" in doubt or "other programs" in doubt for doubt in found.doubts)
    assert found.environment.other_cores > 0.25


# --- what is refused


@pytest.mark.parametrize("measure", [effnet.measure_latency, effnet.profile_stages])
@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"batch_size": 0}, "batch size 0"),
        ({"batch_size": -4}, "batch size -4"),
        ({"batch_size": 2.5}, "batch size 2.5"),
        ({"budget_s": 0}, "budget in seconds 0"),
        ({"budget_s": -1.0}, "budget in seconds -1.0"),
        ({"budget_s": float("nan")}, "budget in seconds nan"),
        ({"budget_s": float("inf")}, "budget in seconds inf"),
        ({"resolution": 0}, "resolution 0"),
        ({"resolution": 32.5}, "resolution 32.5"),
        ({"device": "tpu"}, "device 'tpu'"),
        ({"precision": "int8"}, "precision 'int8'; expected one of fp32, bf16"),
        ({"precision": None}, "precision None"),
        ({"threads": 0}, "threads 0; expected 1 to 1,024"),
    ],
    ids=str,
)
def test_options_out_of_range_are_named(measure, options, named, monkeypatch):
    monkeypatch.setattr(prepare.clock, "timed_passes", lambda *_, **__: pytest.fail("measured"))
    with pytest.raises(EffnetError, match=named):
        measure(SMALL, **{"device": "cpu", **options})


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"engine": "tensorflow"}, "engine 'tensorflow'; expected one of eager"),
        ({"cuda_graph": True}, "CUDA graphs need a CUDA device, not cpu"),
        ({"engine": "compile", "cuda_graph": True}, "choose them or torch.compile"),
        ({"engine": "onnxruntime", "precision": "bf16"}, "chooses precision, memory format"),
        ({"engine": "openvino", "folded": True}, "memory format and folding itself"),
    ],
    ids=str,
)
def test_options_that_do_not_go_together_are_named(options, named):
    with pytest.raises(EffnetError, match=named):
        effnet.measure_latency(TINY, device="cpu", budget_s=0.01, **options)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_an_engine_that_is_not_installed_says_how_to_get_it(engine, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, engine, None)
    with pytest.raises(EffnetError, match=f"pip install {engine}"):
        effnet.measure_latency(TINY, device="cpu", engine=engine, budget_s=0.01)


def test_an_unknown_variant_is_named():
    with pytest.raises(EffnetError, match="unknown variant 'b77'"):
        effnet.measure_latency("b77")


def test_a_network_too_large_to_measure_is_refused_before_it_is_built(monkeypatch):
    monkeypatch.setattr(prepare, "build", lambda _: pytest.fail("built"))
    with pytest.raises(EffnetError, match=r"l2 at 4000 px takes .* G multiply-adds, too many"):
        effnet.measure_latency("l2", resolution=4000)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_out_of_memory_is_a_message_with_batch_and_size(error):
    class Fails(Spy):
        def forward(self, _):
            raise error

    with pytest.raises(prepare.OutOfMemory, match="Fails at batch 4 and 20 px does not fit on cpu"):
        measured(Fails(), Options("cpu", 4, 20), budget_s=0.01)


def test_what_can_not_fit_by_the_closed_form_is_not_tried(monkeypatch):
    monkeypatch.setattr(machine, "free_bytes", lambda _: 10_000)
    with pytest.raises(prepare.OutOfMemory):
        prepare.check_memory(SMALL, Options("cpu", 8), 32)
    monkeypatch.setattr(machine, "free_bytes", lambda _: None)
    prepare.check_memory(SMALL, Options("cpu", 8), 32)


# --- the machine


def test_other_programs_are_what_is_busy_and_not_this_one(monkeypatch):
    books = iter([(10.0, 100.0, 5.0), (12.0, 103.0, 6.0)])  # clock, busy, own
    monkeypatch.setattr(machine, "_books", lambda: next(books))
    assert machine.Others().cores() == pytest.approx((3.0 - 1.0) / 2.0)


@pytest.mark.parametrize(
    "books", [[None, None], [(0.0, 0.0, 0.0), (0.1, 1.0, 0.0)]], ids=["no books", "too short"]
)
def test_what_other_programs_take_is_unknown_rather_than_guessed(monkeypatch, books):
    told = iter(books)
    monkeypatch.setattr(machine, "_books", lambda: next(told))
    assert machine.Others().cores() is None


def test_the_kernels_books_are_read_where_there_are_any():
    books = machine._books()
    if books is None:
        pytest.skip("no /proc/stat here")
    later = machine._books()
    assert all(b >= a for a, b in zip(books, later, strict=True))
