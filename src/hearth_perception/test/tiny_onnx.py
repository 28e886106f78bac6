"""The smallest ONNX files: an image goes in, a table that was written before comes out.

Written with the wire format of protocol buffers, so that tests need no package to make models.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

FLOAT = 1


def write_model(
    path: Path,
    outputs: Sequence[npt.NDArray[np.float32]],
    size: tuple[int, int] = (64, 48),
    inputs: int = 1,
) -> None:
    """A model with an input (1, 3, H, W) and constant outputs; ``size`` is width, height."""
    graph = b""
    for index in range(len(outputs)):
        node = _text(1, f"table{index}") + _text(2, f"out{index}") + _text(4, "Identity")
        graph += _block(1, node)
    graph += _text(2, "tiny")
    for index, table in enumerate(outputs):
        tensor = b"".join(_number(1, n) for n in table.shape) + _number(2, FLOAT)
        tensor += _text(8, f"table{index}") + _block(9, table.astype("<f4").tobytes())
        graph += _block(5, tensor)
    for index in range(inputs):
        graph += _block(11, _value(f"image{index}", (1, 3, size[1], size[0])))
    for index, table in enumerate(outputs):
        graph += _block(12, _value(f"out{index}", table.shape))
    model = _number(1, 8) + _block(7, graph) + _block(8, _number(2, 13))
    path.write_bytes(model)


def _value(name: str, shape: Sequence[int]) -> bytes:
    dims = b"".join(_block(1, _number(1, n)) for n in shape)
    tensor = _number(1, FLOAT) + _block(2, dims)
    return _text(1, name) + _block(2, _block(1, tensor))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _block(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _text(field: int, text: str) -> bytes:
    return _block(field, text.encode())
