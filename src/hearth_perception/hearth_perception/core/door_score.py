"""How well a place with its door at some opening agrees with a view.

What counts is what is seen where it should be, what is seen through, what is left unexplained.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2
from hearth_core.home.model import JointKind

from hearth_perception.core.depth import Cloud
from hearth_perception.core.door_faces import Rod
from hearth_perception.core.door_geometry import Door
from hearth_perception.core.view import View, project

Array = npt.NDArray[np.float64]


NEAR_AXIS = 0.1
"""The plane of a leaf's face passes so near its axis [m]."""
LEVEL = 0.3
"""Most of a face's normal along a leaf's axis; least along a slide's (cosine)."""


@dataclass(frozen=True)
class Score:
    """Agreement of one hypothesis."""

    support: float
    """Share of the panel's samples in the image that are seen where they should be."""
    through: float
    """Share that the view looks through."""
    looked: float
    """Share of the panel that is in the image and not hidden."""
    unexplained: float
    """Area before the body that neither panel nor bar explains, in panels."""
    shown: float = 0.0
    """Share of the panel's samples in the image that are seen, less what is looked through."""
    shut: float = 0.0
    """What is shown of the closed panel, though the door should be open."""

    @property
    def total(self) -> float:
        """Larger is better."""
        return (
            self.support
            - 1.5 * self.through
            - 0.4 * min(1.0, self.unexplained)
            - 1.0 * self.shut
            + 0.15 * self.looked
        )


def panel_samples(door: Door, rod: Rod | None, count: int = 11) -> Array:
    """Points of the panel's two faces, its rims and the bar, closed coordinates, (N, 3)."""
    panel = door.joint.panel
    centre, size = np.array(panel.centre), np.array(panel.size)
    share = np.linspace(-0.46, 0.46, count)
    y, z = (v.ravel() for v in np.meshgrid(share * size[1], share * size[2]))
    zero = np.zeros(len(y))
    parts = [
        np.column_stack([zero + size[0] / 2, y, z]),
        np.column_stack([zero - size[0] / 2, y, z]),
    ]
    line = np.linspace(-0.48, 0.48, 2 * count)
    for sign in (-0.5, 0.5):
        parts.append(np.column_stack([0 * line, 0 * line + sign * size[1], line * size[2]]))
        parts.append(np.column_stack([0 * line, line * size[1], 0 * line + sign * size[2]]))
    samples = [part + centre for part in parts]
    if rod is not None:
        bar = np.tile(rod.centre, (2 * count, 1))
        bar[:, rod.long] += np.linspace(-0.95, 0.95, 2 * count) * rod.half
        samples.append(bar)
    return np.concatenate(samples)


def score(
    view: View,
    cloud: Cloud,
    door: Door,
    pose: Pose2,
    opening: float,
    samples: Array,
    unclear: Array,
    tolerance: float,
    *,
    edge: bool = False,
) -> Score:
    """Compare a hypothesis with a view.

    Args:
        view: Camera.
        cloud: Depth grid.
        door: Geometry.
        pose: Of the place in map.
        opening: Of the door.
        samples: See :func:`panel_samples`.
        unclear: See :func:`before_body`.
        tolerance: How far a sample may lie from what is seen [m].
        edge: Only the leaf's edge is to be seen, which much looks like: then all that is
            unclear counts, not only what may be a leaf.
    """
    unclear = unclear if edge else unclear[unclear[:, 4] > 0.0]
    map_from_closed = pose.lift() @ door.motion(opening)
    spots = map_from_closed.apply(samples)
    pixels, depth = project(view.camera, view.map_from_camera.inverse(), spots)
    cells = np.floor(np.nan_to_num(pixels, nan=-1e6) / cloud.stride).astype(int)
    rows, columns = cloud.depth.shape
    inside = (cells >= 0).all(axis=1) & (cells[:, 0] < columns) & (cells[:, 1] < rows)
    inside &= depth > 0.15
    # The nearest sample of a cell is what would be seen there.
    index = cells[inside, 1] * columns + cells[inside, 0]
    expected = depth[inside]
    order = np.lexsort((expected, index))
    index, first = np.unique(index[order], return_index=True)
    expected = expected[order][first]
    measured = cloud.depth.reshape(-1)[index]
    known = measured > 0.0
    measured, expected = measured[known], expected[known]
    slack = tolerance + 0.008 * expected
    hidden = measured < expected - slack - 0.02
    seen = np.abs(measured - expected) <= slack
    through = measured > expected + slack + 0.03
    open_view = int((~hidden).sum())
    total = max(1, len(samples) // 3)
    if open_view < 4:
        return Score(0.0, 0.0, 0.0, _left(unclear, door, pose, opening))
    return Score(
        float(seen.sum()) / open_view,
        float(through.sum()) / open_view,
        min(1.0, open_view / total),
        _left(unclear, door, pose, opening),
        (float(seen.sum()) - float(through.sum())) / len(seen),
    )


def before_body(cloud: Cloud, door: Door, pose: Pose2) -> Array:
    """What is where the door may swing but the closed body is not.

    Returns:
        Points in map, their areas, and 1 for those on what may be a leaf, shape (N, 5).
    """
    xyz = cloud.points.reshape(-1, 3)
    place_from_map = pose.lift().inverse()
    centre = pose.lift().apply(door.origin)
    normals = cloud.normals.reshape(-1, 3)
    near = cloud.valid.reshape(-1) & (
        np.abs(np.nan_to_num(xyz[:, :2], nan=1e6) - centre[:2]).max(axis=1) < door.reach + 0.5
    )
    points = xyz[near].astype(float)
    area = cloud.area.reshape(-1)[near].astype(float)
    local = place_from_map.apply(points)
    normal = normals[near].astype(float) @ place_from_map.rotation.T
    handle = door.joint.handle
    front = door.face + (0.03 if handle is None else handle.standoff + handle.diameter + 0.03)
    d = local - door.origin
    swing = (local[:, 0] > front) & (local[:, 2] > 0.06)
    if door.joint.kind is JointKind.SLIDING:
        swing &= (local[:, 1:] > door.low).all(axis=1) & (local[:, 1:] < door.high).all(axis=1)
        swing &= local[:, 0] < door.face + door.joint.limit + 0.1
        leaf = np.abs(normal @ door.axis) > LEVEL
    else:
        along = d @ door.axis
        ends = np.sort(np.array([[0.0, *door.low], [0.0, *door.high]]) @ door.axis)
        ends = ends - door.origin @ door.axis
        outward = d - np.outer(along, door.axis)
        radial = np.linalg.norm(outward, axis=1)
        swing &= (radial < door.reach + 0.02) & (along > ends[0] + 0.02) & (along < ends[1] - 0.02)
        # A wall beside the axis, or a floor, is no leaf.
        leaf = np.abs(np.einsum("ij,ij->i", normal, outward)) < NEAR_AXIS
        leaf &= np.abs(normal @ door.axis) < LEVEL
    return np.column_stack([points[swing], area[swing], leaf[swing]])


def _left(unclear: Array, door: Door, pose: Pose2, opening: float) -> float:
    if not len(unclear):
        return 0.0
    closed = (pose.lift() @ door.motion(opening)).inverse().apply(unclear[:, :3])
    panel = door.joint.panel
    centre, size = np.array(panel.centre), np.array(panel.size)
    d = np.abs(closed - centre) - size / 2
    inside = (d < 0.05).all(axis=1)
    handle = door.joint.handle
    if handle is not None:
        bar = closed - np.array(handle.centre)
        inside |= (np.abs(bar) < np.array([0.08, 0.08, 0.08]) + handle.length / 2).all(axis=1) & (
            np.abs(closed[:, 0] - handle.centre[0]) < handle.standoff + 0.04
        )
    # What stands on the door's inner side (bins, shelves of a refrigerator) belongs to it.
    inside |= (
        (d[:, 1:] < 0.02).all(axis=1)
        & (closed[:, 0] < centre[0])
        & (closed[:, 0] > centre[0] - 0.18)
    )
    scale = 0.35 * float(size[1] * size[2])
    return float(unclear[~inside, 3].sum()) / max(scale, 1e-6)
