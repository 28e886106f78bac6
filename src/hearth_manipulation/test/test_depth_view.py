"""What the depth camera adds: the unknown, not the robot, not what is known; and who came in."""

from __future__ import annotations

import numpy as np
import pytest
from arm_scenes import model
from hearth_core.geometry import Transform
from hearth_description.core.model import find_model, load_urdf
from hearth_manipulation.core.depth_view import (
    SKIN,
    Doorkeeper,
    EntryWatch,
    robot_spheres,
    unknown_surfaces,
)
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.mover import arm
from hearth_manipulation.core.planning import Planner
from hearth_manipulation.core.scene import Scene, SeenSurfaces, Thing
from ray_casts import cast, look_at

EYE = np.array([0.1, 0.0, 1.3])
CAMERA = look_at(EYE, np.array([0.9, 0.0, 0.6]))
TABLE = Thing(
    "table", "box", np.array([0.6, 1.2, 0.04]), Transform(np.eye(3), np.array([1.0, 0.0, 0.7]))
)
CAT = Thing("cat", "box", np.full(3, 0.16), Transform(np.eye(3), np.array([0.8, 0.1, 0.82])))


@pytest.fixture(scope="module")
def robot() -> RobotModel:
    return model()


@pytest.fixture
def q(robot: RobotModel) -> np.ndarray:
    values = {}
    for side in ("left", "right"):
        values |= {f"{side}_elbow_joint": 1.5, f"{side}_shoulder_pitch_joint": 0.2}
    return robot.configuration(values, np.array([0.2, 0.0, 0.0]))


def spheres(robot: RobotModel, q: np.ndarray) -> np.ndarray:
    # The robot as its camera sees it: what it stands behind of does not count.
    all_of_it = robot_spheres(robot, q)
    return all_of_it[np.linalg.norm(all_of_it[:, :3] - EYE, axis=1) > all_of_it[:, 3] + 0.1]


def test_only_the_unknown_is_left(robot: RobotModel, q: np.ndarray) -> None:
    view = cast(CAMERA, spheres(robot, q), [TABLE, CAT], 1.0)
    known = Scene().with_things([TABLE])
    field, cells = unknown_surfaces(view, robot, q, known)
    assert len(cells) > 30
    away = np.abs(CAT.pose.inverse().apply(cells)) - 0.5 * CAT.size
    assert away.max() < 0.03
    # A hand that is put there is in collision, and the words say with what.
    seen = known.with_seen(field)
    planner = Planner(robot)
    joints = arm("left")
    assert planner.collision(joints, q, seen) is None
    moved = q.copy()
    moved[:2] += (CAT.pose.translation - robot.pose(q, "left_grasp_frame").translation)[:2]
    lifted = Scene().with_seen(SeenSurfaces(
        field.distance,
        field.origin + np.array([0.0, 0.0, robot.pose(q, "left_grasp_frame").translation[2]
                                 - CAT.pose.translation[2]]),
        field.cell,
    ))  # fmt: skip
    assert "depth camera" in str(planner.collision(joints, moved, lifted))


def test_all_that_is_drawn_of_the_robot_is_the_robot(robot: RobotModel, q: np.ndarray) -> None:
    # A wrist camera's housing collides with nothing, but the head camera sees it.
    own = robot_spheres(robot, q)
    for name, link in load_urdf(find_model()).links.items():
        for geometry in link.visuals:
            middle = robot.pose(q, name).apply(geometry.link_from_shape.translation)
            away = np.linalg.norm(own[:, :3] - middle, axis=1) - own[:, 3]
            assert away.min() < SKIN, (name, geometry.shape)


def test_without_knowing_the_table_it_is_an_obstacle(robot: RobotModel, q: np.ndarray) -> None:
    view = cast(CAMERA, spheres(robot, q), [TABLE], 1.0)
    _, cells = unknown_surfaces(view, robot, q, Scene())
    assert len(cells) > 300
    assert cells[:, 2].max() < 0.74
    assert np.mean(np.abs(cells[:, 2] - 0.72) < 0.03) > 0.9
    view.depth[:] = np.nan
    assert len(unknown_surfaces(view, robot, q, Scene())[1]) == 0


def test_who_comes_in_is_noticed_and_the_moving_arm_is_not(
    robot: RobotModel, q: np.ndarray
) -> None:
    doorkeeper = Doorkeeper(cast(CAMERA, spheres(robot, q), [TABLE], 1.0), robot, q)
    arm = q.copy()
    arm[robot.dof("left_shoulder_pitch_joint")] -= 0.5
    arm[robot.dof("left_elbow_joint")] += 0.3
    moved = cast(CAMERA, spheres(robot, arm), [TABLE], 2.0)
    known = Scene().with_things([TABLE])
    assert len(doorkeeper.entered(moved, robot, arm, known)) == 0
    assert len(doorkeeper.entered(moved, robot, arm, Scene())) == 0  # the table stood there before
    entered = doorkeeper.entered(
        cast(CAMERA, spheres(robot, arm), [TABLE, CAT], 3.0), robot, arm, known
    )
    assert len(entered) > 12
    assert (np.abs(CAT.pose.inverse().apply(entered)) - 0.5 * CAT.size).max() < 0.02


def test_a_watch_begins_with_its_first_image(robot: RobotModel, q: np.ndarray) -> None:
    views = [cast(CAMERA, spheres(robot, q), things, stamp) for stamp, things in
             ((1.0, [TABLE]), (2.0, [TABLE]), (3.0, [TABLE, CAT]), (4.0, [TABLE]))]  # fmt: skip
    newest = [views[0]]
    watch = EntryWatch(lambda: (newest[0], q), robot, Scene())
    assert watch() is None
    newest[0] = views[1]
    assert watch() is None
    newest[0] = views[2]
    field = watch()
    assert field is not None
    assert watch() is field
    newest[0] = views[3]
    assert watch() is None
    assert EntryWatch(lambda: None, robot, Scene())() is None
