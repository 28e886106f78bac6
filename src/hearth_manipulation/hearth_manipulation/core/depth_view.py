"""What a depth camera adds to the planning scene: the field of the unknown, and who came in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Transform

from hearth_manipulation.core.depth_kernels import (
    count_cells,
    entered_points,
    forget_robot,
    unknown_cells,
)
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.scene import Scene, SeenSurfaces

CELL = 0.02
"""[m]."""
FARTHEST = 2.5
"""Beyond, no arm reaches, and depth cameras err by centimetres [m]."""
SKIN = 0.04
"""What is seen this near to the robot's spheres is the robot: links bend, joints lag [m]."""
NEAR = 0.03
"""What is seen this near to a known solid is that solid [m]."""
LEAST = 3
"""Pixels that make a cell, where the camera is fine enough: fewer are noise at edges."""
PITCH = 260.0
"""Cameras with a longer focal length than this are thinned out to it [px]."""
NEARER = 0.08
"""Something came in where the camera now sees this much nearer than it did [m]."""
BLUR = 0.012
"""Directions of rays are known so well, while head and torso move [rad]."""
PIXELS = 12
"""Fewer pixels (of a camera thinned out to half the pitch) than this are noise."""


@dataclass(frozen=True, eq=False)
class DepthView:
    """One depth image with its place."""

    stamp: float
    """[s]."""
    depth: npt.NDArray[np.float32]
    """[m] along the optical axis, shape (H, W); 0 or NaN: no measurement."""
    lens: Array
    """fx, fy, cx, cy [px]."""
    odom_from_camera: Transform
    """Optical frame: x right, y down, z forward."""


def robot_spheres(model: RobotModel, q: Array) -> Array:
    """What is seen of the robot and all that it holds, as spheres in odom.

    Returns:
        Centre and radius [m], shape (S, 4).
    """
    rotations, translations = model.place(q)
    links = np.concatenate([model.sphere_link, *(np.full(len(r), i) for i, _, r in model.trim)])
    middles = np.concatenate([model.sphere_center, *(centers for _, centers, _ in model.trim)])
    radii = np.concatenate([model.sphere_radius, *(radii for _, _, radii in model.trim)])
    centers = np.einsum("sij,sj->si", rotations[links], middles)
    return np.column_stack([centers + translations[links], radii])


def box_around(base: Array) -> tuple[Array, Array]:
    """Corners of the space around a base (x, y [m]) that arms reach, above the floor."""
    low = np.array([base[0] - 1.2, base[1] - 1.2, 0.06])
    return low, low + np.array([2.4, 2.4, 2.0])


def unknown_surfaces(
    view: DepthView, model: RobotModel, q: Array, known: Scene
) -> tuple[SeenSurfaces, Array]:
    """The distance field of what is seen and neither robot nor known, and its cells.

    Args:
        view: The image.
        model: The robot with all that it holds.
        q: Full configuration when the image was taken, shape (D,).
        known: Solids that need no second place in the scene.

    Returns:
        Field, and middles of the cells [m], shape (N, 3).
    """
    low, high = box_around(q[:2])
    counts = np.zeros(np.ceil((high - low) / CELL).astype(int), np.uint8)
    pose = view.odom_from_camera
    stride = _stride(view.lens, PITCH)
    expected = (view.lens[0] / stride * CELL / FARTHEST) ** 2
    least = int(np.clip(0.7 * expected, 1, LEAST))
    count_cells(
        view.depth, view.lens, pose.rotation, pose.translation, stride, FARTHEST, low, CELL, counts
    )
    cells = unknown_cells(
        counts, least, low, CELL, robot_spheres(model, q), known.packed, SKIN, NEAR
    )
    return SeenSurfaces.from_points(cells, low, high, CELL), cells


def _stride(lens: Array, pitch: float) -> int:
    return max(1, round(float(lens[0]) / pitch))


class Doorkeeper:
    """Remembers one view and tells what stands where that view saw through."""

    def __init__(self, view: DepthView, model: RobotModel, q: Array) -> None:
        """Take the view as it is, but forget what the robot's own body hides."""
        self._before = np.array(view.depth, np.float32)
        self._pose = view.odom_from_camera
        self._lens = view.lens
        spheres = robot_spheres(model, q)
        forget_robot(
            self._before, view.lens, self._pose.rotation, self._pose.translation, spheres, SKIN
        )

    def entered(self, view: DepthView, model: RobotModel, q: Array, known: Scene) -> Array:
        """Points of what came in [m], shape (N, 3); none when it may be noise.

        Args:
            view: The image now.
            model: The robot with all that it holds.
            q: Full configuration when it was taken, shape (D,).
            known: Solids that are expected.
        """
        low, high = box_around(q[:2])
        now = view.odom_from_camera
        points = entered_points(
            view.depth, view.lens, now.rotation, now.translation, self._before,
            self._pose.rotation, self._pose.translation, _stride(view.lens, 0.5 * PITCH),
            max(1, round(BLUR * float(view.lens[0]))), NEARER,
            low, high,
            robot_spheres(model, q), known.packed, SKIN, NEAR,
        )  # fmt: skip
        return points if len(points) >= PIXELS else points[:0]

    def field(
        self, view: DepthView, model: RobotModel, q: Array, known: Scene
    ) -> SeenSurfaces | None:
        """As :meth:`entered`, as a distance field; None: nothing came in."""
        points = self.entered(view, model, q, known)
        if not len(points):
            return None
        low, high = points.min(axis=0) - 0.3, points.max(axis=0) + 0.3
        return SeenSurfaces.from_points(points, low, high, CELL)


class EntryWatch:
    """What has come in since the first image that it was asked about."""

    def __init__(
        self,
        newest: Callable[[], tuple[DepthView, Array] | None],
        model: RobotModel,
        known: Scene,
    ) -> None:
        """Begin.

        Args:
            newest: Newest image and the configuration it was taken in; None: there is none.
            model: The robot with all that it holds.
            known: Solids that are expected.
        """
        self._newest = newest
        self._model = model
        self._known = known
        self._doorkeeper: Doorkeeper | None = None
        self._stamp = -np.inf
        self._field: SeenSurfaces | None = None

    def __call__(self) -> SeenSurfaces | None:
        """Distance field of what came in; the same object until a newer image tells otherwise."""
        found = self._newest()
        if found is None or found[0].stamp <= self._stamp:
            return self._field
        view, q = found
        self._stamp = view.stamp
        if self._doorkeeper is None:
            self._doorkeeper = Doorkeeper(view, self._model, q)
        else:
            self._field = self._doorkeeper.field(view, self._model, q, self._known)
        return self._field
