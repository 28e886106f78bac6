"""The floor of one room while it is being furnished: what stands where and what stays free."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from hearth_core.geometry import Pose2
from hearth_core.home.catalogue import PLACE_KINDS, PlaceKind
from hearth_core.home.model import Vec3
from hearth_core.home.plane import Point, area, contains, edges

from hearth_sim.core.home.generate.plan import Box, Plan, PlannedRoom, Rng

THICKNESS = 0.10
"""Of walls [m]."""
STEP = 0.08
"""Between places tried along a wall [m]."""
AISLE = 0.80
"""Free floor before what is used from the front [m]."""


class Stand:
    """Something that stands in a room: an entry of a home file in the making."""

    def __init__(self, kind: PlaceKind, size: Vec3, at: Point, yaw: float) -> None:
        self.kind, self.size, self.at, self.yaw = kind, size, at, yaw
        self.extra: dict[str, Any] = {}

    @property
    def pose(self) -> Pose2:
        """As :class:`hearth_core.home.Place`."""
        return Pose2(self.at[0], self.at[1], self.yaw)

    def box(self, ahead: float = 0.0, aside: float = 0.0, behind: float = 0.0) -> Box:
        """Its floor, grown to the front, to both sides and to the back [m]."""
        depth, width = self.size[0] / 2, self.size[1] / 2
        a = self.pose @ Pose2(-depth - behind, -width - aside)
        b = self.pose @ Pose2(depth + ahead, width + aside)
        return Box(min(a.x, b.x), min(a.y, b.y), max(a.x, b.x), max(a.y, b.y))

    def front(self, ahead: float, left: float = 0.0, right: float = 0.0) -> Box:
        """The floor before it; ``left`` and ``right`` widen it toward +y and -y."""
        depth, width = self.size[0] / 2, self.size[1] / 2
        a = self.pose @ Pose2(depth, -width - right)
        b = self.pose @ Pose2(depth + ahead, width + left)
        return Box(min(a.x, b.x), min(a.y, b.y), max(a.x, b.x), max(a.y, b.y))

    def entry(self, name: str) -> dict[str, Any]:
        """The entry of a home file."""
        return {
            "name": name,
            "kind": self.kind.name,
            "at": [round(self.at[0], 3), round(self.at[1], 3)],
            "facing": round(math.degrees(self.yaw), 1),
            "size": [round(extent, 3) for extent in self.size],
        } | self.extra


class Wall:
    """The inner face of one wall of a room."""

    def __init__(self, start: Point, end: Point) -> None:
        self.start = start
        self.length = math.dist(start, end)
        self.along = math.atan2(end[1] - start[1], end[0] - start[0])
        self.inward = self.along + math.pi / 2

    def at(self, s: float, off: float) -> Point:
        """A point ``s`` along the wall and ``off`` into the room."""
        pose = Pose2(self.start[0], self.start[1], self.along) @ Pose2(s, off)
        return pose.x, pose.y


class Space:
    """One room."""

    def __init__(self, room: PlannedRoom, plan: Plan, rng: Rng) -> None:
        self.room, self.rng = room, rng
        self.walls = [Wall(a, b) for a, b in edges(room.polygon)]
        half = THICKNESS / 2
        self.wall_boxes = [
            Box(
                min(a[0], b[0]) - half,
                min(a[1], b[1]) - half,
                max(a[0], b[0]) + half,
                max(a[1], b[1]) + half,
            )
            for a, b in edges(room.polygon)
        ]
        self.stands: list[Stand] = []
        self.bodies: list[Box] = []
        self.kept_free: list[Box] = []
        self.finishes: dict[str, str] = {}
        for door in plan.doors:
            if room.name in door["between"]:
                self._keep_door_free(door)

    def _keep_door_free(self, door: dict[str, Any]) -> None:
        x, y = door["at"]
        reach = door["width"] / 2 + 0.05
        deep = max(1.0, door["width"] + 0.12) if "leaf" in door else 1.0

        def off(wall: Wall) -> float:
            return abs((Pose2(wall.start[0], wall.start[1], wall.along).inverse() @ Pose2(x, y)).y)

        wall = min(self.walls, key=off)
        if "leaf" in door and door["leaf"]["into"] == self.room.name:
            reach += 0.06
        if math.cos(wall.along) ** 2 > 0.5:
            self.kept_free.append(Box(x - reach, y - deep, x + reach, y + deep))
        else:
            self.kept_free.append(Box(x - deep, y - reach, x + deep, y + reach))

    @property
    def area(self) -> float:
        """Of its outline [m2]."""
        return area(self.room.polygon)

    def inside(self, box: Box) -> bool:
        """Whether a rectangle lies within the walls."""
        return contains(self.room.polygon, box.centre) and not any(
            box.overlaps(wall) for wall in self.wall_boxes
        )

    def free(self, box: Box) -> bool:
        """Whether a body may stand there."""
        return (
            self.inside(box)
            and not any(box.overlaps(body) for body in self.bodies)
            and not any(box.overlaps(zone) for zone in self.kept_free)
        )

    def free_of_bodies(self, box: Box) -> bool:
        """Whether nothing stands there, whatever is to be kept free; a hair may overlap."""
        return not any(box.overlaps(body, 0.002) for body in self.bodies)

    def clear(self, box: Box) -> bool:
        """Whether nothing stands there, so that it can be kept free."""
        return self.inside(box) and not any(box.overlaps(body) for body in self.bodies)

    def draw(self, kind: str) -> tuple[PlaceKind, Vec3]:
        """A kind and a size of it."""
        entry = PLACE_KINDS[kind]
        depth, width, height = (
            round(extent * float(self.rng.uniform(1 - spread, 1 + spread)), 3)
            for extent, spread in zip(entry.size, entry.spread, strict=True)
        )
        return entry, (depth, width, height)

    def add(self, stand: Stand, *zones: Box) -> Stand:
        """Put it there and keep some floor free for its use."""
        kind = stand.kind
        finish = self.finishes.get(kind.name)
        if finish is None:
            finish = str(self.rng.choice(kind.finishes))
            self.finishes[kind.name] = finish
        stand.extra.setdefault("finish", finish)
        if kind.models != ("",):
            stand.extra.setdefault("model", str(self.rng.choice(kind.models)))
        self.stands.append(stand)
        if not kind.flat:
            self.bodies.append(stand.box())
        self.kept_free += zones
        return stand

    def at_wall(
        self,
        kind: str,
        ahead: float = AISLE,
        *,
        beside: float = 0.0,
        gap: float = 0.01,
        corner: bool = False,
        size: Vec3 | None = None,
        walls: Sequence[Wall] | None = None,
    ) -> Stand | None:
        """Put a kind with its back to some wall, with ``ahead`` [m] of free floor before it.

        ``beside`` asks for free width on both sides; ``corner`` for a place near a corner.
        None: there is no room for it.
        """
        entry, drawn = self.draw(kind)
        size = size or drawn
        spots = []
        for wall in self.walls if walls is None else walls:
            reach = size[1] / 2 + THICKNESS / 2 + 0.005
            spots += [(wall, s) for s in np.arange(reach, wall.length - reach + 1e-6, STEP)]
        order = self.rng.permutation(len(spots))
        if corner:
            order = np.array(
                sorted(
                    order,
                    key=lambda i: round(min(spots[i][1], spots[i][0].length - spots[i][1]), 1),
                ),
                dtype=int,
            )
        for i in order:
            wall, s = spots[i]
            at = wall.at(float(s), THICKNESS / 2 + gap + size[0] / 2)
            stand = Stand(entry, size, at, wall.inward)
            if not self.free(stand.box(aside=beside)):
                continue
            zone = stand.front(ahead)
            if ahead > 0.0 and not self.clear(zone):
                continue
            return self.add(stand, zone) if ahead > 0.0 else self.add(stand)
        return None

    def somewhere(
        self, kind: str, margins: tuple[float, float, float], tries: int = 80
    ) -> Stand | None:
        """Put a kind anywhere, with free floor to the front, sides and back [m]."""
        entry, size = self.draw(kind)
        xs = [x for x, _ in self.room.polygon]
        ys = [y for _, y in self.room.polygon]
        for _ in range(tries):
            at = (
                float(self.rng.uniform(min(xs), max(xs))),
                float(self.rng.uniform(min(ys), max(ys))),
            )
            stand = Stand(entry, size, at, float(self.rng.integers(4)) * math.pi / 2)
            ahead, aside, behind = margins
            around = stand.box(ahead, aside, behind)
            if self.clear(around) and self.free(stand.box()):
                return self.add(stand, around)
        return None
