"""A user's detector model, run by onnxruntime on one thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.errors import FileFormatError

from hearth_perception.core.model_card import ModelCard, Style
from hearth_perception.core.view import Color

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Boxes:
    """What a model found in an image."""

    boxes: Array
    """Left, top, right, bottom [pixels of the image], shape (N, 4)."""
    scores: Array
    """Of every class, shape (N, classes)."""


class OnnxModel:
    """Image in, boxes out; the model must be what its card says."""

    def __init__(self, card: ModelCard) -> None:
        """Load the model and try it once on a grey image.

        Raises:
            FileFormatError: The file is broken, wants another input than its card says, or answers
                with another number of classes.
        """
        import onnxruntime  # noqa: PLC0415 - a second of import, only for those who use it

        self.card = card
        self._file = str(card.file)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        if not card.file.is_file():
            raise FileFormatError(self._file, "", "no such model file (key 'model' of its card)")
        try:
            self._session: Any = onnxruntime.InferenceSession(
                self._file, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime has its own family of exceptions
            raise FileFormatError(self._file, "", f"not a usable ONNX model: {error}") from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            names = [i.name for i in inputs]
            raise FileFormatError(self._file, "inputs", f"{names}; expected one image")
        self._input = inputs[0].name
        wanted = (1, 3, card.height, card.width)
        shape = tuple(inputs[0].shape)
        fits = len(shape) == 4 and all(
            not isinstance(s, int) or s == w for s, w in zip(shape, wanted, strict=True)
        )
        if not fits:
            raise FileFormatError(
                self._file, f"input {self._input}", f"shape {shape}; its card says {wanted}"
            )
        self.find(np.full((card.height, card.width, 3), 128, np.uint8))

    def find(self, color: Color) -> Boxes:
        """Boxes of an RGB image (H, W, 3), overlapping ones of one class merged.

        Raises:
            FileFormatError: The model cannot be run or answers in another form than its card.
        """
        image, ratio, offset = self._letterbox(color)
        try:
            outputs = self._session.run(None, {self._input: image})
        except Exception as error:  # onnxruntime has its own family of exceptions
            raise FileFormatError(self._file, "", f"cannot be run: {error}") from error
        boxes, scores = self._decode([np.asarray(o, np.float32) for o in outputs])
        boxes = (boxes - np.tile(offset, 2)) / ratio
        height, width = color.shape[:2]
        boxes[:, 0::2] = np.clip(boxes[:, 0::2], 0, width)
        boxes[:, 1::2] = np.clip(boxes[:, 1::2], 0, height)
        best = scores.max(axis=1, initial=0.0)
        keep = best >= self.card.score
        keep &= ((boxes[:, 2:] - boxes[:, :2]) >= 2.0).all(axis=1)
        boxes, scores = boxes[keep], scores[keep]
        chosen = suppress(boxes, scores, self.card.overlap)
        return Boxes(boxes[chosen], scores[chosen])

    def _letterbox(self, color: Color) -> tuple[Array, float, Array]:
        """The image in the model's size, its proportions kept, grey around."""
        card = self.card
        height, width = color.shape[:2]
        ratio = min(card.width / width, card.height / height)
        size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
        left, top = (card.width - size[0]) // 2, (card.height - size[1]) // 2
        canvas = np.full((card.height, card.width, 3), 114, np.uint8)
        way = cv2.INTER_AREA if ratio < 1.0 else cv2.INTER_LINEAR
        canvas[top : top + size[1], left : left + size[0]] = cv2.resize(
            color, size, interpolation=way
        )
        mean, scale = np.array(card.mean, np.float32), np.array(card.scale, np.float32)
        scaled = (canvas.astype(np.float32) / np.float32(255.0) - mean) / scale
        planes = np.ascontiguousarray(scaled.transpose(2, 0, 1)[None], dtype=np.float32)
        return planes, ratio, np.array([left, top], np.float32)

    def _decode(self, outputs: list[Array]) -> tuple[Array, Array]:
        """Corners in input pixels (N, 4) and class scores (N, classes)."""
        count = len(self.card.labels)
        if self.card.style is Style.DETR:
            return self._decode_detr(outputs, count)
        extra = 5 if self.card.style is Style.YOLO_OBJECTNESS else 4
        table = outputs[0]
        if table.ndim != 3 or table.shape[0] != 1:
            raise self._mismatch(f"output of shape {table.shape}", f"(1, {extra + count}, N)")
        table = table[0]
        if table.shape[1] != extra + count and table.shape[0] == extra + count:
            table = table.T
        if table.shape[1] != extra + count:
            raise self._mismatch(
                f"output of shape {outputs[0].shape}",
                f"{extra} numbers and {count} classes a box: its card has {count} labels",
            )
        scores = table[:, extra:]
        if extra == 5:
            scores = scores * table[:, 4:5]
        return corners(table[:, :4]), scores

    def _decode_detr(self, outputs: list[Array], count: int) -> tuple[Array, Array]:
        boxes = [o for o in outputs if o.ndim == 3 and o.shape[-1] == 4]
        logits = [o for o in outputs if o.ndim == 3 and o.shape[-1] in (count, count + 1)]
        boxes = boxes[-1:]  # logits come first, and three classes look like boxes
        logits = [o for o in logits if not boxes or o is not boxes[0]]
        if not boxes or not logits or boxes[0].shape[1] != logits[0].shape[1]:
            shapes = [o.shape for o in outputs]
            raise self._mismatch(
                f"outputs of shapes {shapes}",
                f"boxes (1, N, 4) and logits (1, N, {count} or {count + 1}): "
                f"its card has {count} labels",
            )
        table = logits[0][0]
        if table.shape[1] == count + 1:  # the last one says "nothing"
            e = np.exp(table - table.max(axis=1, keepdims=True))
            scores = (e / e.sum(axis=1, keepdims=True))[:, :count]
        else:
            scores = 1.0 / (1.0 + np.exp(-table))
        size = np.array([self.card.width, self.card.height] * 2, np.float32)
        return corners(boxes[0][0]) * size, scores

    def _mismatch(self, found: str, expected: str) -> FileFormatError:
        return FileFormatError(
            self._file, f"style {self.card.style.value}", f"{found}; expected {expected}"
        )


def corners(boxes: Array) -> Array:
    """Centre and size (N, 4) as corners."""
    half = boxes[:, 2:4] / 2
    return np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)


def suppress(boxes: Array, scores: Array, overlap: float) -> list[int]:
    """Rows to keep: of boxes of one class that overlap more than ``overlap`` the best."""
    kept: list[int] = []
    if not len(boxes):
        return kept
    label = scores.argmax(axis=1)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    for row in np.argsort(-scores.max(axis=1), kind="stable").tolist():
        same = [k for k in kept if label[k] == label[row]]
        low = np.maximum(boxes[same, :2], boxes[row, :2])
        high = np.minimum(boxes[same, 2:], boxes[row, 2:])
        inter = np.prod(np.maximum(high - low, 0.0), axis=1)
        if (inter <= overlap * (area[same] + area[row] - inter)).all():
            kept.append(row)
    return kept
