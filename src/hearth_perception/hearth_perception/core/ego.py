"""Which part of a view is the robot itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Transform
from hearth_description.core.model import RobotModel
from hearth_description.core.parts import Box, Capsule, Cylinder, Shape, Sphere

from hearth_perception.core.view import View, project

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Part:
    link: str
    link_from_shape: Transform
    shape: Shape
    radius: float
    """Of a sphere around the shape [m]."""


class Ego:
    """The robot's own shapes, to be left out of its view of the world."""

    def __init__(self, model: RobotModel, margin: float = 0.03) -> None:
        """Read the collision shapes of every link; ``margin`` [m] is added around them."""
        self._model = model
        self._margin = margin
        self._parts = [
            _Part(link.name, g.link_from_shape, g.shape, _radius(g.shape))
            for link in model.links.values()
            for g in link.collisions
        ]

    def mask(
        self,
        view: View,
        positions: Mapping[str, float],
        camera_link: str,
        stride: int,
        held: Sequence[Transform] = (),
        held_radius: float = 0.17,
    ) -> Mask:
        """Grid cells that show the robot or what it holds.

        Args:
            view: Depth image; its pose in map is not used, the robot's own kinematics are.
            positions: Joint positions by name [rad or m]; unknown names are ignored.
            camera_link: Link that is the optical frame.
            stride: Of the grid.
            held: ``root_from_hand`` of hands that hold something.
            held_radius: Around those hands [m].
        """
        kinematics = self._model.kinematics
        known = {k: v for k, v in positions.items() if k in kinematics.index}
        poses = kinematics.link_poses(kinematics.vector(known))
        camera_from_root = poses[camera_link].inverse()
        depth = view.depth[stride // 2 :: stride, stride // 2 :: stride]
        shape = (view.camera.height // stride, view.camera.width // stride)
        depth = depth[: shape[0], : shape[1]]
        result = np.zeros(shape, bool)
        for part in self._parts:
            camera_from_shape = camera_from_root @ poses[part.link] @ part.link_from_shape
            reach = part.radius + self._margin
            self._mark(view, depth, camera_from_shape, part.shape, reach, stride, result)
        for hand in held:
            ball = Sphere(held_radius - self._margin)
            self._mark(view, depth, camera_from_root @ hand, ball, held_radius, stride, result)
        return result

    def _mark(
        self,
        view: View,
        depth: npt.NDArray[np.float32],
        camera_from_shape: Transform,
        shape: Shape,
        reach: float,
        stride: int,
        result: Mask,
    ) -> None:
        centre = camera_from_shape.translation
        camera = view.camera
        if centre[2] < -reach or centre[2] > 3.0:
            return
        rows, cols = result.shape
        nearest = centre[2] - reach
        if nearest > 0.05:
            pixel, _ = project(camera, Transform.identity(), centre[None])
            size = reach * max(camera.fx, camera.fy) / nearest
            left, right = (pixel[0, 0] - size) / stride, (pixel[0, 0] + size) / stride + 1
            top, bottom = (pixel[0, 1] - size) / stride, (pixel[0, 1] + size) / stride + 1
        else:
            left, top, right, bottom = 0.0, 0.0, float(cols), float(rows)
        a, b = max(0, int(top)), min(rows, int(bottom) + 1)
        c, d = max(0, int(left)), min(cols, int(right) + 1)
        if a >= b or c >= d:
            return
        window = depth[a:b, c:d]
        # Most of the window shows something far behind the part.
        rows_in, cols_in = np.nonzero(np.abs(window - np.float32(centre[2])) < reach)
        if not len(rows_in):
            return
        z = window[rows_in, cols_in].astype(float)
        rows_in, cols_in = rows_in + a, cols_in + c
        x = ((cols_in * stride + stride // 2) - camera.cx) / camera.fx * z
        y = ((rows_in * stride + stride // 2) - camera.cy) / camera.fy * z
        local = camera_from_shape.inverse().apply(np.column_stack([x, y, z]))
        result[rows_in, cols_in] |= _inside(local, shape, self._margin) & (z > 0.0)


def _radius(shape: Shape) -> float:
    if isinstance(shape, Box):
        return float(np.linalg.norm(shape.size)) / 2
    if isinstance(shape, Cylinder):
        return float(np.hypot(shape.radius, shape.length / 2))
    if isinstance(shape, Capsule):
        return shape.radius + shape.length / 2
    return shape.radius


def _inside(points: npt.NDArray[np.float64], shape: Shape, margin: float) -> Mask:
    if isinstance(shape, Box):
        inside = np.abs(points) < np.array(shape.size) / 2 + margin
        return np.asarray(inside.all(axis=-1))
    if isinstance(shape, Sphere):
        return np.asarray((points**2).sum(axis=-1) < (shape.radius + margin) ** 2)
    radial = np.hypot(points[..., 0], points[..., 1])
    if isinstance(shape, Cylinder):
        return np.asarray(
            (radial < shape.radius + margin) & (np.abs(points[..., 2]) < shape.length / 2 + margin)
        )
    beyond = np.maximum(np.abs(points[..., 2]) - shape.length / 2, 0.0)
    return np.asarray(np.hypot(radial, beyond) < shape.radius + margin)
