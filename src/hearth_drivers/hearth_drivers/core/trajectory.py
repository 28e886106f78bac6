"""What a joint trajectory goal must look like, and the motion made of it.

Semantics follow ros2_control's joint_trajectory_controller where they make sense for one
robot: waypoints in any joint order, all joints of the group, times from the start, an
implicit first waypoint where the joints are now.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from hearth_core.errors import HearthError
from hearth_core.ports import JointLimits

from hearth_drivers.core.spline import Spline, through

Array = npt.NDArray[np.float64]

POSITION_SLACK = 0.02
"""Waypoints this far [rad or m] outside the limits are clamped, not refused: joints that
stand at a limit are measured beyond it."""
SPEED_SLACK = 1.10
"""A spline may exceed the velocity limit by this factor between waypoints."""


class ErrorCode(IntEnum):
    """Numbered as in control_msgs/action/FollowJointTrajectory."""

    SUCCESSFUL = 0
    INVALID_GOAL = -1
    INVALID_JOINTS = -2
    OLD_HEADER_TIMESTAMP = -3
    PATH_TOLERANCE_VIOLATED = -4
    GOAL_TOLERANCE_VIOLATED = -5


class GoalRefusedError(HearthError):
    """A goal that will not be tried, and why."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Waypoint:
    """One point of a goal, in the goal's joint order; empty tuples where not given."""

    time: float
    """[s] from the start of the trajectory."""
    positions: Sequence[float]
    velocities: Sequence[float] = ()
    accelerations: Sequence[float] = ()


@dataclass(frozen=True)
class Goal:
    """A joint trajectory as a client asks for it."""

    joint_names: Sequence[str]
    points: Sequence[Waypoint]
    start: float | None = None
    """When it begins [s]; None: now."""
    path_tolerance: Mapping[str, float] = field(default_factory=dict)
    """By joint [rad or m]; 0: the controller's default, negative: none."""
    goal_tolerance: Mapping[str, float] = field(default_factory=dict)
    goal_time: float = 0.0
    """How long after the planned end the goal tolerance may be met [s]; 0: default."""


@dataclass(frozen=True)
class Tolerances:
    """How far the joints may stray."""

    path: float = math.inf
    """[rad or m] on the way."""
    goal: float = math.inf
    """[rad or m] at the end."""
    goal_time: float = 2.0
    """[s] allowed after the planned end."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A checked goal: the motion and its tolerances, in the controller's joint order."""

    spline: Spline
    path_tolerance: Array
    goal_tolerance: Array
    goal_time: float
    start: float | None = None


def make_plan(
    goal: Goal,
    names: Sequence[str],
    limits: Mapping[str, JointLimits],
    position: Array,
    velocity: Array,
    defaults: Tolerances,
    *,
    start_tolerance: float = 0.15,
) -> Plan:
    """Check a goal and turn it into a motion that begins at the present reference.

    Args:
        goal: What the client wants.
        names: Joints of the controller, in command order.
        limits: Limits by joint name.
        position: Present reference [rad or m], shape (N,).
        velocity: Its velocity, shape (N,).
        defaults: Tolerances for what the goal leaves open.
        start_tolerance: How far a waypoint at time 0 may lie from ``position`` [rad or m].

    Raises:
        GoalRefusedError: The goal cannot be carried out; nothing has moved.
    """
    times, positions, velocities, accelerations = _arrays(goal, names)
    _check_positions(positions, names, limits)
    lower = np.array([limits[name].lower for name in names])
    upper = np.array([limits[name].upper for name in names])
    positions = np.clip(positions, lower, upper)
    if times[0] <= 0.0:
        _check_start(names, positions[0], position, start_tolerance)
        if len(times) == 1:
            times, positions = np.array([0.0, 0.01]), np.repeat(positions, 2, axis=0)
            velocities, accelerations = np.zeros_like(positions), None
    else:
        times = np.concatenate([[0.0], times])
        positions = np.vstack([position, positions])
        velocities = np.vstack([velocity, velocities])
        if accelerations is not None:
            accelerations = np.vstack([np.zeros(len(names)), accelerations])
    spline = through(times, positions, velocities, accelerations)
    _check_speeds(spline, names, limits)
    return Plan(
        spline,
        _tolerance(goal.path_tolerance, names, defaults.path, "path_tolerance"),
        _tolerance(goal.goal_tolerance, names, defaults.goal, "goal_tolerance"),
        goal.goal_time if goal.goal_time > 0.0 else defaults.goal_time,
        goal.start,
    )


def _arrays(goal: Goal, names: Sequence[str]) -> tuple[Array, Array, Array, Array | None]:
    """Times (K,), positions, velocities (NaN where unknown) and accelerations, (K, N)."""
    order = _order(goal.joint_names, names)
    if not goal.points:
        raise GoalRefusedError(ErrorCode.INVALID_GOAL, "the trajectory has no points")
    times = np.array([point.time for point in goal.points], float)
    if not np.isfinite(times).all() or times[0] < 0.0:
        raise GoalRefusedError(
            ErrorCode.INVALID_GOAL, f"point times must be finite and not negative: {_list(times)}"
        )
    for index in np.flatnonzero(np.diff(times) <= 0.0):
        raise GoalRefusedError(
            ErrorCode.INVALID_GOAL,
            f"times must increase: point {index} is at {times[index]:.3f} s, "
            f"point {index + 1} at {times[index + 1]:.3f} s",
        )
    count = len(names)
    blank = [math.nan] * count
    positions = [_row(p.positions, count, i, "positions") for i, p in enumerate(goal.points)]
    velocities = [
        _row(p.velocities, count, i, "velocities") if len(p.velocities) else blank
        for i, p in enumerate(goal.points)
    ]
    accelerations = None
    if all(len(p.accelerations) and len(p.velocities) for p in goal.points):
        accelerations = np.array(
            [_row(p.accelerations, count, i, "accelerations") for i, p in enumerate(goal.points)]
        )[:, order]
    last = velocities[-1]
    if any(abs(value) > 0.05 for value in last):  # NaN (unknown) compares false
        raise GoalRefusedError(
            ErrorCode.INVALID_GOAL, f"the last point must stand still, its velocities are {last}"
        )
    return times, np.array(positions)[:, order], np.array(velocities)[:, order], accelerations


def _order(given: Sequence[str], names: Sequence[str]) -> list[int]:
    """Where each of the controller's joints stands in the goal."""
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise GoalRefusedError(
            ErrorCode.INVALID_JOINTS, f"no joint {unknown[0]!r} here; known: {list(names)}"
        )
    missing = [name for name in names if name not in given]
    if missing:
        raise GoalRefusedError(
            ErrorCode.INVALID_JOINTS, f"the goal says nothing about {missing}; it must name all"
        )
    if len(given) != len(names):
        raise GoalRefusedError(ErrorCode.INVALID_JOINTS, f"a joint is named twice: {list(given)}")
    return [list(given).index(name) for name in names]


def _row(values: Sequence[float], count: int, index: int, what: str) -> list[float]:
    if len(values) != count:
        raise GoalRefusedError(
            ErrorCode.INVALID_GOAL,
            f"point {index} has {len(values)} {what} for {count} joints",
        )
    row = [float(value) for value in values]
    if not all(math.isfinite(value) for value in row):
        raise GoalRefusedError(
            ErrorCode.INVALID_GOAL, f"point {index} has {what} that are not finite: {row}"
        )
    return row


def _check_positions(
    positions: Array, names: Sequence[str], limits: Mapping[str, JointLimits]
) -> None:
    for column, name in enumerate(names):
        limit, values = limits[name], positions[:, column]
        bad = (values < limit.lower - POSITION_SLACK) | (values > limit.upper + POSITION_SLACK)
        for index in np.flatnonzero(bad):
            raise GoalRefusedError(
                ErrorCode.INVALID_GOAL,
                f"point {index}: {name} at {values[index]:.3f} is outside its limits "
                f"[{limit.lower:.3f}, {limit.upper:.3f}]",
            )


def _check_start(names: Sequence[str], first: Array, now: Array, tolerance: float) -> None:
    gap = np.abs(first - now)
    worst = int(np.argmax(gap))
    if gap[worst] > tolerance:
        raise GoalRefusedError(
            ErrorCode.INVALID_GOAL,
            f"the point at time 0 has {names[worst]} at {first[worst]:.3f}, but the joint is at "
            f"{now[worst]:.3f}: more than {tolerance:.3f} apart",
        )


def _check_speeds(spline: Spline, names: Sequence[str], limits: Mapping[str, JointLimits]) -> None:
    _, _, speed = spline.extremes()
    allowed = np.array([limits[name].velocity for name in names])
    excess = speed / allowed
    segment, joint = divmod(int(np.argmax(excess)), len(names))
    if excess[segment, joint] > SPEED_SLACK:
        begin, end = spline.times[segment], spline.times[segment + 1]
        raise GoalRefusedError(
            ErrorCode.INVALID_GOAL,
            f"{names[joint]} would move at {speed[segment, joint]:.2f}/s between {begin:.3f} s "
            f"and {end:.3f} s; its limit is {allowed[joint]:.2f}/s",
        )


def _tolerance(
    given: Mapping[str, float], names: Sequence[str], default: float, what: str
) -> Array:
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise GoalRefusedError(
            ErrorCode.INVALID_JOINTS, f"{what} names {unknown[0]!r}; known: {list(names)}"
        )
    result = []
    for name in names:
        value = given.get(name, 0.0)
        if math.isnan(value):
            raise GoalRefusedError(ErrorCode.INVALID_GOAL, f"{what} of {name} is not a number")
        result.append(default if value == 0.0 else math.inf if value < 0.0 else value)
    return np.array(result)


def _list(values: Array) -> list[float]:
    return [round(float(value), 3) for value in values]
