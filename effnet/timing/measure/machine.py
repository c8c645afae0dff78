"""The machine that measures: its name, its versions, and what other programs take of it."""

import os
import platform
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import torch

from effnet.timing import Environment, cores, processor

SHORTEST_S = 0.25  # the kernel counts in hundredths of a second: shorter spells tell nothing


def environment(device: torch.device, *, engine_version: str = "") -> Environment:
    """Record the machine as it is now."""
    gpu = device.type == "cuda"
    return Environment(
        device=str(device),
        processor=torch.cuda.get_device_name(device) if gpu else processor(),
        threads=torch.get_num_threads(),
        load_before=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        torch=torch.__version__,
        python=platform.python_version(),
        platform=platform.platform(terse=True),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        cores=cores(),
        driver=_driver() if gpu else "",
        engine_version=engine_version,
    )


@lru_cache(maxsize=1)
def _driver() -> str:
    """The NVIDIA driver's version with CUDA's, as far as they can be told."""
    cuda = f"CUDA {torch.version.cuda}" if torch.version.cuda else ""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
        driver = said.stdout.split()[0]
    except (OSError, subprocess.SubprocessError, IndexError):
        driver = ""
    return ", ".join(part for part in (driver and f"driver {driver}", cuda) if part)


class Others:
    """Counts the cores that other programs keep busy, from the kernel's own books (Linux)."""

    def __init__(self) -> None:
        self._start = _books()

    def cores(self) -> float | None:
        """Cores busy with something else since the start, on average; None where not known."""
        now = _books()
        if self._start is None or now is None:
            return None
        wall, busy, own = (b - a for a, b in zip(self._start, now, strict=True))
        return max(0.0, (busy - own) / wall) if wall >= SHORTEST_S else None

    def beside(self, where: Environment) -> Environment:
        """The same machine with what other programs took of it meanwhile."""
        return replace(where, other_cores=self.cores())


def _books() -> tuple[float, float, float] | None:
    """Seconds: by the clock, all cores of this process busy, this process busy."""
    try:
        lines = Path("/proc/stat").read_text().splitlines()
        mine, tick = os.sched_getaffinity(0), os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError):
        return None
    busy = 0
    for line in lines:
        name, *counts = line.split()
        if name.startswith("cpu") and name[3:].isdigit() and int(name[3:]) in mine:
            user, nice, system, _, _, irq, softirq, steal = map(int, counts[:8])
            busy += user + nice + system + irq + softirq + steal
    return time.monotonic(), busy / tick, time.process_time()


def free_bytes(device: torch.device) -> int | None:
    """Memory that is free on a device; None where it can't be told."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None
