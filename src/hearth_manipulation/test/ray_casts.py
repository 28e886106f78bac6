"""Depth images of spheres and boxes without a renderer, for tests of what a camera adds."""

from __future__ import annotations

import numpy as np
from hearth_core.geometry import Transform
from hearth_manipulation.core.depth_view import DepthView
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.scene import Thing

LENS = np.array([140.0, 140.0, 80.0, 60.0])
SHAPE = (120, 160)


def look_at(eye: Array, target: Array) -> Transform:
    """Optical frame (x right, y down, z forward) at ``eye`` looking at ``target`` [m]."""
    z = (target - eye) / np.linalg.norm(target - eye)
    x = np.cross(z, [0.0, 0.0, 1.0])
    x /= np.linalg.norm(x)
    return Transform(np.column_stack([x, np.cross(z, x), z]), np.asarray(eye, float))


def cast(
    camera: Transform, spheres: Array, boxes: list[Thing], stamp: float, wall: float = 6.0
) -> DepthView:
    """Image of spheres (S, 4), boxes, and a wall at a depth of ``wall`` [m] behind all."""
    v, u = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    rays = np.stack([(u - LENS[2]) / LENS[0], (v - LENS[3]) / LENS[1], np.ones(SHAPE)], axis=-1)
    rays = rays @ camera.rotation.T
    depth = np.full(SHAPE, wall)
    origin = camera.translation
    a = np.sum(rays * rays, axis=-1)
    for x, y, z, radius in spheres:
        to = origin - np.array([x, y, z])
        b = rays @ to
        inside = b * b - a * (to @ to - radius * radius)
        t = np.where(inside > 0.0, (-b - np.sqrt(np.maximum(inside, 0.0))) / a, np.inf)
        depth = np.where((t > 0.0) & (t < depth), t, depth)
    for box in boxes:
        local = rays @ box.pose.rotation
        start = box.pose.inverse().apply(origin)
        with np.errstate(divide="ignore", invalid="ignore"):
            one = (-0.5 * box.size - start) / local
            two = (0.5 * box.size - start) / local
        near = np.nanmax(np.minimum(one, two), axis=-1)
        far = np.nanmin(np.maximum(one, two), axis=-1)
        hit = (near < far) & (near > 0.0)
        depth = np.where(hit & (near < depth), near, depth)
    return DepthView(stamp, depth.astype(np.float32), LENS, camera)
