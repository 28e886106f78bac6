"""One look: from a view to things, surfaces and doors in the map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from hearth_core.errors import UnknownNameError
from hearth_core.geometry import Pose2
from hearth_core.home.model import Home

from hearth_perception.core.articulation import DoorView, look_at_door
from hearth_perception.core.clusters import Segmentation, segment
from hearth_perception.core.depth import make_cloud
from hearth_perception.core.detector import Detection, Detector
from hearth_perception.core.door_geometry import Door
from hearth_perception.core.free_space import SurfaceMemory
from hearth_perception.core.glance import glance_at
from hearth_perception.core.household import household_detector
from hearth_perception.core.places import Shelf, in_view, shelves_of
from hearth_perception.core.semantic_map import SemanticMap
from hearth_perception.core.sighting import Sighting, lift
from hearth_perception.core.view import View

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Percept:
    """What one view gave."""

    view: View
    segmentation: Segmentation
    detections: list[Detection]
    sightings: list[Sighting]


@dataclass
class Perceiver:
    """Everything the robot has seen so far, and how it looks."""

    home: Home
    detector: Detector = field(default_factory=household_detector)
    things: SemanticMap = field(default_factory=SemanticMap)
    surfaces: SurfaceMemory = field(default_factory=SurfaceMemory)
    poses: dict[str, Pose2] = field(default_factory=dict)
    """Places by name whose true pose was seen."""
    doors: dict[tuple[str, str], tuple[float, DoorView]] = field(default_factory=dict)
    """Newest view of every door looked at, with its time [s], by place and joint."""
    stride: int = 2
    reach: float = 3.5
    """Farthest surface that is looked for [m]."""

    def shelves(self, view: View) -> list[Shelf]:
        """Nominal surfaces that may be in the view."""
        found = [
            s for place in self.home.places for s in shelves_of(place, self.poses.get(place.name))
        ]
        forward = view.map_from_camera.rotation[:2, 2]
        return [
            s
            for s in in_view(found, view.origin, self.reach)
            if (np.array([s.pose.x, s.pose.y]) - view.origin[:2]) @ forward
            > -float(np.hypot(*s.size))
        ]

    def look(self, view: View, ignore: Mask | None = None) -> Percept:
        """Take a view: update things and surfaces.

        Args:
            view: Images and pose of the camera in map.
            ignore: Grid cells of the robot itself.

        Raises:
            BadViewError: The view carries no depth.
        """
        cloud = make_cloud(view, stride=self.stride, ignore=ignore)
        segmentation = segment(cloud, self.shelves(view))
        detections = self.detector.detect(view, segmentation)
        sightings = [s for d in detections if (s := lift(d)) is not None]
        self.things.update(sightings, view.stamp, lambda track: glance_at(view, cloud, track))
        for support in segmentation.supports:
            if support.shelf is not None:
                self.things.surveyed.see(support.shelf.name, support.points, view.stamp)
        self.surfaces.update(segmentation, view.stamp)
        return Percept(view, segmentation, detections, sightings)

    def door(self, place: str, joint: str) -> Door:
        """A door as it is expected now.

        Raises:
            UnknownNameError: No such place or joint in the home.
        """
        found = self.home.place(place)
        pose = self.poses.get(place)
        return Door(
            found, found.joint(joint), pose if pose is not None else found.pose, pose is not None
        )

    def look_at_door(
        self, view: View, place: str, joint: str, ignore: Mask | None = None
    ) -> DoorView | None:
        """Opening and handle of one door in a view, remembered with the place's true pose.

        Raises:
            BadViewError: The view carries no depth.
            UnknownNameError: No such place or joint in the home.
        """
        cloud = make_cloud(view, stride=self.stride, radius=4, ignore=ignore)
        seen = look_at_door(view, cloud, self.door(place, joint))
        if seen is None:
            return None
        if seen.corrected and seen.handle_seen and seen.confidence > 0.5:
            self.poses[place] = seen.pose
        self.doors[(place, joint)] = (view.stamp, seen)
        return seen

    def resolve_door(self, name: str) -> tuple[str, str]:
        """Place and joint that ``refrigerator`` or ``refrigerator/door`` mean.

        Raises:
            UnknownNameError: No such place or joint, or the place has no joints.
        """
        target = self.home.resolve(name)
        if target.place is None or not target.place.joints:
            openable = [p.name for p in self.home.places if p.joints]
            raise UnknownNameError("door or drawer", name, openable)
        if target.joint is not None:
            return target.place.name, target.joint.name
        named = [j for j in target.place.joints if j.name == "door"]
        return target.place.name, (named or list(target.place.joints))[0].name

    def forget(self, names: Mapping[str, object] | None = None) -> None:
        """Forget everything seen (a reset world)."""
        del names
        self.things.forget()
        self.surfaces.clear()
        self.poses.clear()
        self.doors.clear()
