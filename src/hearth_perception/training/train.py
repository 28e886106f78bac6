# ruff: noqa: E501, PLW2901 - a card in Markdown; moments are updated in place
"""Train the household classifier on what collect.py wrote, and write model and card.

    python training/train.py DATA.npz --out hearth_perception/models

Homes are split, not views: no piece of furniture is in both training and test.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from hearth_perception.core.features import NAMES
from hearth_perception.core.network import Network

FIRST = 1000
"""Number of the first home that is trained on."""
HIDDEN = (96, 64)
NOISE = 0.06
"""Standard deviation added to every standardised feature while training."""
REPAINT = 0.12
"""Share of samples that are shown with the colours of another one: things come in any."""
COLOUR = NAMES.index("red")
"""First feature of colour; all from here on are."""
LIGHT = NAMES.index("brightness")
FLICKER = 0.6
"""Standard deviation added to the standardised brightness: what is white is a guess."""
BACKGROUND_SHARE = 0.25
"""Share of background in what is shown, however much of it was collected."""


def train(
    x: np.ndarray,
    y: np.ndarray,
    classes: int,
    rng: np.random.Generator,
    *,
    background: int = -1,
    steps: int = 6000,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Adam on cross entropy with class weights, weight decay and noise."""
    sizes = [x.shape[1], *HIDDEN, classes]
    weights = [
        rng.normal(0, np.sqrt(2 / a), (a, b)).astype(np.float32) for a, b in pairwise(sizes)
    ]
    biases = [np.zeros(b, np.float32) for b in sizes[1:]]
    count = np.bincount(y, minlength=classes)
    balance = np.sqrt(count.max() / np.maximum(count, 1))[y]
    chance = balance / balance.sum()
    if background >= 0:
        there = y == background
        chance[there] *= BACKGROUND_SHARE / chance[there].sum()
        chance[~there] *= (1.0 - BACKGROUND_SHARE) / chance[~there].sum()
    moments = [(np.zeros_like(p), np.zeros_like(p)) for p in weights + biases]
    for step in range(1, steps + 1):
        pick = rng.choice(len(x), 256, p=chance)
        shown = x[pick] + rng.normal(0, NOISE, (256, x.shape[1])).astype(np.float32)
        other = rng.random(256) < REPAINT
        shown[other, COLOUR:] = x[rng.integers(len(x), size=int(other.sum())), COLOUR:]
        shown[:, LIGHT] += rng.normal(0, FLICKER, 256).astype(np.float32)
        h = [shown]
        for w, b in zip(weights[:-1], biases[:-1], strict=True):
            h.append(np.maximum(h[-1] @ w + b, 0.0))
        logits = h[-1] @ weights[-1] + biases[-1]
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        grad = e / e.sum(axis=1, keepdims=True)
        target = np.full_like(grad, 0.02 / classes)  # smoothing: never certain
        target[np.arange(256), y[pick]] += 0.98
        grad = (grad - target) / 256
        grads_w, grads_b = [], []
        for k in range(len(weights) - 1, -1, -1):
            grads_w.insert(0, h[k].T @ grad + 1e-4 * weights[k])
            grads_b.insert(0, grad.sum(axis=0))
            grad = (grad @ weights[k].T) * (h[k] > 0)
        rate = 2e-3 * 0.5 * (1 + np.cos(np.pi * step / steps)) + 1e-5
        for p, g, (m, v) in zip(weights + biases, grads_w + grads_b, moments, strict=True):
            m *= 0.9
            m += 0.1 * g
            v *= 0.999
            v += 0.001 * g * g
            p -= rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
    return weights, biases


def fit(x: np.ndarray, y: np.ndarray, labels: list[str], seed: int) -> Network:
    """A network for samples x (N, F) of classes y (N,)."""
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 0.05)
    z = np.clip((x - mean) / scale, -6, 6).astype(np.float32)
    weights, biases = train(
        z,
        y,
        len(labels),
        np.random.default_rng(seed),
        background=labels.index("background") if "background" in labels else -1,
    )
    return Network(
        tuple(labels),
        NAMES,
        mean.astype(np.float32),
        scale.astype(np.float32),
        tuple(weights),
        tuple(biases),
    )


def report(network: Network, x: np.ndarray, y: np.ndarray) -> str:
    """Table of precision and recall by class."""
    said = network.probabilities(x).argmax(axis=1)
    lines = [
        "| class | samples | precision | recall | mostly taken for |",
        "|---|---|---|---|---|",
    ]
    for k, label in enumerate(network.labels):
        mine, named = y == k, said == k
        if not mine.any():
            continue
        hit = (mine & named).sum()
        wrong = Counter(network.labels[s] for s in said[mine & ~named]).most_common(2)
        other = ", ".join(f"{name} {n}" for name, n in wrong)
        precision = hit / named.sum() if named.any() else float("nan")
        lines.append(
            f"| {label} | {mine.sum()} | {precision:.2f} | {hit / mine.sum():.2f} | {other} |"
        )
    lines.append(f"\nAll: {(said == y).mean():.3f} of {len(y)}")
    return "\n".join(lines)


def train_files(files: Sequence[Path], out: Path) -> str:
    """Train on what ``collect.py`` wrote, write model and card, return the held-out scores."""
    tables = [np.load(file) for file in files]
    x = np.concatenate([t["x"] for t in tables]).astype(np.float64)
    names = np.concatenate([t["y"] for t in tables])
    # Homes of one number are one home, whichever file they come from.
    group = np.concatenate([t["group"] % FIRST for t in tables])
    labels = sorted(set(names.tolist()))
    y = np.array([labels.index(v) for v in names])
    held = group % 5 == 4
    scores = report(fit(x[~held], y[~held], labels, 0), x[held], y[held])
    out.mkdir(exist_ok=True)
    fit(x, y, labels, 0).save(out / "household.npz")
    homes = len(set(group.tolist()))
    (out / "household.md").write_text(
        f"""# household.npz

A multilayer perceptron ({len(NAMES)} features of geometry and light-free colour, hidden layers {HIDDEN},
{len(labels)} classes with `background`) that names clusters found by geometry. Used by the `household` back end
of the detector port (`hearth_perception/core/household.py`).

Trained by `hearth train detector` (`training/collect.py`, `training/train.py`) on {len(y)} clusters rendered by hearth_sim
in {homes} homes of seeds {FIRST} and up ({len(files)} file(s) of features; figures elsewhere are made on seeds 5000 and up).
Sizes +-14 %, colours, poses, neighbours, light, exposure and colour of the light drawn, the robot's pose believed 2 cm and
0.6 degrees off. Simulated images only: nothing is claimed for real ones.

Scores on homes left out of training (one in five), one view, no tracking:

{scores}

The shipped weights are trained on all of them with the same settings. Detection figures (mAP): `./hearth bench perception`.
""",
        encoding="utf-8",
    )
    return scores


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("hearth_perception/models"))
    options = parser.parse_args()
    print(train_files(options.data, options.out))  # noqa: T201


if __name__ == "__main__":
    main()
