"""Rectangles on the floor: where places stand and whether they are in each other's way."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hearth_core.geometry import Pose2
from hearth_core.home import Home, ObjectSpec, Place
from hearth_core.home.plane import Point

from hearth_sim.core.home.shell import LEAF, leaf_offset, leaf_pose

SEATS = frozenset({"chair", "stool", "office_chair"})
TABLES = frozenset({"dining_table", "desk", "kitchen_island"})


@dataclass(frozen=True)
class Footprint:
    """A rectangle of half extents about a pose, between two heights [m]."""

    pose: Pose2
    half: Point
    low: float = 0.0
    high: float = 2.0

    def corners(self) -> list[Point]:
        """Counter-clockwise."""
        x, y = self.half
        points = [self.pose @ Pose2(dx, dy) for dx, dy in ((-x, -y), (x, -y), (x, y), (-x, y))]
        return [(point.x, point.y) for point in points]

    def grown(self, margin: float) -> Footprint:
        """Larger by ``margin`` [m] on all sides (smaller when negative)."""
        half = (max(0.0, self.half[0] + margin), max(0.0, self.half[1] + margin))
        return Footprint(self.pose, half, self.low, self.high)

    def holds(self, point: Point) -> bool:
        """Whether a point of the floor lies inside."""
        local = self.pose.inverse() @ Pose2(*point)
        return abs(local.x) <= self.half[0] and abs(local.y) <= self.half[1]

    def overlaps(self, other: Footprint, tolerance: float = 0.0) -> bool:
        """Whether they share more than ``tolerance`` [m] of floor and height."""
        if self.low >= other.high - tolerance or other.low >= self.high - tolerance:
            return False
        reach = math.hypot(*self.half) + math.hypot(*other.half)
        dx, dy = self.pose.x - other.pose.x, self.pose.y - other.pose.y
        if dx * dx + dy * dy > reach * reach:
            return False
        return penetration(self, other) > tolerance


def penetration(a: Footprint, b: Footprint) -> float:
    """Depth [m] by which two rectangles overlap; negative: at least one axis keeps this gap."""
    dx, dy = b.pose.x - a.pose.x, b.pose.y - a.pose.y
    deepest = math.inf
    for yaw in (a.pose.yaw, a.pose.yaw + math.pi / 2, b.pose.yaw, b.pose.yaw + math.pi / 2):
        cos, sin = math.cos(yaw), math.sin(yaw)
        reach = 0.0
        for one in (a, b):
            turn = one.pose.yaw - yaw
            reach += one.half[0] * abs(math.cos(turn)) + one.half[1] * abs(math.sin(turn))
        deepest = min(deepest, reach - abs(dx * cos + dy * sin))
    return deepest


def of_place(place: Place, pose: Pose2 | None = None) -> Footprint:
    """The body of a place, without handles."""
    half = (place.size[0] / 2, place.size[1] / 2)
    low = place.elevation
    return Footprint(pose or place.pose, half, low, low + place.size[2])


def of_object(thing: ObjectSpec, pose: Pose2 | None = None) -> Footprint:
    """A loose thing on its surface, in its place's frame; heights from the surface."""
    return Footprint(
        pose or thing.pose, (thing.size[0] / 2, thing.size[1] / 2), 0.0, thing.size[2]
    )


def of_leaves(home: Home) -> list[Footprint]:
    """Door leaves as they stand open."""
    found = []
    for door in home.doorways:
        if door.leaf is not None:
            offset = leaf_offset(door)
            middle = leaf_pose(home, door) @ Pose2(door.width / 2, offset)
            found.append(Footprint(middle, (door.width / 2, LEAF / 2), 0.0, 2.0))
    return found


def may_share(a: Place, b: Place) -> bool:
    """Whether two kinds may share floor: chairs under tables, anything on rugs."""
    kinds = {a.kind, b.kind}
    return "rug" in kinds or bool(kinds & SEATS and kinds & TABLES)
