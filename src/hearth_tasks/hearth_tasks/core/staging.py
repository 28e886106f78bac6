"""Where the base stands before a skill begins; the skill itself corrects the last centimetres.

Each function gives several stands, the best first by the nominal home; whether one is really
free is for navigation to say, and the next is taken when it is not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from hearth_core.geometry import Pose2, wrap_angle
from hearth_core.home.model import Articulation, Home, Place, Room, Side
from hearth_core.home.plane import centroid

from hearth_tasks.core.floor import Floor, inside_of

COMFORT = 0.12
"""Clearance beyond which more is not better [m]."""
DOUBT = 0.05
"""Furniture stands somewhere else than told by about so much [m]."""
BLOCKED = 0.5
"""Cost [m] of a chair between the base and a table."""
APART = 0.10
"""Two stands nearer than this are one [m]."""


@dataclass(frozen=True)
class Distances:
    """Between base_footprint and the front of a place [m]."""

    handle: float = 0.75
    """Before a door that is about to be opened."""
    inside: float = 0.80
    """Before an open container."""
    table: float = 0.62
    """Before a table."""
    close: float = 1.15
    """Before an open door that is about to be pushed shut."""


class Staging:
    """Stands in one home."""

    def __init__(self, home: Home, distances: Distances | None = None) -> None:
        self._home = home
        self._floor = Floor(home)
        self._distances = distances or Distances()

    def before_handle(self, place: Place, joint: Articulation) -> list[Pose2]:
        """Facing the handle of a closed door; beside a wall, from the hinge's side of it."""
        bar = joint.handle.centre[1] if joint.handle else joint.panel.centre[1]
        hinge = _hinge_sign(joint)
        away = self._distances.handle
        return self._ranked(
            (place.approach(away + more, bar + hinge * lateral), 0.5 * lateral + more)
            for lateral in (0.0, 0.11, 0.22, 0.33)
            for more in (0.0, 0.12)
        )

    def before_inside(self, place: Place, joint: Articulation | None) -> list[Pose2]:
        """Facing the inside of an open container, away from its door leaf."""
        if joint is None:
            return self.around(place)
        hinge = _hinge_sign(joint)
        y = joint.panel.centre[1]
        away = self._distances.inside
        return self._ranked(
            (place.approach(away + more, y - hinge * lateral), abs(lateral - 0.08) + abs(more))
            for lateral in (0.08, 0.0, 0.18, -0.1)
            for more in (0.0, 0.1, -0.08)
        )

    def before_closing(self, place: Place, joint: Articulation) -> list[Pose2]:
        """On the hinge side of an open leaf, facing the place."""
        hinge = _hinge_sign(joint)
        away = self._distances.close
        return self._ranked(
            (place.approach(away + more, hinge * lateral), abs(0.30 - lateral) + 0.5 * abs(more))
            for lateral in (0.30, 0.15, 0.45, 0.0, -0.2)
            for more in (0.0, 0.15, -0.15)
        )

    def around(self, place: Place, coming_from: Pose2 | None = None) -> list[Pose2]:
        """Along all sides of a table, facing it: its front first, then by way and room.

        Args:
            place: Table, counter or the like.
            coming_from: Where the robot will come from; None: no matter.
        """
        half = (place.size[0] / 2, place.size[1] / 2)
        found = []
        for turn, depth, width in (
            (0.0, half[0], half[1]),
            (math.pi, half[0], half[1]),
            (math.pi / 2, half[1], half[0]),
            (-math.pi / 2, half[1], half[0]),
        ):
            reach = max(0.5 * width, width - 0.25)
            for lateral in np.linspace(-reach, reach, 2 * math.ceil(reach / 0.25) + 1):
                local = Pose2(0.0, 0.0, turn) @ Pose2(
                    depth + self._distances.table, float(lateral), math.pi
                )
                pose = place.pose @ local
                cost = 0.15 * abs(float(lateral)) + (0.0 if turn == 0.0 else 0.25)
                if self._floor.clearance(pose @ Pose2(0.3, 0.0, 0.0), {place.name}) < 0.0:
                    cost += BLOCKED  # a chair: arms reach badly over its back
                if not self._floor.is_before(pose, place):
                    cost += 10.0
                if coming_from is not None:
                    cost += 0.08 * pose.distance(coming_from)
                found.append((pose, cost))
        return self._ranked([item for item in found if item[1] < 10.0] or found, spread=0.5)

    def within(self, room: Room) -> list[Pose2]:
        """Free standing places of a room, its middle first."""
        x, y = centroid(room.polygon)
        points = [(x, y), *inside_of(room.polygon, 0.3)]
        return self._ranked(
            (
                (Pose2(px, py, yaw), 0.2 * math.hypot(px - x, py - y) + 0.01 * abs(yaw))
                for px, py in points
                for yaw in (0.0, math.pi / 4)
            ),
            spread=0.5,
        )

    def _ranked(
        self, stands: Iterable[tuple[Pose2, float]], *, spread: float = 0.0, most: int = 8
    ) -> list[Pose2]:
        """The cheapest first, tight ones later; in walls and furniture only if all are.

        Args:
            stands: With their costs.
            spread: Stands nearer than this to a better one come after those that are not [m].
            most: How many.
        """
        offered = [(pose, cost, self._floor.clearance(pose)) for pose, cost in stands]
        possible = [item for item in offered if item[2] > -DOUBT] or offered
        scored = [(cost + 4.0 * max(0.0, COMFORT - room), pose) for pose, cost, room in possible]
        left = [pose for _, pose in sorted(scored, key=lambda item: item[0])]
        found: list[Pose2] = []
        for apart in (spread, APART):
            for pose in left:
                if not any(_same(pose, other, apart) for other in found):
                    found.append(pose)
        return found[:most]


def _same(one: Pose2, other: Pose2, apart: float) -> bool:
    return one.distance(other) < apart and abs(wrap_angle(one.yaw - other.yaw)) < 0.3


def _hinge_sign(joint: Articulation) -> float:
    """+1 when the hinge is on the place's +y side.

    Someone in front looks along -x of the place, so their left is the place's -y.
    """
    return {Side.LEFT: -1.0, Side.RIGHT: 1.0}.get(joint.side, 0.0)
