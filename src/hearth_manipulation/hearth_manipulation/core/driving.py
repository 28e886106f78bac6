"""Short, careful motions of the base: to a pose nearby, or along a curve that a door asks for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hearth_core.geometry import Pose2, wrap_angle

from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.mover import MotionError
from hearth_manipulation.core.ports import Body

PERIOD = 0.04
"""Between two commands [s]."""


@dataclass(frozen=True)
class Limits:
    """How fast the base moves in manipulation."""

    linear: float = 0.15
    """[m/s]."""
    angular: float = 0.4
    """[rad/s]."""
    acceleration: float = 0.3
    """[m/s2]."""
    half_length: float = 0.275
    """Half of the footprint along x and y with a little air, for choosing poses [m]."""
    half_length_moving: float = 0.255
    """The same with less air, while moving."""


def blocked(points: Array | None, direction: tuple[float, float], limits: Limits) -> bool:
    """Whether lidar hits stand in the way of a small motion of the footprint.

    Args:
        points: In base_footprint [m], shape (N, 2); None counts as free only when standing.
        direction: Of travel in base_footprint, any length; zero: turning in place.
        limits: The footprint.
    """
    if points is None:
        return True
    reach = math.hypot(*direction)
    if reach < 1e-6 or len(points) == 0:
        return False
    ahead = np.asarray(points) - 0.06 / reach * np.array(direction)  # 6 cm further on
    inside = np.all(np.abs(ahead) < limits.half_length_moving, axis=1)
    # What is inside the footprint already is the robot itself or cannot be avoided by stopping.
    already = np.all(np.abs(points) < limits.half_length_moving, axis=1)
    return bool(np.any(inside & ~already))


class Driver:
    """Closed-loop base motion in odom. Every way out leaves the base standing."""

    def __init__(self, body: Body, limits: Limits | None = None) -> None:
        self.body = body
        self.limits = limits or Limits()

    def stop(self) -> None:
        """Stand still."""
        self.body.drive(0.0, 0.0, 0.0)

    def to(
        self,
        goal: Pose2,
        *,
        tolerance: float = 0.008,
        turn_tolerance: float = 0.01,
        speed: float = 1.0,
        timeout: float = 30.0,
        check: bool = True,
    ) -> None:
        """Drive straight to ``goal`` (odom).

        Args:
            goal: Where base_footprint shall stand.
            tolerance: [m].
            turn_tolerance: [rad].
            speed: Fraction of the limits.
            timeout: [s].
            check: Refuse to move into lidar hits.

        Raises:
            MotionError: ``base_blocked`` or ``base_timeout``.
        """
        self.track(
            lambda _t: (goal, (0.0, 0.0, 0.0), True),
            tolerance=tolerance,
            turn_tolerance=turn_tolerance,
            speed=speed,
            timeout=timeout,
            check=check,
        )

    def track(
        self,
        wanted: Callable[[float], tuple[Pose2, tuple[float, float, float], bool]],
        *,
        tolerance: float = 0.01,
        turn_tolerance: float = 0.015,
        speed: float = 1.0,
        timeout: float = 60.0,
        check: bool = True,
        watch: Callable[[], bool] | None = None,
    ) -> bool:
        """Follow a moving pose in odom until it has come to rest and is reached.

        Args:
            wanted: Time since the start [s] -> (pose, its velocity in odom, whether it rests).
            tolerance: At the end [m].
            turn_tolerance: At the end [rad].
            speed: Fraction of the limits.
            timeout: [s].
            check: Refuse to move into lidar hits.
            watch: Called every cycle; True ends the motion.

        Returns:
            Whether the goal was reached (False: ``watch`` ended it).

        Raises:
            MotionError: ``base_blocked`` or ``base_timeout``.
        """
        begin = self.body.now()
        vx = vy = wz = 0.0
        settled = 0
        stuck_since: float | None = None
        try:
            while True:
                now = self.body.now()
                if now - begin > timeout:
                    raise MotionError(
                        "base_timeout", f"the base did not arrive in {timeout:.0f} s"
                    )
                pose = self.body.base()
                goal, feed, rests = wanted(now - begin)
                error = pose.inverse() @ goal
                if watch is not None and watch():
                    return False
                near = math.hypot(error.x, error.y) < tolerance and abs(error.yaw) < turn_tolerance
                settled = settled + 1 if rests and near else 0
                if settled >= 4:
                    return True
                c, s = math.cos(pose.yaw), math.sin(pose.yaw)
                fx, fy = c * feed[0] + s * feed[1], -s * feed[0] + c * feed[1]
                gain = 1.8
                tx, ty, tw = fx + gain * error.x, fy + gain * error.y, feed[2] + gain * error.yaw
                linear, angular = self.limits.linear * speed, self.limits.angular * speed
                shrink = min(
                    1.0,
                    linear / max(1e-9, math.hypot(tx, ty)),
                    angular / max(1e-9, abs(tw)),
                )
                tx, ty, tw = tx * shrink, ty * shrink, tw * shrink
                step = self.limits.acceleration * PERIOD
                vx += min(max(tx - vx, -step), step)
                vy += min(max(ty - vy, -step), step)
                wz += min(max(tw - wz, -3.0 * step), 3.0 * step)
                points = self.body.obstacles() if check else None
                if check and blocked(points, (vx, vy), self.limits):
                    self.stop()
                    vx = vy = wz = 0.0
                    stuck_since = now if stuck_since is None else stuck_since
                    if now - stuck_since > (3.0 if points is not None else 8.0):
                        why = "something stands in the base's way"
                        if points is None:
                            raise MotionError("no_scan", "no fresh lidar scan: the base stands")
                        raise MotionError("base_blocked", why)
                else:
                    stuck_since = None
                    self.body.drive(vx, vy, wz)
                self.body.pause(PERIOD)
        finally:
            self.stop()

    def sweep(
        self,
        pose_at: Callable[[float], Pose2],
        start: float,
        end: float,
        *,
        speed: float = 0.10,
        watch: Callable[[], bool] | None = None,
        correction: Callable[[], tuple[float, float]] | None = None,
        check: bool = True,
        patience: float = 8.0,
    ) -> bool:
        """Drive along a curve of poses, as when a door held in the hand is swung.

        Args:
            pose_at: Base pose in odom for each value of a parameter (a door's angle).
            start: Parameter where the base stands now.
            end: Where it shall come to rest.
            speed: Of base_footprint along the curve [m/s].
            watch: True ends the motion.
            correction: Offset of the wanted pose in odom [m], to follow what the hand feels.
            check: Refuse to move into lidar hits.
            patience: How long it may take to settle at the end [s].

        Returns:
            Whether all of it was driven.

        Raises:
            MotionError: ``base_blocked`` or ``base_timeout``.
        """
        first, middle = pose_at(start), pose_at(0.5 * (start + end))
        last = pose_at(end)
        way = first.distance(middle) + middle.distance(last)
        turn = abs(wrap_angle(last.yaw - middle.yaw)) + abs(wrap_angle(middle.yaw - first.yaw))
        duration = max(way / speed, turn / self.limits.angular, 0.1) * 1.05
        ramp = min(1.0, 0.5 * duration)
        total = duration + ramp  # each ramp takes half its time's way
        rate = (end - start) / duration

        def parameter(t: float) -> float:
            if t >= total:
                return end
            if t < ramp:
                return start + 0.5 * rate * t * t / ramp
            if t < duration:
                return start + rate * (t - 0.5 * ramp)
            return end - 0.5 * rate * (total - t) ** 2 / ramp

        def wanted(t: float) -> tuple[Pose2, tuple[float, float, float], bool]:
            pose, ahead = pose_at(parameter(t)), pose_at(parameter(t + PERIOD))
            ox, oy = correction() if correction is not None else (0.0, 0.0)
            feed = (
                (ahead.x - pose.x) / PERIOD,
                (ahead.y - pose.y) / PERIOD,
                wrap_angle(ahead.yaw - pose.yaw) / PERIOD,
            )
            return Pose2(pose.x + ox, pose.y + oy, pose.yaw), feed, t >= total

        return self.track(
            wanted,
            tolerance=0.02,
            turn_tolerance=0.03,
            speed=2.0,
            timeout=total + patience,
            check=check,
            watch=watch,
        )
