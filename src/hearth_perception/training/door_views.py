"""Doors of generated homes, seen closed and then open: angles and handles against the truth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from apartment import Studio
from hearth_core.geometry import Pose2, Transform
from hearth_core.home.model import Articulation, JointKind, Place
from hearth_perception.core.door_geometry import Door
from hearth_perception.core.ego import Ego
from hearth_perception.core.perceiver import Perceiver
from hearth_perception.core.view import View
from hearth_sim.core.assemble import read_home
from hearth_sim.core.home.occupancy import nominal_occupancy


@dataclass(frozen=True)
class DoorSample:
    """One look at one door."""

    home: int
    door: str
    kind: str
    opening: float
    """True [rad or m]."""
    distance: float
    """Camera to handle [m]."""
    seen: bool
    opening_error: float
    """[rad or m]; nan: not seen."""
    handle_error: float
    """Middle of the bar [m]; nan: not seen."""
    handle_seen: bool
    """The bar itself, not only what follows from the opening."""
    confidence: float = 0.0

    @property
    def right(self) -> bool:
        """Within 3 degrees (15 mm for drawers) and 15 mm."""
        limit = math.radians(3.0) if self.kind == JointKind.HINGED else 0.015
        return self.seen and self.opening_error <= limit and self.handle_error <= 0.015


def door_samples(number: int, doors: int) -> Iterator[DoorSample]:
    """Look at some doors of a home: closed first, then open by drawn amounts."""
    rng = np.random.default_rng([number, 31])
    home = read_home(f"generated:{number}")
    studio = Studio(home, number, rest=0.004)
    ego = Ego(studio.robot)
    clear = nominal_occupancy(home).clearance()
    floor = nominal_occupancy(home)
    try:
        options = [(p, j) for p in home.places for j in p.joints if j.handle is not None]
        options = [
            (p, j)
            for p, j in options
            if 0.4 < j.handle.centre[2] < 1.6  # type: ignore[union-attr]
        ]
        order = rng.permutation(len(options))[:doors]
        fridge = [k for k, (p, j) in enumerate(options) if p.kind == "refrigerator"]
        for index in dict.fromkeys([*fridge[:1], *order.tolist()]):
            place, joint = options[index]
            perceiver = Perceiver(home)
            for opening in (0.0, float(rng.uniform(0.15, 0.95)) * joint.limit):
                sample = _look(studio, ego, perceiver, place, joint, opening, rng, floor, clear)
                if sample is not None:
                    yield replace(sample, home=number)
            studio.set_door(f"{place.name}/{joint.name}", 0.0)
    finally:
        studio.close()


def _look(
    studio: Studio,
    ego: Ego,
    perceiver: Perceiver,
    place: Place,
    joint: Articulation,
    opening: float,
    rng: np.random.Generator,
    floor: object,
    clear: np.ndarray,
) -> DoorSample | None:
    studio.set_door(f"{place.name}/{joint.name}", opening)
    door = Door(place, joint, studio.place_pose(place.name), True)
    handle = door.nominal_handle(opening)
    assert handle is not None
    for _ in range(60):
        frame = studio.place_pose(place.name)
        reach, side = rng.uniform(0.75, 1.4), rng.uniform(-0.5, 0.5)
        stand = frame @ Pose2(place.size[0] / 2 + reach, joint.panel.centre[1] + side)
        free = floor.at(clear, (stand.x, stand.y))  # type: ignore[attr-defined]
        away = float(np.hypot(stand.x - handle.translation[0], stand.y - handle.translation[1]))
        if free is not None and float(free) > 0.28 and 0.6 < away < 1.5:
            break
    else:
        return None
    centre = door.map_from_place.apply(np.array(joint.panel.centre))
    target = (centre + handle.translation) / 2
    yaw = math.atan2(target[1] - stand.y, target[0] - stand.x)
    studio.stand(Pose2(stand.x, stand.y, yaw))
    studio.look_at((float(target[0]), float(target[1]), float(target[2])))
    view = studio.view()
    about = Transform(np.eye(3), view.map_from_camera.translation)
    error = Pose2(*rng.normal(0.0, 0.02, 2), rng.normal(0.0, 0.01)).lift()
    error = about @ error @ about.inverse()
    believed = View(view.stamp, view.camera, error @ view.map_from_camera, view.color, view.depth)
    stride = perceiver.stride
    ignore = ego.mask(believed, studio.joint_positions(), view.camera.frame, stride)
    seen = perceiver.look_at_door(believed, place.name, joint.name, ignore)
    real = error @ handle
    distance = float(np.linalg.norm(handle.translation - view.origin))
    name = f"{place.kind}/{joint.name}"
    if seen is None or seen.handle is None:
        return DoorSample(0, name, joint.kind, opening, distance, False, math.nan, math.nan, False)
    off = float(np.linalg.norm(seen.handle.translation - real.translation))
    return DoorSample(
        0,
        name,
        joint.kind,
        opening,
        distance,
        True,
        abs(seen.opening - opening),
        off,
        seen.handle_seen,
        seen.confidence,
    )
