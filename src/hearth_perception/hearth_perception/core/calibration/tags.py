"""Gathers pictures of a tag, each with the joints' positions, from poses that differ."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from hearth_core.errors import BadInputError
from hearth_core.geometry import Transform
from hearth_core.ports import CameraModel
from hearth_description.core.model import RobotModel
from scipy.spatial.transform import Rotation

from hearth_perception.core.calibration.extrinsics import LEAST_POSES, Extrinsics, calibrate
from hearth_perception.core.calibration.mounts import Mount, joints_between, mount_of
from hearth_perception.core.calibration.tag_fit import refine
from hearth_perception.core.markers import Marker, MarkerFinder
from hearth_perception.core.view import Color

STILL = 0.004
"""Most a joint may have moved in ``QUIET`` before a picture [rad]."""
QUIET = 0.4
"""[s]"""
ENOUGH = 80


@dataclass(frozen=True)
class Tag:
    """A printed square marker fixed to a link."""

    family: str
    number: int
    size: float
    """Side of the black square [m]."""
    carrier: str
    """Link of the robot it is fixed to; the root link for one that stands in the room."""


@dataclass
class TagCollector:
    """Pictures and joint positions in, the camera's mount out."""

    model: RobotModel
    tag: Tag
    frame: str
    """The camera's optical frame."""
    distinct: bool = True
    """Leave out poses seen before (a folder of chosen pictures: False)."""
    fates: Counter[str] = field(default_factory=Counter)
    """What became of the pictures."""
    camera: CameraModel | None = None
    poses: list[Transform] = field(default_factory=list)
    last: Mapping[str, float] = field(default_factory=dict)
    """Joints of the newest picture of a robot that stood still."""
    markers: list[Marker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.mount: Mount = mount_of(self.model, self.frame)
        self.joints = joints_between(self.model, self.mount.link, self.tag.carrier)
        if not self.joints:
            raise BadInputError(
                f"no joint moves {self.tag.carrier!r} against {self.mount.link!r}: a tag there "
                "says nothing about the camera"
            )
        self._finder = MarkerFinder(self.tag.family, self.tag.size, precise=True)
        self._history: deque[tuple[float, Mapping[str, float]]] = deque(maxlen=400)

    def positions(self, stamp: float, positions: Mapping[str, float]) -> None:
        """Joint positions by name [rad] at ``stamp`` [s]."""
        self._history.append((stamp, positions))

    def picture(self, stamp: float, color: Color, camera: CameraModel) -> str:
        """Take an RGB image of a moving robot: used when the joints stood still before it.

        Returns:
            What became of it, for people.
        """
        recent = [p for s, p in self._history if stamp - QUIET <= s <= stamp + 0.02]
        if len(recent) < 3:
            return self._note("without joint states of its moment")
        self._check(recent[-1])
        rows = np.array([[p[j] for j in self.joints] for p in recent if all_in(self.joints, p)])
        if np.ptp(rows, axis=0).max() > STILL:
            return self._note("moving")
        return self.still(color, camera, dict(zip(self.joints, rows.mean(axis=0), strict=True)))

    def still(self, color: Color, camera: CameraModel, positions: Mapping[str, float]) -> str:
        """Take an RGB image of a robot that stands still with these joints.

        Raises:
            BadInputError: A joint between camera and tag is missing.
        """
        self._check(positions)
        self.camera, self.last = camera, positions
        known = {k: v for k, v in positions.items() if k in self.model.kinematics.index}
        pose = self.model.pose(known, self.tag.carrier, self.mount.link)
        if self.distinct and any(_alike(pose, other) for other in self.poses):
            return self._note("as before")
        found = [m for m in self._finder.find(color, camera) if m.number == self.tag.number]
        if not found:
            return self._note("without the tag")
        self.poses.append(pose)
        self.markers.append(found[0])
        return self._note("taken")

    @property
    def pictures(self) -> int:
        """How many came."""
        return self.fates.total()

    def _note(self, fate: str) -> str:
        self.fates[fate] += 1
        return fate

    def _check(self, positions: Mapping[str, float]) -> None:
        absent = [j for j in self.joints if j not in positions]
        if absent:
            raise BadInputError(
                f"no positions of {absent}, which move the tag before the camera; "
                f"there are {sorted(positions)}"
            )

    @property
    def full(self) -> bool:
        """Whether more would help little."""
        return len(self.poses) >= ENOUGH

    def result(self) -> Extrinsics:
        """The camera on its mount.

        Raises:
            BadInputError: No pictures, no tag on them, too few poses or all alike.
        """
        tag = f"tag {self.tag.family}:{self.tag.number}"
        if not self.pictures:
            raise BadInputError("no picture came")
        if len(self.poses) < LEAST_POSES or self.camera is None:
            fates = ", ".join(f"{count} {fate}" for fate, count in self.fates.items())
            raise BadInputError(
                f"{tag} was seen in {len(self.poses)} different poses on {self.pictures} pictures "
                f"of {self.frame} ({fates}); expected at least {LEAST_POSES}, the arm still for "
                f"{QUIET + 0.1:.1f} s in each"
            )
        seen = [m.camera_from_marker for m in self.markers]
        found = calibrate(self.poses, seen, self.mount.nominal)
        corners = [m.corners for m in self.markers]
        found = refine(found, self.poses, corners, self.camera, self.tag.size)
        if found.used < LEAST_POSES:
            raise BadInputError(
                f"{tag}: only {found.used} of {found.poses} poses agree with one place of the "
                f"camera; is the tag's side really {self.tag.size} m, fixed to {self.tag.carrier}?"
            )
        return found


def all_in(names: tuple[str, ...], positions: Mapping[str, float]) -> bool:
    """Whether a joint state carries all of them."""
    return all(name in positions for name in names)


def _alike(one: Transform, other: Transform) -> bool:
    turn = Rotation.from_matrix(one.rotation.T @ other.rotation).magnitude()
    away = float(np.linalg.norm(one.translation - other.translation))
    return away < 0.02 and turn < np.radians(3.0)
