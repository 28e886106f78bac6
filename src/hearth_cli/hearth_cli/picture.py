"""``hearth picture DIR FILE``: one picture of a recorded run, from its videos and its plan."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.errors import BadInputError, HearthError

Image = npt.NDArray[np.uint8]
SHOWN = ("pull", "find", "pick", "push", "put down", "drive")
"""Steps whose end is worth a frame, best first."""


def main(arguments: Sequence[str]) -> int:
    """Write the picture."""
    parser = argparse.ArgumentParser(prog="hearth picture", description=__doc__)
    parser.add_argument("run", type=Path, help="folder written by sim --record")
    parser.add_argument("target", type=Path, help="PNG or JPEG to write")
    options = parser.parse_args(arguments)
    try:
        picture = compose(options.run)
    except HearthError as error:
        sys.stderr.write(f"hearth picture: {error}\n")
        return 2
    options.target.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(options.target), picture)
    return 0


def compose(run: Path) -> Image:
    """Frames of the overview at the ends of six steps, beside the plan.

    Raises:
        BadInputError: The folder holds no complete record.
    """
    for name in ("episode.json", "overview.mp4", "plan.png"):
        if not (run / name).is_file():
            raise BadInputError(f"{run} has no {name}; make it with: hearth sim --record {run}")
    record = json.loads((run / "episode.json").read_text())
    frames = [
        _label(_frame_at(run / "overview.mp4", moment), text) for moment, text in _moments(record)
    ]
    rows = [np.hstack(frames[k : k + 2]) for k in range(0, 6, 2)]
    left = np.vstack(rows)
    plan = cv2.imread(str(run / "plan.png"))
    assert plan is not None
    height = left.shape[0]
    scale = height / plan.shape[0]
    right = cv2.resize(plan, (round(plan.shape[1] * scale), height), interpolation=cv2.INTER_AREA)
    return np.hstack([left, right]).astype(np.uint8)


def _moments(record: dict[str, Any]) -> list[tuple[float, str]]:
    """Six times since the task began as fractions of the video, with their captions."""
    ends: list[tuple[float, str]] = []
    time = 0.0
    for step in record["steps"]:
        time += float(step["s"])
        if step["outcome"] == "ok":
            ends.append((time, str(step["step"])))
    ranked = sorted(
        ends,
        key=lambda end: next((k for k, word in enumerate(SHOWN) if end[1].startswith(word)), 99),
    )
    chosen = sorted(ranked[:6]) or [(0.0, "start")]
    chosen += [chosen[-1]] * (6 - len(chosen))
    total = max(float(record["duration_s"]), 1e-9)
    return [(time / total, text) for time, text in chosen]


def _frame_at(video: Path, fraction: float) -> Image:
    """A frame at a fraction of the task, counted back from the end of the video."""
    capture = cv2.VideoCapture(str(video))
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    capture.set(cv2.CAP_PROP_POS_FRAMES, max(0, min(count - 1, round(fraction * count) - 1)))
    ok, frame = capture.read()
    capture.release()
    if not ok:
        raise BadInputError(f"{video}: cannot read a frame")
    return np.asarray(cv2.resize(frame, (480, 360), interpolation=cv2.INTER_AREA), np.uint8)


def _label(image: Image, text: str) -> Image:
    cv2.rectangle(image, (0, 0), (image.shape[1], 24), (40, 40, 40), -1)
    cv2.putText(
        image, text, (8, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA
    )
    return image
