"""The robot in MuJoCo is the robot of the URDF."""

import math

import mujoco
import numpy as np
import pytest
from hearth_core.errors import BadInputError
from hearth_core.frames import GROUPS, SIDES
from hearth_core.geometry import Pose2, Transform
from hearth_description.core.model import find_model, load_urdf
from hearth_description.core.postures import load_srdf
from hearth_sim.core.robot.build import add_robot
from hearth_sim.core.robot.index import RobotIndex
from hearth_sim.core.robot.names import Scope
from hearth_sim.core.robot.rig import Rig
from hearth_sim.core.stage import configure

MODEL = load_urdf(find_model("cloid"))
SEMANTICS = load_srdf(MODEL)


@pytest.fixture(scope="module")
def rig() -> Rig:
    return Rig(model=MODEL)


def test_links_stand_where_urdf_says(rig: Rig) -> None:
    rng = np.random.default_rng(11)
    kinematics = MODEL.kinematics
    for _ in range(5):
        q = kinematics.couple(rng.uniform(-0.5, 1.5, len(kinematics.names)))
        rig.reset(dict(zip(kinematics.names, q.tolist(), strict=True)))
        base = rig.index.base_pose(rig.data)
        for link, pose in kinematics.link_poses(q).items():
            assert rig.index.link_pose(rig.data, link).almost_equal(base @ pose, 1e-6), link


def test_mass_and_its_centre_agree(rig: Rig) -> None:
    rig.reset({})
    assert rig.model.body_subtreemass[rig.index.base_body] == pytest.approx(MODEL.mass)
    kinematics = MODEL.kinematics
    poses = kinematics.link_poses(kinematics.vector(rig.handles.rest))
    centre = sum(
        link.inertial.mass * poses[link.name].apply(link.inertial.com)
        for link in MODEL.links.values()
        if link.inertial
    )
    found = rig.data.subtree_com[rig.index.base_body]
    assert np.allclose(found, centre / MODEL.mass, atol=1e-6)


def test_limits_reach_the_engine_in_radians_whatever_the_unit_of_the_world() -> None:
    for degree in (True, False):
        spec = mujoco.MjSpec()
        spec.compiler.degree = degree
        add_robot(spec, MODEL)
        compiled = spec.compile()
        limits = MODEL.joint("left_elbow_joint").limits
        assert limits is not None
        found = compiled.joint("robot1/left_elbow_joint").range
        assert np.allclose(found, [limits.lower, limits.upper], atol=1e-6)


def test_handles_list_every_joint_of_the_contract(rig: Rig) -> None:
    for group, joints in GROUPS.items():
        listed = rig.handles.groups[group]
        assert tuple(joint.name for joint in listed if joint.actuator) == joints
    coupled = [joint for joint in rig.handles.groups["left_hand"] if joint.actuator is None]
    assert len(coupled) == 5


def test_two_robots_share_a_world_and_not_a_name() -> None:
    spec = mujoco.MjSpec()
    configure(spec)
    spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=[5, 5, 0.1])
    add_robot(spec, MODEL, "anna", Pose2(0.0, 0.0, 0.0))
    add_robot(spec, MODEL, "bert", Pose2(1.5, 0.5, 2.0))
    with pytest.raises(BadInputError, match="anna"):
        add_robot(spec, MODEL, "anna")
    model = spec.compile()
    data = mujoco.MjData(model)
    bert = RobotIndex(Scope("bert", MODEL), model)
    mujoco.mj_forward(model, data)
    assert bert.base_pose(data).planar() == Pose2(1.5, 0.5, pytest.approx(2.0))


def test_lidar_sees_nothing_of_the_robot_it_carries(rig: Rig) -> None:
    for posture in ("carry", "look_ahead", "reach_ready"):
        rig.reset(SEMANTICS.posture(posture))
        lidar = rig.index.link_pose(rig.data, "lidar_link")
        for angle in np.linspace(-math.pi, math.pi, 720):
            hit = np.zeros(1, np.int32)
            mujoco.mj_ray(
                rig.model,
                rig.data,
                lidar.translation,
                lidar.rotation @ [math.cos(angle), math.sin(angle), 0.0],
                None,
                1,
                rig.index.base_body,  # the lidar looks out through the column's clear ring
                hit,
            )
            assert hit[0] == -1, (posture, angle, rig.model.geom(hit[0]).name)


def test_head_camera_sees_both_hands_when_ready_to_reach(rig: Rig) -> None:
    rig.reset(SEMANTICS.posture("reach_ready"))
    camera = MODEL.sensors.cameras[0]
    assert camera.name == "head_camera"
    eye = rig.index.link_pose(rig.data, "head_camera_color_optical_frame")
    for side in SIDES:
        tip = rig.index.link_pose(rig.data, f"{side}_middle_tip_link")
        x, y, z = (eye.inverse() @ tip).translation
        u, v = camera.focal * x / z, camera.focal * y / z
        assert z > 0.0
        assert abs(u) < 0.9 * camera.width / 2
        assert abs(v) < 0.9 * camera.height / 2
        direction = tip.translation - eye.translation
        hit = np.zeros(1, np.int32)
        mujoco.mj_ray(
            rig.model,
            rig.data,
            eye.translation,
            direction / np.linalg.norm(direction),
            None,
            1,
            int(rig.model.body("robot1/head_link").id),
            hit,
        )
        assert side in rig.model.geom(hit[0]).name


def test_mujoco_cameras_look_along_the_optical_frames(rig: Rig) -> None:
    rig.reset({})
    flip = Transform(np.diag([1.0, -1.0, -1.0]), np.zeros(3))
    for camera in MODEL.sensors.cameras:
        number = rig.index.cameras[camera.name]
        optical = camera.link.removesuffix("_link") + "_color_optical_frame"
        seen = Transform(
            rig.data.cam_xmat[number].reshape(3, 3).copy(), rig.data.cam_xpos[number].copy()
        )
        expected = rig.index.link_pose(rig.data, optical) @ flip
        assert seen.almost_equal(expected, 1e-6), camera.name
        fovy = math.radians(float(rig.model.cam_fovy[number]))
        assert fovy == pytest.approx(camera.vertical_fov, abs=1e-6)


@pytest.mark.parametrize("posture", ["home", "carry", "look_ahead", "reach_ready"])
def test_named_postures_touch_nothing(rig: Rig, posture: str) -> None:
    rig.reset(SEMANTICS.posture(posture))
    names = [
        (rig.model.geom(c.geom1).name, rig.model.geom(c.geom2).name) for c in rig.data.contact
    ]
    assert [pair for pair in names if "floor" not in pair] == []
