"""Follow a path to its end: MPPI on the way, a straight approach at the goal, and a monitor.

No clock and no thread: every period the caller hands in what is known and gets a command.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import Enum, auto

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, wrap_angle

from hearth_navigation.core import monitor
from hearth_navigation.core.approach import (
    ApproachConfig,
    Tolerance,
    approach,
    slew,
    straight_is_clear,
)
from hearth_navigation.core.courtesy import CourtesyConfig, Manner, yielding
from hearth_navigation.core.field import Field
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.making_way import MakingWay, WayConfig
from hearth_navigation.core.mppi import NOBODY, Limits, Mppi, MppiConfig
from hearth_navigation.core.planner import Path

Array = npt.NDArray[np.float64]
Velocity = tuple[float, float, float]
STOP: Velocity = (0.0, 0.0, 0.0)
DETOURS = 5
"""So many longer ways to a goal may be tried one after the other."""


class Progress(Enum):
    """What following the path came to."""

    DRIVING = auto()
    APPROACHING = auto()
    REACHED = auto()
    BLOCKED = auto()
    """Something stands on the path: plan again."""
    STUCK = auto()
    """No progress for too long."""


@dataclass(frozen=True)
class FollowerConfig:
    """How a path is followed."""

    mppi: MppiConfig = field(default_factory=MppiConfig)
    limits: Limits = field(default_factory=Limits)
    approach: ApproachConfig = field(default_factory=ApproachConfig)
    monitor: monitor.MonitorConfig = field(default_factory=monitor.MonitorConfig)
    patience: float = 6.0
    """Time [s] without progress after which the robot is stuck."""
    progress: float = 0.08
    """Way [m] that counts as progress; a radian counts as 0.25 m."""
    look_ahead: float = 1.5
    """How far along the path [m] obstacles are looked for."""
    courtesy: CourtesyConfig = field(default_factory=CourtesyConfig)
    way: WayConfig = field(default_factory=WayConfig)
    tight_margin: float = 0.0
    """Clearance [m] below which the path counts as blocked."""


@dataclass(frozen=True)
class Step:
    """One period's answer."""

    velocity: Velocity
    progress: Progress
    remaining: float
    """Way left along the path [m]."""
    slowed: float
    """Share of the command the monitor let through."""
    gives_way: bool = False
    """It stands for somebody."""


class Follower:
    """Follows one path after another."""

    def __init__(self, config: FollowerConfig | None = None, seed: int = 0) -> None:
        self.config = config or FollowerConfig()
        self._mppi = Mppi(self.config.mppi, self.config.limits, seed)
        self._way = MakingWay(self.config.way, self.config.limits)
        self._path: Path | None = None
        self._index = 0
        self._last: Velocity = STOP
        self._best = math.inf
        self._since: float | None = None
        self._detours = 0
        self._yielded: float | None = None
        self._approaching = False
        self.tolerance = Tolerance()

    @property
    def path(self) -> Path | None:
        """The path being followed."""
        return self._path

    def follow(self, path: Path, tolerance: Tolerance | None = None) -> None:
        """Take a new path; a new way to the same goal keeps the patience."""
        same = self._path is not None and self._path.goal == path.goal
        self._path = path
        self._index = 0
        self._approaching = False
        if tolerance is not None:
            self.tolerance = tolerance
        if not same:
            self._best, self._since, self._detours = math.inf, None, 0
            self._mppi.reset()
        elif float(path.travelled[-1]) > self._best and self._detours < DETOURS:
            # A longer way round is no lack of progress, unless there is no end of them.
            self._best, self._detours = float(path.travelled[-1]), self._detours + 1

    def stop(self) -> None:
        """Forget path and motion."""
        self._path = None
        self._last = STOP
        self._mppi.reset()
        self._way.reset()

    def step(
        self,
        now: float,
        pose: Pose2,
        velocity: Velocity,
        clearance: Field,
        footprint: Footprint,
        points: Array,
        speed: float = 1.0,
        people: Array = NOBODY,
    ) -> Step:
        """Command for the next period.

        Args:
            now: Time [s].
            pose: base_footprint in map.
            velocity: Of the base, measured.
            clearance: Newest snapshot.
            footprint: The robot with what it carries.
            points: Newest scan in base_footprint [m], shape (N, 2), for the monitor.
            speed: Share of the speed limits to use, 0..1.
            people: Rows (x, y, vx, vy, radius, until) in map now, shape (M, 6).

        Raises:
            ValueError: No path was given.
        """
        path = self._path
        if path is None:
            raise ValueError("no path to follow")
        self._advance(path, pose)
        goal = path.goal
        remaining = max(
            float(path.travelled[-1] - path.travelled[self._index]), pose.distance(goal)
        )
        if self.tolerance.reached(pose, goal) and math.hypot(*velocity[:2]) < 0.05:
            self._last = STOP
            return Step(STOP, Progress.REACHED, remaining, 1.0)
        if self._stuck(now, remaining, pose, goal):
            self._last = STOP
            return Step(STOP, Progress.STUCK, remaining, 1.0)
        period = self.config.mppi.period
        if self._insists(now):
            speed = min(speed, self.config.courtesy.slowly)
        place = None
        if not self._insists(now) and len(people):
            ahead = self._ahead(path, pose, speed)
            place = self._way.step(now, pose, ahead, clearance, footprint, people)
        if place is not None:
            wanted = self._step_aside(pose, place, period)
            progress = Progress.DRIVING
        elif self._near(path, pose, goal, clearance, footprint):
            wanted = approach(
                self.config.approach, self.config.limits, pose, goal, self._last, period
            )
            progress = Progress.APPROACHING
        else:
            if self._blocked(path, clearance, footprint):
                return Step(self._brake(period), Progress.BLOCKED, remaining, 1.0)
            control = self._mppi.step(
                clearance,
                footprint,
                pose,
                self._last,
                path.poses,
                path.travelled,
                self._index,
                speed,
                people,
            )
            wanted = self._brake(period) if control.contact else control.velocity
            wanted = slew(wanted, self._last, self.config.limits, period)
            progress = Progress.BLOCKED if control.contact else Progress.DRIVING
        gap = self.config.courtesy.least if self._insists(now) else self.config.courtesy.gap
        manner = self._manner(footprint, pose, wanted, people, gap)
        if manner is Manner.YIELD and progress is Progress.APPROACHING:
            # To move away first and to turn then may be free although both at once are not.
            straight = wanted[0], wanted[1], 0.0
            if math.hypot(*straight) > 0.0:
                manner = self._manner(footprint, pose, straight, people, gap)
                wanted = straight
        gives_way = manner is Manner.YIELD or place is not None
        self._wait(now, gives_way)
        wanted = (
            wanted if manner is Manner.GO else slew(STOP, self._last, self.config.limits, period)
        )
        limited = monitor.limit(self.config.monitor, footprint, points, wanted)
        self._last = limited.velocity
        return Step(limited.velocity, progress, remaining, limited.scale, gives_way)

    def _advance(self, path: Path, pose: Pose2) -> None:
        """Move on to the nearest pose of the next metre of the path."""
        last = int(np.searchsorted(path.travelled, path.travelled[self._index] + 1.0)) + 1
        ahead = path.poses[self._index : last]
        turn = np.abs(np.mod(ahead[:, 2] - pose.yaw + math.pi, math.tau) - math.pi)
        away = np.hypot(ahead[:, 0] - pose.x, ahead[:, 1] - pose.y) + 0.1 * turn
        self._index += int(np.argmin(away))

    def _near(
        self, path: Path, pose: Pose2, goal: Pose2, clearance: Field, footprint: Footprint
    ) -> bool:
        if pose.distance(goal) > self.config.approach.radius + 0.1 * self._approaching:
            self._approaching = False
        else:
            left = float(path.travelled[-1] - path.travelled[self._index])
            direct = left < 2.0 * self.config.approach.radius + 0.8
            self._approaching = direct and straight_is_clear(
                clearance, footprint, pose, goal, self.config.tight_margin
            )
        return self._approaching

    def _blocked(self, path: Path, clearance: Field, footprint: Footprint) -> bool:
        end = int(
            np.searchsorted(path.travelled, path.travelled[self._index] + self.config.look_ahead)
        )
        for x, y, yaw in path.poses[self._index + 1 : end + 1 : 2]:
            gap = footprint.clearance(clearance, Pose2(float(x), float(y), float(yaw)))
            if gap < self.config.tight_margin - 0.01:
                return True
        return False

    def _stuck(self, now: float, remaining: float, pose: Pose2, goal: Pose2) -> bool:
        turn = abs((pose.yaw - goal.yaw + math.pi) % math.tau - math.pi)
        left = remaining + (0.25 * turn if remaining < 0.5 else 0.0)
        near = remaining < 0.2
        if self._since is None or left < self._best - self.config.progress * (0.1 if near else 1):
            if math.isfinite(self._best):
                self._yielded = None  # it gets on again
            self._best, self._since = left, now
        return now - self._since > self.config.patience

    def _manner(
        self, footprint: Footprint, pose: Pose2, wanted: Velocity, people: Array, gap: float
    ) -> Manner:
        config = self.config
        return yielding(
            config.courtesy, config.limits, footprint, pose, wanted, self._last, people, gap
        )

    def _insists(self, now: float) -> bool:
        """Whether it has given way for so long that it passes somebody nearer, and slowly."""
        return self._yielded is not None and now - self._yielded > self.config.courtesy.patience

    def _ahead(self, path: Path, pose: Pose2, speed: float) -> Array:
        """Poses of driving on at full speed, back onto the path on the next metre."""
        config = self.config
        times = np.arange(0.0, config.way.horizon, config.way.period)
        way = path.travelled[self._index] + speed * config.limits.forward * times
        at = np.minimum(np.searchsorted(path.travelled, way), len(path.poses) - 1)
        poses = np.array(path.poses[at])
        away = np.array([pose.x, pose.y]) - path.poses[self._index, :2]
        poses[:, :2] += np.clip(1.0 - speed * times, 0.0, 1.0)[:, None] * away
        return poses

    def _step_aside(self, pose: Pose2, place: Pose2, period: float) -> Velocity:
        limits = self.config.limits
        brisk = replace(self.config.approach, speed=limits.sideways or limits.backward)
        wanted = approach(brisk, limits, pose, place, self._last, period)
        share = min(1.0, limits.backward / max(-wanted[0], 1e-6)) if wanted[0] < 0.0 else 1.0
        if pose.distance(place) < 0.03 and abs(wrap_angle(pose.yaw - place.yaw)) < 0.1:
            share = 0.0
        target = wanted[0] * share, wanted[1] * share, wanted[2] * share
        return slew(target, self._last, limits, period)

    def _wait(self, now: float, gives_way: bool) -> None:
        """Time spent giving way to somebody is no lack of progress, up to a point."""
        if not gives_way:
            return
        if self._yielded is None:
            self._yielded = now
        if self._since is not None and now - self._yielded < self.config.courtesy.patience:
            self._since = max(self._since, now - 0.5 * self.config.patience)

    def rest(self, now: float) -> None:
        """Start the patience anew (after a recovery)."""
        self._best, self._since = math.inf, now

    def _brake(self, period: float) -> Velocity:
        self._last = slew(STOP, self._last, self.config.limits, period)
        return self._last
