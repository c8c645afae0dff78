"""The photo in a report: the picture itself, what a network saw in it, and the Python for both.

The numbers are always those of the picture that the report holds, so a reader who saves it from
there gets them again; a large photo is made smaller first, and the report says so.
"""

import base64
import io
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from effnet.base import DEFAULT, current, say
from effnet.jobs import network_file
from effnet.network import list_variants
from effnet.pixels import get_sample, open_image

if TYPE_CHECKING:
    from effnet.cam import Explanation
    from effnet.classify import Classifier, Prediction

MOST_PIXELS = 1_000_000  # of a picture in a report
MOST_PNG = 1_500_000  # bytes; what takes more becomes a JPEG
QUALITY = 92
SHOWN_SIDE = 640  # px of a sample photo, which the reader has without the report
MOST_ROWS = 20  # of a map whose numbers are printed


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo as a report holds it.

    Attributes:
        title: What it is called.
        file: The name under which it is saved from the report.
        data: The file itself, PNG or JPEG.
        size: Width and height in pixels.
        taken_from: Width and height of the photo that it is a copy of.
        same: True where its pixels are those of the photo.
        sample: Name of the sample photo; "" for somebody's own.
    """

    title: str
    file: str
    data: bytes
    size: tuple[int, int]
    taken_from: tuple[int, int]
    same: bool
    sample: str = ""

    @property
    def mime(self) -> str:
        """What the file is."""
        return "image/png" if self.data.startswith(b"\x89PNG") else "image/jpeg"

    @property
    def base64(self) -> str:
        """The file as text."""
        return base64.b64encode(self.data).decode()

    def opened(self) -> Image.Image:
        """What the code in the report opens."""
        return open_image(get_sample(self.sample).path if self.sample else self.data)

    def caption(self) -> str:
        """Who made it, or what the reader can do with it."""
        if self.sample:
            found = get_sample(self.sample)
            return say(
                "{title}: {credit}, {licence}",
                title=say(found.title),
                credit=found.credit,
                licence=say(found.licence),
            )
        told = say(
            "{title}. To run the Python below, save this picture beside it as {file}.",
            title=self.title,
            file=self.file,
        )
        between = " " if current() == DEFAULT else ""
        return told if self.same else f"{told}{between}{self._copied()}"

    def _copied(self) -> str:
        if self.size == self.taken_from:
            return say(
                "It is a JPEG copy, and the numbers are the copy's: they can differ a little from "
                "the photo's own."
            )
        return say(
            "It is a copy of {width} x {height} px of a photo of {whole_width} x {whole_height} px,"
            " and the numbers are the copy's: they can differ a little from the photo's own.",
            width=self.size[0],
            height=self.size[1],
            whole_width=self.taken_from[0],
            whole_height=self.taken_from[1],
        )


def smaller(image: Image.Image) -> Image.Image:
    """A copy that is small enough for a report; the picture itself where that is."""
    pixels = image.width * image.height
    if pixels <= MOST_PIXELS:
        return image
    part = (MOST_PIXELS / pixels) ** 0.5
    size = (max(1, int(image.width * part)), max(1, int(image.height * part)))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)


def picture(
    image: Image.Image, title: str, *, taken_from: tuple[int, int] | None = None
) -> Picture:
    """Somebody's own photo for a report; nothing of its file but the pixels is kept.

    Args:
        image: The photo, upright RGB.
        title: What it is called, such as its file's name.
        taken_from: Width and height of the photo that `image` is a copy of, if it is one.
    """
    whole = taken_from or image.size
    copy = smaller(image)
    data, ending = _encoded(copy, "PNG"), "png"
    if len(data) > MOST_PNG:
        data, ending = _encoded(copy, "JPEG"), "jpg"
    same = ending == "png" and copy.size == whole
    return Picture(title, f"{_stem(title)}.{ending}", data, copy.size, whole, same)


def sample_picture(name: str) -> Picture:
    """A sample photo for a report, small: the reader's effnet finds the photo itself.

    Raises:
        EffnetError: There is no such sample here.
    """
    found = get_sample(name)
    image = open_image(found.path)
    whole = image.size
    image.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    data = _encoded(image, "JPEG")
    return Picture(found.title, f"{name}.jpg", data, image.size, whole, False, name)


def _encoded(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, kind, **({"quality": QUALITY} if kind == "JPEG" else {}))
    return buffer.getvalue()


def _stem(title: str) -> str:
    """A file's name without its ending, safe on every system."""
    name = re.sub(r"\.[A-Za-z]{3,4}$", "", title)
    return re.sub(r"[^\w.-]+", "-", name).strip("-._")[:40] or "photo"


# --- what a network saw -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """What a network saw in a photo, and where it looked.

    Attributes:
        picture: The photo.
        network: What `effnet.load` takes, or a training's name.
        weights: What the weights are called, or the file that they are in.
        family: Of the network.
        on_cpu: Whether it ran on the processor.
        prediction, explanation: What came out.
        question: The target as `Classifier.explain` takes it.
    """

    picture: Picture
    network: str
    weights: str
    family: str
    on_cpu: bool
    prediction: "Prediction"
    explanation: "Explanation"
    question: int | tuple[int | str, int | str]


def look(
    classifier: "Classifier",
    shown: Picture,
    *,
    network: str = "",
    method: str = "gradcam",
    target: Any = None,
    layer: str | None = None,
) -> Look:
    """Let a network look at a report's picture.

    Args:
        classifier: The network.
        shown: The picture.
        network: What it was loaded by, where that is not its variant's name.
        method: How the map is made, of `cam.METHODS`.
        target: The class, as `Classifier.explain` takes it.
        layer: Of which layer; the last one where not given.

    Raises:
        EffnetError: The method, class or layer is unknown.
    """
    image, name = shown.opened(), network or classifier.spec.name
    weights = classifier.weights if name in list_variants() else name
    (prediction,) = classifier.predict([image])
    explanation = classifier.explain(image, method=method, target=target, layer=layer)
    explanation = replace(explanation, weights=Path(weights).name)  # whose folder is nobody's
    against = explanation.against
    return Look(
        shown,
        name,
        weights,
        classifier.spec.family,
        classifier.device.type == "cpu",
        prediction,
        explanation,
        explanation.target if against is None else (explanation.target, against),
    )


# --- the Python behind it ---------------------------------------------------------------------


def prediction_code(seen: Look) -> tuple[str, str]:
    """Python that opens the picture and asks the network, and what it prints."""
    shown = seen.picture
    imports = ["from effnet.pixels import open_image"]
    if shown.sample:
        opened = [f"picture = open_image(get_sample({shown.sample!r}).path)"]
        imports += ["from effnet.pixels import get_sample"]
    else:
        opened = [
            f"picture = open_image({shown.file!r})  # saved from the report, beside this program"
        ]
    loaded, more = _loaded(seen)
    code = [
        *imports,
        *more,
        "",
        *opened,
        f"classifier = effnet.load({loaded}{', device=' + repr('cpu') if seen.on_cpu else ''})",
        "(prediction,) = classifier.predict([picture])",
        "for label in prediction.labels:",
        '    print(f"{label.name}: {100 * label.probability:.1f} %")',
        "drawn = [figures.top_classes(prediction.labels, family=classifier.spec.family)]",
    ]
    prints = (f"{one.name}: {100 * one.probability:.1f} %" for one in seen.prediction.labels)
    return "\n".join(code), "\n".join(prints)


def _loaded(seen: Look) -> tuple[str, list[str]]:
    """The arguments of `effnet.load`, and what they need imported."""
    if seen.network in list_variants():
        return f"{seen.network!r}, weights={seen.weights!r}", []
    if network_file(seen.network) != seen.network:  # trained on this machine
        needed = "from effnet.jobs import network_file"
        return f"network_file({seen.network!r})", [needed]
    return repr(seen.network), []


def explanation_code(seen: Look) -> tuple[str, str]:
    """Python that makes the map, below `prediction_code`, and what it prints."""
    found = seen.explanation
    rows, columns = found.native.shape
    code = [
        "explanation = classifier.explain(",
        f"    picture, method={found.method!r}, target={seen.question!r}, layer={found.layer!r}",
        ")",
        'print(f"{explanation.label}: {100 * explanation.probability:.1f} %")',
    ]
    prints = [f"{found.label}: {100 * found.probability:.1f} %"]
    if rows <= MOST_ROWS:
        code += [
            "for row in explanation.native:",
            '    print(" ".join(f"{value:.2f}" for value in row))',
        ]
        prints += [" ".join(f"{value:.2f}" for value in row) for row in found.native]
    else:
        code += ['print(explanation.native.shape, f"mean {explanation.native.mean():.3f}")']
        prints += [f"{(rows, columns)} mean {found.native.mean():.3f}"]
    return "\n".join([*code, "explanation"]), "\n".join(prints)
