"""A simulated camera with a real lens that looks at flat printed things, pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from hearth_core.geometry import Pose2, Transform
from hearth_core.ports import CameraModel
from hearth_description.core.model import RobotModel
from hearth_perception.core.markers import picture_of

FINE = 2
"""Rays along each axis of a pixel."""


@dataclass(frozen=True, eq=False)
class Print:
    """A flat picture: its middle is the origin, x right, y up, z out of it."""

    texture: np.ndarray
    width: float
    """[m]"""


def board_print(columns: int, rows: int, square: float, side: int = 48) -> Print:
    """A chessboard with a white rim of one square."""
    squares = (np.indices((rows + 1, columns + 1)).sum(axis=0) % 2 * 255).astype(np.uint8)
    flat = np.pad(np.kron(squares, np.ones((side, side), np.uint8)), side, constant_values=255)
    return Print(flat, (columns + 3) * square)


def tag_print(family: str, number: int, size: float) -> Print:
    """A tag whose black square is ``size`` wide."""
    return Print(picture_of(family, number, 512), size * 512 / (512 - 2 * (512 // 8)))


@lru_cache(maxsize=4)
def rays_of(camera: CameraModel) -> np.ndarray:
    """Directions of the fine pixels without the lens' distortion, shape (N, 2)."""
    v, u = np.mgrid[0 : camera.height * FINE, 0 : camera.width * FINE].astype(np.float64)
    x0 = ((u.ravel() + 0.5) / FINE - 0.5 - camera.cx) / camera.fx
    y0 = ((v.ravel() + 0.5) / FINE - 0.5 - camera.cy) / camera.fy
    k1, k2, p1, p2, k3 = camera.distortion
    x, y = x0, y0
    for _ in range(12):
        r = x * x + y * y
        radial = 1 + r * (k1 + r * (k2 + r * k3))
        dx = 2 * p1 * x * y + p2 * (r + 2 * x * x)
        dy = p1 * (r + 2 * y * y) + 2 * p2 * x * y
        x, y = (x0 - dx) / radial, (y0 - dy) / radial
    return np.column_stack([x, y])


def photograph(
    camera: CameraModel, camera_from_print: Transform, thing: Print, rng: np.random.Generator
) -> np.ndarray:
    """RGB image of the thing before a grey background."""
    flat = rays_of(camera)
    rays = np.column_stack([flat, np.ones(len(flat))]) @ camera_from_print.rotation
    eye = camera_from_print.inverse().translation
    way = -eye[2] / np.where(np.abs(rays[:, 2]) > 1e-9, rays[:, 2], 1e-9)
    hit = eye + way[:, None] * rays
    height, width = thing.texture.shape
    x = (hit[:, 0] / thing.width + 0.5) * width - 0.5
    y = (height / 2) - hit[:, 1] / thing.width * width - 0.5
    shape = (camera.height * FINE, camera.width * FINE)
    x = np.where(way > 0, x, -1e4).astype(np.float32).reshape(shape)
    y = y.astype(np.float32).reshape(shape)
    image = cv2.remap(thing.texture, x, y, cv2.INTER_AREA, None, cv2.BORDER_CONSTANT, 120)
    image = cv2.resize(image, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    noisy = cv2.GaussianBlur(image, (0, 0), 0.6) * 0.8 + 20 + rng.normal(0, 2, image.shape)
    return np.repeat(noisy.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def facing(distance: float, x: float = 0.0, y: float = 0.0) -> Transform:
    """``camera_from_print`` of a thing that faces the camera, upright in the picture."""
    return Transform(np.diag([1.0, -1.0, -1.0]), np.array([x, y, distance]))


def tag_poses(
    model: RobotModel,
    frame: str,
    carrier: str,
    joints: dict[str, float],
    free: tuple[str, ...],
    camera: CameraModel,
    rng: np.random.Generator,
    count: int,
    spread: float = 0.3,
) -> tuple[Transform, list[dict[str, float]]]:
    """A tag that faces the camera at ``joints``, and poses about it that still show it.

    Returns:
        ``carrier_from_tag`` and joint positions.
    """
    ahead = model.pose(joints, carrier, frame)
    tilt = Transform.from_xyz_rpy((0.0, 0.0, 0.0), (0.25, -0.2, 0.3))
    if carrier == model.root:
        here = facing(0.4)
    else:
        here = Transform(facing(0.4).rotation, ahead.translation)
    carrier_from_tag = ahead.inverse() @ here @ tilt
    poses: list[dict[str, float]] = []
    while len(poses) < count:
        drawn = dict(joints)
        for name in free:
            drawn[name] = joints.get(name, 0.0) + float(rng.uniform(-spread, spread))
        tag = model.pose(drawn, carrier, frame) @ carrier_from_tag
        x, y, z = tag.translation
        if not 0.2 < z < 0.9 or tag.rotation[2, 2] > -0.75:
            continue
        u, v = camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy
        edge = 0.05 * camera.fx / z
        if edge < u < camera.width - edge and edge < v < camera.height - edge:
            poses.append(drawn)
    return carrier_from_tag, poses


def room_scan(lidar: Pose2, angles: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ranges [m] in a room of 5 x 4 m with a cupboard before its far wall."""
    segments = [
        ((2.0, -2.0), (2.0, 2.0)),
        ((2.0, 2.0), (-3.0, 2.0)),
        ((-3.0, 2.0), (-3.0, -2.0)),
        ((-3.0, -2.0), (2.0, -2.0)),
        ((1.6, 1.4), (1.6, 2.0)),
        ((1.6, 1.4), (2.0, 1.4)),
    ]
    best = np.full(len(angles), np.inf)
    ways = lidar.yaw + angles
    d = np.column_stack([np.cos(ways), np.sin(ways)])
    for a, b in segments:
        e = np.subtract(b, a)
        w = np.subtract(a, (lidar.x, lidar.y))
        cross = d[:, 0] * e[1] - d[:, 1] * e[0]
        cross = np.where(np.abs(cross) > 1e-9, cross, 1e-9)
        t = (w[0] * e[1] - w[1] * e[0]) / cross
        s = (w[0] * d[:, 1] - w[1] * d[:, 0]) / cross
        best = np.where((t > 0) & (s >= 0) & (s <= 1), np.minimum(best, t), best)
    return best + rng.normal(0, 0.01, len(angles))
