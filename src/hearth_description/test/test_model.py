"""The loader and the model it reads."""

import math
from pathlib import Path

import numpy as np
import pytest
from hearth_core.errors import FileFormatError, UnknownNameError
from hearth_core.frames import GROUPS, SIDES, grasp_frame
from hearth_core.geometry import Transform
from hearth_description.core.model import RobotModel, find_model, load_urdf, parse_urdf
from hearth_description.core.parts import Box, Capsule, Cylinder, Geometry, Sphere
from hearth_description.core.postures import load_srdf


@pytest.fixture(scope="module")
def model() -> RobotModel:
    return load_urdf(find_model("cloid"))


def support(geometry: Geometry, direction: np.ndarray) -> float:
    """How far a shape reaches along a direction given in its link's frame."""
    local = geometry.link_from_shape.rotation.T @ direction
    centre = float(geometry.link_from_shape.translation @ direction)
    shape = geometry.shape
    if isinstance(shape, Box):
        return centre + float(0.5 * np.abs(local) @ np.array(shape.size))
    if isinstance(shape, Sphere):
        return centre + shape.radius
    half = 0.5 * shape.length * abs(local[2])
    if isinstance(shape, Capsule):
        return centre + half + shape.radius
    assert isinstance(shape, Cylinder)
    return centre + half + shape.radius * math.hypot(local[0], local[1])


def reach(model: RobotModel, posture: dict[str, float], direction: tuple[float, ...]) -> float:
    """How far the robot's collision shapes reach along a direction of base_footprint."""
    axis = np.array(direction, float)
    poses = model.kinematics.link_poses(model.kinematics.vector(posture))
    return max(
        float(poses[link.name].translation @ axis)
        + support(shape, poses[link.name].rotation.T @ axis)
        for link in model.links.values()
        for shape in link.collisions
    )


def test_every_joint_of_the_contract_has_a_drive(model: RobotModel) -> None:
    driven = {joint.name for joint in model.actuated()}
    assert driven == {name for names in GROUPS.values() for name in names}


def test_mass_is_that_of_a_robot_with_a_heavy_base(model: RobotModel) -> None:
    assert 80.0 < model.mass < 130.0
    masses = [link.inertial.mass for link in model.links.values() if link.inertial]
    assert min(masses) > 0.0
    poses = model.kinematics.link_poses(model.kinematics.vector({}))
    height = sum(
        link.inertial.mass * float(poses[link.name].apply(link.inertial.com)[2])
        for link in model.links.values()
        if link.inertial
    )
    assert height / model.mass < 0.45


def test_height_spans_the_published_range(model: RobotModel) -> None:
    tilt = model.joint("torso_tilt_joint").limits
    assert tilt is not None
    assert reach(model, {}, (0, 0, 1)) == pytest.approx(1.43, abs=0.005)
    low = reach(model, {"torso_tilt_joint": tilt.upper}, (0, 0, 1))
    assert low == pytest.approx(1.05, abs=0.01)


@pytest.mark.parametrize("side", SIDES)
def test_a_stretched_arm_is_as_long_as_published(model: RobotModel, side: str) -> None:
    poses = model.kinematics.link_poses(model.kinematics.vector({}))
    shoulder = poses[f"{side}_shoulder_pitch_link"].translation
    tip = poses[f"{side}_middle_tip_link"].translation
    radius = 0.009
    assert float(np.linalg.norm(tip - shoulder)) + radius == pytest.approx(0.87, abs=0.005)


def test_arms_in_carry_pass_a_door(model: RobotModel) -> None:
    carry = load_srdf(model).posture("carry")
    assert reach(model, carry, (0, 1, 0)) <= 0.31
    assert reach(model, carry, (0, -1, 0)) <= 0.31
    assert reach(model, carry, (1, 0, 0)) <= 0.42
    assert reach(model, carry, (-1, 0, 0)) <= 0.30


@pytest.mark.parametrize("side", SIDES)
def test_grasp_frame_in_the_handshake_posture(model: RobotModel, side: str) -> None:
    posture = {f"{side}_elbow_joint": math.pi / 2}
    base_from_grasp = model.pose(posture, grasp_frame(side))
    assert np.allclose(base_from_grasp.rotation, np.eye(3), atol=1e-9)
    to_tip = model.pose(posture, f"{side}_middle_tip_link", grasp_frame(side)).translation
    assert to_tip[0] > 0.04
    index = model.pose(posture, f"{side}_index_tip_link", grasp_frame(side)).translation
    little = model.pose(posture, f"{side}_little_tip_link", grasp_frame(side)).translation
    assert index[2] > 0.0 > little[2]
    # Fingers on the back of the hand's side, the opposed thumb on the other: the palm faces it.
    thumb = model.pose(
        {**posture, f"{side}_thumb_opposition_joint": math.pi / 2},
        f"{side}_thumb_tip_link",
        grasp_frame(side),
    ).translation
    palm = 1.0 if side == "right" else -1.0
    assert palm * to_tip[1] < -0.03
    assert palm * thumb[1] > 0.02


def test_bending_fingers_and_thumb_closes_the_hand(model: RobotModel) -> None:
    for side in SIDES:
        palm = 1.0 if side == "right" else -1.0
        opposed = {f"{side}_thumb_opposition_joint": 1.57}
        for joint, tip, sign in (
            ("index_flexion", "index_tip", 1.0),
            ("thumb_flexion", "thumb_tip", -1.0),
        ):
            before, after = (
                model.pose(
                    {**opposed, f"{side}_{joint}_joint": q},
                    f"{side}_{tip}_link",
                    grasp_frame(side),
                ).translation[1]
                for q in (0.0, 0.3)
            )
            assert sign * palm * (after - before) > 0.01


def test_equal_numbers_mirror_the_arms(model: RobotModel) -> None:
    rng = np.random.default_rng(5)
    names = [name.removeprefix("left_") for name in GROUPS["left_arm"]]
    angles = rng.uniform(0.0, 1.0, len(names))
    left, right = (
        model.pose(
            {f"{side}_{name}": float(q) for name, q in zip(names, angles, strict=True)},
            grasp_frame(side),
        ).translation
        for side in SIDES
    )
    assert np.allclose(left * np.array([1.0, -1.0, 1.0]), right, atol=1e-9)


def test_coupled_joints_follow_unless_measured(model: RobotModel) -> None:
    k = model.kinematics
    mimic = model.joint("left_index_distal_joint").mimic
    assert mimic is not None
    q = k.vector({"left_index_flexion_joint": 1.0})
    assert q[k.index["left_index_distal_joint"]] == pytest.approx(mimic.multiplier)
    q = k.vector({"left_index_flexion_joint": 1.0, "left_index_distal_joint": 0.2})
    assert q[k.index["left_index_distal_joint"]] == pytest.approx(0.2)


def test_local_transforms_chain_to_link_poses(model: RobotModel) -> None:
    k = model.kinematics
    q = np.random.default_rng(2).uniform(-1.5, 1.5, len(k.names))
    translations, quaternions = k.local(q)
    poses = k.link_poses(q)
    for row, joint in enumerate(k.moving):
        local = Transform.from_xyz_quaternion(translations[row], quaternions[row])
        assert (poses[joint.parent] @ local).almost_equal(poses[joint.child], 1e-9)
        assert k.link_pose(q, joint.child).almost_equal(poses[joint.child], 1e-9)


def test_semantics_name_every_group_and_posture(model: RobotModel) -> None:
    semantics = load_srdf(model)
    for group, joints in GROUPS.items():
        assert semantics.groups[group] == joints
    for name in ("home", "carry", "look_ahead", "reach_ready"):
        assert set(semantics.posture(name)) == set(semantics.groups["upper_body"])
    for name in ("open", "narrow", "closed", "hook"):
        assert set(semantics.posture(name, "left_hand")) == set(GROUPS["left_hand"])
    with pytest.raises(UnknownNameError, match="carry"):
        semantics.posture("kneel")


def test_both_eyes_of_the_head_see_along_x(model: RobotModel) -> None:
    pose = model.pose({}, "head_camera_color_optical_frame", "head_camera_link")
    assert np.allclose(pose.rotation @ [0, 0, 1], [1, 0, 0], atol=1e-9)
    assert np.allclose(pose.rotation @ [0, 1, 0], [0, 0, -1], atol=1e-9)


def test_unknown_models_are_refused_with_the_choices() -> None:
    with pytest.raises(UnknownNameError, match="cloid"):
        find_model("atlas")


TWO_LINKS = """<robot name="r"><link name="a"/><link name="b">{inertial}</link>
<joint name="j" type="revolute"><parent link="a"/><child link="b"/>{limit}</joint></robot>"""
INERTIAL = (
    '<inertial><mass value="1"/>'
    '<inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial>'
)
LIMIT = '<limit lower="0" upper="1" effort="1" velocity="1"/>'


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        (TWO_LINKS.format(inertial="", limit=LIMIT), "link 'b'.*inertial"),
        (TWO_LINKS.format(inertial=INERTIAL, limit=""), "joint 'j'.*limit"),
        (
            TWO_LINKS.format(inertial=INERTIAL, limit='<limit lower="0" upper="1" effort="1"/>'),
            "joint 'j'.*velocity",
        ),
        (
            TWO_LINKS.format(inertial=INERTIAL.replace('ixx="1"', 'ixx="9"'), limit=LIMIT),
            "link 'b'.*principal moments",
        ),
        (TWO_LINKS.format(inertial=INERTIAL, limit=LIMIT).replace('"a"/><c', '"x"/><c'), "'x'"),
        ("<robot", "not XML"),
        ('<robot name="r"><link name="a"/><link name="b"/></robot>', "one root"),
    ],
)
def test_bad_urdf_is_refused_by_name(text: str, culprit: str) -> None:
    with pytest.raises(FileFormatError, match=culprit):
        parse_urdf(text)


def test_xacro_errors_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "broken.urdf.xacro"
    path.write_text(
        '<robot name="r" xmlns:xacro="http://www.ros.org/wiki/xacro"><link name="${x}"/></robot>'
    )
    with pytest.raises(FileFormatError, match=r"broken\.urdf\.xacro"):
        load_urdf(path)


def test_every_assumed_number_says_so(model: RobotModel) -> None:
    assert model.source is not None
    lines = (model.source.parent / "cloid" / "assumed.yaml").read_text().splitlines()
    numbers = [
        line for line in lines if ":" in line.split("#")[0] and not line.rstrip().endswith(":")
    ]
    assert len(numbers) > 60
    assert [line for line in numbers if "ASSUMED" not in line] == []
