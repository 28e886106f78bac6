"""A robot in a flat home: lidar, slipping wheels, and people walking around it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, wrap_angle
from hearth_core.jit import kernel

from hearth_navigation.core.relocalizer import Beams
from hearth_navigation.core.scan import free_lengths, to_points
from hearth_navigation.fakes.floor_plans import Plan, Point

Array = npt.NDArray[np.float64]
BASE_FROM_LIDAR = Pose2(-0.1, 0.0, 0.0)
REACH = 12.0
ANGLES: Array = np.linspace(-math.pi, math.pi, 360, endpoint=False)


@kernel
def _cast(
    segments: Array,
    circles: Array,
    x: float,
    y: float,
    directions: Array,
    reach: float,
    out: Array,
) -> None:
    """Exact range of every beam; ``inf``: nothing in reach."""
    for i in range(directions.shape[0]):
        dx = math.cos(directions[i])
        dy = math.sin(directions[i])
        best = math.inf
        for k in range(segments.shape[0]):
            ax = segments[k, 0] - x
            ay = segments[k, 1] - y
            ex = segments[k, 2] - segments[k, 0]
            ey = segments[k, 3] - segments[k, 1]
            det = ex * dy - ey * dx
            if abs(det) < 1e-12:
                continue
            t = (ex * ay - ey * ax) / det
            s = (dx * ay - dy * ax) / det
            if 0.0 < t < best and 0.0 <= s <= 1.0:
                best = t
        for k in range(circles.shape[0]):
            cx = circles[k, 0] - x
            cy = circles[k, 1] - y
            along = cx * dx + cy * dy
            square = cx * cx + cy * cy - along * along
            radius = circles[k, 2]
            if along > 0.0 and square < radius * radius:
                t = along - math.sqrt(radius * radius - square)
                if 0.0 < t < best:
                    best = t
        out[i] = best if best <= reach else math.inf


def cast(plan_segments: Array, circles: Array, lidar: Pose2, angles: Array = ANGLES) -> Array:
    """Ranges [m] of the beams at ``angles`` from a lidar in map."""
    out = np.empty(len(angles))
    _cast(plan_segments, circles, lidar.x, lidar.y, angles + lidar.yaw, REACH, out)
    return out


@dataclass
class Walker:
    """A person as the lidar sees one: two legs that swing."""

    x: float
    y: float
    target: Point
    phase: float = 0.0

    def legs(self) -> list[tuple[float, float, float]]:
        """Circles x, y, radius [m]."""
        heading = math.atan2(self.target[1] - self.y, self.target[0] - self.x)
        c, s = math.cos(heading), math.sin(heading)
        swing = 0.2 * math.sin(self.phase)
        return [
            (
                self.x + side * swing * c - side * 0.1 * s,
                self.y + side * swing * s + side * 0.1 * c,
                0.06,
            )
            for side in (-1.0, 1.0)
        ]


@dataclass(frozen=True)
class Wheels:
    """How the wheels lie: shares of the motion, drawn once and at every step."""

    scale: float = 0.01
    slip: float = 0.03
    turn: float = 0.02
    drift: float = 0.01
    """Yaw per metre [rad]."""


class FlatRobot:
    """Truth, scans and odometry; every draw comes from ``seed``."""

    def __init__(
        self,
        plan: Plan,
        pose: Pose2,
        seed: int = 0,
        walkers: int = 0,
        noise: float = 0.01,
        wheels: Wheels | None = None,
    ) -> None:
        self.plan = plan
        self.pose = pose
        self.odom = Pose2()
        self.time = 0.0
        self._random = np.random.default_rng((seed, 613))
        self._segments = plan.segments()
        self._posts = plan.circles()
        self._noise = noise
        self._wheels = wheels or Wheels()
        self._scale = 1.0 + self._random.normal(0.0, self._wheels.scale, 3)
        self._drift = self._random.normal(0.0, self._wheels.drift)
        self.walkers = [self._walker() for _ in range(walkers)]

    def _spot(self) -> Point:
        """Somewhere in the robot's room, or in any."""
        room = self.plan.room_at(self.pose.x, self.pose.y)
        if room is None or self._random.random() < 0.2:
            room = int(self._random.integers(len(self.plan.rooms)))
        r = self.plan.rooms[room]
        return (
            float(self._random.uniform(r.x0 + 0.3, r.x1 - 0.3)),
            float(self._random.uniform(r.y0 + 0.3, r.y1 - 0.3)),
        )

    def _walker(self) -> Walker:
        x, y = self._spot()
        return Walker(x, y, self._spot(), float(self._random.uniform(0.0, 6.0)))

    def step(self, motion: Pose2, period: float) -> None:
        """Move the robot by ``motion`` (in its frame) and the people for ``period`` [s]."""
        self.pose = self.pose @ motion
        k = self._scale + self._random.normal(0.0, self._wheels.slip, 3)
        way = math.hypot(motion.x, motion.y)
        turned = motion.yaw * (1.0 + (k[2] - 1.0) * self._wheels.turn / self._wheels.slip)
        self.odom = self.odom @ Pose2(motion.x * k[0], motion.y * k[1], turned + self._drift * way)
        self.time += period
        for walker in self.walkers:
            self._walk(walker, period)

    def _walk(self, walker: Walker, period: float) -> None:
        dx, dy = walker.target[0] - walker.x, walker.target[1] - walker.y
        left, stride = math.hypot(dx, dy), 0.8 * period
        ahead = (
            walker.x + stride * dx / max(left, 1e-6),
            walker.y + stride * dy / max(left, 1e-6),
        )
        if left < stride or math.dist(ahead, (self.pose.x, self.pose.y)) < 0.55:
            walker.target = self._spot()
            return
        walker.x, walker.y = ahead
        walker.phase += 6.0 * period

    def look(self) -> tuple[Beams, Array]:
        """The scan now, and how far each beam flew freely [m]."""
        legs = [leg for walker in self.walkers for leg in walker.legs()]
        circles = np.concatenate([self._posts, np.array(legs).reshape(-1, 3)])
        ranges = cast(self._segments, circles, self.pose @ BASE_FROM_LIDAR)
        ranges = ranges + self._random.normal(0.0, self._noise, len(ranges))
        single = ranges.astype(np.float32)
        points = to_points(single, ANGLES, BASE_FROM_LIDAR, 0.05, REACH)
        return Beams(points, ranges, ANGLES, BASE_FROM_LIDAR, REACH), free_lengths(
            single, 0.05, REACH
        )

    def clearance(self) -> float:
        """Distance from the base's middle to the nearest thing that stands [m]."""
        return clearance(self._segments, self._posts, self.pose.x, self.pose.y)


def clearance(segments: Array, circles: Array, x: float, y: float) -> float:
    """Distance from a point to the nearest segment or circle [m]."""
    a, e = segments[:, :2], segments[:, 2:] - segments[:, :2]
    p = np.array([x, y])
    t = np.clip(((p - a) * e).sum(axis=1) / np.maximum((e**2).sum(axis=1), 1e-12), 0.0, 1.0)
    nearest = float(np.hypot(*(a + t[:, None] * e - p).T).min())
    if len(circles):
        away = np.hypot(circles[:, 0] - x, circles[:, 1] - y) - circles[:, 2]
        nearest = min(nearest, float(away.min()))
    return nearest


def follow(
    robot: FlatRobot, points: list[Point], stride: float = 0.1, period: float = 0.2
) -> list[Pose2]:
    """Motions (in the robot's frame) through way points, turning to the way's direction.

    Args:
        robot: Where it starts; it is not moved.
        points: Way points in map [m].
        stride: Most way per period [m].
        period: [s]; turns at most 0.8 rad/s.
    """
    pose, result = robot.pose, []
    for target in points:
        while True:
            dx, dy = target[0] - pose.x, target[1] - pose.y
            left = math.hypot(dx, dy)
            if left < 0.02:
                break
            way = min(stride, left)
            bend = wrap_angle(math.atan2(dy, dx) - pose.yaw)
            turn = min(max(bend, -0.8 * period), 0.8 * period) if left > 0.1 else 0.0
            if abs(bend) > 1.0:
                way = min(way, 0.3 * stride)
            local = bend
            motion = Pose2(way * math.cos(local), way * math.sin(local), turn)
            pose = pose @ motion
            result.append(motion)
    return result
