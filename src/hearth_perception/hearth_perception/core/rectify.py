"""Pictures of real cameras as the rest wants them: no lens, and depth on the colour's pixels."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Transform
from hearth_core.ports import CameraModel

from hearth_perception.core.view import BadViewError, Color, Depth

LENSES = {"": 5, "plumb_bob": 5, "rational_polynomial": 8}
"""Distortion models that are understood, with how many coefficients they have at most."""
Maps = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


def check_lens(model: str, camera: CameraModel) -> None:
    """Refuse lenses that OpenCV's pinhole functions do not undo.

    Raises:
        BadViewError: Names the model and those that would do.
    """
    if model not in LENSES or len(camera.distortion) > LENSES[model]:
        raise BadViewError(
            f"camera_info of {camera.frame!r} has distortion {model!r} with "
            f"{len(camera.distortion)} coefficients; expected one of "
            f"{ {name: count for name, count in LENSES.items() if name} }"
        )
    if not all(math.isfinite(d) for d in camera.distortion):
        raise BadViewError(f"camera_info of {camera.frame!r}: D is {camera.distortion}")


def undistorted(camera: CameraModel) -> CameraModel:
    """The same camera with a lens that draws straight."""
    return replace(camera, distortion=())


def rectify_color(color: Color, camera: CameraModel) -> Color:
    """What the camera would see through a straight lens; the same array if it has one."""
    maps = _maps(camera, color.shape[:2])
    if maps is None:
        return color
    return np.asarray(cv2.remap(color, *maps, cv2.INTER_LINEAR), np.uint8)


def rectify_depth(depth: Depth, camera: CameraModel) -> Depth:
    """The same for depth: pixels move, values do not; 0 where nothing was measured."""
    maps = _maps(camera, depth.shape[:2])
    if maps is None:
        return depth
    return np.asarray(cv2.remap(depth, *maps, cv2.INTER_NEAREST), np.float32)


def register(
    depth: Depth, depth_camera: CameraModel, camera: CameraModel, camera_from_depth: Transform
) -> Depth:
    """Depth as it would be measured on the pixels of another camera.

    Args:
        depth: [m], rectified, shape as ``depth_camera`` says.
        depth_camera: Its intrinsics.
        camera: Whose pixels are wanted, without distortion.
        camera_from_depth: Between the two optical frames.

    Returns:
        Nearest surface at each pixel [m], shape as ``camera`` says; 0: nothing falls there.

    Raises:
        BadViewError: The image has not the size that its calibration says.
    """
    if depth.shape != (depth_camera.height, depth_camera.width):
        raise BadViewError(
            f"depth image is {depth.shape}; the depth camera info of {depth_camera.frame} says "
            f"{(depth_camera.height, depth_camera.width)}"
        )
    rows, columns = np.nonzero(np.isfinite(depth) & (depth > 0.0))
    z = depth[rows, columns].astype(float)
    points = np.column_stack(
        [
            (columns - depth_camera.cx) / depth_camera.fx * z,
            (rows - depth_camera.cy) / depth_camera.fy * z,
            z,
        ]
    )
    x, y, away = camera_from_depth.apply(points).T
    ahead = away > 1e-3
    x, y, away = x[ahead], y[ahead], away[ahead]
    u = camera.fx * x / away + camera.cx
    v = camera.fy * y / away + camera.cy
    out = np.full((camera.height, camera.width), np.inf, np.float32)
    # A pixel of a coarser image covers several here.
    wide = max(1, math.ceil(max(camera.fx / depth_camera.fx, camera.fy / depth_camera.fy)))
    for dv in range(wide):
        for du in range(wide):
            # Not rint: it rounds halves to even, and neighbours would leave a gap.
            i = np.floor(u + du - wide / 2 + 1.0).astype(int)
            j = np.floor(v + dv - wide / 2 + 1.0).astype(int)
            inside = (i >= 0) & (i < camera.width) & (j >= 0) & (j < camera.height)
            np.minimum.at(out, (j[inside], i[inside]), away[inside].astype(np.float32))
    out[~np.isfinite(out)] = 0.0
    return out


def _maps(camera: CameraModel, shape: tuple[int, ...]) -> Maps | None:
    """Where each straight pixel is in the picture; None: where it is."""
    if not any(camera.distortion) or shape != (camera.height, camera.width):
        return None  # what has another size is refused by who puts the view together
    return _computed(camera)


@lru_cache(maxsize=4)
def _computed(camera: CameraModel) -> Maps:
    matrix = np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1.0]])
    lens = np.array(camera.distortion)
    size = (camera.width, camera.height)
    x, y = cv2.initUndistortRectifyMap(matrix, lens, None, matrix, size, cv2.CV_32FC1)
    return np.asarray(x, np.float32), np.asarray(y, np.float32)
