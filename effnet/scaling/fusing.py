"""Networks whose first stages are fused: a full convolution in place of two, as V2 has them.

arXiv:2104.00298 section 3.1 and Table 3. Standard library only.
"""

from dataclasses import replace

from effnet.base import EffnetError, check_range
from effnet.network import Spec
from effnet.scaling.spec_sources import takes_network

FUSED_KERNEL = 3  # every released fused stage has 3x3 kernels


@takes_network
def fused(spec: Spec, stages: int, *, kernel: int | None = FUSED_KERNEL) -> Spec:
    """The network with Fused-MBConv in its first stages, without squeeze-and-excitation there.

    Args:
        spec: A network of MBConv or Fused-MBConv stages; what is fused already stays as it is.
        stages: How many of its first stages are fused.
        kernel: Of the full convolutions; None keeps each stage's own.

    Raises:
        EffnetError: A stage can't be fused.
    """
    wrong = next((s for s in spec.stages if s.operator not in ("mbconv", "fused_mbconv")), None)
    if wrong is not None:
        raise EffnetError(
            "a stage of {network} is {operator}; only MBConv can be fused: choose an EfficientNet",
            network=spec.name,
            operator=repr(wrong.operator),
        )
    check_range("fused stages", stages, 0, len(spec.stages), whole=True)
    changed = tuple(
        replace(
            stage,
            operator="fused_mbconv",
            kernel=kernel or stage.kernel,
            se_ratio=0.0,
        )
        if number < stages and stage.operator == "mbconv"
        else stage
        for number, stage in enumerate(spec.stages)
    )
    if changed == spec.stages:
        return spec
    return replace(spec, stages=changed, name=f"{spec.name}, fused 1-{stages}")
