"""Gathers scans of one straight wall while the robot turns before it."""

from __future__ import annotations

import bisect
from collections import deque
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2, wrap_angle

from hearth_perception.core.calibration.lidar import LEAST_SCANS, LidarMount, calibrate

Array = npt.NDArray[np.float64]

TURN = np.radians(3.0)
"""Between two scans that are used, or"""
STEP = 0.08
"""so far [m]."""
LEAST_LENGTH = 0.8
"""Of the wall in a scan [m]."""
LEAST_POINTS = 20
NEAR = 0.25
"""Points this near to where the wall was before belong to it [m]."""
WEAK = 0.02
"""A standard deviation above this is no result [m]."""
WEAK_YAW = np.radians(0.3)
"""The same [rad]."""


@dataclass(frozen=True, eq=False)
class Scan:
    """One revolution."""

    stamp: float
    """Of the first ray [s]."""
    angles: Array
    """Of the rays in the lidar's frame [rad]."""
    ranges: Array
    """[m]; nan or inf: nothing."""
    period: float = 0.0
    """Between two rays [s]; 0: all at once."""


@dataclass
class WallCollector:
    """Scans and odometry in, the lidar's mount out."""

    nominal: Pose2
    """``base_from_lidar`` of the description."""
    limits: tuple[float, float] = (0.15, 12.0)
    """Nearest and farthest range [m]."""
    scans: int = 0
    bases: list[Pose2] = field(default_factory=list)
    walls: list[Array] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._odometry: deque[tuple[float, Pose2]] = deque(maxlen=2000)
        self._waiting: deque[Scan] = deque(maxlen=50)
        self._line: tuple[Array, float] | None = None
        """Normal and offset of the wall in odom."""

    def odometry(self, stamp: float, odom_from_base: Pose2) -> None:
        """Where the wheels say the base was at ``stamp`` [s]."""
        if self._odometry and stamp <= self._odometry[-1][0]:
            return
        self._odometry.append((stamp, odom_from_base))
        while self._waiting and self._end(self._waiting[0]) <= stamp:
            self._take(self._waiting.popleft())

    def scan(self, scan: Scan) -> None:
        """Take a scan; it is used once the odometry has come so far."""
        self._waiting.append(scan)

    def result(self) -> LidarMount:
        """The lidar on the base.

        Raises:
            BadInputError: No scans, no wall, too little turning.
        """
        if not self.scans:
            raise BadInputError("no scan with odometry of its moment came")
        if len(self.walls) < LEAST_SCANS:
            raise BadInputError(
                f"one straight wall of {LEAST_LENGTH} m and more was found in {len(self.walls)} "
                f"different of {self.scans} scans; expected at least {LEAST_SCANS}: stand 1 to "
                "3 m before a bare wall and turn on the spot"
            )
        found = calibrate(self.bases, self.walls, self.nominal)
        if found.sigma[2] > WEAK_YAW:
            raise BadInputError(
                f"the lidar's yaw is known to {np.degrees(found.sigma[2]):.1f} degrees only: a "
                "robot that only turns cannot tell it from the wall's; drive 0.4 m and more "
                "toward the wall or away from it too"
            )
        if max(found.sigma[:2]) > WEAK:
            raise BadInputError(
                f"the lidar's place is known to {1e3 * max(found.sigma[:2]):.0f} mm only; turn "
                "farther, both ways, nearer to the wall"
            )
        return found

    def _end(self, scan: Scan) -> float:
        return scan.stamp + scan.period * (len(scan.ranges) - 1)

    def _take(self, scan: Scan) -> None:
        base, end = self._at(scan.stamp), self._at(self._end(scan))
        if base is None or end is None:
            return
        self.scans += 1
        for other in self.bases:
            turn = abs(wrap_angle(base.yaw - other.yaw))
            if turn < TURN and base.distance(other) < STEP:
                return
        points = self._points(scan, base, end)
        in_odom = (base @ self.nominal).apply(points)
        mask = self._wall(in_odom)
        if mask is None:
            return
        self.bases.append(base)
        self.walls.append(points[mask])

    def _points(self, scan: Scan, base: Pose2, end: Pose2) -> Array:
        """Points in the lidar's frame as it stood at the scan's begin."""
        low, high = self.limits
        ranges = np.where(np.isfinite(scan.ranges), scan.ranges, -1.0)
        good = (ranges > low) & (ranges < high)
        angles, ranges = scan.angles[good], ranges[good]
        points = np.column_stack([ranges * np.cos(angles), ranges * np.sin(angles)])
        if scan.period <= 0.0:
            return points
        # Each ray was shot from where the robot had got to.
        share = np.flatnonzero(good) / max(1, len(scan.ranges) - 1)
        moved = (base @ self.nominal).inverse() @ (end @ self.nominal)
        yaw = share * moved.yaw
        cos, sin = np.cos(yaw), np.sin(yaw)
        x = cos * points[:, 0] - sin * points[:, 1] + share * moved.x
        y = sin * points[:, 0] + cos * points[:, 1] + share * moved.y
        return np.column_stack([x, y])

    def _wall(self, points: Array) -> npt.NDArray[np.bool_] | None:
        """Which points are the wall; remembers it, or refuses what is none."""
        if self._line is None:
            candidates = np.ones(len(points), bool)
        else:
            normal, offset = self._line
            candidates = np.abs(points @ normal - offset) < NEAR
        found = straight(points, candidates)
        if found is None:
            return None
        mask, normal, offset = found
        if self._line is not None and abs(normal @ self._line[0]) < np.cos(np.radians(15.0)):
            return None
        if self._line is None:
            self._line = normal, offset
        return mask

    def _at(self, stamp: float) -> Pose2 | None:
        """Odometry between its messages; None before the first and after the last."""
        stamps = [s for s, _ in self._odometry]
        k = bisect.bisect_left(stamps, stamp)
        if k == len(stamps) or (k == 0 and stamps[0] > stamp + 1e-9):
            return None
        after = self._odometry[k]
        if k == 0 or after[0] - stamp < 1e-9:
            return after[1]
        before = self._odometry[k - 1]
        if after[0] - before[0] > 0.5:
            return None
        share = (stamp - before[0]) / (after[0] - before[0])
        step = before[1].inverse() @ after[1]
        return before[1] @ Pose2(share * step.x, share * step.y, share * step.yaw)


def straight(
    points: Array, candidates: npt.NDArray[np.bool_], thick: float = 0.03
) -> tuple[npt.NDArray[np.bool_], Array, float] | None:
    """The straight line with most points among the candidates.

    Lines through pairs of points a few rays apart are tried; the best is fitted again.

    Args:
        points: Shape (N, 2) [m], in the order of the rays.
        candidates: Which may belong to it.
        thick: Farthest of a member from the line [m].

    Returns:
        Members (N,), unit normal (2,), offset [m]; None: no line long and dense enough.
    """
    which = np.flatnonzero(candidates)
    if len(which) < LEAST_POINTS:
        return None
    chosen = points[which]
    step = 8
    first, second = chosen[:-step], chosen[step:]
    along = second - first
    length = np.linalg.norm(along, axis=1)
    usable = length > 0.05
    if not usable.any():
        return None
    normals = np.column_stack([-along[:, 1], along[:, 0]])[usable] / length[usable, None]
    offsets = (normals * first[usable]).sum(axis=1)
    counts = (np.abs(normals @ chosen.T - offsets[:, None]) < thick).sum(axis=1)
    best = int(np.argmax(counts))
    normal, offset = normals[best], float(offsets[best])
    member = np.abs(chosen @ normal - offset) < thick
    for _ in range(3):
        middle = chosen[member].mean(axis=0)
        _, axes = np.linalg.eigh((chosen[member] - middle).T @ (chosen[member] - middle))
        normal = axes[:, 0]
        offset = float(normal @ middle)
        member = np.abs(chosen @ normal - offset) < thick
    where = chosen[member] @ np.array([-normal[1], normal[0]])
    if len(where) < LEAST_POINTS or np.percentile(where, 95) - np.percentile(where, 5) < (
        LEAST_LENGTH
    ):
        return None
    mask = np.zeros(len(points), bool)
    mask[which[member]] = True
    return mask, normal, offset
