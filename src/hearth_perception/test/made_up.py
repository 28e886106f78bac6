"""Views without a renderer: ray casting of boxes, cylinders and a floor, in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from hearth_core.geometry import Transform
from hearth_core.ports import CameraModel
from hearth_perception.core.view import View

CAMERA = CameraModel(320, 240, 260.0, 260.0, 159.5, 119.5, "optical")


@dataclass(frozen=True)
class Box:
    """Upright box standing at x, y, z [m], turned by yaw [rad]."""

    at: tuple[float, float, float]
    size: tuple[float, float, float]
    yaw: float = 0.0
    colour: tuple[int, int, int] = (200, 180, 60)


@dataclass(frozen=True)
class Cylinder:
    """Upright cylinder standing at x, y, z [m]."""

    at: tuple[float, float, float]
    radius: float
    height: float
    colour: tuple[int, int, int] = (40, 140, 60)


def look(eye: Sequence[float], target: Sequence[float]) -> Transform:
    """Pose of an optical frame at ``eye`` looking at ``target``."""
    z = np.asarray(target, float) - np.asarray(eye, float)
    z /= np.linalg.norm(z)
    x = np.cross(z, [0.0, 0.0, 1.0])
    x /= np.linalg.norm(x)
    return Transform(np.stack([x, np.cross(z, x), z], axis=1), np.asarray(eye, float))


def make_view(
    bodies: Sequence[Box | Cylinder],
    pose: Transform,
    *,
    noise: float = 0.0015,
    seed: int = 0,
    camera: CameraModel = CAMERA,
    stamp: float = 0.0,
) -> View:
    """Cast rays at bodies and at the floor z = 0; depth noise grows with the square."""
    rng = np.random.default_rng(seed)
    v, u = np.mgrid[0 : camera.height, 0 : camera.width]
    rays = np.stack(
        [(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(u.shape)], axis=-1
    )
    directions = rays @ pose.rotation.T
    origin = pose.translation
    with np.errstate(divide="ignore", invalid="ignore"):
        depth = np.where(directions[..., 2] < -1e-6, -origin[2] / directions[..., 2], np.inf)
        color = np.full((*u.shape, 3), 150, np.uint8)
        for body in bodies:
            hit = (
                _box(body, origin, directions)
                if isinstance(body, Box)
                else _cylinder(body, origin, directions)
            )
            nearer = hit < depth
            depth = np.where(nearer, hit, depth)
            color[nearer] = body.colour
    depth = np.where(np.isfinite(depth) & (depth < 8.0), depth, 0.0)
    depth = depth + noise * depth**2 * rng.standard_normal(depth.shape)
    return View(stamp, camera, pose, color, depth.astype(np.float32))


def _box(body: Box, origin: np.ndarray, directions: np.ndarray) -> np.ndarray:
    x, y, z = body.at
    frame = Transform.from_xyz_rpy((x, y, z + body.size[2] / 2), (0.0, 0.0, body.yaw))
    o = frame.inverse().apply(origin)
    d = directions @ frame.rotation
    half = np.array(body.size) / 2
    a, b = (-half - o) / d, (half - o) / d
    near, far = np.minimum(a, b).max(axis=-1), np.maximum(a, b).min(axis=-1)
    return np.where((near < far) & (near > 0.0), near, np.inf)


def _cylinder(body: Cylinder, origin: np.ndarray, directions: np.ndarray) -> np.ndarray:
    x, y, z = body.at
    o = origin - np.array([x, y, z])
    a = (directions[..., :2] ** 2).sum(axis=-1)
    b = directions[..., 0] * o[0] + directions[..., 1] * o[1]
    root = b * b - a * (o[0] ** 2 + o[1] ** 2 - body.radius**2)
    t = (-b - np.sqrt(np.where(root > 0, root, np.nan))) / a
    height = o[2] + t * directions[..., 2]
    side = np.where((t > 0) & (height > 0) & (height < body.height), t, np.inf)
    lid = (body.height - o[2]) / directions[..., 2]
    at = o[:2] + lid[..., None] * directions[..., :2]
    top = np.where((lid > 0) & ((at**2).sum(axis=-1) < body.radius**2), lid, np.inf)
    return np.minimum(np.nan_to_num(side, nan=np.inf), top)
