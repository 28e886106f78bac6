"""The robot's outline with its arms where they are and what its hands hold."""

from __future__ import annotations

from dataclasses import dataclass

from shapely.geometry import MultiPoint, Point, Polygon

from hearth_navigation.core.footprint import Footprint

SLACK = 0.03
"""How far [m] arms may stick out before the outline follows them."""
ELBOW, HAND = 0.045, 0.05
"""Radii [m] of what is around an elbow and a grasp frame."""


@dataclass(frozen=True)
class Arm:
    """One arm seen from above, in base_footprint [m]."""

    elbow: tuple[float, float]
    hand: tuple[float, float]
    load: float = 0.0
    """Radius [m] of what the hand holds; 0: nothing."""


def load_radius(size: tuple[float, ...]) -> float:
    """Of the circle around a thing of this size (x, y, z) [m] however it is held."""
    longest, second = sorted(size, reverse=True)[:2]
    return float(0.5 * (longest**2 + second**2) ** 0.5)


def with_arms(bare: Footprint, arms: list[Arm]) -> Footprint:
    """``bare`` where the arms stay within it, else grown to hold arms and loads."""
    shape: Polygon = bare.polygon
    within = shape.buffer(SLACK)
    grown = shape
    for arm in arms:
        hand = Point(arm.hand).buffer(max(HAND, arm.load))
        reach = MultiPoint(
            [*Point(arm.elbow).buffer(ELBOW).exterior.coords, *hand.exterior.coords]
        ).convex_hull
        if not within.contains(reach):
            grown = grown.union(reach)
    if grown is shape:
        return bare
    if grown.geom_type != "Polygon":
        grown = grown.convex_hull
    rim = Polygon(grown.exterior).simplify(0.01)
    corners = list(rim.exterior.coords)[:-1]
    if not rim.exterior.is_ccw:
        corners.reverse()
    return Footprint(tuple((float(x), float(y)) for x, y in corners))


def alike(a: Footprint, b: Footprint) -> bool:
    """Whether two outlines differ by nothing that matters to driving."""
    return bool(a.polygon.symmetric_difference(b.polygon).area < 0.004)
