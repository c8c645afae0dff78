"""Where a training runs: its device, its place among several processes, and the time it took."""

import os
import time
from dataclasses import dataclass

import torch


@dataclass(slots=True)
class Machine:
    """Where the training runs, and which process of how many this is."""

    device: torch.device
    rank: int = 0
    world: int = 1

    @property
    def first(self) -> bool:
        """True in the process that tests and writes files."""
        return self.rank == 0


def this_machine() -> Machine:
    """This process's place; joins the others where `torchrun` started several."""
    world, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    cuda = torch.cuda.is_available()
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device(f"cuda:{local}" if cuda else "cpu")
    if world > 1 and not torch.distributed.is_initialized():
        torch.distributed.init_process_group("nccl" if cuda else "gloo")
    return Machine(device, rank, world)


class Clock:
    """Wall and processor time between start and stop, summed."""

    def __init__(self, seconds: float = 0.0, cpu_seconds: float = 0.0) -> None:
        self.seconds, self.cpu_seconds = seconds, cpu_seconds
        self._began = (0.0, 0.0)

    def start(self) -> None:
        """Go on counting."""
        self._began = time.perf_counter(), time.process_time()

    def stop(self) -> None:
        """Add what went by since the start."""
        self.seconds += time.perf_counter() - self._began[0]
        self.cpu_seconds += time.process_time() - self._began[1]
