"""`quantize`: from a classifier and pictures to its int8 file, held against fp32."""

import platform
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from effnet.base import EffnetError, check_range, mark, needing
from effnet.classify import as_onnx
from effnet.int8.correction import corrected
from effnet.int8.crops import crops
from effnet.int8.differences import agreements, layer_noise
from effnet.int8.record import Quantized
from effnet.int8.static_file import quantised
from effnet.nn import Session, session_of
from effnet.pixels import Source, list_samples
from effnet.timing import Comparison, Options, compared, has_units
from effnet.timing.measure import race

if TYPE_CHECKING:
    from effnet.classify import Classifier

CROPS = 200  # to compare on; 0.95 of so many has an interval of 0.06
CALIBRATION = 32  # crops; 64 agree no more often
LAYERS = 16  # crops on which the layers are compared
SEEDS = (1, 2)  # of the crops to calibrate on, and of those to compare on
X86 = ("x86_64", "amd64")
WIDE, NARROW = 127, 64  # the largest weight in steps: 8 bits, and 7
CALIBRATING = mark("Calibrating")
COMPARING = mark("Comparing the answers")
LAYER_BY_LAYER = mark("Comparing layer by layer")
TIMING = mark("Timing both in turn")

Progress = Callable[[float, str], None]


@needing
def quantize(
    classifier: "Classifier",
    pictures: Sequence[Source] = (),
    *,
    compare_on: Sequence[Source] = (),
    crops_compared: int = CROPS,
    per_channel: bool = True,
    correct_bias: bool = True,
    budget_s: float = 2.0,
    dynamic: Collection[str] = ("N",),
    progress: Progress | None = None,
) -> Quantized:
    """Quantise a network after training, and hold it against fp32.

    Static: weights and maps in 8 bits, with ranges that pictures gave. Convolutions, additions,
    poolings, gates and the classifier run in whole numbers; logits come out as floats.

    Args:
        classifier: The network.
        pictures: To calibrate on, as `Classifier.predict` takes them; the sample photos where not
            given. 32 crops are taken, evenly from all.
        compare_on: To compare on; other crops of the same ones where not given.
        crops_compared: How many crops to compare the answers on.
        per_channel: Whether each output channel's weights have a step of their own.
        correct_bias: Whether to take what rounding the weights adds on average out of the biases.
        budget_s: Seconds to time both in turn, on the CPU; 0 for no times.
        dynamic: The free axes of the file's input, as `Classifier.to_onnx` takes them.
        progress: Called with the share that is done and what is done now; may raise to stop.

    Raises:
        EffnetError: A picture can't be read, there is none, or ONNX's tools are not installed.
    """
    import onnx  # noqa: F401  # ONNX Runtime's tools stand on it: said before any work

    check_range("crops to compare on", crops_compared, 1, whole=True)
    pictures = list(pictures) or [one.path for one in list_samples()]
    if not pictures:
        raise EffnetError("no pictures to calibrate on; give some, or install effnet[train]")
    heard = progress or (lambda _share, _text: None)
    prepared, model, threads = classifier.preprocessing, classifier.model, torch.get_num_threads()
    units = has_units("int8")
    narrow = units is False and platform.machine().lower() in X86
    heard(0.0, CALIBRATING)
    calibration = list(crops(pictures, prepared, CALIBRATION, seed=SEEDS[0]))
    levels = NARROW if narrow else WIDE
    state = corrected(model, calibration, levels, per_channel=per_channel) if correct_bias else None
    made = quantised(
        as_onnx(classifier, dynamic=dynamic, state=state),
        iter(calibration),
        per_channel=per_channel,
        reduce_range=narrow,
        heard=lambda: heard(0.1, CALIBRATING),
    )
    data, fp32 = made.SerializeToString(), as_onnx(classifier, dynamic=dynamic)
    called = classifier.spec.name
    plain, small = (
        session_of(file, "onnxruntime", threads=threads, called=called) for file in (fp32, data)
    )
    others = list(compare_on) or pictures
    alike, alike_when_sure = agreements(
        plain,
        small,
        crops(others, prepared, crops_compared, seed=SEEDS[1]),
        lambda done: heard(0.2 + 0.4 * done / crops_compared, COMPARING),
    )
    layers = layer_noise(
        classifier.spec,
        fp32,
        made,
        crops(others, prepared, LAYERS, seed=SEEDS[1]),
        num_classes=model.num_classes,
        threads=threads,
        heard=lambda done: heard(0.6 + 0.1 * done / LAYERS, LAYER_BY_LAYER),
    )
    times = None
    if budget_s:
        times = _times(
            plain, small, prepared.crop, budget_s, lambda share: heard(0.7 + 0.3 * share, TIMING)
        )
    return Quantized(
        network=called,
        weights=classifier.weights,
        data=data,
        fp32_bytes=len(fp32),
        calibrated=CALIBRATION,
        bits=7 if narrow else 8,
        per_channel=per_channel,
        bias_corrected=correct_bias,
        agreement=alike,
        agreement_when_sure=alike_when_sure,
        layers=layers,
        times=times,
        units=units,
    )


class _Opened(nn.Module):
    """An open file as a module, for the clock."""

    def __init__(self, opened: Session) -> None:
        super().__init__()
        self.opened = opened

    def forward(self, x: Tensor) -> Any:
        return self.opened.run(x.numpy())


def _times(
    fp32: Session, int8: Session, side: int, budget_s: float, heard: Callable[[float], None]
) -> Comparison:
    """Both files on one picture, in turn."""
    how = Options(device="cpu", resolution=side)
    found = race(
        {"fp32": (_Opened(fp32), how), "int8": (_Opened(int8), how)},
        budget_s=budget_s,
        progress=lambda share, _samples: heard(share),
    )
    how_it_ran = (
        replace(one, options=replace(one.options, engine="onnxruntime")) for one in found.values()
    )
    return compared(*how_it_ran)
