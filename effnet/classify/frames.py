"""A camera's frame: what a network says of it, and where it looked, as a browser draws both."""

import base64
import binascii
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from effnet.base import EffnetError, class_name, verbatim
from effnet.pixels import open_image

if TYPE_CHECKING:
    from effnet.classify.classifier import Classifier

MOST_BYTES = 4 * 2**20  # of a frame's address; a frame is about 20 kB
HEAD = "data:image/jpeg;base64,"
AFTER_PROBLEM_MS = 1000


def jpeg(address: object) -> bytes:
    """The bytes of a JPEG in a data address; b"" where it is none, or too long."""
    if not isinstance(address, str) or not address.startswith(HEAD) or len(address) > MOST_BYTES:
        return b""
    try:
        return base64.b64decode(address.removeprefix(HEAD), validate=True)
    except binascii.Error:
        return b""


def answer_frame(classifier: "Classifier", sent: Any) -> dict[str, Any]:
    """What a network says of a frame, as `web/camera.js` sends one and draws what comes back.

    Args:
        classifier: The network.
        sent: "picture", a JPEG as a data address; "number", which is given back; "held", the index
            of the class whose map is wanted, or None for the best one's.

    Returns:
        "labels", highest first (and the held class behind them), the map's "cells" with "rows" and
        "columns", the "box" of the picture that it lies on, in shares of its sides, and the "ms"
        that it took; or a "problem", in words. "wait" is how many ms to wait with the next frame.
    """
    start = time.perf_counter()
    number = sent.get("number")
    try:
        image = open_image(jpeg(sent.get("picture")))
        (said,) = classifier.predict([image])
        held = sent.get("held")
        known = type(held) is int and 0 <= held < len(classifier.classes)
        target = held if known else said.labels[0].index
        explanation = classifier.explain(image, target=target)
    except EffnetError as error:
        return {"number": number, "problem": verbatim(str(error)), "wait": AFTER_PROBLEM_MS}
    labels = [(one.index, class_name(one.name), one.probability) for one in said.labels]
    if target not in [index for index, _, _ in labels]:
        labels.append((target, class_name(explanation.label), explanation.probability))
    left, top, right, bottom = explanation.box
    width, height = image.size
    rows, columns = explanation.native.shape
    cells = np.round(explanation.native * 255).astype(np.uint8)
    return {
        "number": number,
        "labels": labels,
        "target": target,
        "cells": base64.b64encode(cells.tobytes()).decode(),
        "rows": rows,
        "columns": columns,
        "box": [left / width, top / height, right / width, bottom / height],
        "ms": 1000 * (time.perf_counter() - start),
        "wait": 0,
    }
