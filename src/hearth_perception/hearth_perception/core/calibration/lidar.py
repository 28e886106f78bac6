"""Where the lidar sits on the base, from a straight wall seen while turning on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2
from scipy.optimize import least_squares

from hearth_perception.core.calibration.extrinsics import spread_of

Array = npt.NDArray[np.float64]
LEAST_SCANS = 6


@dataclass(frozen=True, eq=False)
class LidarMount:
    """What was found, and how sure it is."""

    base_from_lidar: Pose2
    error: float
    """Root mean square distance of the points from the wall [m]."""
    sigma: Array
    """Of x, y [m] and yaw [rad], shape (3,)."""
    points: int
    scans: int = 0
    turned: float = 0.0
    """Range of the robot's yaw [rad]."""

    def report(self, nominal: Pose2) -> str:
        """For people: beside where the robot's description puts the lidar."""
        off = nominal.inverse() @ self.base_from_lidar
        return "\n".join(
            [
                f"{self.points} points of the wall in {self.scans} scans over "
                f"{np.degrees(self.turned):.0f} degrees, {1e3 * self.error:.1f} mm left over",
                f"lidar is {1e3 * off.x:.1f} mm ahead, {1e3 * off.y:.1f} mm left and "
                f"{np.degrees(off.yaw):.2f} degrees from where the description puts it",
                f"+- {1e3 * self.sigma[0]:.1f} mm, {1e3 * self.sigma[1]:.1f} mm, "
                f"{np.degrees(self.sigma[2]):.2f} degrees",
            ]
        )


def calibrate(
    odom_from_base: Sequence[Pose2],
    walls: Sequence[Array],
    nominal: Pose2,
) -> LidarMount:
    """The lidar's pose on the base.

    Args:
        odom_from_base: From the wheels, one a scan; the robot turned and drove before one wall.
        walls: Points of the wall in the lidar's frame [m], shape (N, 2) each.
        nominal: ``base_from_lidar`` of the robot's description.

    The wall is one line in the odometry's frame, whichever way the robot stood: that ties down
    the yaw and both offsets once the robot has turned.

    Raises:
        BadInputError: Too few scans or points, or the robot hardly turned.
    """
    if len(odom_from_base) != len(walls) or len(walls) < LEAST_SCANS:
        raise BadInputError(
            f"{len(odom_from_base)} poses and {len(walls)} scans; expected the same number, at "
            f"least {LEAST_SCANS}"
        )
    yaws = np.unwrap([p.yaw for p in odom_from_base])
    if np.ptp(yaws) < np.radians(40.0):
        raise BadInputError(
            f"the robot turned by {np.degrees(np.ptp(yaws)):.0f} degrees; expected 40 and more: "
            "without it offset and wall cannot be told apart"
        )
    few = [len(w) for w in walls if len(w) < 10]
    if few:
        raise BadInputError(f"a scan shows {few[0]} points of the wall; expected at least 10")

    def in_odom(x: Array) -> Array:
        mount = Pose2(float(x[0]), float(x[1]), float(x[2]))
        parts = [(p @ mount).apply(w) for p, w in zip(odom_from_base, walls, strict=True)]
        return np.concatenate(parts)

    start = np.array([nominal.x, nominal.y, nominal.yaw])
    first = in_odom(start)
    middle = first.mean(axis=0)
    _, axes = np.linalg.eigh((first - middle).T @ (first - middle))
    normal = axes[:, 0]
    line = np.array([np.arctan2(normal[1], normal[0]), float(normal @ middle)])

    def residual(x: Array) -> Array:
        points = in_odom(x)
        return np.asarray(points @ np.array([np.cos(x[3]), np.sin(x[3])]) - x[4])

    fit = least_squares(residual, np.concatenate([start, line]), loss="soft_l1", f_scale=0.02)
    left = residual(fit.x)
    good = np.abs(left) < max(0.03, 4.0 * float(np.median(np.abs(left))))
    error = float(np.sqrt((left[good] ** 2).mean()))
    covariance = spread_of(fit.jac, error**2)
    return LidarMount(
        Pose2(float(fit.x[0]), float(fit.x[1]), float(fit.x[2])),
        error,
        np.sqrt(np.diag(covariance)[:3]),
        int(good.sum()),
        len(walls),
        float(np.ptp(yaws)),
    )
