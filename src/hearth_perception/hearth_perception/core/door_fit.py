"""Where a place stands and how far its door is open, both at once, so that the model fits.

Robust least squares on four numbers: the place's shift (x, y), its turn, the opening. Points
pull on the faces they lie on; the home model and earlier views pull the place back a little.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

from hearth_perception.core.door_faces import Face, Rod
from hearth_perception.core.door_geometry import Door

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Residual = Callable[["Points", Door, Array], Array]

SOFT = 0.004
"""Residuals beyond pull less and less [m]."""
CLOSE = (0.10, 0.07, 0.05, 0.035, 0.025, 0.02, 0.02)
"""How far a point may be from its face, step by step [m]."""
STEP = 1e-4
"""Of numerical derivatives [m or rad]."""
NOISE = 0.004
"""Standard deviation of a point, with what neighbours share of it [m]."""
SHARED = 40.0
"""Neighbouring points err together: so many count as one."""


@dataclass(frozen=True, eq=False)
class Points:
    """Of a view, in the frame of the place where it is expected."""

    xyz: Array
    normals: Array

    def thinned(self, most: int) -> Points:
        """Every k-th."""
        k = max(1, len(self.xyz) // most)
        return Points(self.xyz[::k], self.normals[::k])


@dataclass(frozen=True, eq=False)
class Fit:
    """A place and an opening that fit."""

    shift: Array
    """x, y [m] and turn [rad] of the place in its expected frame, shape (3,)."""
    opening: float
    covariance: Array
    """Of shift and opening, shape (4, 4)."""
    on_panel: int
    """Points that lie on the moving panel."""

    def pose(self, expected: Pose2) -> Pose2:
        """The place in map."""
        return expected @ Pose2(*(float(v) for v in self.shift))


def refine(
    points: Points,
    door: Door,
    faces: list[Face],
    rod: Rod | None,
    start: Array,
    sigma: Array,
    *,
    still: bool = False,
    centre: Array | None = None,
) -> Fit:
    """Pull a place and its door to the points.

    Args:
        points: Near the place.
        door: Its geometry.
        faces: See :func:`door_faces.faces_of`.
        rod: The handle's bar.
        start: Shift x, y, turn, opening.
        sigma: How far these may be from where the home model has them, shape (4,).
        still: Move the place only, by its fixed parts.
        centre: Where the place is expected to be, shape (3,); None: where the home model has it.
    """
    x = np.array(start, float)
    prior = np.array(start, float)
    prior[:3] = 0.0 if centre is None else centre
    weight = np.eye(4) / np.maximum(sigma, 1e-9) ** 2
    information = weight.copy()
    on_panel = 0
    for close in CLOSE:
        fixed, moving = _place(points, x), closed(points, door, x)
        parts: list[tuple[Array, Array]] = []
        on_panel = 0
        taken = np.zeros(len(points.xyz), bool)
        if rod is not None and not still and close <= 0.05:
            mask = _on_rod(moving[0], rod, close)
            taken |= mask
            if int(mask.sum()) >= 12:
                parts.append(_linear(points, door, x, mask, _rod_residual(rod)))
        for face in faces:
            if face.moving and still:
                continue
            mask = _on_face(moving if face.moving else fixed, face, close) & ~taken
            count = int(mask.sum())
            if count < 12:
                continue
            taken |= mask
            if face.moving:
                on_panel += count
            parts.append(_linear(points, door, x, mask, _face_residual(face)))
        if not parts:
            break
        jacobian = np.concatenate([rows for rows, _ in parts])
        residual = np.concatenate([values for _, values in parts])
        pull = 1.0 / (1.0 + (residual / SOFT) ** 2)
        scale = pull[:, None] * jacobian / (NOISE**2 * SHARED)
        information = jacobian.T @ scale + weight
        gradient = scale.T @ residual + weight @ (x - prior)
        step = np.linalg.solve(information, gradient)
        x = x - np.clip(step, -0.08, 0.08)
    return Fit(x[:3], float(x[3]), np.linalg.inv(information), on_panel)


def _place(points: Points, x: Array) -> tuple[Array, Array]:
    """Points and normals in the frame of the place where it really stands."""
    turn = _turn(x[2])
    return (points.xyz - np.array([x[0], x[1], 0.0])) @ turn, points.normals @ turn


def closed(points: Points, door: Door, x: Array) -> tuple[Array, Array]:
    """The same with the door's motion undone."""
    xyz, normals = _place(points, x)
    motion = door.motion(float(x[3]))
    return (xyz - motion.translation) @ motion.rotation, normals @ motion.rotation


def _turn(angle: float) -> Array:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _on_face(at: tuple[Array, Array], face: Face, close: float) -> Mask:
    xyz, normals = at
    slack = min(close, 0.03)
    inside = (xyz > face.low - slack) & (xyz < face.high + slack)
    inside[:, face.axis] = np.abs(xyz[:, face.axis] - face.level) < close
    return np.asarray(inside.all(axis=1) & (normals[:, face.axis] * face.sign > 0.8))


def _on_rod(xyz: Array, rod: Rod, close: float) -> Mask:
    d = xyz - rod.centre
    across = 3 - rod.long
    near = np.abs(d[:, rod.long]) < rod.half + 0.005
    near &= np.hypot(d[:, 0], d[:, across]) < rod.radius + close
    return np.asarray(near & (xyz[:, 0] > rod.face + 0.4 * rod.standoff))


def _face_residual(face: Face) -> Residual:
    def residual(points: Points, door: Door, x: Array) -> Array:
        at = closed(points, door, x) if face.moving else _place(points, x)
        return np.asarray(at[0][:, face.axis] - face.level)

    return residual


def _rod_residual(rod: Rod) -> Residual:
    across = 3 - rod.long

    def residual(points: Points, door: Door, x: Array) -> Array:
        d = closed(points, door, x)[0] - rod.centre
        return np.asarray(np.hypot(d[:, 0], d[:, across]) - rod.radius)

    return residual


def _linear(
    points: Points, door: Door, x: Array, mask: Mask, residual: Residual
) -> tuple[Array, Array]:
    """How residuals of some points change with the four numbers, (N, 4), and they, (N,)."""
    some = Points(points.xyz[mask], points.normals[mask])
    base = residual(some, door, x)
    jacobian = np.empty((len(base), 4))
    for k in range(4):
        moved = x.copy()
        moved[k] += STEP
        jacobian[:, k] = (residual(some, door, moved) - base) / STEP
    return jacobian, base
