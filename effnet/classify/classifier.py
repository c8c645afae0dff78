"""Pretrained networks on people's pictures: `load` gives a `Classifier` that many may share."""

import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future
from contextvars import copy_context
from pathlib import Path
from typing import Any
from weakref import WeakSet

import numpy as np
import torch

from effnet import cam
from effnet.base import EffnetError, after_fork, brief, say
from effnet.cam import Explanation, Target
from effnet.classify import portable
from effnet.classify.checks import check_finite, check_logits, check_pixels, check_top
from effnet.classify.prediction import Label, Prediction, imagenet_classes, softmax
from effnet.network import Spec, get_variant
from effnet.nn import (
    Network,
    build,
    fast,
    load_state,
    padded_as_trained,
    pick_device,
    read_checkpoint,
    read_file,
    saved,
    timms_name,
    unsaid,
    workers,
)
from effnet.pixels import Source, Transform, crop_box, open_image, to_array, to_pixels, view
from effnet.weights import Checkpoint, Preprocessing, checkpoints

ENGINES = ("auto", "eager", "bf16", "compile", "onnxruntime", "openvino")
WITH_THREADS = ("compile", "onnxruntime", "openvino")  # of their own, which a fork leaves behind
GPU_CHUNK = 32  # pictures a pass on a graphics processor

_alive: "WeakSet[Classifier]" = WeakSet()
_left_behind: list[object] = []  # engines of the parent: to end one would wait for its threads


class Classifier:
    """A network with its weights, preprocessing and class names; safe to share among threads.

    `load` makes one from pretrained weights; `Classifier(net, classes=...)` from a network of one's
    own, of which it takes a copy, so that the given one stays trainable.

    Nothing in it changes after it is made: evaluation mode, frozen parameters, no hooks. Passes run
    on a few long-lived worker threads, a few pictures each, so that visitors take turns.

    Attributes:
        spec: The architecture.
        model: The network, in evaluation mode.
        weights: What the weights are called; "random" means untrained.
        checkpoint: The known checkpoint behind them, if it is one.
        preprocessing: How pictures are prepared.
        classes: Class names in index order.
        device: Where it runs.
        engine: What `predict` runs on, of `ENGINES`; `model` is always PyTorch's.

    Raises:
        EffnetError: The network is none of `build`'s, or has another shape than its spec says.
    """

    def __init__(
        self,
        net: Network,
        *,
        classes: Sequence[str] = (),
        preprocessing: Preprocessing | None = None,
        copy: bool = True,
        weights: str = "own",
        checkpoint: Checkpoint | None = None,
        device: str = "auto",
        engine: str = "auto",
    ) -> None:
        model = portable.private(net) if copy else net
        if engine not in ENGINES:
            raise EffnetError(
                say(
                    "unknown engine {engine}; expected one of {engines}",
                    engine=repr(engine),
                    engines=", ".join(ENGINES),
                )
            )
        self.device = pick_device(device)
        self.engine = engine
        self._run: Callable[[torch.Tensor], torch.Tensor] | None = None
        self._making = threading.Lock()
        _alive.add(self)
        self.model = model.eval().requires_grad_(False).to(self.device)
        self.spec: Spec = model.spec
        self.weights = weights
        self.checkpoint = checkpoint
        self.preprocessing = preprocessing or checkpoints.usual_preprocessing(self.spec)
        names = imagenet_classes()
        if classes and len(classes) != model.num_classes:
            raise EffnetError(
                say(
                    "{given:,} class names for {outputs:,} outputs; expected one for each",
                    given=len(classes),
                    outputs=model.num_classes,
                )
            )
        if len(classes) == model.num_classes:
            self.classes = tuple(classes)
        elif model.num_classes == len(names):
            self.classes = names
        else:
            self.classes = tuple(f"class {i}" for i in range(model.num_classes))

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_run": None, "_making": None}  # made anew where it is unpickled

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state | {"_making": threading.Lock()}
        _alive.add(self)

    @property
    def trained(self) -> bool:
        """False where the weights are random: nothing it says means anything."""
        return self.weights != "random"

    def predict(self, images: Sequence[Source] | Source, *, top: int = 5) -> list[Prediction]:
        """Name what is in each picture.

        Args:
            images: Pictures (PIL, path, bytes or `(H, W, 3)` uint8 array), or one alone; what
                gives them one by one, such as `Path.glob`, will do. Or `(N, 3, H, W)`, a float
                tensor that is prepared already, as `transform` gives it.
            top: How many labels to give, highest first.

        Raises:
            EffnetError: A picture can't be read or is too large or narrow; says which and why.
        """
        check_top(top)
        found: list[Prediction] = []
        for batch in self._batches(images):
            logits, seconds = workers.call(self._forward, batch)
            found += [self.prediction(row, top=top, seconds=seconds) for row in logits]
        return found

    def features(self, images: Sequence[Source] | Source) -> np.ndarray:
        """What the classifier layer is given for each picture: `(N, C)` float32, pooled maps.

        Args:
            images: As `predict` takes them.
        """
        rows = [workers.call(self._pooled, batch) for batch in self._batches(images)]
        return np.concatenate([np.empty((0, self.model.linear.in_features), np.float32), *rows])

    def transform(self, *, train: bool = False) -> Transform:
        """From a picture to the `(3, R, R)` tensor that the network is fed, for a data loader.

        Args:
            train: False for exactly what `predict` does; True for a random resized crop and flip
                with the same mean and standard deviation.
        """
        return Transform(self.preprocessing, train)

    def save(self, path: str | Path) -> Path:
        """Write a `.safetensors` file that `load` opens: network, classes and preprocessing.

        Raises:
            EffnetError: The name has another ending, or the file can't be written.
        """
        return portable.save(self, path)

    def to_onnx(self, path: str | Path, *, dynamic: Collection[str] = ("N",)) -> Path:
        """Write an ONNX file: `image` `(N, 3, H, W)` float, prepared as `transform` does, `logits`.

        Args:
            path: Where to; ends in `.onnx`.
            dynamic: Which of the axes "N", "H" and "W" are free; the others are 1 and the
                network's own resolution.

        Raises:
            EffnetError: An axis is unknown, the name has another ending, or can't be written.
        """
        return portable.to_onnx(self, path, dynamic)

    def predict_pixels(self, pixels: np.ndarray, *, top: int = 5) -> list[Prediction]:
        """Name what is in pictures that are prepared already, by `to_pixels`, of any side.

        Args:
            pixels: `(N, side, side, 3)` float32.
            top: How many labels to give, highest first.

        Raises:
            EffnetError: They have another shape or kind, or hold NaN or infinite numbers.
        """
        check_top(top)
        pixels = check_pixels(pixels)
        found: list[Prediction] = []
        for start in range(0, len(pixels), fast.CHUNK):
            logits, seconds = workers.call(self._forward, pixels[start : start + fast.CHUNK])
            found += [self.prediction(row, top=top, seconds=seconds) for row in logits]
        return found

    def forward(self, pixels: np.ndarray) -> np.ndarray:
        """Logits of `(N, side, side, 3)` in one pass on this thread, under its autocast."""
        return self._forward(pixels)[0]

    def prediction(self, logits: np.ndarray, *, top: int = 5, seconds: float = 0) -> Prediction:
        """The record of `(classes,)` logits, with this network's class names.

        Raises:
            EffnetError: They are not as many as classes, or not finite (says if weights are not).
        """
        top = check_top(top)
        logits = check_logits(logits, len(self.classes))
        check_finite(logits, self.model, self._called)
        probabilities = softmax(logits)
        order = np.argsort(-probabilities, kind="stable")[:top]
        labels = tuple(Label(int(i), self.classes[i], float(probabilities[i])) for i in order)
        return Prediction(labels, logits, seconds)

    def _batches(self, images: Sequence[Source] | Source) -> Iterator[np.ndarray]:
        """Prepared pictures, a few at a time; the next are decoded while the network runs."""
        if isinstance(images, torch.Tensor):
            yield from _split(images)
            return
        if isinstance(images, Iterator):
            images = list(images)
        if not isinstance(images, (list, tuple)):
            images = [images]
        total = len(images)
        if total == 1:
            yield self._prepared(images[0], 0, 1)[None]
            return
        size = fast.CHUNK if self.device.type == "cpu" else GPU_CHUNK
        pool, ahead = workers.decoders(), deque[Future[np.ndarray]]()
        submitted = 0
        try:
            for start in range(0, total, size):
                end = min(start + size, total)
                for i in range(submitted, min(end + size, total)):
                    run = copy_context().run  # in the caller's language
                    ahead.append(pool.submit(run, self._prepared, images[i], i, total))
                submitted = min(end + size, total)
                yield np.stack([ahead.popleft().result() for _ in range(start, end)])
        finally:
            for future in ahead:
                future.cancel()

    def explain(
        self,
        image: Source,
        *,
        method: str = "gradcam",
        target: Target = None,
        layer: str | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> Explanation:
        """Show where the network looked for a class.

        Args:
            image: A picture, as `predict` takes it.
            method: One of `cam.METHODS`.
            target: Class index or name; a pair asks why the first rather than the second; the
                most probable one where not given.
            layer: Where to look, by `cam.list_layers`; the last layer where not given.
            progress: Called with the share that is done between the slices of a slow method, in
                this thread; raising out of it stops the method.

        Raises:
            EffnetError: The picture can't be read, or the method, class or layer is unknown.
        """
        (found,) = self.explain_many(
            image, method=method, targets=[target], layers=[layer], progress=progress
        )
        return found

    def explain_many(
        self,
        image: Source,
        *,
        method: str = "gradcam",
        targets: Sequence[Target] = (None,),
        layers: Sequence[str | None] = (None,),
        progress: Callable[[float], None] | None = None,
    ) -> list[Explanation]:
        """Maps for several classes or layers of one picture, from one forward pass.

        Args:
            image: A picture, as `predict` takes it.
            method: One of `cam.METHODS`.
            targets: Classes, as `explain` takes one.
            layers: Layers, as `explain` takes one.
            progress: As in `explain`.

        Returns:
            A map for every layer of the first target, then of the second, and so on; `seconds` is
            that of all together.
        """
        picture = open_image(image)
        questions = [cam.asked(target, self.classes) for target in targets]
        if not questions or not layers:
            raise EffnetError(say("nothing to explain; expected at least one target and one layer"))
        array = to_array(view(picture, self.preprocessing), self.preprocessing)
        x = torch.from_numpy(array)[None].to(self.device)
        start = time.perf_counter()
        asked: dict[str, Any] = {"method": method, "questions": questions, "layers": layers}
        if cam.known_method(method).slow:
            found = cam.sweep_maps(self.model, x, **asked, progress=progress)
        else:
            found = workers.call(cam.quick_maps, self.model, x, **asked)
        seconds = time.perf_counter() - start
        check_finite(found.logits, self.model, self._called)
        probabilities = softmax(found.logits)
        box = crop_box(picture.width, picture.height, self.preprocessing)
        explanations = []
        for question, maps in zip(found.questions, found.maps, strict=True):
            for layer, raw in zip(found.layers, maps, strict=True):
                native, why_blank = cam.finished(raw)
                explanations.append(
                    Explanation(
                        native=native,
                        target=question.target,
                        label=self.classes[question.target],
                        probability=float(probabilities[question.target]),
                        method=method,
                        layer=layer,
                        seconds=seconds,
                        box=box,
                        blank=bool(why_blank),
                        image=picture,
                        against=question.against,
                        against_label=(
                            "" if question.against is None else self.classes[question.against]
                        ),
                        why_blank=why_blank,
                        network=self.spec.name,
                        weights=self.weights,
                    )
                )
        return explanations

    def _prepared(self, image: Source, position: int, total: int) -> np.ndarray:
        try:
            picture = open_image(image, short_side=self.preprocessing.resize)
            return to_pixels(view(picture, self.preprocessing), self.preprocessing)
        except EffnetError as error:
            if total == 1:
                raise
            raise EffnetError(
                say(
                    "picture {number} of {total}: {error}",
                    number=position + 1,
                    total=total,
                    error=error,
                )
            ) from error

    def _forward(self, pixels: np.ndarray) -> tuple[np.ndarray, float]:
        """Logits of `(N, crop, crop, 3)`, and the seconds that they took."""
        run = self._runner()
        start = time.perf_counter()
        with torch.inference_mode():
            batch = torch.from_numpy(pixels).permute(0, 3, 1, 2)  # channels last as it lies
            logits = run(batch.to(self.device)).float().cpu().numpy()
        return logits, time.perf_counter() - start

    def _pooled(self, pixels: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            batch = torch.from_numpy(pixels).permute(0, 3, 1, 2).to(self.device)
            pooled = self.model.avgpool(self.model.forward_features(batch)).flatten(1)
        return np.asarray(pooled.float().cpu().numpy())

    def _runner(self) -> Callable[[torch.Tensor], torch.Tensor]:
        """The network as `engine` runs it, made when first asked for."""
        if self._run is None:
            with self._making:
                if self._run is None:
                    from effnet.classify import engines

                    self._run = engines.runner(
                        self.model, self.engine, side=self.preprocessing.crop
                    )
        return self._run

    @property
    def _called(self) -> str:
        return f"{self.spec.name} ({self.weights})"

    @property
    def memory_bytes(self) -> int:
        """What its weights take, with the copy that `predict` makes for speed."""
        held = sum(int(v.nbytes) for v in self.model.state_dict().values())
        return held if self.engine == "eager" else 2 * held


def _split(images: torch.Tensor) -> Iterator[np.ndarray]:
    """Prepared pictures as `predict_pixels` takes them, a few at a time."""
    if images.ndim != 4 or images.shape[1] != 3 or not images.is_floating_point():
        raise EffnetError(
            say(
                "a tensor of shape {shape} and type {type} is no prepared pictures; expected "
                "(N, 3, H, W) of floats",
                shape=tuple(images.shape),
                type=images.dtype,
            )
        )
    for part in images.detach().split(fast.CHUNK):
        yield check_pixels(part.float().cpu().permute(0, 2, 3, 1).numpy())


def _after_fork() -> None:
    for one in _alive:
        one._making = threading.Lock()
        if one.engine in WITH_THREADS:
            _left_behind.append(one._run)
            one._run = None


after_fork(_after_fork)


def load(
    name: str,
    *,
    weights: str | Path = "default",
    device: str = "auto",
    engine: str = "auto",
    classes: Sequence[str] = (),
) -> Classifier:
    """Load a network with pretrained weights; nothing is fetched from a network.

    Args:
        name: A variant's name, or a `.safetensors` file that a training has saved: it says itself
            which network it holds.
        weights: "default" (the best that is on this machine), a torchvision enum name such as
            "IMAGENET1K_V2", a path to a `.pth` or `.safetensors` file, or "random".
        device: "auto", "cpu", "cuda", "mps".
        engine: What `predict` runs on. "auto" is PyTorch with BatchNorm folded, channels last and,
            on a CPU, nonlinearities inside the convolutions; "eager" the plain modules; "bf16",
            "compile", "onnxruntime" and "openvino" are there where installed.
        classes: Class names in index order, one for each output, for a file of one's own.

    Raises:
        WeightsUnavailable: The weights are not here: says where to put them, and what works.
        EffnetError: The name, the weights or the device is unknown, or the file does not fit.
    """
    if not isinstance(name, (str, Path)):
        get_variant(name)  # says what may be a name
    if not isinstance(weights, (str, Path)):
        raise EffnetError(
            say("weights {given}; expected their name, or a path", given=brief(weights))
        )
    if str(name).endswith(".safetensors"):
        kept = saved.read(Path(name))
        return Classifier(
            kept.network(str(name)),
            copy=False,
            weights=str(name),
            preprocessing=kept.preprocessing,
            classes=classes or kept.classes,
            device=device,
            engine=engine,
        )
    spec = get_variant(name)
    wanted = str(weights)
    if wanted == "random":
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            untrained = build(spec)
        usual = checkpoints.usual_preprocessing(spec)
        return Classifier(
            untrained,
            copy=False,
            weights="random",
            preprocessing=usual,
            classes=classes,
            device=device,
            engine=engine,
        )
    if isinstance(weights, Path) or Path(wanted).suffix in (".pth", ".pt", ".safetensors"):
        state = read_file(wanted)
        called = timms_name(wanted)
        spec = padded_as_trained(spec, state, called)
        doubt = unsaid(spec, state, called)
        if doubt:
            warnings.warn(doubt, stacklevel=2)
        model = load_state(spec, state, origin=wanted)
        usual = checkpoints.usual_preprocessing(spec)
        return Classifier(
            model,
            copy=False,
            weights=wanted,
            preprocessing=usual,
            classes=classes,
            device=device,
            engine=engine,
        )
    checkpoint = checkpoints.choose(spec.name, wanted)
    model = load_state(spec, read_checkpoint(checkpoint), origin=checkpoint.weights)
    return Classifier(
        model,
        copy=False,
        weights=checkpoint.short_name,
        preprocessing=checkpoint.preprocessing,
        checkpoint=checkpoint,
        classes=classes,
        device=device,
        engine=engine,
    )
