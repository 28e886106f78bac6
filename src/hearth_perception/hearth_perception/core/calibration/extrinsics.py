"""Where the head camera really sits, from a tag on the wrist moved before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.errors import BadInputError
from hearth_core.geometry import Transform
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

Array = npt.NDArray[np.float64]
LEAST_POSES = 8


@dataclass(frozen=True, eq=False)
class Extrinsics:
    """What was found, and how sure it is."""

    head_from_camera: Transform
    wrist_from_tag: Transform
    position_error: float
    """Root mean square of what is left [m]."""
    angle_error: float
    """The same [rad]."""
    sigma: Array
    """Of the camera's position [m] and rotation [rad], shape (6,)."""
    used: int
    """Poses that fitted; the others were wild."""

    def report(self, nominal: Transform) -> str:
        """For people: beside where the robot's description puts the camera."""
        off = nominal.inverse() @ self.head_from_camera
        turn = np.degrees(Rotation.from_matrix(off.rotation).magnitude())
        move = 1e3 * off.translation
        left = 1e3 * self.position_error, np.degrees(self.angle_error)
        return "\n".join(
            [
                f"{self.used} poses, {left[0]:.1f} mm and {left[1]:.2f} degrees left over",
                f"camera is {np.linalg.norm(move):.1f} mm "
                f"({move[0]:.1f}, {move[1]:.1f}, {move[2]:.1f}) and {turn:.2f} degrees from "
                "where the description puts it",
                f"+- {1e3 * self.sigma[:3].max():.1f} mm, "
                f"+- {np.degrees(self.sigma[3:].max()):.2f} degrees",
            ]
        )


def calibrate(
    head_from_wrist: Sequence[Transform],
    camera_from_tag: Sequence[Transform],
    nominal: Transform,
) -> Extrinsics:
    """Camera on the head and tag on the wrist from several poses of the arm.

    Args:
        head_from_wrist: From the joints, one a pose.
        camera_from_tag: From the picture of that pose.
        nominal: ``head_from_camera`` of the robot's description.

    Raises:
        BadInputError: Too few poses, lists of two lengths, or an arm that never turned its wrist.
    """
    count = len(head_from_wrist)
    if count != len(camera_from_tag) or count < LEAST_POSES:
        raise BadInputError(
            f"{count} poses of the arm and {len(camera_from_tag)} of the tag; expected the same "
            f"number, at least {LEAST_POSES}"
        )
    turns = [
        Rotation.from_matrix(head_from_wrist[0].rotation.T @ t.rotation).magnitude()
        for t in head_from_wrist
    ]
    if max(turns) < np.radians(20.0):
        raise BadInputError(
            f"the wrist turned by {np.degrees(max(turns)):.0f} degrees at most: camera and tag "
            "cannot be told apart; expected 20 degrees and more, about two axes"
        )
    tag = head_from_wrist[0].inverse() @ nominal @ camera_from_tag[0]
    start = np.concatenate([_vector(nominal), _vector(tag)])
    wrist = np.array([t.matrix() for t in head_from_wrist])
    seen = np.array([t.matrix() for t in camera_from_tag])

    def residual(x: Array) -> Array:
        """Where the tag is by the picture against by the arm; 1 rad weighs as 0.3 m."""
        camera, tag_at = _matrix(x[:6]), _matrix(x[6:])
        by_arm, by_eye = wrist @ tag_at, camera @ seen
        shift = by_arm[:, :3, 3] - by_eye[:, :3, 3]
        turn = np.swapaxes(by_eye[:, :3, :3], 1, 2) @ by_arm[:, :3, :3]
        return np.concatenate([shift, 0.3 * Rotation.from_matrix(turn).as_rotvec()], 1).reshape(-1)

    fit = least_squares(residual, start, loss="soft_l1", f_scale=0.004)
    left = residual(fit.x).reshape(-1, 6)
    size = np.linalg.norm(left[:, :3], axis=1)
    good = size < max(0.008, 4.0 * float(np.median(size)))
    variance = float((left[good] ** 2).mean())
    covariance = np.linalg.pinv(fit.jac.T @ fit.jac) * variance
    return Extrinsics(
        Transform.from_matrix(_matrix(fit.x[:6])),
        Transform.from_matrix(_matrix(fit.x[6:])),
        float(np.sqrt((left[good, :3] ** 2).sum(axis=1).mean())),
        float(np.sqrt((left[good, 3:] ** 2).sum(axis=1).mean()) / 0.3),
        np.sqrt(np.diag(covariance)[:6]),
        int(good.sum()),
    )


def _vector(pose: Transform) -> Array:
    turn = Rotation.from_matrix(pose.rotation).as_rotvec()
    return np.concatenate([pose.translation, turn])


def _matrix(vector: Array) -> Array:
    result = np.eye(4)
    result[:3, :3] = Rotation.from_rotvec(vector[3:]).as_matrix()
    result[:3, 3] = vector[:3]
    return result
