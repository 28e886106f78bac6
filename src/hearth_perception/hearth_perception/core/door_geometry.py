"""A door or drawer of the home model in the coordinates of its closed state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, Transform
from hearth_core.home.model import Articulation, JointKind, Place

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Door:
    """One joint of one place standing at ``pose``.

    *Closed coordinates* are the place's frame after undoing the joint's motion: whatever the
    opening, the panel's face lies at ``face`` on x and inside ``low``..``high`` on y and z.
    """

    place: Place
    joint: Articulation
    pose: Pose2
    """Of the place in map: nominal, or better once it was seen."""
    pose_known: bool
    """Whether ``pose`` was seen rather than taken from the home model."""

    @property
    def map_from_place(self) -> Transform:
        """At floor level."""
        return self.pose.lift()

    @property
    def origin(self) -> Array:
        """A point on the axis in the place's frame, shape (3,)."""
        return np.array(self.joint.origin, float)

    @property
    def axis(self) -> Array:
        """Unit axis in the place's frame, shape (3,)."""
        axis = np.array(self.joint.axis, float)
        return np.asarray(axis / np.linalg.norm(axis))

    @property
    def face(self) -> float:
        """Where the panel's outer face is on x when closed [m]."""
        return self.joint.panel.centre[0] + self.joint.panel.size[0] / 2

    @property
    def low(self) -> Array:
        """Least y and z of the panel when closed, shape (2,)."""
        panel = self.joint.panel
        return np.array(panel.centre[1:]) - np.array(panel.size[1:]) / 2

    @property
    def high(self) -> Array:
        """Largest y and z of the panel when closed, shape (2,)."""
        panel = self.joint.panel
        return np.array(panel.centre[1:]) + np.array(panel.size[1:]) / 2

    @property
    def reach(self) -> float:
        """Distance of the panel's far edge from the axis [m]; travel of a slide."""
        if self.joint.kind is JointKind.SLIDING:
            return self.joint.limit
        corners = np.array(
            [
                (self.face, y, z)
                for y in (self.low[0], self.high[0])
                for z in (self.low[1], self.high[1])
            ]
        )
        d = corners - self.origin
        return float(np.linalg.norm(d - np.outer(d @ self.axis, self.axis), axis=1).max())

    def motion(self, opening: float) -> Transform:
        """``place_from_closed``: where a point of the closed panel goes at ``opening``."""
        if self.joint.kind is JointKind.SLIDING:
            return Transform(np.eye(3), self.axis * opening)
        rotation = rotation_about(self.axis, opening)
        return Transform(rotation, self.origin - rotation @ self.origin)

    def closed_from_map(self, opening: float) -> Transform:
        """Takes points of the map to closed coordinates."""
        return (self.map_from_place @ self.motion(opening)).inverse()

    def slant(self, opening: float, eye: Array) -> float:
        """Sine of the angle at which ``eye`` (map) sees the panel; negative from inside."""
        off = self.closed_from_map(opening).apply(eye) - np.array(self.joint.panel.centre)
        return float(off[0]) / max(float(np.linalg.norm(off)), 1e-6)

    def nominal_handle(self, opening: float) -> Transform | None:
        """``map_from_handle`` by the home model: x out of the face, z along the bar."""
        handle = self.joint.handle
        if handle is None:
            return None
        rotation = np.eye(3)
        if handle.orientation == "horizontal":
            rotation = np.array([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]])
        closed = Transform(rotation, np.array(handle.centre, float))
        return self.map_from_place @ self.motion(opening) @ closed


def rotation_about(axis: Array, angle: float) -> Array:
    """Rotation matrix about a unit axis (Rodrigues)."""
    x, y, z = axis
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k))
