"""Calibration finds errors that were put in, says how sure it is, and refuses what cannot work."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2, Transform
from hearth_perception.core.calibration import extrinsics, intrinsics, lidar
from scipy.spatial.transform import Rotation

BOARD = intrinsics.Board(8, 6, 0.025)
MATRIX = np.array([[532.0, 0, 331.0], [0, 528.0, 229.0], [0, 0, 1]])
LENS = np.array([0.06, -0.11, 0.001, -0.0008, 0.0])


def shown(rng: np.random.Generator, tilt: float, noise: float = 0.1) -> np.ndarray:
    """Corners of the board in one picture."""
    turn = rng.uniform(-tilt, tilt, 3) * [1.0, 1.0, 0.5]
    middle = np.array([*rng.uniform(-0.10, 0.10, 2), rng.uniform(0.35, 0.6)])
    points = BOARD.points() - BOARD.points().mean(axis=0)
    pixels, _ = cv2.projectPoints(points, turn, middle, MATRIX, LENS)
    return pixels.reshape(-1, 2) + rng.normal(0, noise, (len(points), 2))


def test_intrinsics_of_a_known_camera_are_found() -> None:
    rng = np.random.default_rng(1)
    found = intrinsics.calibrate([shown(rng, 0.5) for _ in range(20)], BOARD, (640, 480), "eye")
    camera = found.camera
    assert abs(camera.fx - 532.0) < 2.0
    assert abs(camera.fy - 528.0) < 2.0
    assert abs(camera.cx - 331.0) < 2.0
    assert abs(camera.cy - 229.0) < 2.0
    assert abs(camera.distortion[0] - 0.06) < 0.03
    assert found.error < 0.2
    assert abs(camera.fx - 532.0) < 5.0 * found.sigma["fx"]
    assert "20 pictures" in found.report()


def test_a_rendered_board_is_found_to_a_tenth_of_a_pixel() -> None:
    side = 60
    squares = (np.indices((7, 9)).sum(axis=0) % 2 * 255).astype(np.uint8)
    flat = np.pad(np.kron(squares, np.ones((side, side), np.uint8)), side, constant_values=255)
    warp = np.array([[0.62, 0.05, 60.0], [-0.03, 0.6, 70.0], [4e-5, 2e-5, 1.0]])
    image = cv2.warpPerspective(flat, warp, (640, 480), flags=cv2.INTER_AREA, borderValue=255)
    image = cv2.GaussianBlur(image, (0, 0), 0.7)
    found = intrinsics.find_board(np.repeat(image[..., None], 3, axis=2), BOARD)
    assert found is not None
    grid = np.mgrid[2:10, 2:8].T.reshape(-1, 2) * side - 0.5
    real = cv2.perspectiveTransform(grid[None].astype(np.float64), warp)[0]
    away = np.linalg.norm(found[:, None] - real[None], axis=2).min(axis=1)
    assert np.median(away) < 0.2
    assert intrinsics.find_board(np.full((480, 640, 3), 200, np.uint8), BOARD) is None


def test_boards_that_say_nothing_are_refused() -> None:
    rng = np.random.default_rng(2)
    with pytest.raises(BadInputError, match="3 pictures; expected at least 6"):
        intrinsics.calibrate([shown(rng, 0.5) for _ in range(3)], BOARD, (640, 480))
    with pytest.raises(BadInputError, match="tilted by"):
        intrinsics.calibrate([shown(rng, 0.01, 0.02) for _ in range(8)], BOARD, (640, 480))


def poses(
    rng: np.random.Generator, count: int, turn: float, wild: int = 0
) -> tuple[list[Transform], list[Transform], Transform]:
    """Wrist by the joints, tag by the picture, and the true camera on the head."""
    head_from_camera = Transform.from_xyz_rpy((0.063, 0.021, 0.048), (-1.59, 0.02, -1.55))
    wrist_from_tag = Transform.from_xyz_rpy((0.02, 0.01, 0.05), (0.1, -0.2, 1.0))
    wrists, tags = [], []
    for k in range(count):
        wrist = Transform(
            Rotation.from_rotvec(rng.uniform(-turn, turn, 3)).as_matrix(),
            np.array([0.5, 0.0, -0.2]) + rng.uniform(-0.15, 0.15, 3),
        )
        tag = head_from_camera.inverse() @ wrist @ wrist_from_tag
        noise = Rotation.from_rotvec(rng.normal(0, 0.004, 3)).as_matrix()
        shift = rng.normal(0, 0.0015, 3) + (0.15 if k < wild else 0.0)
        wrists.append(wrist)
        tags.append(Transform(tag.rotation @ noise, tag.translation + shift))
    return wrists, tags, head_from_camera


@pytest.mark.parametrize("wild", [0, 2])
def test_a_camera_knocked_askew_is_found_by_the_tag_on_the_wrist(wild: int) -> None:
    wrists, tags, real = poses(np.random.default_rng(3), 20, 0.6, wild)
    nominal = Transform.from_xyz_rpy((0.06, 0.0, 0.05), (-np.pi / 2, 0.0, -np.pi / 2))
    found = extrinsics.calibrate(wrists, tags, nominal)
    off = real.inverse() @ found.mount_from_camera
    assert np.linalg.norm(off.translation) < 0.004
    assert Rotation.from_matrix(off.rotation).magnitude() < np.radians(0.4)
    assert found.used == 20 - wild
    assert "degrees from where" in found.report(nominal)


def test_an_arm_that_never_turned_its_wrist_is_refused() -> None:
    wrists, tags, real = poses(np.random.default_rng(4), 10, 0.02)
    with pytest.raises(BadInputError, match="wrist turned"):
        extrinsics.calibrate(wrists, tags, real)
    with pytest.raises(BadInputError, match="at least 8"):
        extrinsics.calibrate(wrists[:5], tags[:5], real)


def scans(rng: np.random.Generator, turn: float) -> tuple[list[Pose2], list[np.ndarray]]:
    """Poses before the wall x = 2 and its points in the frame of ``MOUNT``."""
    bases, walls = [], []
    for yaw in np.linspace(-turn / 2, turn / 2, 12):
        base = Pose2(0.1 * float(rng.normal()), 0.1 * float(rng.normal()), float(yaw))
        points = np.column_stack([np.full(60, 2.0), np.linspace(-1.2, 1.2, 60)])
        points = points + rng.normal(0, 0.008, points.shape)
        walls.append((base @ MOUNT).inverse().apply(points))
        bases.append(base)
    return bases, walls


MOUNT = Pose2(0.212, 0.009, 0.031)


def test_the_lidars_mount_is_found_from_a_straight_wall() -> None:
    bases, walls = scans(np.random.default_rng(5), 1.6)
    found = lidar.calibrate(bases, walls, Pose2(0.2, 0.0, 0.0))
    mount = found.base_from_lidar
    assert abs(mount.x - MOUNT.x) < 0.005
    assert abs(mount.y - MOUNT.y) < 0.005
    assert abs(mount.yaw - MOUNT.yaw) < np.radians(0.2)
    assert found.error < 0.012
    assert "mm ahead" in found.report(Pose2(0.2, 0.0, 0.0))


def test_a_robot_that_did_not_turn_is_told_so() -> None:
    bases, walls = scans(np.random.default_rng(6), 0.3)
    with pytest.raises(BadInputError, match="turned by"):
        lidar.calibrate(bases, walls, Pose2())
