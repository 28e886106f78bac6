"""Where a camera really sits on the robot, from a tag that joints move against it.

Head camera: the tag is on a wrist. Hand-eye: the camera is on the wrist, the tag on the other one
or standing still. Both are one equation: the link that carries the camera (the *mount*), the link
that carries the tag (the *carrier*), and the joints between them.
"""

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
LEAST_TURN = np.radians(20.0)
"""About the first axis."""
SECOND_TURN = np.radians(8.0)
"""About a second axis: with one only, the camera may slide along it unseen."""


@dataclass(frozen=True, eq=False)
class Extrinsics:
    """What was found, and how sure it is."""

    mount_from_camera: Transform
    carrier_from_tag: Transform
    position_error: float
    """Root mean square of what is left [m]."""
    angle_error: float
    """The same [rad]."""
    sigma: Array
    """Of the camera's position [m] and rotation [rad], shape (6,)."""
    used: int
    """Poses that fitted; the others were wild."""
    poses: int
    """Poses that were given."""
    pixels: float | None = None
    """Root mean square reprojection error of the tag's corners; None: not used."""

    def report(self, nominal: Transform) -> str:
        """For people: beside where the robot's description puts the camera."""
        off = nominal.inverse() @ self.mount_from_camera
        turn = np.degrees(Rotation.from_matrix(off.rotation).magnitude())
        move = 1e3 * off.translation
        left = 1e3 * self.position_error, np.degrees(self.angle_error)
        pixels = "" if self.pixels is None else f", {self.pixels:.2f} pixels"
        return "\n".join(
            [
                f"{self.used} of {self.poses} poses fit, {left[0]:.1f} mm and {left[1]:.2f} "
                f"degrees left over{pixels}",
                f"camera is {np.linalg.norm(move):.1f} mm "
                f"({move[0]:.1f}, {move[1]:.1f}, {move[2]:.1f}) and {turn:.2f} degrees from "
                "where the description puts it",
                f"+- {1e3 * self.sigma[:3].max():.1f} mm, "
                f"+- {np.degrees(self.sigma[3:].max()):.2f} degrees",
            ]
        )


def calibrate(
    mount_from_carrier: Sequence[Transform],
    camera_from_tag: Sequence[Transform],
    nominal: Transform,
) -> Extrinsics:
    """Camera on one link and tag on another from several poses of the joints between them.

    Args:
        mount_from_carrier: From the joints, one a pose.
        camera_from_tag: From the picture of that pose.
        nominal: ``mount_from_camera`` of the robot's description.

    Raises:
        BadInputError: Too few poses, lists of two lengths, or links that never turned against
            each other about two axes.
    """
    count = len(mount_from_carrier)
    if count != len(camera_from_tag) or count < LEAST_POSES:
        raise BadInputError(
            f"{count} poses of the arm and {len(camera_from_tag)} of the tag; expected the same "
            f"number, at least {LEAST_POSES}"
        )
    _check_turns(mount_from_carrier)
    tag = mount_from_carrier[0].inverse() @ nominal @ camera_from_tag[0]
    start = np.concatenate([_vector(nominal), _vector(tag)])
    wrist = np.array([t.matrix() for t in mount_from_carrier])
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
    free = max(1, left[good].size - fit.x.size)
    covariance = spread_of(fit.jac, float((left[good] ** 2).sum()) / free)
    return Extrinsics(
        Transform.from_matrix(_matrix(fit.x[:6])),
        Transform.from_matrix(_matrix(fit.x[6:])),
        float(np.sqrt((left[good, :3] ** 2).sum(axis=1).mean())),
        float(np.sqrt((left[good, 3:] ** 2).sum(axis=1).mean()) / 0.3),
        np.sqrt(np.diag(covariance)[:6]),
        int(good.sum()),
        count,
    )


def _check_turns(poses: Sequence[Transform]) -> None:
    """Refuse motions that cannot tell camera and tag apart."""
    turns = np.array(
        [Rotation.from_matrix(poses[0].rotation.T @ t.rotation).as_rotvec() for t in poses]
    )
    most = float(np.linalg.norm(turns, axis=1).max())
    if most < LEAST_TURN:
        raise BadInputError(
            f"the wrist turned by {np.degrees(most):.0f} degrees at most: camera and tag "
            "cannot be told apart; expected 20 degrees and more, about two axes"
        )
    _, _, axes = np.linalg.svd(turns - turns.mean(axis=0))
    second = float(np.ptp(turns @ axes[1]))
    if second < SECOND_TURN:
        raise BadInputError(
            f"the wrist turned about one axis only ({np.degrees(most):.0f} degrees, and "
            f"{np.degrees(second):.1f} about any other): the camera's place along that axis "
            f"cannot be told; expected {np.degrees(SECOND_TURN):.0f} degrees and more about a "
            "second one"
        )


def spread_of(jacobian: Array, variance: float) -> Array:
    """Covariance of a least squares fit; huge where the data say nothing.

    A pseudo-inverse would call such directions perfectly known.
    """
    values, axes = np.linalg.eigh(jacobian.T @ jacobian)
    return np.asarray(axes @ np.diag(variance / np.maximum(values, 1e-12)) @ axes.T)


def _vector(pose: Transform) -> Array:
    turn = Rotation.from_matrix(pose.rotation).as_rotvec()
    return np.concatenate([pose.translation, turn])


def _matrix(vector: Array) -> Array:
    result = np.eye(4)
    result[:3, :3] = Rotation.from_rotvec(vector[3:]).as_matrix()
    result[:3, 3] = vector[:3]
    return result
