"""For eyes: precision-recall curves, and what was hit and what was missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from hearth_perception.core.detector import UNKNOWN, Detection
from hearth_perception.core.view import View
from scoring import Curve, Match
from sheets import contact

HIT, MISSED, WRONG, EXTRA = (60, 220, 60), (255, 60, 60), (255, 170, 0), (90, 160, 255)


def annotated(
    view: View, matches: Sequence[Match], detections: Sequence[Detection]
) -> npt.NDArray[np.uint8]:
    """Green: right; orange: another name; red: missed; blue: every box that was found."""
    image = view.color.copy()
    for detection in detections:
        left, top, right, bottom = detection.box
        cv2.rectangle(image, (left, top), (right - 1, bottom - 1), EXTRA, 1)
    for match in matches:
        left, top, right, bottom = match.truth.box
        colour = HIT if match.right else WRONG if match.found else MISSED
        said = match.label if match.found and match.label != UNKNOWN else "-"
        text = match.truth.kind if match.right else f"{match.truth.kind}: {said}"
        cv2.rectangle(image, (left - 2, top - 2), (right + 1, bottom + 1), colour, 1)
        cv2.putText(image, text, (left, top - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, 1)
    return np.asarray(cv2.resize(image, (480, 360), interpolation=cv2.INTER_AREA))


def contact_sheet(pictures: Sequence[npt.NDArray[np.uint8]], file: Path) -> None:
    """Write pictures as one."""
    if pictures:
        cv2.imwrite(str(file), contact(pictures)[:, :, ::-1])


def curves_plot(curves: Mapping[str, Curve], file: Path) -> None:
    """Precision over recall of every class at an overlap of one half."""
    import matplotlib as mpl  # noqa: PLC0415 - slow to import

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(9, 6))
    for number, (label, curve) in enumerate(sorted(curves.items())):
        if curve.wanted:
            recall, precision = curve.points(0)
            style = "-" if number < 10 else "--"
            axes.plot(recall, precision, style, label=f"{label} {curve.average(0):.2f}")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.01), ylim=(0, 1.03))
    axes.set_title("Boxes with an overlap of at least 0.5; AP50 beside the class")
    axes.legend(fontsize=8, ncols=2, loc="lower left")
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(file, dpi=110)
    plt.close(figure)
