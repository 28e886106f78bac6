"""Depth image to organised points with normals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hearth_perception.core.kernels import points_and_normals, shrink_depth
from hearth_perception.core.view import BadViewError, View

Grid = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Cloud:
    """Organised points of one view, on a grid ``stride`` times coarser than the image."""

    points: Grid
    """In map [m], shape (h, w, 3); nan: no measurement."""
    normals: Grid
    """Unit, towards the camera, shape (h, w, 3); zero: unknown."""
    depth: Grid
    """Along the optical axis [m], shape (h, w); 0: no measurement."""
    area: Grid
    """Area one grid cell covers on its surface [m2], shape (h, w); 0: no measurement."""
    stride: int

    @property
    def valid(self) -> Mask:
        """Where there is a measurement, shape (h, w)."""
        return self.depth > 0.0


def make_cloud(
    view: View,
    *,
    stride: int = 2,
    near: float = 0.15,
    far: float = 5.0,
    edge: float = 0.02,
    radius: int = 3,
    ignore: Mask | None = None,
) -> Cloud:
    """Organised points and normals of a view.

    Args:
        view: Images and pose.
        stride: Pixels per grid cell along each axis.
        near: Nearest believed depth [m].
        far: Farthest believed depth [m].
        edge: Depth spread [m] above which a cell holds two surfaces.
        radius: Half width of the normal's window [cells].
        ignore: Cells to drop (the robot itself), shape (h, w).

    Raises:
        BadViewError: Hardly a pixel carries a depth.
    """
    depth = shrink_depth(view.depth, stride, near, far, edge)
    if ignore is not None:
        depth[ignore] = 0.0
    seen = float((depth > 0.0).mean())
    if seen < 0.005:
        raise BadViewError(
            f"empty cloud: {100 * seen:.1f} % of the depth image of {view.camera.frame} lies "
            f"between {near} and {far} m"
        )
    camera = view.camera
    fx, fy = camera.fx / stride, camera.fy / stride
    cx, cy = (camera.cx + 0.5) / stride - 0.5, (camera.cy + 0.5) / stride - 0.5
    points, normals = points_and_normals(
        depth,
        fx,
        fy,
        cx,
        cy,
        view.map_from_camera.rotation.astype(np.float32),
        view.map_from_camera.translation.astype(np.float32),
        radius,
    )
    rays = points - view.origin.astype(np.float32)
    cosine = -np.einsum("ijk,ijk->ij", rays, normals) / np.maximum(
        np.sqrt(np.einsum("ijk,ijk->ij", rays, rays)), 1e-6
    )
    flat = depth * depth / np.float32(fx * fy)
    area = np.where(depth > 0.0, flat / np.clip(cosine, 0.1, 1.0), 0.0).astype(np.float32)
    return Cloud(points, normals, depth, area, stride)
