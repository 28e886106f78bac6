"""The last step of camera extrinsics: the tag's corners where the picture has them, in pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Transform
from hearth_core.ports import CameraModel
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from hearth_perception.core.calibration.extrinsics import Extrinsics, spread_of
from hearth_perception.core.markers import square_of

Array = npt.NDArray[np.float64]
WILD = 5.0
"""Residuals of this many medians are left out of the figures."""


def refine(
    found: Extrinsics,
    mount_from_carrier: Sequence[Transform],
    corners: Sequence[Array],
    camera: CameraModel,
    size: float,
) -> Extrinsics:
    """Camera and tag so that the corners project where they were seen.

    The pose of one small tag in one picture is poor in depth and may be mirrored; its corners
    are good to a fraction of a pixel, and the joints say the rest.

    Args:
        found: From :func:`extrinsics.calibrate`.
        mount_from_carrier: From the joints, one a pose.
        corners: Of the tag in the same pose's picture [pixels], shape (4, 2) each.
        camera: Its intrinsics.
        size: Side of the tag's black square [m].
    """
    square = square_of(size)
    matrix = np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1.0]])
    lens = np.array(camera.distortion or [0.0] * 5, float)
    carriers = np.array([t.matrix() for t in mount_from_carrier])
    seen = np.array(corners, float)

    def residual(x: Array) -> Array:
        camera_from_mount = _pose(found.mount_from_camera, x[:6]).inverse()
        tag = _pose(found.carrier_from_tag, x[6:])
        on_mount = np.einsum("nij,kj->nki", carriers[:, :3, :3], tag.apply(square))
        points = camera_from_mount.apply((on_mount + carriers[:, None, :3, 3]).reshape(-1, 3))
        points[:, 2] = np.maximum(points[:, 2], 0.02)  # behind the camera: a large residual
        pixels, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), matrix, lens)
        return np.asarray(pixels.reshape(-1) - seen.reshape(-1))

    fit = least_squares(residual, np.zeros(12), loss="soft_l1", f_scale=1.0, x_scale=0.01)
    left = np.linalg.norm(residual(fit.x).reshape(-1, 4, 2), axis=2).max(axis=1)
    good = left < max(2.0, WILD * float(np.median(left)))
    error = residual(fit.x).reshape(-1, 8)[good]
    free = max(1, error.size - 12)
    covariance = spread_of(fit.jac, float((error**2).sum()) / free)
    return replace(
        found,
        mount_from_camera=_pose(found.mount_from_camera, fit.x[:6]),
        carrier_from_tag=_pose(found.carrier_from_tag, fit.x[6:]),
        sigma=np.sqrt(np.diag(covariance)[:6]),
        used=int(good.sum()),
        pixels=float(np.sqrt(2.0 * (error**2).mean())),
    )


def _pose(start: Transform, step: Array) -> Transform:
    """``start`` moved by a small step of translation [m] and rotation vector [rad]."""
    turn = Rotation.from_rotvec(step[3:]).as_matrix()
    return Transform(turn @ start.rotation, start.translation + step[:3])
