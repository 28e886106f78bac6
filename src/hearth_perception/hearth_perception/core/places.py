"""The home model's level surfaces as expectations: where a shelf or a table should be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2
from hearth_core.home.model import Home, Place

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shelf:
    """One nominal surface of a place, put into the map."""

    place: str
    surface: str
    height: float
    """[m]"""
    pose: Pose2
    """Middle of the rectangle in map, axes of the place."""
    size: tuple[float, float]
    """Extents along the axes of ``pose`` [m]."""
    clearance: float | None = None
    """Free height above it [m]; None: open."""
    inside: bool = False
    """Behind a door: walls stand around it."""
    only: bool = False
    """The place has no other surface."""
    slack: float = 0.08
    """How far from the rectangle something may stand and still be on it [m]."""

    @property
    def name(self) -> str:
        """As ``WorldObject.place`` says it: with the surface's name where a place has several."""
        return self.place if self.only else f"{self.place}/{self.surface}"

    def outside(self, xy: npt.NDArray[np.floating]) -> Array:
        """How far points (N, 2) lie outside the rectangle, at least 0 [m], shape (N,)."""
        local = np.abs(self.pose.inverse().apply(np.asarray(xy, float)))
        excess = np.maximum(local - np.array(self.size) / 2, 0.0)
        return np.asarray(np.hypot(excess[..., 0], excess[..., 1]))

    def corners(self) -> Array:
        """Counter-clockwise, shape (4, 2)."""
        x, y = self.size[0] / 2, self.size[1] / 2
        return self.pose.apply(np.array([[x, -y], [x, y], [-x, y], [-x, -y]]))


def shelves_of(place: Place, pose: Pose2 | None = None) -> list[Shelf]:
    """Surfaces of one place, at its nominal pose or at ``pose`` where it was really seen."""
    at = place.pose if pose is None else pose
    result = []
    for surface in place.surfaces:
        middle = at @ Pose2(*surface.rectangle.centre, 0.0)
        result.append(
            Shelf(
                place.name,
                surface.name,
                surface.height,
                middle,
                surface.rectangle.size,
                surface.clearance,
                bool(surface.behind),
                len(place.surfaces) == 1,
                0.08 if pose is None else 0.035,
            )
        )
    return result


def shelves_of_home(home: Home, seen: dict[str, Pose2] | None = None) -> list[Shelf]:
    """All nominal surfaces; ``seen`` holds better poses of places by name."""
    poses = seen or {}
    return [s for place in home.places for s in shelves_of(place, poses.get(place.name))]


def in_view(shelves: Iterable[Shelf], origin: Array, reach: float) -> list[Shelf]:
    """Those whose middle lies within ``reach`` [m] of the camera, or who reach that far."""
    result = []
    for shelf in shelves:
        half = float(np.hypot(*shelf.size)) / 2
        if np.hypot(shelf.pose.x - origin[0], shelf.pose.y - origin[1]) < reach + half:
            result.append(shelf)
    return result
