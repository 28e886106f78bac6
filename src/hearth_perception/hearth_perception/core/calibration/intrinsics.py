"""Focal lengths, centre and lens distortion from pictures of a chessboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.errors import BadInputError
from hearth_core.ports import CameraModel

from hearth_perception.core.view import Color

Array = npt.NDArray[np.float64]
LEAST_PICTURES = 6


@dataclass(frozen=True)
class Board:
    """A printed chessboard."""

    columns: int
    """Inner corners along its longer side."""
    rows: int
    square: float
    """Side of a square [m]."""

    def points(self) -> Array:
        """Inner corners on the board [m], shape (rows * columns, 3)."""
        grid = np.mgrid[0 : self.columns, 0 : self.rows].T.reshape(-1, 2)
        return np.column_stack([grid * self.square, np.zeros(len(grid))])


@dataclass(frozen=True, eq=False)
class Intrinsics:
    """What was found, and how sure it is."""

    camera: CameraModel
    error: float
    """Root mean square reprojection error [pixels]."""
    sigma: dict[str, float]
    """Standard deviation of fx, fy, cx, cy [pixels]."""
    used: int
    """Pictures on which the board was found."""
    coverage: float
    """Share of the image's area that the board's corners span."""

    def report(self) -> str:
        """For people."""
        c, s = self.camera, self.sigma
        lens = ", ".join(f"{v:.4f}" for v in c.distortion)
        lines = [
            f"{c.frame or 'camera'} {c.width} x {c.height}: {self.used} pictures, reprojection "
            f"{self.error:.3f} pixels, {100 * self.coverage:.0f} % of the image covered",
            f"fx {c.fx:.2f} +- {s['fx']:.2f}   fy {c.fy:.2f} +- {s['fy']:.2f}",
            f"cx {c.cx:.2f} +- {s['cx']:.2f}   cy {c.cy:.2f} +- {s['cy']:.2f}",
            f"distortion k1 k2 p1 p2 k3: {lens}",
        ]
        if self.coverage < 0.5:
            lines.append("weak: show the board near the edges of the image too")
        if self.error > 0.5:
            lines.append("weak: is the board flat, its square's size right, the picture sharp?")
        return "\n".join(lines)


def find_board(color: Color, board: Board) -> Array | None:
    """Inner corners in an RGB image [pixels], shape (N, 2); None: the board is not whole in it."""
    grey = cv2.cvtColor(color, cv2.COLOR_RGB2GRAY)
    found, corners = cv2.findChessboardCornersSB(grey, (board.columns, board.rows))
    if not found:
        return None
    # The sector-based finder is off by up to 0.3 pixels on tilted boards, alike over the whole
    # board: 0.7 % of the focal length. Gradients in a window of a third of a square are not.
    grid = corners.reshape(board.rows, board.columns, 2)
    sides = [np.linalg.norm(np.diff(grid, axis=k), axis=2).min() for k in (0, 1)]
    half = int(np.clip(0.35 * min(sides), 2, 11))
    stop = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 40, 1e-4)
    fine = cv2.cornerSubPix(grey, corners.reshape(-1, 1, 2), (half, half), (-1, -1), stop)
    return np.asarray(fine, float).reshape(-1, 2)


def calibrate(
    corners: Sequence[Array], board: Board, size: tuple[int, int], frame: str = ""
) -> Intrinsics:
    """Intrinsics from the board's corners in several pictures.

    Args:
        corners: Per picture, shape (rows * columns, 2) [pixels].
        board: What was shown.
        size: Width, height of the images [pixels].
        frame: Name of the optical frame.

    Raises:
        BadInputError: Too few pictures, or the board was always held alike.
    """
    if len(corners) < LEAST_PICTURES:
        raise BadInputError(
            f"the board was found on {len(corners)} pictures; expected at least {LEAST_PICTURES}, "
            "tilted in different ways"
        )
    real = [board.points().astype(np.float32)] * len(corners)
    seen = [c.astype(np.float32).reshape(-1, 1, 2) for c in corners]
    error, matrix, lens, turns, _, deviations, _, _ = cv2.calibrateCameraExtended(
        real, seen, size, None, None
    )
    normals = np.array([cv2.Rodrigues(t)[0][:, 2] for t in turns])
    spread = np.degrees(np.arccos(np.clip(normals @ normals.mean(axis=0), -1, 1)).max())
    if spread < 8.0:
        raise BadInputError(
            f"the board was tilted by {spread:.0f} degrees at most: focal length and distance "
            "cannot be told apart; expected tilts of 20 degrees and more"
        )
    sigma = dict(zip(("fx", "fy", "cx", "cy"), deviations.reshape(-1)[:4].tolist(), strict=True))
    every = np.concatenate(corners).astype(np.float32)
    coverage = cv2.contourArea(cv2.convexHull(every)) / (size[0] * size[1])
    camera = CameraModel(
        size[0],
        size[1],
        float(matrix[0, 0]),
        float(matrix[1, 1]),
        float(matrix[0, 2]),
        float(matrix[1, 2]),
        frame,
        tuple(float(v) for v in lens.reshape(-1)[:5]),
    )
    return Intrinsics(camera, float(error), sigma, len(corners), float(coverage))
