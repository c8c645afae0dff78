"""Which processor a network runs on."""

import torch

from effnet.base import EffnetError, check_known

KINDS = ("cpu", "cuda", "mps")


def pick_device(device: str | torch.device = "auto") -> torch.device:
    """The device of that name; "auto" is CUDA, then Apple's MPS, then the CPU.

    Raises:
        EffnetError: It is not here.
    """
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    if not isinstance(device, torch.device):
        kind = device.partition(":")[0] if isinstance(device, str) else device
        check_known("device", kind, ("auto", *KINDS))
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise EffnetError(
            "device {device} can't be used here ({reason}); try cpu",
            device=repr(device),
            reason=reason,
        ) from None
    return chosen
