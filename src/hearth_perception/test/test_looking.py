"""Where to turn the head, what to leave out of the view, which gazes cover a place."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hearth_core.frames import HEAD_COLOR_OPTICAL
from hearth_core.geometry import Pose2, Transform
from hearth_core.ports import CameraModel
from hearth_description.core.model import RobotModel, find_model, load_urdf
from hearth_perception.core.ego import Ego
from hearth_perception.core.gaze import aim
from hearth_perception.core.places import Shelf
from hearth_perception.core.view import View
from hearth_perception.core.viewpoints import gaze_points

CAMERA = CameraModel(320, 240, 208.0, 208.0, 159.5, 119.5, HEAD_COLOR_OPTICAL)


@pytest.fixture(scope="module")
def robot() -> RobotModel:
    return load_urdf(find_model())


@pytest.mark.parametrize(
    "target",
    [(1.0, 0.0, 1.0), (1.0, 0.8, 0.7), (0.6, -0.6, 1.2), (2.0, 0.3, 0.1), (0.7, 0.0, 0.8)],
)
def test_the_optical_axis_goes_through_the_point(
    robot: RobotModel, target: tuple[float, float, float]
) -> None:
    others = {"torso_tilt_joint": 0.2}
    gaze = aim(robot, others, np.array(target))
    assert gaze.error < 1e-3
    positions = {**others, "head_pan_joint": gaze.pan, "head_tilt_joint": gaze.tilt}
    local = robot.pose(positions, HEAD_COLOR_OPTICAL).inverse().apply(np.array(target))
    assert math.hypot(local[0], local[1]) / local[2] < 2e-3


def test_a_point_behind_the_back_leaves_an_error(robot: RobotModel) -> None:
    gaze = aim(robot, {}, np.array([-1.0, 0.1, 1.0]))
    assert gaze.error > 0.3
    limits = robot.joint("head_pan_joint").limits
    assert limits is not None
    assert limits.lower <= gaze.pan <= limits.upper


def test_own_hand_is_left_out_and_the_rest_is_not(robot: RobotModel) -> None:
    positions = {"head_tilt_joint": 0.6, "right_elbow_joint": 1.2, "left_elbow_joint": 1.2}
    optical = robot.pose(positions, HEAD_COLOR_OPTICAL)
    hand = robot.pose(positions, "right_grasp_frame").translation
    depth = np.full((240, 320), 2.5, np.float32)
    local = optical.inverse().apply(hand)
    u = round(CAMERA.fx * local[0] / local[2] + CAMERA.cx)
    v = round(CAMERA.fy * local[1] / local[2] + CAMERA.cy)
    color = np.zeros((240, 320, 3), np.uint8)
    if not (4 <= u < 316 and 4 <= v < 236):
        pytest.fail(f"the test's posture shows no hand ({u}, {v})")
    depth[v - 3 : v + 4, u - 3 : u + 4] = local[2]
    view = View(0.0, CAMERA, optical, color, depth)
    ego = Ego(robot)
    held = [robot.pose(positions, "right_grasp_frame")]
    mask = ego.mask(view, positions, HEAD_COLOR_OPTICAL, 2, held)
    assert mask[v // 2, u // 2]
    assert not mask[depth[1::2, 1::2] == 2.5].any()


def test_every_shelf_of_a_tall_place_comes_into_view() -> None:
    shelves = [
        Shelf("fridge", f"shelf_{k}", h, Pose2(1.2, 0.0), (0.5, 0.6))
        for k, h in enumerate((0.4, 0.8, 1.1, 1.5))
    ]
    eye = np.array([0.0, 0.0, 1.4])
    gazes = gaze_points(shelves, eye)
    assert 1 <= len(gazes) <= 3

    def up(point: np.ndarray) -> float:
        d = point - eye
        return math.atan2(d[2], math.hypot(d[0], d[1]))

    for shelf in shelves:
        middle = np.array([shelf.pose.x, shelf.pose.y, shelf.height + 0.08])
        assert min(abs(up(middle) - up(g)) for g in gazes) < 0.36


def test_a_wide_table_takes_more_than_one_gaze_when_it_is_near() -> None:
    table = Shelf("table", "top", 0.74, Pose2(0.9, 0.0), (0.9, 2.4))
    near = gaze_points([table], np.array([0.0, 0.0, 1.4]))
    far = gaze_points([table], np.array([-2.5, 0.0, 1.4]))
    assert len(near) > len(far) == 1


def test_no_shelves_no_gazes() -> None:
    assert gaze_points([], np.zeros(3)) == []


def test_ego_mask_does_not_depend_on_where_the_robot_is(robot: RobotModel) -> None:
    positions = {"head_tilt_joint": 0.9}
    depth = np.full((240, 320), 0.6, np.float32)
    color = np.zeros((240, 320, 3), np.uint8)
    ego = Ego(robot)
    masks = []
    for at in (Transform.identity(), Pose2(3.0, 1.0, 2.0).lift()):
        pose = at @ robot.pose(positions, HEAD_COLOR_OPTICAL)
        view = View(0.0, CAMERA, pose, color, depth)
        masks.append(ego.mask(view, positions, HEAD_COLOR_OPTICAL, 2))
    assert (masks[0] == masks[1]).all()
