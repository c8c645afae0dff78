"""A photo inside a notebook: what a network says of it, and where it looked for that."""

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import ipywidgets
import traitlets

from effnet.base import EffnetError, either_name, language, percent, say
from effnet.cam import METHODS, Explanation, list_layers, method_title
from effnet.classify import Classifier, Prediction, Store, load
from effnet.counting import layer_title
from effnet.figures import known_language
from effnet.network import display_name
from effnet.notebook.camera import Camera
from effnet.pixels import EXTENSIONS, Source, list_samples, open_image
from effnet.weights import offline_variants

OWN = ""  # the key of a classifier that was given itself: its name may be that of a released one
STYLE = {"description_width": "7em"}
WIDE = {"width": "36em", "max_width": "98%"}


class PhotoExplorer(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Upload, camera, network, class, method and layer as widgets; prediction and map follow.

    What can't be read, loaded or explained is said under the controls, which go back to the last
    answer.

    Attributes:
        upload, network, target, method, layer: The controls. `target` is the class, by its index;
            `explorer.network.value = "lite1"` asks another network.
        camera: Shows the live camera while it is pressed; a frozen frame becomes the photo.
        prediction: What the network says of the photo; None before there is one.
        explanation: Where it looked for the class; None before there is a photo. Both can be
            observed: `explorer.observe(print, names="explanation")`.
        language: What it is written in, of `language.LANGUAGES`.
    """

    prediction = traitlets.Instance(Prediction, allow_none=True)
    explanation = traitlets.Instance(Explanation, allow_none=True)

    def __init__(self, photo: Source | None, network: str | Classifier, written_in: str) -> None:
        self.language = written_in
        self._follows = False
        self._photo = None if photo is None else open_image(photo)
        given = network if isinstance(network, Classifier) else None
        self._networks = Store(lambda key: load(key) if given is None or key else given)
        first = str(network) if given is None else OWN
        self._classifier = self._networks.get(first)
        with language.speaking(written_in):
            names = {key: display_name(key) for key in (first, *offline_variants()) if key}
            own = f"{display_name(self._classifier.spec)} ({self._classifier.weights})"
            networks = names if given is None else {OWN: own} | names
            self.upload = ipywidgets.FileUpload(
                description=say("Photo"), accept=",".join(f".{ending}" for ending in EXTENSIONS)
            )
            self.camera = ipywidgets.ToggleButton(description=say("Camera"), icon="camera")
            self.network = _dropdown(say("Network"), {name: key for key, name in networks.items()})
            self.target = _dropdown(say("Class"), {})
            self.method = _dropdown(say("Method"), {method_title(key): key for key in METHODS})
            self.layer = ipywidgets.SelectionSlider(
                options=[""], description=say("Layer"), style=STYLE, layout=WIDE
            )
        self.method.value = "gradcam"
        self._said, self._answer, self._map = (ipywidgets.HTML() for _ in range(3))
        self._progress = ipywidgets.FloatProgress(max=1, layout={"visibility": "hidden"})
        shown = ipywidgets.HBox([self._answer, self._map], layout={"flex_flow": "row wrap"})
        controls = {
            self.upload: self._take_upload,
            self.camera: self._look,
            self.network: self._take_network,
            self.target: self._explain,
            self.method: self._explain,
            self.layer: self._explain,
        }
        self._live = ipywidgets.Box(layout={"display": "block"})
        upload, camera, *choices = controls
        below = (self._live, self._progress, self._said, shown)
        super().__init__([ipywidgets.HBox([upload, camera]), *choices, *below])
        for control, follow in controls.items():
            control.observe(partial(self._heard, follow), names="value")
        with self._following():
            self._offer_layers()
            self._ask()

    @contextmanager
    def _following(self) -> Iterator[None]:
        """What is set on the controls meanwhile asks for nothing."""
        self._follows = True
        try:
            with language.speaking(self.language):
                yield
        finally:
            self._follows = False

    def _heard(self, follow: Callable[[], None], change: Any) -> None:
        if self._follows:
            return
        with self._following():
            self._said.value = ""
            try:
                follow()
            except EffnetError as error:
                change["owner"].value = change["old"]
                self._complain(error)

    def _complain(self, error: EffnetError) -> None:
        self._said.value = f"<b>{html.escape(str(error))}</b>"

    def _take_upload(self) -> None:
        if self.upload.value:
            self._take_photo(bytes(self.upload.value[-1]["content"]))

    def _take_photo(self, data: bytes) -> None:
        self._photo = open_image(data)
        self.target.value = None
        self._ask()

    def _look(self) -> None:
        """Show the camera, or end it."""
        for camera in self._live.children:
            camera.close()
        on = self.camera.value
        self._live.children = (
            (Camera(self._classifier, self._take_frozen, self.language),) if on else ()
        )

    def _take_frozen(self, data: bytes) -> None:
        self.camera.value = False
        with self._following():
            try:
                self._take_photo(data)
            except EffnetError as error:
                self._complain(error)

    def _take_network(self) -> None:
        classes = self._classifier.classes
        self._classifier = self._networks.get(self.network.value)
        for camera in self._live.children:
            camera.ask(self._classifier)
        if self._classifier.classes != classes:
            self.target.value = None
        self._offer_layers()
        self._ask()

    def _offer_layers(self) -> None:
        spec, layers = self._classifier.spec, list_layers(self._classifier.model)
        self.layer.options = [(layer_title(spec, name), name) for name in layers]
        self.layer.value = layers[-1]

    def _ask(self) -> None:
        """Another photo or network: a class that was chosen stays chosen, else the best is."""
        if self._photo is None:
            self._explain()
            return
        (prediction,) = self._classifier.predict(self._photo)
        chosen, classes = self.target.value, self._classifier.classes
        likely = {label.index: percent(label.probability) for label in prediction.labels}
        self.target.options = [
            (f"{either_name(classes[i])} ({i}) {likely.get(i, '')}".rstrip(), i)
            for i in dict.fromkeys([*likely, *range(len(classes))])
        ]
        self.target.value = prediction.labels[0].index if chosen is None else chosen
        self.prediction, self._answer.value = prediction, prediction._repr_html_()
        self._explain()

    def _explain(self) -> None:
        if self._photo is None:
            self._said.value = html.escape(say("Upload a photo."))
            return
        only_last = self.method.value == "cam"  # it reads the classifier's own weights
        if only_last:
            self.layer.index = len(self.layer.options) - 1
        self.layer.disabled = only_last
        self._progress.layout.visibility = "visible"
        try:
            self.explanation = self._classifier.explain(
                self._photo,
                method=self.method.value,
                target=self.target.value,
                layer=self.layer.value,
                progress=partial(setattr, self._progress, "value"),
            )
        finally:
            self._progress.layout.visibility = "hidden"
            self._progress.value = 0
        self._map.value = self.explanation._repr_html_()


def _dropdown(title: str, options: dict[str, Any]) -> ipywidgets.Dropdown:
    return ipywidgets.Dropdown(
        options=list(options.items()), description=title, style=STYLE, layout=WIDE
    )


def explore_photo(
    photo: Source | None = None,
    network: str | Classifier = "lite0",
    *,
    language: str | None = None,
) -> PhotoExplorer:
    """What a network says of a photo and where it looked, as widgets; no photo leaves the notebook.

    Args:
        photo: A picture, as `Classifier.predict` takes it; a sample photo where not given.
        network: Anything that `load` takes, or a `Classifier` of one's own.
        language: "en" or "zh"; where not given, what `effnet.base.language.use` has chosen.

    Raises:
        WeightsUnavailable: The network's weights are not on this machine.
        EffnetError: The picture can't be read, or there is no such network or language.
    """
    written_in = known_language(language)
    samples = {sample.name: sample.path for sample in list_samples()}
    return PhotoExplorer(samples.get("coffee") if photo is None else photo, network, written_in)
