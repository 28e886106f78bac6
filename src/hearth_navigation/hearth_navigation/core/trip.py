"""One journey: plan, follow, plan again, recover by what the place allows, give up with a code.

No clock and no thread. Planning takes long, so the trip only says that it wants a plan; who
drives it calls :meth:`Trip.plan_now` where it suits, and :meth:`Trip.step` every control period.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum, auto

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

from hearth_navigation.core import monitor
from hearth_navigation.core.approach import Tolerance, slew
from hearth_navigation.core.costmap import Snapshot
from hearth_navigation.core.courtesy import Manner, around_people, people_gap, yielding
from hearth_navigation.core.field import clearance_field
from hearth_navigation.core.follower import STOP, Follower, Progress, Velocity
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.mppi import NOBODY
from hearth_navigation.core.planner import Path, PlanCode, PlanError, Planner

Array = npt.NDArray[np.float64]

FAILED_TO_MAKE_PROGRESS = 105
TRANSFORM_ERROR = 102


class Phase(Enum):
    """What the trip is doing."""

    PLANNING = auto()
    """Standing until there is a plan."""
    DRIVING = auto()
    WAITING = auto()
    """Standing: somebody may move out of the way."""
    BACKING = auto()
    """Moving away from what is close."""
    DONE = auto()


@dataclass(frozen=True)
class TripConfig:
    """When to plan again and when to give up."""

    replan: float = 2.0
    """Time [s] between plans while driving."""
    wait: float = 3.0
    """Time [s] to stand and wait for the way to become free."""
    back_off: float = 0.3
    """Way [m] to move off what is close."""
    recoveries: int = 8
    """Attempts before giving up."""
    unclear: float = 2.0
    """What blocks the way further off than this [m] is driven up to, to see what it is."""
    pass_distance: float = 0.3
    """Distance [m] at which poses on the way count as passed."""


@dataclass(frozen=True, eq=False)
class Situation:
    """All a period's decision rests on."""

    now: float
    pose: Pose2
    """base_footprint in map."""
    velocity: Velocity
    world: Snapshot
    footprint: Footprint
    points: Array
    """Newest scan in base_footprint [m], shape (N, 2)."""
    speed: float = 1.0
    """Share of the speed limits to use, 0..1."""
    people: Array = field(default_factory=lambda: NOBODY)
    """Rows (x, y, vx, vy, radius, until) in map now, shape (M, 6)."""


@dataclass(frozen=True)
class Ending:
    """How the trip ended: 0 is success, other codes are Nav2's."""

    code: int
    message: str


class Trip:
    """Drive to the last of ``goals`` by way of the others."""

    def __init__(
        self,
        goals: list[Pose2],
        planner: Planner,
        follower: Follower,
        tolerance: Tolerance,
        config: TripConfig | None = None,
        path: Path | None = None,
    ) -> None:
        """``path``: drive exactly this one, never plan another."""
        if not goals:
            raise ValueError("a trip needs at least one goal")
        self.config = config or TripConfig()
        self.goals = list(goals)
        self.recoveries = 0
        self.path: Path | None = None
        self.ending: Ending | None = None
        self.remaining = math.inf
        self._planner = planner
        self._follower = follower
        self._tolerance = tolerance
        self._fixed = path is not None
        self._phase = Phase.PLANNING
        self._wants_plan = path is None
        self._planned_at = -math.inf
        self._until = math.inf
        self._origin: Pose2 | None = None
        self._last: Velocity = STOP
        self._trouble = ""
        self._clear_wanted = False
        self._gave_way = False
        follower.stop()
        if path is not None:
            self._take(path)

    @property
    def phase(self) -> Phase:
        """What it is doing."""
        return self._phase

    @property
    def wants_plan(self) -> bool:
        """Whether :meth:`plan_now` should be called."""
        return self._wants_plan and self.ending is None

    def clear_wanted(self) -> bool:
        """Whether seen obstacles nearby should be forgotten; asks once."""
        wanted, self._clear_wanted = self._clear_wanted, False
        return wanted

    def plan_now(self, situation: Situation) -> None:
        """Plan from here and take the plan; long."""
        request = self.request()
        self.deliver(request, self.compute(request, situation), situation)

    def request(self) -> Pose2:
        """Begin a plan: the goal to plan to."""
        self._wants_plan = False
        return self.goals[0]

    def compute(self, goal: Pose2, situation: Situation) -> Path | PlanError:
        """Plan; long, changes nothing here, and may run in another thread."""
        courtesy, world = self._follower.config.courtesy, situation.world
        pose, footprint, people = situation.pose, situation.footprint, situation.people
        result: Path | PlanError
        for gap in (*courtesy.around, None):
            clearance = world.clearance
            if gap is not None:
                clearance = around_people(courtesy, clearance, footprint, pose, goal, people, gap)
                if clearance is world.clearance:
                    continue  # nobody is in the way
            try:
                return self._planner.plan(clearance, footprint, pose, goal)
            except PlanError as error:
                result = error
        return self._hopeful(goal, situation) or result

    def _hopeful(self, goal: Pose2, situation: Situation) -> Path | None:
        """A plan as far as what is in the way is too far off to say what it is: it may leave."""
        world, pose = situation.world, situation.pose
        if self._only_seen(situation, pose) or not world.obstacles.any():
            return None
        free = clearance_field(world.blocked & ~world.obstacles, world.resolution, world.origin)
        try:
            path = self._planner.plan(free, situation.footprint, pose, goal)
        except PlanError:
            return None
        for x, y, yaw in path.poses[path.travelled < self.config.unclear]:
            if situation.footprint.clearance(world.clearance, Pose2(x, y, yaw)) < 0.0:
                return None
        return path

    def deliver(self, goal: Pose2, plan: Path | PlanError, situation: Situation) -> None:
        """Take a plan that was computed for ``situation``."""
        if self.ending is not None or not self.goals or goal != self.goals[0]:
            return
        if isinstance(plan, PlanError):
            self._no_plan(plan, situation)
            return
        self._planned_at = situation.now
        if self._phase in (Phase.PLANNING, Phase.DRIVING):
            self._take(plan)

    def end(self, code: int, message: str) -> None:
        """Stop here, for this reason."""
        if self.ending is None:
            self._end(code, message)

    def _take(self, path: Path) -> None:
        self.path = path
        last = len(self.goals) == 1
        tolerance = self._tolerance if last else Tolerance(self.config.pass_distance, math.pi)
        self._follower.follow(path, tolerance)
        self._phase = Phase.DRIVING

    def _no_plan(self, error: PlanError, situation: Situation) -> None:
        goal = self.goals[0]
        final = error.code in (PlanCode.GOAL_OUTSIDE_MAP, PlanCode.START_OUTSIDE_MAP)
        if error.code is PlanCode.GOAL_OCCUPIED:
            final = not self._only_seen(situation, goal)
        if final or self._phase is Phase.DONE:
            self._end(int(error.code), str(error))
            return
        if self._phase is Phase.DRIVING and self._follower.path is not None:
            return  # the old way is still being followed; blocked will ask again
        self._recover(situation, int(error.code), str(error))

    @staticmethod
    def _only_seen(situation: Situation, goal: Pose2) -> bool:
        """Whether what stands at the goal may go away again: the map does not show it."""
        world = situation.world
        row = math.floor((goal.y - world.origin[1]) / world.resolution)
        column = math.floor((goal.x - world.origin[0]) / world.resolution)
        n = math.ceil(situation.footprint.circumscribed / world.resolution)
        window = np.s_[max(0, row - n) : row + n + 1, max(0, column - n) : column + n + 1]
        return bool(world.obstacles[window].any())

    def step(self, situation: Situation) -> Velocity:
        """Command for the next period; after the end it is zero."""
        now = situation.now
        if self.ending is not None:
            return STOP
        if self._phase is Phase.DRIVING:
            return self._drive(situation)
        if self._phase is Phase.BACKING:
            return self._back(situation)
        if self._phase is Phase.WAITING and now >= self._until:
            self._phase = Phase.PLANNING
            self._wants_plan = True
        self._last = slew(STOP, self._last, self._follower.config.limits, 0.05)
        return self._last

    def _drive(self, situation: Situation) -> Velocity:
        result = self._follower.step(
            situation.now,
            situation.pose,
            situation.velocity,
            situation.world.clearance,
            situation.footprint,
            situation.points,
            situation.speed,
            situation.people,
        )
        self.remaining = result.remaining
        self._last = result.velocity
        age = situation.now - self._planned_at
        if result.progress is Progress.REACHED:
            self.goals.pop(0)
            if not self.goals:
                self._end(0, "goal reached")
            else:
                self._phase, self._wants_plan = Phase.PLANNING, True
        elif result.progress is Progress.STUCK:
            self._recover(
                situation,
                FAILED_TO_MAKE_PROGRESS,
                f"no progress for {self._follower.config.patience:.0f} s",
            )
        elif not self._fixed:
            blocked = result.progress is Progress.BLOCKED
            driving = result.progress is Progress.DRIVING
            # Whoever was let pass is elsewhere now.
            released = self._gave_way and not result.gives_way
            old = age > self.config.replan or released
            if (blocked and age > 0.5) or (driving and old):
                self._wants_plan = True
        self._gave_way = result.gives_way
        return self._last

    def _recover(self, situation: Situation, code: int, message: str) -> None:
        """What helps depends on the room around; each attempt asks for a new plan."""
        self.recoveries += 1
        if self._fixed or self.recoveries > self.config.recoveries:
            self._end(code, message)
            return
        self._trouble = message
        self._follower.rest(situation.now)
        gap = situation.footprint.clearance(situation.world.clearance, situation.pose)
        self._origin = situation.pose
        if self.recoveries % 2 == 1 and gap > 0.02:
            # Perhaps it is only a trace of somebody who has gone on.
            self._clear_wanted = True
            self._phase, self._until = Phase.WAITING, situation.now + 0.5 * self.config.wait
        elif gap < 0.15:
            self._phase, self._until = Phase.BACKING, situation.now + 4.0
        else:
            self._phase, self._until = Phase.WAITING, situation.now + self.config.wait

    def _back(self, situation: Situation) -> Velocity:
        """Up the clearance field, slowly, as long as the monitor agrees."""
        origin = self._origin or situation.pose
        pose, limits = situation.pose, self._follower.config.limits
        moved = origin.distance(pose)
        field, footprint = situation.world.clearance, situation.footprint
        if moved > self.config.back_off or situation.now >= self._until:
            self._phase, self._wants_plan = Phase.PLANNING, True
            return self.step(situation)
        best, way = -math.inf, (0.0, 0.0)
        for k in range(8):
            angle = math.tau * k / 8
            step = Pose2(0.1 * math.cos(angle), 0.1 * math.sin(angle), 0.0)
            gap = min(footprint.clearance(field, pose @ step), 0.3)
            gap = min(gap, people_gap(footprint, pose @ step, situation.people) - 0.3)
            if gap > best:
                best, way = gap, (math.cos(angle), math.sin(angle))
        speed = 0.1
        follower = self._follower.config
        wanted = slew((speed * way[0], speed * way[1], 0.0), self._last, limits, 0.05)
        courtesy, people = follower.courtesy, situation.people
        manner = yielding(
            courtesy, limits, footprint, pose, wanted, self._last, people, courtesy.least
        )
        if manner is Manner.YIELD:
            wanted = slew(STOP, self._last, limits, 0.05)
        limited = monitor.limit(self._follower.config.monitor, footprint, situation.points, wanted)
        self._last = limited.velocity
        return self._last

    def _end(self, code: int, message: str) -> None:
        self.ending = Ending(code, message)
        self._phase = Phase.DONE
        self._wants_plan = False
        self._follower.stop()
