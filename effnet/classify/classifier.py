"""A pretrained network on people's pictures: a `Classifier`, which many may share."""

import io
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from effnet import cam
from effnet.base import EffnetError
from effnet.cam import Explanation, Target
from effnet.classify import portable
from effnet.classify.batches import batches, in_parts, sample_pixels
from effnet.classify.checks import check_finite, check_logits, check_pixels, check_top
from effnet.classify.prediction import MOST_NAME, Label, Prediction, imagenet_classes, softmax
from effnet.network import Spec
from effnet.nn import CHUNK, Engine, Network, Pass, pick_device, workers
from effnet.pixels import Picture, Source, Transform, crop_box, to_pixels, view
from effnet.weights import Checkpoint, Preprocessing, checkpoints

GPU_CHUNK = 32  # pictures a pass on a graphics processor


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
        classes: Class names in index order, of at most 200 characters each.
        device: Where it runs.
        engine: What was asked to run it, of `effnet.nn.ENGINES`; `model` is always PyTorch's.
        notes: What was chosen, stripped, filled in or guessed of a file of one's own, in words.

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
        notes: Sequence[str] = (),
    ) -> None:
        model = portable.private(net) if copy else net
        self.device = pick_device(device)
        self.model = model.eval().requires_grad_(False).to(self.device)
        self.spec: Spec = model.spec
        self.weights = weights
        self.checkpoint = checkpoint
        self.notes = tuple(notes)
        self.preprocessing = preprocessing or checkpoints.usual_preprocessing(self.spec)
        self.engine = engine
        photos = partial(sample_pixels, self.preprocessing)
        self._engine = Engine(self.model, engine, self.preprocessing.crop, photos)
        names = imagenet_classes()
        if classes and len(classes) != model.num_classes:
            raise EffnetError(
                "{given:,} class {given:name|names} for {outputs:,} {outputs:output|outputs}; "
                "expected one for each",
                given=len(classes),
                outputs=model.num_classes,
            )
        if len(classes) == model.num_classes:
            self.classes = tuple(str(name)[:MOST_NAME] for name in classes)
        elif model.num_classes == len(names):
            self.classes = names
        else:
            self.classes = tuple(f"class {i}" for i in range(model.num_classes))

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
        return self._predictions(self._batches(images), top)

    def features(self, images: Sequence[Source] | Source) -> np.ndarray:
        """What the classifier layer is given for each picture: `(N, C)` float32, pooled maps.

        Args:
            images: As `predict` takes them.
        """
        rows = workers.passes(self._pooled, self._batches(images))
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
        return self._predictions(in_parts(check_pixels(pixels), self._chunk), top)

    def forward(self, pixels: np.ndarray) -> np.ndarray:
        """Logits of `(N, side, side, 3)` on this thread, under its autocast."""
        return np.concatenate(
            [self._engine(part).logits.numpy() for part in in_parts(pixels, self._chunk)]
        )

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
        picture = Picture.opened(image, self.preprocessing.resize)
        questions = [cam.asked(target, self.classes) for target in targets]
        if not questions or not layers:
            raise EffnetError("nothing to explain; expected at least one target and one layer")
        seen = view(picture.seen, self.preprocessing, exact=False)  # what `predict` sees of it
        pixels = to_pixels(seen, self.preprocessing)[None]
        x = torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))).to(self.device)
        start = time.perf_counter()
        asked: dict[str, Any] = {"method": method, "questions": questions, "layers": layers}
        if cam.known_method(method).slow:
            found = cam.sweep_maps(self.model, x, **asked, progress=progress)
        else:
            asked["last"] = lambda: self._engine.exact(pixels)
            found = workers.call(cam.quick_maps, self.model, x, **asked)
        seconds = time.perf_counter() - start
        check_finite(found.logits, self.model, self._called)
        probabilities = softmax(found.logits)
        box = crop_box(*picture.size, self.preprocessing)
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
                        picture=picture,
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

    def warm_up(self) -> None:
        """Make and check the engine in the background, so that no visitor waits for it."""
        file = io.BytesIO()
        Image.new("RGB", (self.preprocessing.crop,) * 2).save(file, "JPEG")

        def first() -> None:  # what a visitor's photo goes through, from its file on
            self.predict(file.getvalue())
            self.explain(file.getvalue())

        workers.begin(first)

    def runs_on(self) -> str:
        """One line: which engine answers, and why. Waits for it where it is not there yet."""
        return workers.call(self._engine.words)

    def _predictions(self, parts: Iterator[np.ndarray], top: int) -> list[Prediction]:
        return [
            self.prediction(row, top=top, seconds=made.seconds)
            for made in workers.passes(self._pass, parts)
            for row in made.logits.numpy()
        ]

    def _pass(self, pixels: np.ndarray) -> Pass:
        return self._engine.once(pixels) if len(pixels) == 1 else self._engine(pixels)

    def _pooled(self, pixels: np.ndarray) -> np.ndarray:
        return np.asarray(self._engine.exact(pixels).features.mean((2, 3)).cpu().numpy())

    def _batches(self, images: Sequence[Source] | Source) -> Iterator[np.ndarray]:
        return batches(images, self.preprocessing, self._chunk)

    @property
    def _chunk(self) -> int:
        return CHUNK if self.device.type == "cpu" else GPU_CHUNK

    @property
    def _called(self) -> str:
        return f"{self.spec.name} ({self.weights})"

    @property
    def memory_bytes(self) -> int:
        """What its weights take, with the copies that `predict` makes for speed.

        One is for a pass alone, one for passes beside each other.
        """
        held = sum(int(v.nbytes) for v in self.model.state_dict().values())
        return held if self.engine == "eager" else 3 * held
