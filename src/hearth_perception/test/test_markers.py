"""Markers seen by a made-up camera: number and pose."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hearth_core.errors import BadInputError, UnknownNameError
from hearth_core.geometry import Transform
from hearth_core.ports import CameraModel
from hearth_perception.core.markers import MarkerFinder, picture_of

CAMERA = CameraModel(640, 480, 520.0, 520.0, 322.0, 236.0, "camera")
SIZE = 0.08


def photograph(family: str, number: int, pose: Transform) -> np.ndarray:
    """Image of one marker of ``SIZE`` at ``camera_from_marker``."""
    side = 400
    rim = SIZE / 2 * side / (side - 2 * (side // 8))
    flat = np.array([[-rim, rim, 0], [rim, rim, 0], [rim, -rim, 0], [-rim, -rim, 0]])
    local = pose.apply(flat)
    pixels = local[:, :2] / local[:, 2:] * [CAMERA.fx, CAMERA.fy] + [CAMERA.cx, CAMERA.cy]
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32) - 0.5
    warp = cv2.getPerspectiveTransform(corners, pixels.astype(np.float32))
    image = cv2.warpPerspective(
        picture_of(family, number, side), warp, (640, 480), borderValue=128, flags=cv2.INTER_AREA
    )
    return np.repeat(image[..., None], 3, axis=2)


@pytest.mark.parametrize("family", ["apriltag_36h11", "aruco_4x4"])
@pytest.mark.parametrize("tilt", [0.25, 0.6])
def test_number_and_pose(family: str, tilt: float) -> None:
    pose = Transform.from_xyz_rpy((0.05, -0.04, 0.6), (np.pi - tilt, 0.1, 0.3))
    (found,) = MarkerFinder(family, SIZE).find(photograph(family, 11, pose), CAMERA)
    assert found.number == 11
    away = np.linalg.norm(found.camera_from_marker.translation - pose.translation)
    assert away < 0.009  # 1.5 % of the distance
    turn = found.camera_from_marker.rotation.T @ pose.rotation
    assert np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))) < 2.0
    assert found.error < 0.7


def test_nothing_is_found_where_nothing_is() -> None:
    assert MarkerFinder("aruco_4x4", SIZE).find(np.full((480, 640, 3), 90, np.uint8), CAMERA) == []


def test_wrong_families_and_sizes_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="aruco_4x4"):
        MarkerFinder("aruco", SIZE)
    with pytest.raises(BadInputError, match="size"):
        MarkerFinder("aruco_4x4", 0.0)
