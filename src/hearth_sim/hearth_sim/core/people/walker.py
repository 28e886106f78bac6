"""What a simulated person does next: walks their round, in their own way past what is in it.

No physics: positions come in, a wanted velocity goes out. A person is somebody who has
somewhere to go. Who is attentive steers around others, robots too, as far as there is room;
who is absent does so for people only, and stops just before a robot; who is blind walks on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from hearth_core.home import Manners, PersonSpec, Stop
from hearth_core.home.plane import Point

from hearth_sim.core.people.ways import Ways

Array = npt.NDArray[np.float64]
NOBODY: Array = np.zeros((0, 6))
RADIUS = 0.23
"""Half of a person's width [m]."""


@dataclass(frozen=True)
class Habits:
    """ASSUMED: how people walk."""

    pass_by: float = 0.25
    """Gap the attentive want beside others [m]."""
    stop_before: float = 0.30
    """Gap at which people stop who did not steer [m]."""
    ahead: float = 0.5
    """Distance of the point on their way they walk to [m]."""
    horizon: float = 2.0
    """How far ahead the attentive look [s]."""
    arrived: float = 0.15
    """[m]."""
    held_up: float = 3.0
    """Time without getting on after which somebody looks for another way [s]."""
    courtesy: float = 4.0
    """Time after which the attentive no longer let a robot wait for them [s]."""
    near_robot: float = 2.0
    """A robot this near waits for whoever stands in a door [m]."""
    acceleration: float = 2.0
    """[m/s2]."""


class Doing(StrEnum):
    """What somebody does."""

    WALKING = "walking"
    STANDING = "standing"
    HELD = "held"
    """Wants to walk, and something is in the way."""


TURNS = tuple(math.radians(t) for t in (0, 15, -15, 30, -30, 50, -50, 75, -75, 100, -100))


@dataclass
class Walker:
    """One person."""

    spec: PersonSpec
    ways: Ways
    habits: Habits = field(default_factory=Habits)
    doing: Doing = Doing.STANDING

    def __post_init__(self) -> None:
        self._stop = 0
        self._until: float | None = None
        self._way: list[Point] = []
        self._best = math.inf
        self._since = 0.0
        self._waited_for: float | None = None
        self._velocity = (0.0, 0.0)
        self._side = 0.0

    @property
    def stop(self) -> Stop:
        """Where they stand or walk to."""
        return self.spec.route[self._stop]

    def step(
        self, now: float, period: float, at: Point, others: Array = NOBODY
    ) -> tuple[float, float]:
        """Wanted velocity [m/s] in the home frame.

        Args:
            now: [s].
            period: Since the last call [s].
            at: Where the person is [m].
            others: Rows (x, y, vx, vy, radius, whether a robot), shape (N, 6).
        """
        if self._until is None and not self._way:
            self._until = now + self.stop.wait
        if self._until is not None:
            if now < self._until and not self._makes_room(now, at, others):
                self.doing = Doing.STANDING
                return self._slew((0.0, 0.0), period)
            self._set_out(now, at)
        while self._way and math.dist(at, self._way[0]) < (
            self.habits.arrived if len(self._way) == 1 else 0.35
        ):
            self._way.pop(0)
        if not self._way:
            self._until = now + self.stop.wait
            self.doing = Doing.STANDING
            return self._slew((0.0, 0.0), period)
        self._look_for_another_way(now, at, others)
        wanted = self._steer(at, others)
        self.doing = Doing.WALKING if math.hypot(*wanted) > 0.05 else Doing.HELD
        return self._slew(wanted, period)

    def _set_out(self, now: float, at: Point, around: Array = NOBODY) -> None:
        """To the next stop that can be reached; if there is none, the old way stays."""
        self._until = None
        for _ in self.spec.route:
            self._stop = (self._stop + 1) % len(self.spec.route)
            if math.dist(at, self.stop.at) > self.habits.arrived:
                way = self.ways.way(at, self.stop.at, around[:, [0, 1, 4]])
                if way:
                    self._way = way
                    break
        self._best, self._since = math.inf, now

    def _makes_room(self, now: float, at: Point, others: Array) -> bool:
        """Whether to go on earlier because somebody waits: attentive people do."""
        if self.spec.manners is not Manners.ATTENTIVE or len(self.spec.route) < 2:
            return False
        near = np.hypot(others[:, 0] - at[0], others[:, 1] - at[1]) < self.habits.near_robot
        still = (np.hypot(others[:, 2], others[:, 3]) < 0.1) & (others[:, 5] > 0.0)
        if not (near & still).any():
            self._waited_for = None
            return False
        if self._waited_for is None:
            self._waited_for = now
        return now - self._waited_for > self.habits.courtesy

    def _look_for_another_way(self, now: float, at: Point, others: Array) -> None:
        left = math.dist(at, self._way[0]) + sum(
            math.dist(a, b) for a, b in zip(self._way, self._way[1:], strict=False)
        )
        if left < self._best - 0.1:
            self._best, self._since = left, now
        if now - self._since < self.habits.held_up or self.spec.manners is Manners.BLIND:
            return
        self._best, self._since = math.inf, now
        discs = others[np.hypot(others[:, 0] - at[0], others[:, 1] - at[1]) < 2.5]
        way = self.ways.way(at, self.stop.at, discs[:, [0, 1, 4]]) if len(discs) else []
        if way:
            self._way = way
        elif len(self.spec.route) > 1:
            self._set_out(now, at, discs)

    def _steer(self, at: Point, others: Array) -> tuple[float, float]:
        """Along the way, past others as manners have it."""
        target = self._target(at)
        heading = math.atan2(target[1] - at[1], target[0] - at[0])
        end = math.dist(at, self._way[-1])
        speed = min(self.spec.speed, 0.3 + 1.5 * end) if len(self._way) == 1 else self.spec.speed
        if self.spec.manners is Manners.BLIND:
            return speed * math.cos(heading), speed * math.sin(heading)
        near = others[np.hypot(others[:, 0] - at[0], others[:, 1] - at[1]) < 4.0]
        if not len(near):
            return speed * math.cos(heading), speed * math.sin(heading)
        straight = (speed * math.cos(heading), speed * math.sin(heading))
        machines = near[near[:, 5] > 0.0]
        if self.spec.manners is Manners.ABSENT and self._bumps(at, straight, machines):
            return 0.0, 0.0
        best, choice, side = math.inf, (0.0, 0.0), 0.0
        for turn in TURNS:
            for share in (1.0, 0.5):
                vx = share * speed * math.cos(heading + turn)
                vy = share * speed * math.sin(heading + turn)
                cost = self._cost(at, (vx, vy), turn, share, near)
                if cost < best:
                    best, choice, side = cost, (vx, vy), turn
        self._side = side
        return choice

    def _cost(self, at: Point, velocity: Point, turn: float, share: float, near: Array) -> float:
        """What a velocity costs; infinite: it would bump into something."""
        habits = self.habits
        vx, vy = velocity
        cost = abs(turn) + 0.6 * (1.0 - share)
        if turn * self._side < 0.0:
            cost += 0.4  # whoever dodges to one side stays with it
        if turn != 0.0:
            for t in (0.3, 0.6):
                if not self.ways.free(at[0] + t * vx, at[1] + t * vy):
                    return math.inf
        if self._bumps(at, velocity, near):
            return math.inf
        offset = near[:, :2] - at
        radii = near[:, 4] + RADIUS
        if self.spec.manners is Manners.ABSENT:
            seen = near[:, 5] == 0.0
            near, offset, radii = near[seen], offset[seen], radii[seen]
            if not len(near):
                return cost
        times = np.linspace(0.2, habits.horizon, 7)
        drift = near[:, None, 2:4] - np.array(velocity)
        future = offset[:, None, :] + times[None, :, None] * drift
        gaps = np.hypot(future[..., 0], future[..., 1]) - radii[:, None]
        lack = np.clip(1.0 - gaps / habits.pass_by, 0.0, 2.0)
        return cost + float((lack * (1.5 - 0.5 * times / habits.horizon)).max(axis=1).sum()) * 2.0

    def _bumps(self, at: Point, velocity: Point, near: Array) -> bool:
        """Whether somebody stands closely before who walks like this."""
        offset = near[:, :2] - at
        radii = near[:, 4] + RADIUS
        gap = np.hypot(offset[:, 0], offset[:, 1]) - radii
        soon = offset + 0.1 * (near[:, 2:4] - velocity)
        closer = np.hypot(soon[:, 0], soon[:, 1]) - radii < gap - 0.005
        toward = (offset @ np.array(velocity)) > 0.0
        return bool((closer & toward & (gap < self.habits.stop_before)).any())

    def _target(self, at: Point) -> Point:
        """A point of the way some steps ahead."""
        left = self.habits.ahead
        here = at
        for point in self._way:
            step = math.dist(here, point)
            if step >= left:
                share = left / step
                return (
                    here[0] + (point[0] - here[0]) * share,
                    here[1] + (point[1] - here[1]) * share,
                )
            left -= step
            here = point
        return self._way[-1]

    def _slew(self, wanted: tuple[float, float], period: float) -> tuple[float, float]:
        dx, dy = wanted[0] - self._velocity[0], wanted[1] - self._velocity[1]
        change, most = math.hypot(dx, dy), 2.0 * self.habits.acceleration * period
        share = 1.0 if change <= most else most / change
        self._velocity = (self._velocity[0] + dx * share, self._velocity[1] + dy * share)
        return self._velocity
