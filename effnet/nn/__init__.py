"""Networks in PyTorch, built from the same walk that the counter reads, and their weight files.

model, blocks    modules, block by block along the walk, with torchvision's names
weight_files     read once, hash checked, never unpickled as code; `namings` for others' keys
saved            a network with all that is needed to use it in one file
fold, fast       the same logits from fewer operators
experts          CondConv: a network with kernels mixed for each image
engines          which program runs a network: chosen, checked, and made anew after a fork
passes           a network's pass in each of them
sessions         a network in another program: ONNX Runtime or OpenVINO
workers          the few long-lived threads that run every model call
onnx_graph       the network as an ONNX file, written from the walk; standard library only
second_opinion   tools that count modules, each asked in a process of its own
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
