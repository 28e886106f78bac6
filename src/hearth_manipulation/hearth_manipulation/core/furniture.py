"""The home model's furniture as solids of the planning scene: hollow where it is hollow."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from hearth_core.geometry import Transform
from hearth_core.home.model import Articulation, Home, JointKind, Place, Surface
from transforms3d.axangles import axangle2mat

from hearth_manipulation.core.scene import Thing

PLATE = 0.012
"""Thickness that shelves are taken to have [m]."""


def moved(joint: Articulation, opening: float) -> Transform:
    """``place_from_place`` of a part opened by ``opening`` [rad or m]."""
    axis = np.array(joint.axis, float)
    if joint.kind is JointKind.SLIDING:
        return Transform(np.eye(3), axis * opening)
    rotation = np.asarray(axangle2mat(axis, opening), float)
    origin = np.array(joint.origin, float)
    return Transform(rotation, origin - rotation @ origin)


def place_things(
    place: Place,
    frame: Transform,
    openings: Mapping[str, float] | None = None,
    motions: Mapping[str, Transform] | None = None,
) -> list[Thing]:
    """Solids of one place.

    Args:
        place: From the home model.
        frame: Scene from place, at floor level.
        openings: How far its joints are open [rad or m]; not named: closed.
        motions: How parts have moved since they were closed (scene), by ``place/joint``: what was
            felt or seen goes before what the home model says.
    """
    openings = openings or {}
    depth, width, height = place.size
    low, high = place.elevation, place.elevation + height
    inner = [s for s in place.surfaces if s.clearance is not None]
    things = []

    def add(
        name: str, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]
    ) -> None:
        size = np.array([x[1] - x[0], y[1] - y[0], z[1] - z[0]])
        if np.all(size > 1e-4):
            middle = np.array([sum(x), sum(y), sum(z)]) / 2.0
            pose = frame @ Transform(np.eye(3), middle)
            things.append(Thing(f"{place.name}/{name}", "box", size, pose))

    if not inner:
        add("body", (-depth / 2, depth / 2), (-width / 2, width / 2), (low, high))
    else:
        back, left, right, floor, ceiling = _cavity(inner)
        front = depth / 2
        panels = [j.panel for j in place.joints if any(s.behind == j.name for s in inner)]
        if panels:  # The walls end where the door begins.
            front = min(p.centre[0] - p.size[0] / 2 for p in panels)
        add("bottom", (-depth / 2, depth / 2), (-width / 2, width / 2), (low, floor))
        add("top", (-depth / 2, front), (-width / 2, width / 2), (ceiling, high))
        add("back", (-depth / 2, back), (-width / 2, width / 2), (floor, ceiling))
        add("side_left", (-depth / 2, front), (left, width / 2), (floor, ceiling))
        add("side_right", (-depth / 2, front), (-width / 2, right), (floor, ceiling))
        for surface in inner:
            r = surface.rectangle
            level = (surface.height - PLATE, surface.height)
            add(surface.name, (r.x_min, r.x_max), (r.y_min, r.y_max), level)
    for joint in place.joints:
        known = (motions or {}).get(f"{place.name}/{joint.name}")
        pose = (
            frame @ moved(joint, openings.get(joint.name, 0.0)) if known is None else known @ frame
        )
        panel = pose @ Transform(np.eye(3), np.array(joint.panel.centre, float))
        name = f"{place.name}/{joint.name}"
        things.append(Thing(name, "box", np.array(joint.panel.size, float), panel))
        if joint.handle is not None:
            handle = joint.handle
            upright = handle.orientation.value == "vertical"
            across = handle.diameter + handle.standoff
            size = np.array(
                [
                    across,
                    *(
                        (handle.diameter, handle.length)
                        if upright
                        else (handle.length, handle.diameter)
                    ),
                ]
            )
            centre = np.array(handle.centre, float) - np.array([handle.standoff / 2, 0.0, 0.0])
            things.append(
                Thing(f"{name}/handle", "box", size, pose @ Transform(np.eye(3), centre))
            )
    return things


def _cavity(inner: Iterable[Surface]) -> tuple[float, float, float, float, float]:
    """Back, left (+y), right, floor and ceiling of the space the surfaces share."""
    surfaces = list(inner)
    return (
        min(s.rectangle.x_min for s in surfaces),
        max(s.rectangle.y_max for s in surfaces),
        min(s.rectangle.y_min for s in surfaces),
        min(s.height for s in surfaces) - PLATE,
        max(s.height + (s.clearance or 0.0) for s in surfaces),
    )


def near_things(
    home: Home,
    scene_from_home: Transform,
    around: tuple[float, float],
    reach: float,
    openings: Mapping[str, Mapping[str, float]],
    corrections: Mapping[str, Transform],
    motions: Mapping[str, Transform] | None = None,
) -> list[Thing]:
    """Solids of the furniture near a point.

    Args:
        home: The nominal home.
        scene_from_home: Localisation, planar.
        around: Point in the scene [m].
        reach: How near [m].
        openings: By place and joint.
        corrections: Scene from place for places whose true pose was seen.
        motions: As in :func:`place_things`.
    """
    found: list[Thing] = []
    for place in home.places:
        frame = corrections.get(place.name, scene_from_home @ place.frame)
        if max(place.size[2], place.size[0], place.size[1]) < 0.05:
            continue  # rugs
        half = math.hypot(place.size[0], place.size[1]) / 2.0
        away = math.hypot(frame.translation[0] - around[0], frame.translation[1] - around[1])
        if away - half <= reach:
            found += place_things(place, frame, openings.get(place.name), motions)
    return found
