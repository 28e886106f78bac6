"""The small YAML file beside a user's model: what its numbers mean."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from hearth_core.errors import FileFormatError


class Style(StrEnum):
    """How a model writes its boxes."""

    YOLO = "yolo"
    """One output (1, 4 + classes, N) or transposed: centre and size in input pixels, scores."""
    YOLO_OBJECTNESS = "yolo_objectness"
    """The same with an objectness before the scores: (1, N, 5 + classes)."""
    DETR = "detr"
    """``logits`` (1, N, classes [+ 1 for none]) and boxes (1, N, 4), centre and size in 0..1."""


@dataclass(frozen=True)
class ModelCard:
    """What a detector model expects and says."""

    file: Path
    """The ONNX model."""
    style: Style
    labels: tuple[str, ...]
    """One for every class in order; empty: this class is of no interest."""
    width: int
    height: int
    score: float = 0.25
    """Least score of a box."""
    overlap: float = 0.5
    """Boxes of one class that overlap more are one."""
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Subtracted from RGB in 0..1."""
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Divides after that."""


_KEYS = {"model", "style", "labels", "input", "score", "overlap", "mean", "scale"}


def load_card(path: Path) -> ModelCard:
    """Read the card of a model: ``thing.yaml`` itself, or ``thing.onnx`` with the card beside it.

    Raises:
        FileFormatError: Names the file, the key, and what was expected.
    """
    file = path.with_suffix(".yaml") if path.suffix == ".onnx" else path
    name = str(file)
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise FileFormatError(name, "", f"no model card: {error}") from error
    if not isinstance(data, dict):
        raise FileFormatError(name, "", "expected keys and values: " + ", ".join(sorted(_KEYS)))
    unknown = sorted(set(data) - _KEYS)
    if unknown:
        raise FileFormatError(name, unknown[0], f"unknown key; known: {sorted(_KEYS)}")
    try:
        style = Style(data.get("style", "yolo"))
    except ValueError:
        choices = [str(s.value) for s in Style]
        raise FileFormatError(
            name, "style", f"{data['style']!r}; expected one of {choices}"
        ) from None
    labels = data.get("labels")
    if not isinstance(labels, list) or not labels:
        raise FileFormatError(name, "labels", "expected a list with one label for every class")
    width, height = _size(name, data.get("input"))
    model = file.parent / str(data.get("model", file.with_suffix(".onnx").name))
    return ModelCard(
        model,
        style,
        tuple("" if label is None else str(label) for label in labels),
        width,
        height,
        _fraction(name, "score", data.get("score", 0.25)),
        _fraction(name, "overlap", data.get("overlap", 0.5)),
        _three(name, "mean", data.get("mean", [0.0] * 3)),
        _three(name, "scale", data.get("scale", [1.0] * 3)),
    )


def _size(file: str, value: Any) -> tuple[int, int]:
    good = (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(v, int) and 16 <= v <= 4096 for v in value)
    )
    if not good:
        raise FileFormatError(file, "input", f"{value!r}; expected [width, height] in pixels")
    return value[0], value[1]


def _fraction(file: str, key: str, value: Any) -> float:
    if not isinstance(value, int | float) or not 0.0 <= value <= 1.0:
        raise FileFormatError(file, key, f"{value!r}; expected a number from 0 to 1")
    return float(value)


def _three(file: str, key: str, value: Any) -> tuple[float, float, float]:
    good = isinstance(value, list) and len(value) == 3
    if not good or not all(isinstance(v, int | float) for v in value):
        raise FileFormatError(file, key, f"{value!r}; expected three numbers (red, green, blue)")
    if key == "scale" and 0 in value:
        raise FileFormatError(file, key, "a scale of 0")
    return float(value[0]), float(value[1]), float(value[2])
