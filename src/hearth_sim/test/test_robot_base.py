"""The robot stands, drives at its limits and leans, but does not tip."""

import math

import numpy as np
import pytest
from hearth_core.frames import SIDES
from hearth_description.core.model import find_model, load_urdf
from hearth_description.core.postures import load_srdf
from hearth_sim.core.robot.rig import DT, Rig

MODEL = load_urdf(find_model("cloid"))
CARRY = load_srdf(MODEL).posture("carry")
STRETCHED = {
    **CARRY,
    "torso_tilt_joint": 0.95,
    **{f"{side}_shoulder_pitch_joint": 2.5 for side in SIDES},
    **{f"{side}_elbow_joint": 0.05 for side in SIDES},
}
"""Bent down as far as it goes, both arms stretched forward."""


def drive(rig: Rig, velocity: tuple[float, float, float], ramp: float) -> float:
    """Change the base's speed to ``velocity`` within ``ramp`` seconds; worst lean [rad]."""
    start, worst = np.array(rig.base), 0.0
    count = max(1, round(ramp / DT))
    for k in range(count):
        x, y, yaw = start + (np.array(velocity) - start) * (k + 1) / count
        rig.base = (float(x), float(y), float(yaw))
        rig.step(DT)
        worst = max(worst, rig.lean())
    return worst


def test_stands_still() -> None:
    rig = Rig(model=MODEL)
    rig.step(2.0)
    base = rig.index.base_pose(rig.data)
    assert float(np.linalg.norm(base.translation)) < 1e-3
    assert rig.lean() < math.radians(0.1)
    names, q = rig.index.joint_names, rig.data.qpos[rig.index.qpos]
    rest = np.array([rig.handles.rest[name] for name in names])
    assert float(np.abs(q - rest).max()) < 0.01


@pytest.mark.parametrize("posture", [CARRY, STRETCHED], ids=["carry", "stretched"])
@pytest.mark.parametrize(
    "velocity", [(0.8, 0.0, 0.0), (-0.8, 0.0, 0.0), (0.0, 0.8, 0.0), (0.0, 0.0, 1.8)]
)
def test_drives_at_its_limits_without_leaning(
    posture: dict[str, float], velocity: tuple[float, float, float]
) -> None:
    rig = Rig(rest=posture, model=MODEL)
    worst = drive(rig, velocity, 0.8)
    assert np.allclose(rig.index.base_velocity(rig.data), velocity, atol=0.03)
    worst = max(worst, drive(rig, (0.0, 0.0, 0.0), 0.4))
    assert worst < math.radians(0.5)


def test_an_emergency_stop_bent_forward_lifts_the_rear_wheels_but_does_not_tip() -> None:
    rig = Rig(rest=STRETCHED, model=MODEL)
    drive(rig, (0.8, 0.0, 0.0), 0.8)
    rig.base = (0.0, 0.0, 0.0)
    worst = 0.0
    for _ in range(150):
        rig.step(DT)
        worst = max(worst, rig.lean())
    assert math.radians(0.2) < worst < math.radians(10.0)  # it is free to tip: it leans
    assert rig.lean() < math.radians(0.2)


def test_wheels_slip_when_asked_for_more_than_they_grip() -> None:
    rig = Rig(model=MODEL)
    rig.base = (0.8, 0.0, 0.0)
    rig.step(0.1)
    vx, _, _ = rig.index.base_velocity(rig.data)
    assert vx == pytest.approx(0.40 * 9.81 * 0.1, rel=0.15)


def test_a_shove_moves_it_only_while_the_wheels_slip() -> None:
    rig = Rig(model=MODEL)
    rig.data.xfrc_applied[rig.index.base_body, 1] = 100.0
    rig.step(1.0)
    held = abs(float(rig.index.base_pose(rig.data).translation[1]))
    rig.data.xfrc_applied[rig.index.base_body, 1] = 800.0
    rig.step(0.3)
    assert held < 0.01
    assert abs(float(rig.index.base_pose(rig.data).translation[1])) > 0.05


def test_arms_carry_two_and_a_half_kilograms_at_full_stretch() -> None:
    stretched = {**CARRY, "right_shoulder_pitch_joint": math.pi / 2, "right_elbow_joint": 0.0}
    rig = Rig(rest=stretched, model=MODEL)
    rig.step(0.5)
    free = rig.index.link_pose(rig.data, "right_grasp_frame").translation[2]
    hand = int(rig.model.body("robot1/right_hand_link").id)
    rig.data.xfrc_applied[hand, 2] = -2.5 * 9.81
    rig.step(1.0)
    loaded = rig.index.link_pose(rig.data, "right_grasp_frame").translation[2]
    assert 0.0 < free - loaded < 0.02
