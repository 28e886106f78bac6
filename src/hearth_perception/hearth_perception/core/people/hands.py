"""Hands and bodies near the robot's arms: where the arms may not go.

Depth near an arm is somebody's when neither the robot itself, nor walls, furniture or known
things explain it, and either a person stands within reach, or the spot was seen free a moment
ago: something has come there. What doors sweep through counts only with a person near.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from hearth_core.frames import SIDES
from hearth_core.geometry import Transform
from hearth_core.home.model import Home, JointKind
from hearth_description.core.model import RobotModel

from hearth_perception.core.depth import Cloud
from hearth_perception.core.people.known import KnownSpace
from hearth_perception.core.view import View, project

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

REACH = 0.35
"""Nearer than this to an arm counts [m]."""
ARM = 1.0
"""How far from a person's axis their hands get [m]."""
CELL = 0.05
LEAST = 25
"""Fewer points are noise."""
MEMORY = 20.0
"""How long a spot seen free is remembered [s]."""
RADIUS = 0.06
"""Of the spheres that cover what was found [m]."""
OWN = 0.09
"""Nearer than this to a link of the arms is the robot's: wrist cameras have no collision shape,
and fingers are thin [m]."""
LINKS = ("forearm", "elbow", "wrist", "hand", "palm", "grasp_frame")


@dataclass(frozen=True, eq=False)
class Near:
    """What is too near to the arms."""

    centres: Array
    """Of spheres of ``RADIUS`` in map [m], shape (N, 3)."""
    person: bool
    """A person stands within reach; else something has come."""

    def sentence(self) -> str:
        """For people; empty: nothing."""
        if not len(self.centres):
            return ""
        return "a person is near the arms" if self.person else "something has come near the arms"


NOTHING = Near(np.zeros((0, 3)), False)


@dataclass
class ArmWatch:
    """Watches the space about the arms from view to view."""

    model: RobotModel
    home: Home
    _free: dict[tuple[int, int, int], float] = field(default_factory=dict)
    """When a cell of ``CELL`` was last seen free [s]."""
    _now: float = -np.inf

    def __post_init__(self) -> None:
        self._links = [name for name in self.model.links if any(part in name for part in LINKS)]
        self._sweeps = _sweeps(self.home)
        self._own = [name for name in self.model.links if name.startswith(SIDES)]
        joints = self.model.joints.values()
        pairs = [(joint.parent, joint.child) for joint in joints]
        self._bones = [(a, b) for a, b in pairs if a in self._own and b in self._own]

    def look(
        self,
        view: View,
        cloud: Cloud,
        known: KnownSpace,
        positions: Mapping[str, float],
        people: Sequence[tuple[float, float]],
        things: Sequence[tuple[Array, Array]] = (),
    ) -> Near:
        """What is near the arms in a view.

        Args:
            view: Pose and camera.
            cloud: Its points, the robot's own left out.
            known: What the home explains.
            positions: Joint positions by name [rad or m].
            people: Where they stand in map [m].
            things: Known loose things: middle in map and extents [m], shapes (3,).
        """
        if view.stamp < self._now - 1.0:
            self._free.clear()
        self._now = view.stamp
        arms, own = self._arms(view, positions)
        flat = cloud.points.reshape(-1, 3)
        where = np.flatnonzero(cloud.valid.reshape(-1))
        low, high = arms.min(axis=0) - REACH, arms.max(axis=0) + REACH
        points = flat[where]
        inside = ((points > low) & (points < high)).all(axis=1) & (points[:, 2] > 0.15)
        points = points[inside].astype(float)
        if len(points):
            near = np.zeros(len(points), bool)
            for at in arms:
                near |= ((points - at) ** 2).sum(axis=1) < REACH**2
            for at in own:
                near &= ((points - at) ** 2).sum(axis=1) > OWN**2
            points = points[near]
        if len(points):
            points = points[~known.explains(points)]
        for middle, size in things:
            if len(points):
                points = points[(np.abs(points - middle) > size / 2 + 0.05).any(axis=1)]
        came = self._came(points)
        self._remember(view, arms)
        if len(points) < LEAST:
            return NOTHING
        person = any(
            float(np.hypot(points[:, 0] - x, points[:, 1] - y).min()) < ARM for x, y in people
        )
        chosen = points if person else points[came & ~self._swept(points)]
        if len(chosen) < LEAST:
            return NOTHING
        cells, counts = np.unique(np.floor(chosen / CELL).astype(int), axis=0, return_counts=True)
        centres = (cells[counts >= 3] + 0.5) * CELL
        return Near(centres, person) if len(centres) else NOTHING

    def _arms(self, view: View, positions: Mapping[str, float]) -> tuple[Array, Array]:
        """Points along the forearms and hands, and of whole arms; in map, (N, 3)."""
        kinematics = self.model.kinematics
        known = {k: v for k, v in positions.items() if k in kinematics.index}
        poses = kinematics.link_poses(kinematics.vector(known))
        map_from_root: Transform = view.map_from_camera @ poses[view.camera.frame].inverse()
        where = {name: map_from_root.apply(poses[name].translation) for name in self._own}
        own = [
            where[one] + share * (where[other] - where[one])
            for one, other in self._bones
            for share in (0.2, 0.4, 0.6, 0.8)
        ]
        own += list(where.values())
        return np.array([where[name] for name in self._links]), np.array(own)

    def _came(self, points: Array) -> Mask:
        """Which points lie where it was free a moment ago."""
        result = np.zeros(len(points), bool)
        for k, cell in enumerate(map(tuple, np.floor(points / CELL).astype(int).tolist())):
            seen = self._free.get(cell)
            result[k] = seen is not None and self._now - seen < MEMORY
        return result

    def _remember(self, view: View, arms: Array) -> None:
        """Note the cells about the arms that the view looks through."""
        low = np.floor((arms.min(axis=0) - REACH) / CELL).astype(int)
        high = np.ceil((arms.max(axis=0) + REACH) / CELL).astype(int)
        grid = np.stack(np.meshgrid(*(np.arange(a, b) for a, b in zip(low, high, strict=True))))
        cells = grid.reshape(3, -1).T
        pixels, depth = project(view.camera, view.map_from_camera.inverse(), (cells + 0.5) * CELL)
        height, width = view.depth.shape
        seen = (depth > 0.2) & (pixels[:, 0] >= 0) & (pixels[:, 0] < width - 0.5)
        seen &= (pixels[:, 1] >= 0) & (pixels[:, 1] < height - 0.5)
        cells, depth = cells[seen], depth[seen]
        at = pixels[seen].astype(int)
        measured = view.depth[at[:, 1], at[:, 0]]
        free = cells[np.isfinite(measured) & (measured > depth + 1.5 * CELL)]
        old = [c for c, s in self._free.items() if self._now - s > MEMORY]
        for cell in old:
            del self._free[cell]
        self._free.update(dict.fromkeys(map(tuple, free.tolist()), self._now))

    def _swept(self, points: Array) -> Mask:
        """Points where a door of the home may be."""
        result = np.zeros(len(points), bool)
        for x, y, radius, bottom, top in self._sweeps:
            near = np.hypot(points[:, 0] - x, points[:, 1] - y) < radius
            result |= near & (points[:, 2] > bottom) & (points[:, 2] < top)
        return result


def _sweeps(home: Home) -> list[tuple[float, float, float, float, float]]:
    """Upright cylinders that hold every pose of every door and drawer: x, y, radius, z, z."""
    found = []
    for place in home.places:
        for joint in place.joints:
            panel = joint.panel
            out = joint.limit if joint.kind is JointKind.SLIDING else 0.0
            reach = float(np.hypot(panel.size[1], panel.size[0])) + 0.15
            if joint.kind is not JointKind.SLIDING and abs(joint.axis[2]) < 0.9:
                reach = max(reach, panel.size[2] + 0.15)
            middle = panel.centre if joint.kind is JointKind.SLIDING else joint.origin
            x, y = place.to_home((middle[0], middle[1]))
            bottom = panel.centre[2] - panel.size[2] / 2 - 0.1
            top = panel.centre[2] + panel.size[2] / 2 + 0.1
            found.append((x, y, reach + out, bottom, top))
    return found
