"""idx files by their description, for tests of what reads them."""

import struct


def idx(array):
    """An idx file by its description (yann.lecun.com/exdb/mnist): big-endian sizes, then bytes."""
    head = struct.pack(">BBBB", 0, 0, 8, array.ndim)
    return head + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
