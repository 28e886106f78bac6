"""How far a door stands open and where its handle is, from one view.

The home model says where the door should be within some 15 cm and 8 degrees; the depth image
says the rest. Directions of the normals about the hinge's axis vote for openings; each vote is
tested by undoing it and looking whether the panel's rectangle is filled and nothing sticks out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, Transform, wrap_angle
from hearth_core.home.model import JointKind

from hearth_perception.core.depth import Cloud
from hearth_perception.core.door_geometry import Door
from hearth_perception.core.handles import Bar, find_bar
from hearth_perception.core.leaf_edge import opening_of_edge
from hearth_perception.core.view import View, project

Array = npt.NDArray[np.float64]

AJAR = math.radians(8.0)
"""Openings below this are taken for a turned place while its pose is only nominal."""
AJAR_KNOWN = math.radians(2.0)
"""The same once the place was seen."""
SLACK = 0.15
"""How far the home model may be off [m]."""


@dataclass(frozen=True, eq=False)
class DoorView:
    """What one view says about a door."""

    opening: float
    """[rad] hinged, [m] sliding; 0 closed."""
    sigma: float
    """Standard deviation of ``opening``."""
    confidence: float
    """0..1: how much of the panel was seen where it must be."""
    inner: bool
    """The inner face was seen."""
    shift: float
    """How far the face lies before (+) or behind its expected plane [m]."""
    pose: Pose2
    """The place's pose, corrected where the view allows (``corrected``)."""
    corrected: bool
    """``pose`` follows from a closed face and its handle seen in this view."""
    handle: Transform | None
    """``map_from_handle``: centre of the bar, x out of the face, z along it; None: it has none."""
    handle_size: Array
    """Extents along the handle's axes [m], shape (3,)."""
    handle_seen: bool
    """False: ``handle`` is where the model says it must be at this opening."""


@dataclass(frozen=True, eq=False)
class _Fit:
    opening: float
    score: float
    coverage: float
    inner: bool
    shift: float
    points: Array  # closed coordinates of the inliers


def look_at_door(view: View, cloud: Cloud, door: Door) -> DoorView | None:
    """Opening and handle of a door in a view; None when its panel is not in it.

    Args:
        view: The view, for its camera.
        cloud: Its points.
        door: The door where the home model, or an earlier view, expects it.
    """
    local = _local(cloud, door)
    if local is None:
        return None
    points, normals, area = local
    if door.joint.kind is JointKind.SLIDING:
        fit = _slide(points, normals, area, door)
    else:
        fits: list[_Fit] = []
        for angle in _angles(points, normals, area, door):
            coarse = _test(points, normals, area, door, angle)
            if coarse is not None:
                fine = _sharpen(coarse, points, normals, area, door)
                fits += [coarse, fine] if fine is not coarse else [coarse]
        fits = [replace(f, score=f.score - _through(view, cloud, door, f)) for f in fits]
        fit = max((f for f in fits if f.score > 0.0), key=lambda f: f.score, default=None)
    if fit is None and door.joint.kind is not JointKind.SLIDING:
        fit = _edge_on(points, door)
    if fit is None:
        return None
    return _conclude(fit, points, door)


def _edge_on(points: Array, door: Door) -> _Fit | None:
    """A leaf that shows only its edge."""
    found = opening_of_edge(points, door, 0.0 if door.pose_known else 0.05)
    if found is None:
        return None
    opening, length = found
    q = door.motion(opening).inverse().apply(points)
    return _Fit(opening, length, 0.1, False, 0.0, q[:1])


def _local(cloud: Cloud, door: Door) -> tuple[Array, Array, Array] | None:
    """Points, normals (place frame) and areas near where the panel can be."""
    flat = np.flatnonzero(cloud.valid)
    place_from_map = door.map_from_place.inverse()
    centre = door.map_from_place.apply(door.origin)
    xyz = cloud.points.reshape(-1, 3)[flat]
    near = np.abs(xyz[:, :2] - centre[:2].astype(np.float32)).max(axis=1) < door.reach + 0.6
    flat = flat[near]
    if len(flat) < 100:
        return None
    points = place_from_map.apply(cloud.points.reshape(-1, 3)[flat].astype(float))
    normals = cloud.normals.reshape(-1, 3)[flat].astype(float) @ place_from_map.rotation.T
    return points, normals, cloud.area.reshape(-1)[flat].astype(float)


def _angles(points: Array, normals: Array, area: Array, door: Door) -> list[float]:
    """Openings the normals near the axis vote for, best first."""
    axis = door.axis
    d = points - door.origin
    radial = np.linalg.norm(d - np.outer(d @ axis, axis), axis=1)
    along = points @ axis
    ends = np.array([(0.0, *door.low), (0.0, *door.high)]) @ axis
    use = (radial < door.reach + SLACK) & (np.abs(normals @ axis) < 0.35)
    use &= (along > ends.min() - 0.02) & (along < ends.max() + 0.02)
    use &= (normals**2).sum(axis=1) > 0.5
    use &= points[:, 0] > door.face - door.joint.panel.size[0] - SLACK
    if use.sum() < 60:
        return []
    out = np.array([1.0, 0.0, 0.0])
    side = np.cross(axis, out)
    angle = np.arctan2(normals[use] @ side, normals[use] @ out)
    opening = np.where(angle < -0.35, angle + math.pi, angle)  # an inner face looks back
    weight = area[use]
    width = math.radians(3.0)
    bins = np.floor((opening + 0.4) / width).astype(int)
    histogram = np.bincount(bins.clip(0), weight, minlength=bins.max() + 3)
    smooth = np.convolve(histogram, [1.0, 1.0, 1.0], "same")
    result = []
    for _ in range(5):
        best = int(np.argmax(smooth))
        if smooth[best] < 0.03:
            break
        mine = np.abs(bins - best) <= 1
        result.append(float(np.average(opening[mine], weights=weight[mine])))
        smooth[max(0, best - 3) : best + 4] = 0.0
    return [a for a in result if -0.2 <= a <= door.joint.limit + 0.2]


def _test(points: Array, normals: Array, area: Array, door: Door, opening: float) -> _Fit | None:
    """Undo an opening and see whether the panel's rectangle is filled, and only it."""
    motion = door.motion(opening).inverse()
    q = motion.apply(points)
    n = normals @ motion.rotation.T
    best: _Fit | None = None
    thickness = door.joint.panel.size[0]
    slack = 0.05 if door.pose_known else SLACK
    for inner in (False, True):
        if inner and opening < 0.3:
            continue
        plane = door.face - (thickness if inner else 0.0)
        facing = n[:, 0] < -0.9 if inner else n[:, 0] > 0.9
        inside = (q[:, 1:] > door.low - slack).all(axis=1) & (q[:, 1:] < door.high + slack).all(
            axis=1
        )
        close = np.abs(q[:, 0] - plane) < slack + 0.03
        candidates = facing & inside & close
        if candidates.sum() < 40:
            continue
        level = _mode(q[candidates, 0], area[candidates])
        on = facing & (np.abs(q[:, 0] - level) < 0.015)
        within = on & inside
        beyond = on & ~inside & (np.abs(q[:, 1:] - (door.low + door.high) / 2) < 1.2).all(axis=1)
        size = door.high - door.low
        filled = area[within].sum()
        coverage = min(1.0, float(filled / size.prod()))
        # A wall or a row of fronts goes on beyond the panel; at closed, neighbours may be flush.
        stray = float(area[beyond].sum() / size.prod()) * (0.2 if opening < 0.2 else 1.0)
        score = coverage - 0.5 * min(stray, 1.0) - 0.5 * abs(level - plane)
        if best is None or score > best.score:
            best = _Fit(opening, score, coverage, inner, float(level - plane), q[within])
    return best if best is not None and best.coverage > 0.04 and best.score > 0.0 else None


def _through(view: View, cloud: Cloud, door: Door, fit: _Fit) -> float:
    """How much of the panel, put where ``fit`` says, the view looks through, 0..1."""
    inset = 0.12 if door.pose_known else 0.2
    share = np.linspace(inset, 1.0 - inset, 9)
    y, z = np.meshgrid(
        door.low[0] + share * (door.high[0] - door.low[0]),
        door.low[1] + share * (door.high[1] - door.low[1]),
    )
    thickness = door.joint.panel.size[0] if fit.inner else 0.0
    x = np.full(y.size, door.face - thickness + fit.shift)
    panel = np.column_stack([x, y.ravel(), z.ravel()])
    in_map = door.closed_from_map(fit.opening).inverse().apply(panel)
    pixels, depth = project(view.camera, view.map_from_camera.inverse(), in_map)
    cells = np.nan_to_num(pixels, nan=-1e6) / cloud.stride
    rows, cols = np.floor(cells[:, 1]).astype(int), np.floor(cells[:, 0]).astype(int)
    inside = (rows >= 0) & (cols >= 0) & (rows < cloud.depth.shape[0])
    inside &= cols < cloud.depth.shape[1]
    measured = cloud.depth[rows[inside], cols[inside]]
    expected = depth[inside]
    looked = measured > 0.0
    if looked.sum() < 4:
        return 0.0
    through = (measured > expected + 0.05 + 0.02 * expected) & looked
    return float(through.sum() / looked.sum())


def _mode(values: Array, weights: Array) -> float:
    low = values.min()
    bins = np.floor((values - low) / 0.005).astype(int)
    histogram = np.convolve(np.bincount(bins, weights), [1.0, 1.0, 1.0], "same")
    best = int(np.argmax(histogram))
    return float(np.median(values[np.abs(bins - best) <= 1]))


def _sharpen(fit: _Fit, points: Array, normals: Array, area: Array, door: Door) -> _Fit:
    """Turn the panel until its inliers lie on one plane."""
    for _ in range(3):
        tilt = _tilt(fit.points, door)
        again = _test(points, normals, area, door, fit.opening + tilt)
        if again is None or again.inner is not fit.inner:
            break
        fit = again
        if abs(tilt) < 0.002:
            break
    return fit


def _tilt(q: Array, door: Door) -> float:
    """Rotation about the axis [rad] that the inliers still show in closed coordinates."""
    side = np.cross(door.axis, [1.0, 0.0, 0.0])
    inner = ((q[:, 1:] > door.low + 0.05) & (q[:, 1:] < door.high - 0.05)).all(axis=1)
    if inner.sum() < 40:
        return 0.0
    across = q[inner] @ side
    x = q[inner, 0]
    for _ in range(2):
        a = across - across.mean()
        spread = float((a**2).sum())
        if spread < 1e-6:
            return 0.0
        slope = float((a * (x - x.mean())).sum()) / spread
        rest = np.abs(x - x.mean() - slope * a)
        keep = rest < max(0.004, 2.0 * float(np.median(rest)))
        across, x = across[keep], x[keep]
    return -math.atan(slope)


def _slide(points: Array, normals: Array, area: Array, door: Door) -> _Fit | None:
    """A drawer's opening is how far its front stands out."""
    inside = (points[:, 1:] > door.low + 0.02).all(axis=1) & (
        points[:, 1:] < door.high - 0.02
    ).all(axis=1)
    candidates = inside & (normals[:, 0] > 0.9) & (points[:, 0] > door.face - SLACK)
    candidates &= points[:, 0] < door.face + door.joint.limit + SLACK
    if candidates.sum() < 40:
        return None
    level = _mode(points[candidates, 0], area[candidates])
    on = candidates & (np.abs(points[:, 0] - level) < 0.015)
    size = door.high - door.low
    coverage = min(1.0, float(area[on].sum() / size.prod()))
    opening = level - door.face
    if not door.pose_known and abs(opening) < SLACK / 2:
        opening = 0.0
    q = points[on] - door.axis * opening
    return _Fit(opening, coverage, coverage, False, level - door.face - opening, q)


def _conclude(fit: _Fit, points: Array, door: Door) -> DoorView:
    opening, pose, corrected = fit.opening, door.pose, False
    hinged = door.joint.kind is not JointKind.SLIDING
    vertical = abs(door.axis[2]) > 0.9
    face = door.closed_from_map(opening).inverse().apply(fit.points)
    ambiguous = AJAR_KNOWN if door.pose_known else AJAR
    if hinged and abs(opening) < ambiguous and not fit.inner:
        # A closed door turned by a few degrees is furniture that stands a little turned, or a
        # localisation that drifted since the furniture was seen.
        if vertical:
            pose = _turn_about(pose, door, opening)
        opening, corrected = 0.0, True
    if abs(opening) < AJAR and not fit.inner:
        turned = Door(door.place, door.joint, pose, True).closed_from_map(opening)
        pose = pose @ Pose2(float(np.median(turned.apply(face)[:, 0])) - door.face, 0.0, 0.0)
        corrected = True
    now = Door(door.place, door.joint, pose, corrected or door.pose_known)
    in_map = door.map_from_place.apply(points)
    bar: Bar | None = None
    if not fit.inner:
        bar = find_bar(now.closed_from_map(opening).apply(in_map), now)
    if bar is not None and corrected and door.joint.handle is not None:
        sideways = float(bar.centre[1] - door.joint.handle.centre[1])
        if abs(sideways) < SLACK:
            pose = pose @ Pose2(0.0, sideways, 0.0)
            now = Door(door.place, door.joint, pose, True)
            bar = bar.moved(np.array([0.0, -sideways, 0.0]))
    handle, size = now.nominal_handle(opening), np.zeros(3)
    nominal = door.joint.handle
    if nominal is not None:
        size = np.array([nominal.diameter, nominal.diameter, nominal.length])
    if bar is not None and handle is not None:
        handle = now.map_from_place @ now.motion(opening) @ bar.frame
        size = np.array([bar.diameter, bar.diameter, bar.length])
    sigma = math.radians(1.0 if now.pose_known else 3.0) if hinged else 0.01
    return DoorView(
        max(0.0, opening),
        sigma / max(0.25, math.sqrt(fit.coverage)),
        min(1.0, 0.3 + fit.coverage) if fit.coverage > 0.15 else fit.coverage * 2,
        fit.inner,
        fit.shift,
        pose,
        corrected,
        handle,
        size,
        bar is not None,
    )


def _turn_about(pose: Pose2, door: Door, angle: float) -> Pose2:
    """Turn a place by what its closed door seems open, about the middle of the face."""
    signed = angle * float(np.sign(door.axis[2]))
    middle = (float(door.face), float((door.low[0] + door.high[0]) / 2))
    before = pose @ Pose2(*middle, 0.0)
    turned = Pose2(before.x, before.y, wrap_angle(pose.yaw + signed))
    return turned @ Pose2(-middle[0], -middle[1], 0.0)
