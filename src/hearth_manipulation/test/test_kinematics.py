"""Positions of links and their inverse, against the shared model and Pinocchio."""

import numpy as np
import pytest
from arm_scenes import description, model, planner, posture
from hearth_core.errors import BadInputError, UnknownNameError
from hearth_core.frames import SIDES, grasp_frame
from hearth_core.geometry import Transform
from hearth_manipulation.core.kinematics import fill_jacobian, place_links
from hearth_manipulation.core.model import BASE_DOFS
from hearth_manipulation.core.mover import arm
from hearth_manipulation.core.planning import Target


def random_configurations(count: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    robot = model()
    q = random.uniform(robot.lower, robot.upper, (count, len(robot.dofs)))
    q[:, :3] = random.uniform(-1.0, 1.0, (count, 3))
    return q


def test_forward_kinematics_agree_with_the_shared_model() -> None:
    robot, shared = model(), description()
    for q in random_configurations(5, 1):
        values = dict(zip(robot.dofs[3:], q[3:], strict=True))
        base = Transform.from_xyz_rpy((q[0], q[1], 0.0), (0.0, 0.0, q[2]))
        for link in robot.links[2:]:
            assert robot.pose(q, link).almost_equal(base @ shared.pose(values, link), 1e-9)


def test_forward_kinematics_agree_with_pinocchio() -> None:
    pinocchio = pytest.importorskip("pinocchio", reason="the oracle is a wheel, not in apt")
    other = pinocchio.buildModelFromXML(description().urdf)
    data = other.createData()
    robot = model()
    leaders = {j.name: j.mimic for j in description().joints.values() if j.mimic is not None}
    for q in random_configurations(5, 2):
        values = dict(zip(robot.dofs, q, strict=True))
        vector = np.zeros(other.nq)
        for name, joint in zip(other.names, other.joints, strict=True):
            if joint.idx_q < 0 or joint.nq != 1:
                continue
            mimic = leaders.get(name)
            vector[joint.idx_q] = (
                values[name]
                if mimic is None
                else mimic.multiplier * values[mimic.joint] + mimic.offset
            )
        pinocchio.framesForwardKinematics(other, data, vector)
        base = Transform.from_xyz_rpy((q[0], q[1], 0.0), (0.0, 0.0, q[2]))
        for side in SIDES:
            placed = data.oMf[other.getFrameId(grasp_frame(side))]
            theirs = base @ Transform(placed.rotation, placed.translation)
            assert robot.pose(q, grasp_frame(side)).almost_equal(theirs, 1e-6)


def test_the_jacobian_is_the_derivative_of_the_pose() -> None:
    robot = model()
    tip = grasp_frame("left")
    joints = (*BASE_DOFS, *arm("left"))
    dofs, chain = robot.indices(joints), robot.chain(tip)
    column_of = np.full(len(robot.dofs), -1, np.int32)
    column_of[dofs] = np.arange(len(dofs))
    (q,) = random_configurations(1, 3)
    rotations, translations = np.empty((len(robot.links), 3, 3)), np.empty((len(robot.links), 3))
    place_links(robot.tree, q, chain, rotations, translations)
    jacobian = np.empty((6, len(dofs)))
    fill_jacobian(robot.tree, chain, column_of, robot.link(tip), rotations, translations, jacobian)
    here = robot.pose(q, tip)
    for column, dof in enumerate(dofs):
        nudged = q.copy()
        nudged[dof] += 1e-6
        there = robot.pose(nudged, tip)
        linear = (there.translation - here.translation) / 1e-6
        turn = (there.rotation @ here.rotation.T - np.eye(3)) / 1e-6
        angular = np.array([turn[2, 1], turn[0, 2], turn[1, 0]])
        assert np.allclose(jacobian[:3, column], linear, atol=1e-5)
        assert np.allclose(jacobian[3:, column], angular, atol=1e-5)


@pytest.mark.parametrize("side", SIDES)
def test_inverse_kinematics_reach_what_is_reachable(side: str) -> None:
    robot, joints, tip = model(), arm(side), grasp_frame(side)
    dofs = robot.indices(joints)
    seed = posture("reach_ready")
    solved = 0
    configurations = random_configurations(100, 4)
    for number, wild in enumerate(configurations):
        q = seed.copy()
        q[dofs] = wild[dofs]
        target = Target(robot.pose(q, tip))
        found = planner().inverse(joints, tip, target, seed, 30, random_seed=number)
        for solution in found[:2]:
            reached = robot.pose(solution.q, tip)
            assert np.linalg.norm(reached.translation - target.pose.translation) < 0.0021
            assert np.all(solution.q >= robot.lower - 1e-9)
            assert np.all(solution.q <= robot.upper + 1e-9)
        solved += bool(found)
    assert solved >= 99


def test_only_the_joints_asked_for_move() -> None:
    robot, tip = model(), grasp_frame("right")
    seed = posture("reach_ready")
    target = Target(robot.pose(seed, tip) @ Transform(np.eye(3), np.array([0.08, 0.0, 0.0])))
    joints = arm("right", torso=False)
    (first, *_) = planner().inverse(joints, tip, target, seed)
    moved = np.flatnonzero(np.abs(first.q - seed) > 1e-12)
    assert set(moved) <= {int(i) for i in robot.indices(joints)}


def test_a_free_axis_frees_the_rotation_about_it_only() -> None:
    robot, tip = model(), grasp_frame("right")
    seed = posture("reach_ready")
    here = robot.pose(seed, tip)
    turned = here.rotation @ np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    target = Target(Transform(turned, here.translation), free_axis=(0.0, 0.0, 1.0))
    (first, *_) = planner().inverse(arm("right"), tip, target, seed)
    reached = robot.pose(first.q, tip)
    assert reached.rotation[:, 2] @ here.rotation[:, 2] > np.cos(0.021)
    # From the seed nothing needs to move at all.
    assert np.allclose(first.q, seed)


def test_unreachable_targets_are_not_reached() -> None:
    far = Target(Transform(np.eye(3), np.array([3.0, 0.0, 1.0])))
    assert planner().inverse(arm("right"), grasp_frame("right"), far, posture("home"), 5) == []


def test_nan_and_unknown_names_are_refused() -> None:
    bad = Target(Transform(np.eye(3), np.array([np.nan, 0.0, 1.0])))
    with pytest.raises(BadInputError, match="not finite"):
        planner().inverse(arm("right"), grasp_frame("right"), bad, posture("home"))
    with pytest.raises(UnknownNameError, match="no link 'tentacle'"):
        model().link("tentacle")
    with pytest.raises(UnknownNameError, match="no joint 'knee'"):
        model().indices(["knee"])
