"""Manners towards people: gaps that are kept, and ways around those who stand or stroll."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

from hearth_navigation.core.field import Field
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.mppi import Limits
from hearth_navigation.core.people_kernels import STROLL, one_gap, person_gap

Array = npt.NDArray[np.float64]
Velocity = tuple[float, float, float]


@dataclass(frozen=True)
class CourtesyConfig:
    """How near people the robot moves."""

    gap: float = 0.48
    """Gap to people [m] below which the robot does not come nearer by its own motion."""
    delay: float = 0.2
    """Time [s] until a stop begins."""
    patience: float = 15.0
    """How long [s] giving way does not count as being stuck; then the robot passes nearer."""
    least: float = 0.25
    """Gap [m] at which it passes somebody who does not make room."""
    slowly: float = 0.3
    """Share of the speed limits when it does."""
    around: tuple[float, ...] = (0.55, 0.3)
    """Gaps [m] that plans keep to people who stand or stroll: the first with a plan."""
    ahead: float = 8.0
    """How far ahead plans take a stroll for certain [s]."""


STANDING = 0.08
"""Slower people [m/s] stand."""


class Manner(Enum):
    """Whether to go on as wanted."""

    GO = auto()
    YIELD = auto()


def yielding(
    config: CourtesyConfig,
    limits: Limits,
    footprint: Footprint,
    pose: Pose2,
    wanted: Velocity,
    last: Velocity,
    people: Array,
    gap: float,
) -> Manner:
    """Whether driving at ``wanted`` would bring the robot too near somebody.

    What counts is the robot's own doing: a motion that leaves the gap as large as standing would
    is free, so that it can step aside. Looks as far ahead as the robot needs to stop. ``gap`` is
    ``config.gap``, or ``config.least`` after a long wait.
    """
    if not len(people):
        return Manner.GO
    stopping = config.delay + math.hypot(*last[:2]) / limits.acceleration
    c, s = math.cos(pose.yaw), math.sin(pose.yaw)
    # As they stand now, and where they will be.
    for t in (0.0, 0.5 * stopping, stopping):
        way = 0.5 * config.delay + 0.5 * max(t, 0.5 * stopping)  # braking halves it
        moved = pose @ Pose2(wanted[0] * way, wanted[1] * way, wanted[2] * way)
        then = person_gap(
            people, footprint.box, t, moved.x, moved.y, math.cos(moved.yaw), math.sin(moved.yaw)
        )
        if then < gap:
            standing = person_gap(people, footprint.box, t, pose.x, pose.y, c, s)
            if then < standing - 0.002:
                return Manner.YIELD
    return Manner.GO


def people_gap(footprint: Footprint, pose: Pose2, people: Array) -> float:
    """Gap [m] between the robot at ``pose`` and the nearest person now; large: nobody."""
    return float(
        person_gap(
            people, footprint.box, 0.0, pose.x, pose.y, math.cos(pose.yaw), math.sin(pose.yaw)
        )
    )


def around_people(
    config: CourtesyConfig,
    clearance: Field,
    footprint: Footprint,
    start: Pose2,
    goal: Pose2,
    people: Array,
    around: float,
) -> Field:
    """Clearance with a wide berth around people who stand or stroll.

    The berth is narrower where start or goal lie in it.

    Args:
        config: The gap.
        clearance: Distance to the nearest blocked cell.
        footprint: The robot.
        start: Where it is.
        goal: Where it is to go.
        people: Rows (x, y, vx, vy, radius, until), shape (M, 6).
        around: Gap to keep [m].
    """
    slow = people[np.hypot(people[:, 2], people[:, 3]) < STROLL]
    if not len(slow):
        return clearance
    values = clearance.values.copy()
    moments = np.arange(0.0, config.ahead, 0.5)
    for person in slow:
        gaps = [
            min(
                one_gap(person, footprint.box, t, at.x, at.y, math.cos(at.yaw), math.sin(at.yaw))
                for at in (start, goal)
            )
            for t in moments
        ]
        berth = min(around, max(gaps[0] - 0.05, 0.0))
        _lower(values, clearance, person[:2], person[:2], person[4] + berth)
        if math.hypot(person[2], person[3]) < STANDING:
            continue
        # Where they will be, but for what would cover start or goal.
        places = person[:2] + np.minimum(moments, person[5])[:, None] * person[2:4]
        for before, after, near in zip(places, places[1:], gaps[1:], strict=False):
            if near > berth + 0.05:
                _lower(values, clearance, before, after, person[4] + berth)
    return Field(values, clearance.resolution, clearance.origin)


def _lower(
    values: npt.NDArray[np.float32], clearance: Field, start: Array, end: Array, radius: float
) -> None:
    """Lower ``values`` to the distance from a disc that is drawn out from start to end."""
    ends = np.array([start, end])
    reach = radius + 1.0
    low = (ends.min(axis=0) - reach - clearance.origin) / clearance.resolution
    high = (ends.max(axis=0) + reach - clearance.origin) / clearance.resolution
    rows, columns = values.shape
    c0, c1 = max(0, int(low[0])), min(columns, int(high[0]) + 1)
    r0, r1 = max(0, int(low[1])), min(rows, int(high[1]) + 1)
    if c0 >= c1 or r0 >= r1:
        return
    x = clearance.origin[0] + (np.arange(c0, c1) + 0.5) * clearance.resolution
    y = clearance.origin[1] + (np.arange(r0, r1) + 0.5) * clearance.resolution
    along = ends[1] - ends[0]
    square = max(float(along @ along), 1e-9)
    share = ((x[None, :] - ends[0, 0]) * along[0] + (y[:, None] - ends[0, 1]) * along[1]) / square
    share = np.clip(share, 0.0, 1.0)
    away = np.hypot(
        x[None, :] - ends[0, 0] - share * along[0], y[:, None] - ends[0, 1] - share * along[1]
    )
    window = values[r0:r1, c0:c1]
    np.minimum(window, np.maximum(away - radius, 0.0).astype(np.float32), out=window)
