"""What one look of a colour-and-depth camera is, checked before anything is computed from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.errors import BadInputError
from hearth_core.geometry import Transform
from hearth_core.ports import CameraModel

Color = npt.NDArray[np.uint8]
Depth = npt.NDArray[np.float32]


class BadViewError(BadInputError):
    """An image, its calibration or its pose cannot be used."""


@dataclass(frozen=True, eq=False)
class View:
    """Registered colour and depth images of one moment, and where the camera was then."""

    stamp: float
    """[s] of the robot's clock."""
    camera: CameraModel
    """Intrinsics of both images; ``camera.frame`` is the optical frame."""
    map_from_camera: Transform
    """Pose of the optical frame in a frame with z up, floor at 0."""
    color: Color
    """RGB, shape (H, W, 3)."""
    depth: Depth
    """[m] along z, shape (H, W); 0, nan or inf: no measurement."""

    def __post_init__(self) -> None:
        """Refuse what does not fit together.

        Raises:
            BadViewError: Names the culprit and what was expected.
        """
        height, width = self.camera.height, self.camera.width
        if self.depth.dtype != np.float32 or self.depth.shape != (height, width):
            raise BadViewError(
                f"depth image is {self.depth.dtype} {self.depth.shape}; the camera info of "
                f"{self.camera.frame} says float32 {(height, width)}"
            )
        if self.color.dtype != np.uint8 or self.color.shape != (height, width, 3):
            raise BadViewError(
                f"colour image is {self.color.dtype} {self.color.shape}; the camera info of "
                f"{self.camera.frame} says uint8 {(height, width, 3)}"
            )
        if not (self.camera.fx > 0.0 and self.camera.fy > 0.0):
            raise BadViewError(
                f"focal lengths of {self.camera.frame} are {self.camera.fx}, {self.camera.fy}; "
                "expected positive pixels (an uncalibrated camera publishes zeros)"
            )
        if not np.isfinite(self.map_from_camera.matrix()).all():
            raise BadViewError(f"pose of {self.camera.frame} in map is not finite")

    @property
    def origin(self) -> npt.NDArray[np.float64]:
        """Where the camera was [m], shape (3,)."""
        return self.map_from_camera.translation


def project(
    camera: CameraModel, camera_from_map: Transform, points: npt.NDArray[np.floating]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Image of points.

    Args:
        camera: Intrinsics (distortion is not applied).
        camera_from_map: Takes the points into the optical frame.
        points: Shape (N, 3) [m].

    Returns:
        Pixels (N, 2) as u, v, and depth along the optical axis (N,) [m]; pixels are nan where
        the depth is not positive.
    """
    local = camera_from_map.apply(np.asarray(points, float))
    z = local[:, 2]
    safe = np.where(z > 1e-6, z, np.nan)
    u = camera.fx * local[:, 0] / safe + camera.cx
    v = camera.fy * local[:, 1] / safe + camera.cy
    return np.stack([u, v], axis=1), z
