"""The path for speed, and other engines, say what the plain modules and torchvision say."""

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from oracles import TORCHVISION, calibrate
from PIL import Image
from torch import nn

import effnet
from effnet.base import EffnetError
from effnet.classify import answers
from effnet.classify.prediction import softmax
from effnet.nn import engines, fast
from effnet.nn.weight_files import load_state
from effnet.pixels.preparation import open_image, to_array, to_pixels, view
from effnet.weights.checkpoints import usual_preprocessing

# At their own resolution, but for those that take over two seconds there, which see 128 px.
OWN = ["b0", "b1", "b2", "b3", "b4", "v2_s", "mobilenet_v2", "resnet50"]
SMALL = dict.fromkeys(("b5", "b6", "b7", "v2_m", "v2_l"), 128)
SIDES = {name: effnet.get_variant(name).resolution for name in OWN} | SMALL


def sure(name: str, side: int) -> nn.Module:
    """torchvision's network, seeded, with statistics from noise, its answers as sure as trained."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = calibrate(TORCHVISION[name](weights=None), side=side, images=2)
    *_, last = (module for module in model.modules() if isinstance(module, nn.Linear))
    with torch.no_grad():
        last.weight *= 3 / model(noise(side)).std()
    return model


def noise(side: int) -> torch.Tensor:
    return torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(1))


def test_every_network_of_torchvisions_is_compared():
    assert SIDES.keys() == TORCHVISION.keys()


@pytest.mark.parametrize(("name", "side"), SIDES.items())
def test_the_fast_path_gives_torchvisions_answer(name, side):
    reference = sure(name, side)
    spec = effnet.get_variant(name)
    model = load_state(spec, reference.state_dict(), origin="torchvision").eval()
    network = fast.quick(model)
    images = noise(side)
    with torch.inference_mode():
        wanted = reference(images)
        found = network(images.contiguous(memory_format=torch.channels_last))
    chances = wanted.softmax(1)
    assert 0.02 < float(chances.max()) < 0.98, "an answer that could be otherwise"
    assert float((found.softmax(1) - chances).abs().max()) < 0.01
    assert torch.equal(found.topk(5).indices, wanted.topk(5).indices)
    assert float((found - wanted).abs().max()) <= 1e-3


def test_the_fast_copy_leaves_the_model_alone(lite0):
    before = {key: value.clone() for key, value in lite0.model.state_dict().items()}
    fast.quick(lite0.model)
    after = lite0.model.state_dict()
    assert set(after) == set(before)
    assert all(torch.equal(after[key], value) for key, value in before.items())


def test_convolutions_are_packed_with_their_nonlinearity(lite0):
    if not fast.can_pack():
        pytest.skip("this CPU or PyTorch packs no convolutions")
    packed = [m for m in fast.quick(lite0.model).modules() if isinstance(m, fast.PackedConv2d)]
    convolutions = [m for m in lite0.model.modules() if isinstance(m, torch.nn.Conv2d)]
    assert len(packed) == len(convolutions)
    assert {one.attribute for one in packed} == {"hardtanh", "none"}


def test_without_packing_the_answer_is_the_same(lite0, chelsea, monkeypatch):
    (packed,) = lite0.predict(chelsea)
    monkeypatch.setattr(fast, "can_pack", lambda _: False)
    (found,) = effnet.load("lite0", device="cpu", engine="packed").predict(chelsea)
    np.testing.assert_allclose(found.logits, packed.logits, atol=1e-4)


# --- engines


ANY = [name for name in engines.ENGINES if name not in ("half", "bf16", "compile")]


def plain(network="lite0"):
    return effnet.load(network, device="cpu", engine="eager")


@pytest.mark.parametrize("engine", ANY)
def test_an_engine_says_what_the_plain_modules_say(engine, chelsea, coffee):
    if engine in engines.OTHERS:
        pytest.importorskip(engine)
    other = effnet.load("lite0", device="cpu", engine=engine)
    photos = [chelsea, coffee]
    for a, b in zip(other.predict(photos), plain().predict(photos), strict=True):
        assert [x.index for x in a.labels] == [x.index for x in b.labels]
        np.testing.assert_allclose(a.logits, b.logits, atol=1e-4)
    for photo in photos:
        found, wanted = other.explain(photo), plain().explain(photo)
        np.testing.assert_allclose(found.native, wanted.native, atol=1e-4)


@pytest.mark.parametrize("engine", ["auto", *engines.OTHERS])
def test_an_engine_takes_other_numbers_of_pictures_and_sides(engine, coffee):
    if engine in engines.OTHERS:
        pytest.importorskip(engine)
    other, picture = effnet.load("lite0", device="cpu", engine=engine), open_image(coffee)
    for count, side in ((1, 224), (3, 224), (2, 160), (5, 97)):
        settings = answers.at_resolution(other.preprocessing, side)
        pixels = np.stack([to_pixels(view(picture, settings), settings)] * count)
        pairs = zip(other.predict_pixels(pixels), plain().predict_pixels(pixels), strict=True)
        for a, b in pairs:
            np.testing.assert_allclose(a.logits, b.logits, atol=1e-4)


@pytest.mark.parametrize(("name", "side"), SIDES.items())
def test_the_default_engine_gives_torchvisions_answer_and_last_map(name, side):
    reference = sure(name, side)
    spec = effnet.get_variant(name)
    model = load_state(spec, reference.state_dict(), origin="torchvision").eval()
    engine = engines.Engine(model, "auto", 64)
    images = noise(side)
    with torch.inference_mode():
        wanted, last = reference(images), model.forward_features(images)
    found = engine(images.permute(0, 2, 3, 1).contiguous().numpy())
    torch.testing.assert_close(
        found.logits, wanted, atol=1e-4 * float(wanted.abs().max()), rtol=1e-4
    )
    torch.testing.assert_close(found.features, last, atol=1e-4 * float(last.max()), rtol=1e-3)


def test_bfloat16_is_near_and_only_on_request(lite0, coffee):
    assert lite0.engine == "auto"
    (found,) = effnet.load("lite0", device="cpu", engine="bf16").predict(coffee)
    (wanted,) = lite0.predict(coffee)
    assert found.labels[0].index == wanted.labels[0].index
    assert np.abs(softmax(found.logits) - softmax(wanted.logits)).max() < 0.1
    assert np.abs(found.logits - wanted.logits).max() > 1e-3


# --- a card's default, half precision, on the processor: it goes the same way, only slowly


CARD = ("half", "bf16", "packed")  # engines of a card with units for both


def answering(monkeypatch, network, *, photos=None, order=CARD):
    monkeypatch.setattr(engines, "fastest", lambda _: order)
    return engines.Engine(network.eval(), "auto", 32, photos)


def narrow(name, classes=7):
    """A network of a family's kind with seeded weights, its answers apart."""
    torch.manual_seed(0)
    net = effnet.build(
        effnet.scale(name, depth=0.3, width=0.25, resolution=32), num_classes=classes
    )
    calibrate(net, side=32, images=8)
    with torch.no_grad():
        net.linear.weight /= net(torch.from_numpy(pictures()).permute(0, 3, 1, 2)).abs().max()
    return net


def pictures():
    return np.random.default_rng(0).normal(size=(6, 32, 32, 3)).astype(np.float32)


@pytest.mark.parametrize("name", ["b0", "lite0", "v2_s", "mobilenet_v2", "resnet50"])
def test_a_card_answers_in_half_precision_as_in_single_and_its_features_are_exact(
    monkeypatch, name
):
    network = narrow(name)
    engine = answering(monkeypatch, network, photos=pictures)
    assert "PyTorch, float16, the fastest here on cpu" in engine.words()
    assert "on 7 pictures" in engine.words()
    x = torch.from_numpy(pictures()).permute(0, 3, 1, 2)
    with torch.inference_mode():
        wanted, last = network(x), network.forward_features(x)
    found = engine(pictures())
    assert 0 < float((found.logits - wanted).abs().max()) <= 0.02 * float(wanted.abs().max())
    assert float((found.logits.softmax(1) - wanted.softmax(1)).abs().max()) <= 0.01
    assert torch.equal(found.logits.argmax(1), wanted.argmax(1))
    assert torch.equal(engine.exact(pictures()).features, last)


def scaled(network, factor):
    """The last layer's maps so many times larger, its classifier as much smaller."""
    *_, norm = (module for module in network.modules() if isinstance(module, nn.BatchNorm2d))
    with torch.no_grad():
        norm.weight *= factor
        norm.bias *= factor
        network.linear.weight /= factor
    return network


def test_where_float16_overflows_the_next_answers_and_one_line_says_why(monkeypatch):
    """Its largest number is 65,504."""
    engine = answering(monkeypatch, scaled(narrow("resnet50"), 1e6), order=("half", "packed"))
    words = engine.words()
    assert words.startswith("PyTorch, BatchNorm folded: PyTorch, float16 gives resnet50")
    assert "other answers here (logits up to nan" in words
    assert bool(engine(pictures()).logits.isfinite().all())


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x * float("nan"),
        lambda x: x + float("inf"),
        lambda x: x.flip(1),
        lambda x: x + 0.1 * x.abs().max() * torch.eye(x.shape[1])[0],
    ],
    ids=["nan", "infinite", "others", "one class more"],
)
def test_half_precision_with_another_answer_is_refused(monkeypatch, change):
    network = narrow("b0")
    for name in engines.HALVES:
        monkeypatch.setitem(engines.MAKERS, name, wrong_by(change))
    engine = answering(monkeypatch, network)
    assert engine.words().count("other answers here") == 2
    assert engine.words().startswith("PyTorch, BatchNorm folded: PyTorch, float16 gives b0")


def test_a_wrong_answer_is_seen_among_a_thousand_classes_that_are_all_unlikely(monkeypatch):
    network = narrow("b0", classes=1000)
    with torch.no_grad():
        network.linear.weight *= 0.1
    monkeypatch.setitem(engines.MAKERS, "half", wrong_by(lambda x: x.flip(1)))
    engine = answering(monkeypatch, network, order=("half", "packed"))
    with torch.inference_mode():
        assert float(network(noise(32)).softmax(1).max()) < 0.01, "so no probability can tell"
    assert engine.words().startswith("PyTorch, BatchNorm folded: PyTorch, float16 gives")


def test_where_a_card_has_no_kernel_or_no_memory_for_it_the_next_answers(monkeypatch):
    def fails(_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setitem(engines.MAKERS, "half", fails)
    engine = answering(monkeypatch, narrow("b0"), order=("half", "packed"))
    assert "can't run b0" in engine.words()
    assert "out of memory" in engine.words()
    assert engine(pictures()).logits.shape == (6, 7)


@pytest.mark.parametrize(
    ("major", "names"), [(6, ("packed",)), (7, ("half", "packed")), (8, CARD), (9, CARD)]
)
def test_a_card_computes_in_half_precision_where_it_has_units_for_it(monkeypatch, major, names):
    """NVIDIA's tensor cores take fp16 since compute capability 7.0, and bf16 since 8.0."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (major, 0))
    assert engines.fastest(torch.device("cuda")) == names
    assert engines.fastest(torch.device("cpu")) == ("onnxruntime", "packed")


def test_a_classifier_is_checked_on_the_sample_photos_and_maps_in_single_precision(
    lite0, coffee, monkeypatch
):
    """bfloat16 stands in: float16 takes minutes on most processors."""
    asked = effnet.load("lite0", device="cpu", engine="bf16")
    assert np.abs(asked.predict(coffee)[0].logits - lite0.predict(coffee)[0].logits).max() > 1e-3
    np.testing.assert_allclose(
        asked.explain(coffee).native, lite0.explain(coffee).native, atol=1e-4
    )
    np.testing.assert_allclose(asked.features(coffee), lite0.features(coffee), atol=1e-4)
    assert asked._engine.photos().shape == (6, 224, 224, 3)


def test_an_unknown_engine_is_named():
    with pytest.raises(EffnetError, match="unknown engine 'warp'; expected one of auto, eager"):
        effnet.load("lite0", engine="warp")


def test_an_engine_that_is_not_installed_is_named(monkeypatch, chelsea):
    monkeypatch.setitem(sys.modules, "openvino", None)
    classifier = effnet.load("lite0", device="cpu", engine="openvino")
    with pytest.raises(EffnetError, match="OpenVINO is not installed; `pip install openvino`"):
        classifier.predict(chelsea)


def wrong_by(change):
    """A maker of engines whose logits are changed."""

    def make(model):
        return lambda x: (model.forward_features(x), change(model(x)))

    return make


@pytest.mark.parametrize("change", [lambda x: x.flip(1), lambda x: x * float("nan")])
def test_an_engine_with_another_answer_is_refused(lite0, monkeypatch, change):
    monkeypatch.setitem(engines.MAKERS, "packed", wrong_by(change))
    with pytest.raises(EffnetError, match="gives lite0 other answers here"):
        engines.Engine(lite0.model, "packed", 64).words()


@pytest.mark.parametrize("change", [lambda x: x + 0.01, lambda x: x * float("nan")])
def test_the_default_passes_over_an_engine_with_other_logits(lite0, monkeypatch, change):
    for name in ("onnxruntime", "packed"):
        monkeypatch.setitem(engines.MAKERS, name, wrong_by(change))
    engine = engines.Engine(lite0.model, "auto", 64)
    pixels = np.zeros((1, 64, 64, 3), np.float32)
    with torch.inference_mode():
        wanted = lite0.model(torch.zeros(1, 3, 64, 64))
    assert torch.allclose(engine(pixels).logits, wanted, atol=1e-4)
    words = engine.words()
    assert words.startswith("PyTorch, eager: ONNX Runtime gives lite0 other answers here")
    assert "PyTorch, BatchNorm folded gives lite0 other answers here" in words


def test_without_onnx_runtime_pytorch_answers_and_one_line_says_why(lite0, coffee, monkeypatch):
    assert lite0.runs_on().startswith("ONNX Runtime ")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    other = effnet.load("lite0", device="cpu")
    np.testing.assert_allclose(
        other.predict(coffee)[0].logits, lite0.predict(coffee)[0].logits, atol=1e-4
    )
    assert other.runs_on() == (
        "PyTorch, BatchNorm folded: ONNX Runtime is not installed; `pip install onnxruntime`, or "
        "choose another engine."
    )


def test_an_answer_and_its_map_share_one_pass(coffee, chelsea, monkeypatch):
    passes = []
    whole = engines.Engine.__call__

    def counted(self, pixels):
        passes.append(len(pixels))
        return whole(self, pixels)

    monkeypatch.setattr(engines.Engine, "__call__", counted)
    classifier = effnet.load("lite0", device="cpu")
    picture = open_image(coffee)
    (answer,) = classifier.predict(picture)
    maps = classifier.explain_many(picture, targets=[label.index for label in answer.labels])
    assert len(maps) == 5
    assert passes == [1], "five classes' maps and the answer come from one pass"
    assert maps[0].probability == answer.labels[0].probability
    classifier.predict(chelsea)
    assert passes == [1, 1], "another picture is another pass"


def test_passes_that_are_remembered_are_few(lite0):
    engine = engines.Engine(lite0.model, "eager", 32)
    for value in range(9):
        engine.once(np.full((1, 32, 32, 3), value, np.float32))
    assert len(engine._kept) == engines.KEPT
    engine.forget()
    assert not engine._kept


def test_what_is_warmed_up_is_ready(coffee):
    classifier = effnet.load("lite0", device="cpu")
    classifier.warm_up()
    classifier.predict(coffee)  # waits for the same engine, and makes no second one
    assert classifier._engine._made.name == "onnxruntime"


# --- decoding at less than full size


def camera_jpeg(path, size=(3000, 2000)) -> bytes:
    buffer = io.BytesIO()
    Image.open(path).convert("RGB").resize(size, Image.Resampling.BICUBIC).save(buffer, "JPEG")
    return buffer.getvalue()


def test_a_large_jpeg_is_decoded_small_and_a_small_one_whole(coffee):
    data = camera_jpeg(coffee)
    assert open_image(data).size == (3000, 2000)
    small = open_image(data, short_side=256)
    assert 512 <= min(small.size) < 1024
    assert open_image(camera_jpeg(coffee, (900, 600)), short_side=512).size == (900, 600)
    assert open_image(coffee, short_side=10).size == (600, 400), "PNG has no smaller copies"


@pytest.mark.parametrize("name", ["lite0", "lite2"])
def test_decoding_small_does_not_change_the_answer(name, chelsea, coffee):
    classifier = effnet.load(name, device="cpu")
    for path in (chelsea, coffee):
        data = camera_jpeg(path)
        (small,), (whole,) = classifier.predict(data), classifier.predict(open_image(data))
        assert [x.index for x in small.labels] == [x.index for x in whole.labels]
        assert np.abs(softmax(small.logits) - softmax(whole.logits)).max() < 0.01


def sideways(data: bytes) -> bytes:
    """A JPEG whose EXIF says to turn it to the right."""
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(io.BytesIO(data)).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def test_a_sideways_jpeg_is_upright_when_decoded_small(coffee):
    small = open_image(sideways(camera_jpeg(coffee)), short_side=256)
    assert small.height > small.width


@pytest.mark.parametrize("turned", [False, True], ids=["upright", "sideways"])
def test_a_map_is_of_what_the_answer_saw_and_lies_on_the_whole_photo(lite0, chelsea, turned):
    data = camera_jpeg(chelsea)
    # 3000 x 2000 with its short side to 256 gives 384 x 256, of which 224 x 224 are seen
    size, box = (3000, 2000), (625, 125, 2375, 1875)
    if turned:
        data, size, box = sideways(data), (2000, 3000), (125, 625, 1875, 2375)
    (said,) = lite0.predict(data)
    found = lite0.explain(data)
    assert (found.label, found.probability) == (said.labels[0].name, said.labels[0].probability)
    assert found.box == pytest.approx(box)
    assert found.map.shape == size[::-1]
    assert max(found.fitted(320).image.size) == 320
    assert max(found.picture.seen.size) <= 1500, "so far the whole was not needed"
    assert found.image.size == size
    np.testing.assert_array_equal(np.asarray(found.image), np.asarray(open_image(data)))


def test_pixels_are_the_array_channels_last(coffee):
    settings = usual_preprocessing(effnet.get_variant("b0"))
    seen = view(open_image(coffee), settings)
    assert np.array_equal(to_pixels(seen, settings).transpose(2, 0, 1), to_array(seen, settings))


@pytest.mark.parametrize("size", [(512, 512), (777, 1311), (2049, 600)], ids=str)
def test_of_a_large_picture_the_crop_alone_is_resized_to_a_level_of_255(size):
    settings = usual_preprocessing(effnet.get_variant("b0"))
    large = Image.effect_noise(size, 90).convert("RGB")
    exact, quick = (np.asarray(view(large, settings, exact=one), int) for one in (True, False))
    apart = np.abs(exact - quick)
    assert apart.max() <= 1
    assert apart.mean() < 1e-3


def test_a_map_of_a_large_picture_shares_the_answers_pass(lite0, coffee, monkeypatch):
    large = Image.open(coffee).convert("RGB").resize((900, 600))
    lite0.predict(large)
    monkeypatch.setattr(type(lite0._engine), "__call__", lambda *_: pytest.fail("a second pass"))
    assert lite0.explain(large).target == 967


@pytest.mark.parametrize("name", ["lite0", "b0", "v2_b0"])
def test_passes_beside_each_other_give_what_one_alone_gives(name):
    spec = effnet.scale(effnet.get_variant(name), depth=0.5, width=0.5)
    classifier = effnet.Classifier(effnet.build(spec), device="cpu")
    pixels = np.random.default_rng(0).normal(size=(24, 96, 96, 3)).astype(np.float32)
    alone = [classifier.forward(one[None])[0] for one in pixels]
    with ThreadPoolExecutor(4) as pool:
        beside = list(pool.map(lambda one: classifier.forward(one[None])[0], pixels))
    assert np.array_equal(alone, beside)


def test_after_the_warm_up_a_first_photo_loads_nothing_more(tmp_path, coffee):
    Image.open(coffee).convert("RGB").save(tmp_path / "photo.jpg")
    code = """
import sys, effnet
from effnet.nn import workers
network = effnet.load("lite0", device="cpu")
network.warm_up()
workers._pool().shutdown()  # once it has ended
workers._pool.cache_clear()
before = set(sys.modules)
network.predict(sys.argv[1]), network.explain(sys.argv[1])
print(sorted(set(sys.modules) - before))
"""
    command = [sys.executable, "-c", code, str(tmp_path / "photo.jpg")]
    assert subprocess.check_output(command, text=True).strip() == "[]"
