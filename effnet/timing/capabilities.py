"""What this machine has, told without loading torch, and the reasons for what it lacks."""

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib import util
from pathlib import Path

from effnet.base import mark

UNITS = {
    "bf16": ("avx512_bf16", "amx_bf16", "bf16"),
    "fp16": ("avx512_fp16", "asimdhp"),
    "int8": ("avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm"),  # four products at once
}


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@lru_cache(maxsize=1)
def _cpuinfo() -> str:
    path = Path("/proc/cpuinfo")
    return path.read_text(errors="replace") if path.exists() else ""


def processor() -> str:
    """The processor's name."""
    for line in _cpuinfo().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def has_units(precision: str) -> bool | None:
    """Whether the processor computes in this precision itself; None where that can't be told."""
    flags = next((x for x in _cpuinfo().splitlines() if x.startswith(("flags", "Features"))), "")
    if not flags:
        return None
    return bool(set(UNITS.get(precision, ())) & set(flags.split()))


@dataclass(frozen=True, slots=True)
class Hardware:
    """What measuring can use here; a reason is "" where there is nothing against it.

    Reasons and notes are in English; a page says them.

    Attributes:
        devices: Names for `Options.device`, "cpu" last.
        cores: Cores that this process may use.
        reasons: Why an option can't be used, by option: "bf16", "fp16", "channels_last", "folded",
            "half", "compile", "onnxruntime", "openvino", "cuda_graph", "cuda", "mps".
        notes: What to know of an option that can be used.
    """

    devices: tuple[str, ...]
    cores: int
    reasons: dict[str, str]
    notes: dict[str, str]

    def usable(self, option: str) -> bool:
        """Whether nothing speaks against an option."""
        return not self.reasons.get(option)


NO_CUDA = mark("needs an NVIDIA GPU with its driver; none was found here")
NO_UNITS = {
    "bf16": mark("this processor has no bf16 units: expect it to be slower"),
    "fp16": mark("this processor has no fp16 units: expect it to be slower"),
}
NOT_INSTALLED = {
    "onnxruntime": mark("ONNX Runtime is not installed; `pip install onnxruntime`"),
    "openvino": mark("OpenVINO is not installed; `pip install openvino`"),
}


@lru_cache(maxsize=1)
def hardware() -> Hardware:
    """Look at this machine."""
    cuda, mps = _cuda(), _mps()
    devices = ("cuda",) * cuda + ("mps",) * mps + ("cpu",)
    reasons = {
        "cuda": "" if cuda else NO_CUDA,
        "mps": "" if mps else mark("needs a Mac with Apple silicon"),
        "cuda_graph": "" if cuda else NO_CUDA,
        "half": "" if cuda else NO_CUDA,
        "compile": _no_compiler(),
        **{name: "" if util.find_spec(name) else why for name, why in NOT_INSTALLED.items()},
    }
    notes = {
        precision: note
        for precision, note in NO_UNITS.items()
        if not cuda and has_units(precision) is False
    }
    notes["compile"] = mark("compiles for up to a minute before the first pass")
    return Hardware(devices, cores(), reasons, notes)


def _cuda() -> bool:
    """Torch's own answer where it is loaded; else whether a driver answers."""
    if "torch" in sys.modules and hasattr(sys.modules["torch"], "cuda"):
        return bool(sys.modules["torch"].cuda.is_available())
    return Path("/proc/driver/nvidia/version").exists() or bool(shutil.which("nvidia-smi"))


def _mps() -> bool:
    return sys.platform == "darwin" and platform.machine() == "arm64"


def _no_compiler() -> str:
    if sys.platform == "win32":
        found = shutil.which("cl")
    else:
        chosen = os.environ.get("CXX", "")
        found = (chosen and shutil.which(chosen)) or shutil.which("g++") or shutil.which("clang++")
    return "" if found else mark("needs a C++ compiler (g++, clang++ or cl); none was found")
