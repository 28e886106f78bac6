"""A small multilayer perceptron in NumPy, and the file it comes in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
from hearth_core.errors import FileFormatError

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Network:
    """Standardise, hidden layers with ReLU, softmax."""

    labels: tuple[str, ...]
    names: tuple[str, ...]
    """Features it was trained on, in order."""
    mean: Array
    scale: Array
    weights: tuple[Array, ...]
    biases: tuple[Array, ...]

    def probabilities(self, x: npt.NDArray[np.floating]) -> Array:
        """Class probabilities of feature vectors (N, F) or (F,)."""
        h = np.clip((np.asarray(x, np.float32) - self.mean) / self.scale, -6.0, 6.0)
        for w, b in zip(self.weights[:-1], self.biases[:-1], strict=True):
            h = np.maximum(h @ w + b, 0.0)
        logits = h @ self.weights[-1] + self.biases[-1]
        e = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return np.asarray(e / e.sum(axis=-1, keepdims=True), np.float32)

    def save(self, path: Path | str) -> None:
        """Write an ``.npz`` file."""
        layers = {f"w{k}": w for k, w in enumerate(self.weights)}
        layers |= {f"b{k}": b for k, b in enumerate(self.biases)}
        np.savez_compressed(
            Path(path),
            labels=np.array(self.labels),
            names=np.array(self.names),
            mean=self.mean,
            scale=self.scale,
            allow_pickle=False,
            **layers,
        )


def load_network(path: Path | str, names: Sequence[str]) -> Network:
    """Read a network made for the features ``names``.

    Raises:
        FileFormatError: No such file, not a network, or trained on other features.
    """
    file = str(path)
    try:
        with np.load(Path(path), allow_pickle=False) as data:
            count = sum(1 for key in data.files if key.startswith("w"))
            found = Network(
                tuple(str(v) for v in data["labels"]),
                tuple(str(v) for v in data["names"]),
                data["mean"],
                data["scale"],
                tuple(data[f"w{k}"] for k in range(count)),
                tuple(data[f"b{k}"] for k in range(count)),
            )
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise FileFormatError(file, "", f"not a network: {error}") from error
    if found.names != tuple(names):
        raise FileFormatError(file, "names", "trained on other features than this version has")
    return found
