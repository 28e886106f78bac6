"""Friction alone holds household things in the hand (notes: urdf/README.md, side wrap)."""

import math
from dataclasses import dataclass

import mujoco
import numpy as np
import pytest
from hearth_core.errors import BadInputError
from hearth_core.frames import ARM_JOINTS
from hearth_core.geometry import Transform
from hearth_description.core.model import find_model, load_urdf
from hearth_sim.core.robot.rig import DT, Rig, anvil, hand_posture, inverse_kinematics

MODEL = load_urdf(find_model("cloid"))
SHELF = 0.86
CLOSED = 1.4


@dataclass(frozen=True)
class Thing:
    """A box or cylinder standing on the shelf [m, kg]."""

    kind: mujoco.mjtGeom
    width: float
    height: float
    mass: float

    def size(self) -> list[float]:
        if self.kind == mujoco.mjtGeom.mjGEOM_BOX:
            return [self.width / 2, self.width / 2, self.height / 2]
        return [self.width / 2, self.height / 2, 0.0]


CARTON = Thing(mujoco.mjtGeom.mjGEOM_BOX, 0.070, 0.200, 1.05)
BOTTLE = Thing(mujoco.mjtGeom.mjGEOM_CYLINDER, 0.060, 0.200, 1.05)
MUG = Thing(mujoco.mjtGeom.mjGEOM_CYLINDER, 0.080, 0.100, 0.35)
GLASS = Thing(mujoco.mjtGeom.mjGEOM_CYLINDER, 0.066, 0.120, 0.30)


def pick(thing: Thing, side: str, offset: tuple[float, float], yaw: float) -> tuple[Rig, float]:
    """Approach with an error, close, lift 0.1 m. Returns the rig and how far the thing rose."""
    x, y = 0.52, 0.22 if side == "left" else -0.22

    def furnish(spec: mujoco.MjSpec) -> None:
        shelf = spec.worldbody.add_body(name="shelf", pos=[x + 0.12, y, SHELF - 0.01])
        shelf.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=[0.2, 0.35, 0.01])
        body = spec.worldbody.add_body(name="thing", pos=[x, y, SHELF + thing.height / 2 + 5e-4])
        body.add_freejoint()
        body.add_geom(
            type=thing.kind,
            size=thing.size(),
            mass=thing.mass,
            condim=4,
            friction=[0.6, 0.005, 0.0001],
        )

    rig = Rig(furnish, model=MODEL)
    height = SHELF + max(0.05, 0.45 * thing.height)
    goal = Transform.from_xyz_rpy((x + offset[0], y + offset[1], height), (0.0, 0.0, yaw))
    start = goal @ Transform.from_xyz_rpy((-0.16, 0.0, 0.0))
    angles = {"shoulder_pitch": 0.1, "shoulder_roll": 0.2, "shoulder_yaw": 0.2, "elbow": 1.4}
    seed = {f"{side}_{name}_joint": value for name, value in angles.items()}
    arm = inverse_kinematics(MODEL, side, start, seed)
    narrow = hand_posture(side, 1.57, -0.27, -0.05)
    rig.reset({**arm, **narrow})
    rig.step(0.2)
    before = float(rig.data.body("thing").xpos[2])
    arm = rig.line(side, start, goal, 1.2, arm)
    closed = hand_posture(side, 1.57, anvil(MODEL, side, thing.width) + 0.05, CLOSED)
    rig.move(narrow, closed, 0.8)
    rig.step(0.2)
    up = Transform.from_xyz_rpy((0.0, 0.0, 0.1)) @ goal
    rig.line(side, goal, up, 1.2, arm)
    rig.step(0.3)
    return rig, float(rig.data.body("thing").xpos[2]) - before


def shake(rig: Rig, seconds: float) -> None:
    """Drive to and fro, sideways and around at 1 m/s2."""
    for k in range(round(seconds / DT)):
        t = k * DT
        phase = t % 1.2
        v = phase if phase < 0.3 else 0.6 - phase if phase < 0.9 else phase - 1.2
        rig.base = (v, (-v if int(t / 1.2) % 2 else v) * 0.8, v)
        rig.step(DT)
    rig.base = (0.0, 0.0, 0.0)
    rig.step(0.2)


def slip(rig: Rig, side: str, before: Transform) -> float:
    moved = rig.seen_from_hand(side, "thing").translation - before.translation
    return float(np.linalg.norm(moved))


@pytest.mark.parametrize(
    ("thing", "side", "offset", "degrees"),
    [
        (CARTON, "right", (0.0, 0.0), 0.0),
        (CARTON, "left", (0.015, -0.012), 5.0),
        (CARTON, "right", (-0.015, 0.012), -5.0),
        (BOTTLE, "right", (0.012, 0.012), 5.0),
        (MUG, "left", (-0.012, 0.0), -5.0),
        (GLASS, "right", (0.0, -0.012), 5.0),
    ],
    ids=["carton", "carton deep", "carton short", "bottle", "mug", "glass"],
)
def test_side_wrap_holds_through_base_accelerations(
    thing: Thing, side: str, offset: tuple[float, float], degrees: float
) -> None:
    rig, rise = pick(thing, side, offset, math.radians(degrees))
    assert rise == pytest.approx(0.1, abs=0.015)
    before = rig.seen_from_hand(side, "thing")
    shake(rig, 10.0 if thing is CARTON and degrees == 0.0 else 2.5)
    assert slip(rig, side, before) < 0.01
    touched = rig.touched(side)
    assert touched[f"{side}_thumb_tip_link"] > 1.0
    assert sum(force > 1.0 for force in touched.values()) >= 3


def test_an_open_hand_lets_go() -> None:
    rig, _ = pick(MUG, "right", (0.0, 0.0), 0.0)
    held = hand_posture("right", 1.57, anvil(MODEL, "right", MUG.width), CLOSED)
    rig.move(held, hand_posture("right", 1.57, -0.42, -0.3), 0.5)
    rig.step(0.5)
    assert float(rig.data.body("thing").xpos[2]) < SHELF + MUG.height / 2 + 0.01
    assert max(rig.touched("right").values()) < 0.5


def test_a_target_out_of_reach_is_refused() -> None:
    far = Transform.from_xyz_rpy((2.0, 0.0, 1.0))
    with pytest.raises(BadInputError, match="right arm"):
        inverse_kinematics(MODEL, "right", far, {})


@pytest.mark.parametrize("offset", [(0.0, 0.0), (-0.01, -0.01)])
def test_top_pinch_lifts_a_sponge(offset: tuple[float, float]) -> None:
    shelf, x, y, lean = 0.38, 0.74, -0.24, 0.6

    def furnish(spec: mujoco.MjSpec) -> None:
        box = mujoco.mjtGeom.mjGEOM_BOX
        spec.worldbody.add_geom(type=box, pos=[x + 0.1, y, shelf - 0.01], size=[0.3, 0.35, 0.01])
        body = spec.worldbody.add_body(name="thing", pos=[x, y, shelf + 0.018])
        body.add_freejoint()
        body.add_geom(type=box, size=[0.055, 0.035, 0.0175], mass=0.02, condim=4)

    rig = Rig(furnish, model=MODEL)
    down = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
    turn = Transform.from_xyz_rpy((0.0, 0.0, 0.0), (0.0, 0.0, -lean)).rotation
    between_tips = down @ turn @ np.array([0.035, 0.005, 0.0])
    over = np.array([x + offset[0], y + offset[1], shelf + 0.013 + 0.006])
    goal = Transform(down @ turn, over - between_tips)
    start = Transform.from_xyz_rpy((0.0, 0.0, 0.1)) @ goal
    angles = (1.72, 0.55, 1.55, 1.2, -2.36, -0.76, -1.5)  # elbow out
    seed = dict(zip(ARM_JOINTS["right"], angles, strict=True))
    seed["torso_tilt_joint"] = 0.7
    arm = {**seed, **inverse_kinematics(MODEL, "right", start, seed)}
    opened = hand_posture("right", 1.57, -0.4, -0.2)
    rig.reset({**arm, **opened})
    arm = rig.line("right", start, goal, 1.2, arm)
    before = float(rig.data.body("thing").xpos[2])
    rig.move(opened, hand_posture("right", 1.57, 0.15, 0.9), 0.8)
    rig.step(0.2)
    rig.line("right", goal, start, 1.2, arm)
    held = rig.seen_from_hand("right", "thing")
    shake(rig, 1.2)
    assert float(rig.data.body("thing").xpos[2]) - before > 0.07
    assert slip(rig, "right", held) < 0.01
