"""Robots that are not ours: planned for through the same loader, bad questions refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hearth_core.errors import BadInputError, UnknownNameError
from hearth_core.geometry import Transform
from hearth_manipulation.core.loading import load_robot
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.planning import Planner, PlanningError, Target
from hearth_manipulation.core.scene import Scene, Thing
from hearth_manipulation.sample_robots import write_six_axis_arm, write_two_arms


@pytest.fixture(scope="module")
def two_arms(tmp_path_factory: pytest.TempPathFactory) -> RobotModel:
    return load_robot(*write_two_arms(tmp_path_factory.mktemp("two")))


def ready(model: RobotModel, bend: float) -> np.ndarray:
    """Both elbows bent, hands before the chest."""
    values = {f"{side}_e1_joint": bend for side in ("left", "right")}
    return model.configuration(values | {"left_s1_joint": -0.3, "right_s1_joint": -0.3})


def test_both_arms_reach_their_poses_together(two_arms: RobotModel) -> None:
    group = two_arms.group("both_arms")
    assert len(group.joints) == 14
    assert group.tips == ("left_tool", "right_tool")
    planner, start, wanted = Planner(two_arms), ready(two_arms, 1.2), ready(two_arms, 1.7)
    targets = {tip: Target(two_arms.pose(wanted, tip)) for tip in group.tips}
    goal = planner.solve(group.joints, targets, start)
    path = planner.plan(group.joints, start, [goal], Scene())
    assert np.allclose(path[-1], goal)
    for tip in group.tips:
        gap = two_arms.pose(path[-1], tip).translation - targets[tip].pose.translation
        assert np.linalg.norm(gap) < 0.003


def test_bad_questions_are_refused_with_the_reason(two_arms: RobotModel) -> None:
    planner, start = Planner(two_arms), ready(two_arms, 1.2)
    joints = two_arms.group("left_arm").joints
    with pytest.raises(UnknownNameError, match="no group 'legs'"):
        two_arms.group("legs")
    with pytest.raises(UnknownNameError, match="no link 'camera'"):
        planner.solve(joints, {"camera": Target(Transform.identity())}, start)
    with pytest.raises(BadInputError, match="finite"):
        planner.plan(joints, start, [np.full(len(start), np.nan)], Scene())
    far = Target(Transform(np.eye(3), np.array([4.0, 0.0, 0.0])))
    with pytest.raises(PlanningError) as refusal:
        planner.solve(joints, {"left_tool": far}, start)
    assert refusal.value.reason == "unreachable"
    goal = ready(two_arms, 1.7)
    at = two_arms.pose(goal, "left_tool")
    scene = Scene().with_things([Thing("vase", "box", np.full(3, 0.1), at)])
    with pytest.raises(PlanningError, match="with vase") as refusal:
        planner.plan(joints, start, [goal], scene)
    assert refusal.value.reason == "goal_in_collision"
    goal[two_arms.dof("left_w1_joint")] = 2.5
    with pytest.raises(PlanningError, match=r"left_w1_joint = 2\.500 is outside its limits"):
        planner.plan(joints, start, [goal], Scene())


def test_a_six_axis_arm_is_one_group(tmp_path: Path) -> None:
    model = load_robot(*write_six_axis_arm(tmp_path))
    group = model.group("manipulator")
    assert len(group.joints) == 6
    # The makers' reach, shoulder to wrist, stretched out along x.
    reach = model.pose(model.neutral(), "wrist_2_link").translation
    assert np.hypot(*reach[:2]) == pytest.approx(0.8172, abs=0.12)
