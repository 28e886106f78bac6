"""Four fingers behind a bar handle open a door while the base drives (urdf/README.md, hook)."""

import math

import mujoco
import numpy as np
import pytest
from hearth_core.frames import grasp_frame
from hearth_core.geometry import Transform
from hearth_description.core.model import find_model, load_urdf
from hearth_sim.core.robot.rig import Rig, hand_posture, inverse_kinematics

MODEL = load_urdf(find_model("cloid"))
LEAF_X = 0.62
STAND_OFF = 0.055
HEIGHT = 1.0
GASKET = 30.0
"""Magnetic gasket: force at the handle [N], gone within two centimetres."""


class Door:
    """A refrigerator's door in front of the robot and the hand that opens it."""

    def __init__(self, side: str, hinge: str, radius: float) -> None:
        self.side, self.radius = side, radius
        self.palm = 1.0 if side == "right" else -1.0
        self.sign = 1.0 if hinge == "left" else -1.0
        y = -0.22 if side == "right" else 0.22
        self.bar = np.array([LEAF_X - STAND_OFF, y, HEIGHT])
        self.hinge = np.array([LEAF_X, y + self.sign * radius])
        self.rig = Rig(self._furnish, model=MODEL)
        self.rig.before_step = self._gasket
        joint = self.rig.model.joint("hinge")
        self._qpos, self._dof = int(joint.qposadr[0]), int(joint.dofadr[0])

    def _furnish(self, spec: mujoco.MjSpec) -> None:
        width = self.radius + 0.04
        inward = -self.sign * width / 2
        leaf = spec.worldbody.add_body(name="door", pos=[LEAF_X, float(self.hinge[1]), HEIGHT])
        hinge = leaf.add_joint(name="hinge", axis=[0, 0, -self.sign])
        hinge.damping[0], hinge.frictionloss = 0.5, 0.6
        box, capsule = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_CAPSULE
        leaf.add_geom(type=box, pos=[0.03, inward, 0], size=[0.03, width / 2, 0.8], mass=20)
        y = -self.sign * self.radius
        leaf.add_geom(
            name="bar", type=capsule, pos=[-STAND_OFF, y, 0], size=[0.011, 0.2, 0], mass=0.5
        )
        for z in (-0.18, 0.18):
            post = [0, y, z, -STAND_OFF, y, z]
            leaf.add_geom(type=capsule, fromto=post, size=[0.007, 0, 0], mass=0.05)
        spec.worldbody.add_geom(
            type=box,
            pos=[LEAF_X + 0.37, float(self.hinge[1]) + inward, HEIGHT],
            size=[0.3, width / 2, 0.8],
        )

    def _gasket(self) -> None:
        opened = float(self.rig.data.qpos[self._qpos]) * self.radius
        pull = GASKET * min(1.0, max(0.0, opened / 3e-4)) * math.exp(-((opened / 0.008) ** 2))
        self.rig.data.qfrc_applied[self._dof] = -pull * self.radius

    @property
    def angle(self) -> float:
        """How far the door is open [rad]."""
        return float(self.rig.data.qpos[self._qpos])

    def hand(self, x: float, y: float, error: tuple[float, float], yaw: float) -> Transform:
        """``base_from_grasp`` with the bar at (x, y to the palm side) of it, and an error."""
        turned = Transform.from_xyz_rpy((0.0, 0.0, 0.0), (0.0, 0.0, yaw))
        at = self.bar - turned.apply(np.array([x, self.palm * y, 0.0])) + [*error, 0.0]
        return Transform(turned.rotation, at)

    def bar_in_hand(self) -> np.ndarray:
        """Where the bar is in the grasp frame (truth)."""
        pose = self.rig.index.link_pose(self.rig.data, grasp_frame(self.side))
        return pose.inverse().apply(self.rig.data.geom("bar").xpos)

    def hook(self, error: tuple[float, float], yaw: float) -> None:
        """Feel for the leaf beside the bar, slide behind the bar, close."""
        angles = {"shoulder_pitch": 0.1, "shoulder_roll": 0.2, "shoulder_yaw": 0.2, "elbow": 1.4}
        seed = {f"{self.side}_{name}_joint": value for name, value in angles.items()}
        # From the free edge there is little leaf beside the bar to feel.
        x, beside = 0.015, 0.08 if (self.side == "left") == (self.sign > 0) else 0.06
        arm = inverse_kinematics(MODEL, self.side, self.hand(x, beside, error, yaw), seed)
        open_hand = hand_posture(self.side, 0.0, 0.0, 0.8)
        self.rig.reset({**arm, **open_hand})
        while max(self.rig.touched(self.side).values()) < 3.0:
            assert x > -0.10, "the leaf is not where the fingers could feel it"
            arm = self._slide(x, beside, x - 0.0015, beside, 0.04, arm, error, yaw)
            x -= 0.0015
        arm = self._slide(x, beside, x + 0.012, beside, 0.4, arm, error, yaw)
        arm = self._slide(x + 0.012, beside, x + 0.012, -0.022, 1.0, arm, error, yaw)
        self.rig.move(open_hand, hand_posture(self.side, 0.0, 0.0, 1.7), 0.7)
        self.rig.step(0.1)

    def _slide(
        self,
        x: float,
        y: float,
        to_x: float,
        to_y: float,
        seconds: float,
        arm: dict[str, float],
        error: tuple[float, float],
        yaw: float,
    ) -> dict[str, float]:
        start, goal = self.hand(x, y, error, yaw), self.hand(to_x, to_y, error, yaw)
        return self.rig.line(self.side, start, goal, seconds, arm)

    def pull(self, angle: float, speed: float) -> None:
        """Drive on the arc about the hinge, turning with the door."""
        turned, rate = 0.0, 0.0
        while turned < angle:
            rate = min(speed / self.radius, rate + 0.01)
            base = self.rig.index.base_pose(self.rig.data)
            arm = base.translation[:2] - self.hinge
            yaw_rate = -self.sign * rate
            world = np.array([-yaw_rate * arm[1], yaw_rate * arm[0]])
            vx, vy = base.rotation[:2, :2].T @ world
            self.rig.base = (float(vx), float(vy), yaw_rate)
            self.rig.step(0.02)
            turned += rate * 0.02
        self.rig.base = (0.0, 0.0, 0.0)
        self.rig.step(0.2)


@pytest.mark.parametrize(
    ("side", "hinge", "radius", "error", "degrees"),
    [
        ("left", "left", 0.60, (0.0, 0.0), 0.0),
        ("left", "left", 0.55, (0.02, 0.015), 5.0),
        ("right", "right", 0.65, (-0.02, -0.015), -5.0),
        ("right", "left", 0.60, (0.02, 0.0), 0.0),
    ],
    ids=["as planned", "too near", "too far", "from the free edge"],
)
def test_hook_opens_a_door_by_ninety_degrees(
    side: str, hinge: str, radius: float, error: tuple[float, float], degrees: float
) -> None:
    door = Door(side, hinge, radius)
    door.hook(error, math.radians(degrees))
    before = door.bar_in_hand()
    door.pull(math.pi / 2, 0.2)
    assert math.degrees(door.angle) > 85.0
    assert float(np.linalg.norm((door.bar_in_hand() - before)[:2])) < 0.02
    assert door.rig.lean() < math.radians(0.5)


def test_without_a_hand_the_gasket_keeps_the_door_shut() -> None:
    door = Door("left", "left", 0.6)
    door.pull(0.3, 0.2)
    assert door.angle < 1e-3
