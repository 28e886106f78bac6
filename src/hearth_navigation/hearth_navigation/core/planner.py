"""From here to there without touching anything: checks, search, smoothing, Nav2's error codes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from hearth_core.errors import HearthError
from hearth_core.geometry import Pose2

from hearth_navigation.core import lattice, segments
from hearth_navigation.core.field import Field
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.guide import Effort, Guide, cell

Array = npt.NDArray[np.float64]


class PlanCode(IntEnum):
    """Numbered as in nav2_msgs/action/ComputePathToPose."""

    UNKNOWN = 200
    TF_ERROR = 202
    START_OUTSIDE_MAP = 203
    GOAL_OUTSIDE_MAP = 204
    START_OCCUPIED = 205
    GOAL_OCCUPIED = 206
    TIMEOUT = 207
    NO_VALID_PATH = 208


class PlanError(HearthError):
    """There is no plan, with Nav2's code."""

    def __init__(self, code: PlanCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, eq=False)
class Path:
    """A collision-free way."""

    poses: Array
    """Rows x, y, yaw in map, about 5 cm apart, from start to goal."""
    cost_to_go: Field
    """Cost from anywhere to this goal [m of free driving]."""
    travelled: Array = field(init=False)
    """Way from the start to each pose [m], with a radian counted as 0.25 m."""

    def __post_init__(self) -> None:
        step = np.hypot(*np.diff(self.poses[:, :2], axis=0).T)
        turn = np.abs(np.mod(np.diff(self.poses[:, 2]) + math.pi, math.tau) - math.pi)
        travelled = np.concatenate([[0.0], np.cumsum(step + 0.25 * turn)])
        object.__setattr__(self, "travelled", travelled)

    @property
    def length(self) -> float:
        """Distance from start to goal along the path [m]."""
        return float(np.hypot(*np.diff(self.poses[:, :2], axis=0).T).sum())

    @property
    def goal(self) -> Pose2:
        """Last pose."""
        x, y, yaw = self.poses[-1]
        return Pose2(float(x), float(y), float(yaw))


@dataclass(frozen=True)
class PlannerConfig:
    """How careful plans are."""

    pitch: float = 0.05
    """Distance of lattice positions [m]."""
    margin: float = 0.03
    """Clearance asked for away from start and goal [m]."""
    tight_margin: float = 0.012
    """Clearance asked for where there is no other way [m]."""
    start_overlap: float = 0.15
    """Overlap at the start [m] the robot may still drive out of (a door opened over it)."""
    weights: lattice.Weights = field(default_factory=lattice.Weights)
    max_states: int = 3_000_000
    greed: float = 1.4
    """What the heuristic counts: 1 finds the cheapest plan, more finds a plan sooner."""
    haste: float = 3.0
    """The same where that has not led to the goal soon."""
    sideways: bool = True
    """The base is omnidirectional; False: differential."""
    corridor: float = 1.3
    """The cost-to-go is known up to this share of the start's, and 4 m more; then everywhere."""
    goal_slack: float = 0.06
    """How far [m] a goal that overlaps something may be moved to where it does not."""


class Planner:
    """Plans on one clearance field after another; keeps the goal's cost-to-go while it holds."""

    def __init__(self, config: PlannerConfig = PlannerConfig()) -> None:
        self._config = config
        self._guide = Guide(config.weights, config.pitch, config.corridor)
        self._moves = lattice.Moves.of(config.weights, config.pitch, config.sideways)
        self._scratch = lattice.Scratch()

    def plan(self, clearance: Field, footprint: Footprint, start: Pose2, goal: Pose2) -> Path:
        """Cheapest path of the footprint from ``start`` to ``goal``.

        Args:
            clearance: Distance to the nearest blocked cell (unknown counts as blocked).
            footprint: The robot, with what it carries.
            start: In map.
            goal: In map; one that overlaps something by a few centimetres is moved out of it.

        Raises:
            PlanError: There is none; the code says why.
        """
        goal = self._moved(clearance, footprint, goal)
        ends = self._check_ends(clearance, footprint, start, goal)
        for margin in (self._config.margin, self._config.tight_margin):
            for effort in Effort:
                path = self._search(clearance, footprint, start, goal, ends, margin, effort)
                if path is not None:
                    return path
        raise PlanError(
            PlanCode.NO_VALID_PATH,
            f"no way for the footprint from ({start.x:.2f}, {start.y:.2f}) "
            f"to ({goal.x:.2f}, {goal.y:.2f}, {math.degrees(goal.yaw):.0f} deg)",
        )

    def _search(
        self,
        clearance: Field,
        footprint: Footprint,
        start: Pose2,
        goal: Pose2,
        ends: Array,
        margin: float,
        effort: Effort,
    ) -> Path | None:
        """A path with this margin where the guide knows the way, if there is one."""
        config = self._config
        # Where the inscribed disc has less than the margin no heading has more.
        ends_need_less = float(ends[:, 3].min()) < margin
        narrow = footprint.inscribed + (-0.02 if ends_need_less else margin - 0.001)
        to_go, old = self._guide.to(clearance, narrow, goal, start, effort)
        begin = self._node(to_go, start)
        if not np.isfinite(to_go.values[begin[0], begin[1]]):
            nearest = self._nearest_reachable(to_go, begin)
            if nearest is None:
                return None
            begin = nearest
        goals = self._goal_states(clearance, footprint, to_go, goal, margin, ends)
        if not len(goals):
            return None
        most = config.max_states
        if effort is not Effort.EVERYWHERE:
            # An old guide may lead to where the way is closed now.
            most = most // 100 if old else most // 4
        soon = most // (10 if old else 20)
        for greed, limit in ((config.greed, soon), (config.haste, most)):
            scratch = self._scratch.of(to_go.values.size * lattice.HEADINGS)
            states, _, expanded = lattice.search(
                clearance.values,
                *clearance.geometry,
                footprint.discs,
                to_go.values,
                config.pitch,
                self._index(to_go, begin),
                goals,
                goal.yaw,
                ends,
                margin,
                config.weights.comfort,
                config.weights.closeness,
                greed,
                self._moves.steps,
                self._moves.prices,
                self._moves.rates,
                *scratch,
                limit,
            )
            if len(states):
                return self._finish(clearance, footprint, to_go, states, start, goal, ends, margin)
            if expanded < limit:
                return None
        if effort is Effort.EVERYWHERE:
            raise PlanError(PlanCode.TIMEOUT, f"no path within {most} expanded states")
        return None

    def _moved(self, clearance: Field, footprint: Footprint, goal: Pose2) -> Pose2:
        """The goal, or the nearest pose that is free; the goal again if none is near enough."""
        finite = all(map(math.isfinite, (goal.x, goal.y, goal.yaw)))
        if not finite or footprint.clearance(clearance, goal) >= 0.0:
            return goal
        steps = max(1, round(self._config.goal_slack / 0.01))
        for k in range(1, steps + 1):
            radius = self._config.goal_slack * k / steps
            best, gap = goal, 0.004
            for angle in np.linspace(0.0, math.tau, 16, endpoint=False):
                pose = Pose2(
                    goal.x + radius * math.cos(angle), goal.y + radius * math.sin(angle), goal.yaw
                )
                found = footprint.clearance(clearance, pose)
                if found > gap:
                    best, gap = pose, found
            if best is not goal:
                return best
        return goal

    def _check_ends(
        self, clearance: Field, footprint: Footprint, start: Pose2, goal: Pose2
    ) -> Array:
        rows = []
        for pose, name, outside, occupied, overlap in (
            (
                start,
                "start",
                PlanCode.START_OUTSIDE_MAP,
                PlanCode.START_OCCUPIED,
                self._config.start_overlap,
            ),
            (goal, "goal", PlanCode.GOAL_OUTSIDE_MAP, PlanCode.GOAL_OCCUPIED, 0.0),
        ):
            if not all(map(math.isfinite, (pose.x, pose.y, pose.yaw))):
                raise PlanError(outside, f"{name} is not finite: {pose}")
            rows_, columns = clearance.values.shape
            width, height = columns * clearance.resolution, rows_ * clearance.resolution
            inside = (
                0.0 <= pose.x - clearance.origin[0] < width
                and 0.0 <= pose.y - clearance.origin[1] < height
            )
            if not inside:
                raise PlanError(
                    outside,
                    f"{name} ({pose.x:.2f}, {pose.y:.2f}) lies outside the map "
                    f"({width:.1f} x {height:.1f} m from {clearance.origin})",
                )
            gap = footprint.clearance(clearance, pose)
            if gap < -overlap - 1e-6:
                raise PlanError(
                    occupied,
                    f"{name} ({pose.x:.2f}, {pose.y:.2f}, {math.degrees(pose.yaw):.0f} deg) puts "
                    f"the footprint {-gap:.2f} m into something the map or the sensors show",
                )
            rows.append((pose.x, pose.y, pose.yaw, gap))
        return np.array(rows)

    @staticmethod
    def _node(field_: Field, pose: Pose2) -> tuple[int, int, int]:
        heading = round(pose.yaw / (math.tau / lattice.HEADINGS)) % lattice.HEADINGS
        return *cell(field_, pose), heading

    @staticmethod
    def _index(field_: Field, node: tuple[int, int, int]) -> int:
        row, column, heading = node
        return (row * int(field_.values.shape[1]) + column) * lattice.HEADINGS + heading

    @staticmethod
    def _nearest_reachable(
        field_: Field, node: tuple[int, int, int]
    ) -> tuple[int, int, int] | None:
        """The node beside a start that itself lies too near an obstacle; None: none is near."""
        row, column, heading = node
        reach = 6
        top, left = max(0, row - reach), max(0, column - reach)
        window = field_.values[top : row + reach + 1, left : column + reach + 1]
        rows, columns = np.nonzero(np.isfinite(window))
        if not len(rows):
            return None
        nearest = int(np.argmin((rows + top - row) ** 2 + (columns + left - column) ** 2))
        return int(rows[nearest]) + top, int(columns[nearest]) + left, heading

    def _goal_states(
        self,
        clearance: Field,
        footprint: Footprint,
        to_go: Field,
        goal: Pose2,
        margin: float,
        ends: Array,
    ) -> npt.NDArray[np.int64]:
        row, column, heading = self._node(to_go, goal)
        target = np.array([goal.x, goal.y, goal.yaw])
        found = []
        for dr in (-1, 0, 1):
            for dc in (-1, 0, 1):
                for dh in (-1, 0, 1):
                    node = (row + dr, column + dc, (heading + dh) % lattice.HEADINGS)
                    if not (
                        0 <= node[0] < to_go.values.shape[0]
                        and 0 <= node[1] < to_go.values.shape[1]
                    ):
                        continue
                    pose = self._pose(to_go, node)
                    if segments.segment_clear(
                        clearance.values,
                        *clearance.geometry,
                        footprint.discs,
                        pose,
                        target,
                        margin,
                        ends,
                    ):
                        found.append(self._index(to_go, node))
        return np.array(found, np.int64)

    @staticmethod
    def _pose(field_: Field, node: tuple[int, int, int]) -> Array:
        row, column, heading = node
        return np.array(
            [
                field_.origin[0] + (column + 0.5) * field_.resolution,
                field_.origin[1] + (row + 0.5) * field_.resolution,
                heading * math.tau / lattice.HEADINGS,
            ]
        )

    def _finish(
        self,
        clearance: Field,
        footprint: Footprint,
        to_go: Field,
        states: npt.NDArray[np.int64],
        start: Pose2,
        goal: Pose2,
        ends: Array,
        margin: float,
    ) -> Path:
        columns = to_go.values.shape[1]
        cell, heading = states // lattice.HEADINGS, states % lattice.HEADINGS
        poses = np.empty((len(states) + 2, 3))
        poses[1:-1, 0] = to_go.origin[0] + (cell % columns + 0.5) * to_go.resolution
        poses[1:-1, 1] = to_go.origin[1] + (cell // columns + 0.5) * to_go.resolution
        poses[1:-1, 2] = heading * (math.tau / lattice.HEADINGS)
        poses[0] = (start.x, start.y, start.yaw)
        poses[-1] = (goal.x, goal.y, goal.yaw)
        self._smooth(clearance, footprint, poses, ends, margin, 24)
        poses[:, 2] = np.mod(poses[:, 2] + math.pi, math.tau) - math.pi
        return Path(poses, to_go)

    def smooth(self, clearance: Field, footprint: Footprint, path: Array, turns: int) -> Array:
        """The path (N, 3) pulled straight where that brings nothing closer than it was."""
        poses = np.array(path, np.float64)
        gaps = [footprint.clearance(clearance, Pose2(*map(float, row))) for row in poses[[0, -1]]]
        ends = np.column_stack([poses[[0, -1]], gaps])
        self._smooth(clearance, footprint, poses, ends, self._config.tight_margin, turns)
        return poses

    def _smooth(
        self,
        clearance: Field,
        footprint: Footprint,
        poses: Array,
        ends: Array,
        margin: float,
        turns: int,
    ) -> None:
        segments.smooth(
            clearance.values,
            *clearance.geometry,
            footprint.discs,
            poses,
            ends,
            margin,
            self._config.weights.comfort,
            turns,
        )
