"""A robot in a small world, moved by straight hand motions: for physics tests and tuning.

Not part of the simulation: it commands the motors directly and knows where everything is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import mujoco
import numpy as np
import numpy.typing as npt
from hearth_core.errors import BadInputError
from hearth_core.frames import ARM_JOINTS, HAND_JOINTS, grasp_frame
from hearth_core.geometry import Pose2, Transform, interpolate
from hearth_description.core.model import RobotModel, find_model, load_urdf

from hearth_sim.core.robot.build import add_robot
from hearth_sim.core.robot.index import RobotIndex
from hearth_sim.core.robot.names import Scope
from hearth_sim.core.stage import configure

Array = npt.NDArray[np.float64]
Positions = Mapping[str, float]
CONTROL = 5
"""Physics steps between two looks at the base's drive."""
DT = 0.01
"""[s] between two targets."""


class Rig:
    """One robot named ``robot1`` on a floor, with whatever ``furnish`` adds."""

    def __init__(
        self,
        furnish: Callable[[mujoco.MjSpec], None] | None = None,
        rest: Positions | None = None,
        model: RobotModel | None = None,
    ) -> None:
        self.robot = model or load_urdf(find_model("cloid"))
        spec = mujoco.MjSpec()
        configure(spec)
        plane = mujoco.mjtGeom.mjGEOM_PLANE
        spec.worldbody.add_geom(
            name="floor", type=plane, size=[8, 8, 0.1], rgba=[0.6, 0.55, 0.5, 1]
        )
        spec.worldbody.add_light(pos=[2, 1, 4], dir=[-0.4, -0.2, -1])
        if furnish is not None:
            furnish(spec)
        self.handles = add_robot(spec, self.robot, "robot1", Pose2(), rest=rest)
        self.model: mujoco.MjModel = spec.compile()
        self.data = mujoco.MjData(self.model)
        self.index = RobotIndex(Scope("robot1", self.robot), self.model)
        self._drive = self.handles.base.bind(self.model)
        self.base = (0.0, 0.0, 0.0)
        """vx, vy [m/s], wz [rad/s] of base_footprint."""
        self.before_step: Callable[[], None] | None = None
        self._slot = {name: i for i, name in enumerate(self.index.drive_names)}
        actuators = self.index.drives
        gains = self.model.actuator_gainprm[actuators, 0]
        self._lag = -self.model.actuator_biasprm[actuators, 2] / gains
        self._steps = 0
        self.index.reset_joints(self.data, self.handles.rest, self.model)

    def reset(self, positions: Positions) -> None:
        """Put joints at ``positions``, the others at the resting posture; at rest."""
        self.index.reset_joints(self.data, {**self.handles.rest, **positions}, self.model)

    def set(self, positions: Positions, velocities: Positions | None = None) -> None:
        """Targets of driven joints [rad], with feed-forward [rad/s]."""
        for name, value in positions.items():
            slot = self._slot[name]
            ahead = 0.0 if velocities is None else self._lag[slot] * velocities[name]
            self.data.ctrl[self.index.drives[slot]] = value + ahead

    def step(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / self.model.opt.timestep)):
            if self._steps % CONTROL == 0:
                self._drive(self.data, *self.base)
            if self.before_step is not None:
                self.before_step()
            mujoco.mj_step(self.model, self.data)
            self._steps += 1

    def move(self, start: Positions, goal: Positions, seconds: float) -> None:
        """Joints from ``start`` to ``goal``, smoothly."""
        count = max(1, round(seconds / DT))
        for k in range(count):
            s = (k + 1) / count
            s = s * s * (3.0 - 2.0 * s)
            self.set({name: start[name] + s * (goal[name] - start[name]) for name in goal})
            self.step(DT)

    def line(
        self, side: str, start: Transform, goal: Transform, seconds: float, seed: Positions
    ) -> dict[str, float]:
        """Move a hand straight; poses are ``base_from_grasp``.

        Returns:
            ``seed`` with the arm's joints at the end: the next line's ``seed``.

        Raises:
            BadInputError: The arm cannot follow.
        """
        names = ARM_JOINTS[side]
        count = max(1, round(seconds / DT))
        segments = max(2, count // 10)
        ways: list[Positions] = [seed]
        for k in range(1, segments + 1):
            pose = interpolate(start, goal, k / segments)
            found = inverse_kinematics(self.robot, side, pose, ways[-1])
            ways.append({**seed, **found})
        table = np.array([[way[name] for name in names] for way in ways])
        for k in range(count):
            t = (k + 1) / count
            s = t * t * (3.0 - 2.0 * t) * segments
            lower = min(int(s), segments - 1)
            slope = table[lower + 1] - table[lower]
            position = table[lower] + (s - lower) * slope
            velocity = slope * segments / seconds * 6.0 * t * (1.0 - t)
            self.set(
                dict(zip(names, position.tolist(), strict=True)),
                dict(zip(names, velocity.tolist(), strict=True)),
            )
            self.step(DT)
        end = {name: ways[-1][name] for name in names}
        self.set(end)
        return {**seed, **end}

    def seen_from_hand(self, side: str, body: str) -> Transform:
        """``grasp_from_body`` (truth)."""
        found = self.data.body(body)
        world_from_body = Transform(found.xmat.reshape(3, 3).copy(), found.xpos.copy())
        return self.index.link_pose(self.data, grasp_frame(side)).inverse() @ world_from_body

    def lean(self) -> float:
        """Angle of the base's z against the vertical [rad] (truth)."""
        return math.acos(min(1.0, float(self.index.base_pose(self.data).rotation[2, 2])))

    def touched(self, side: str) -> dict[str, float]:
        """Fingertip pressures of one hand [N]."""
        forces = self.index.touch_forces(self.data)
        return {link: force for link, force in forces.items() if link.startswith(side)}


def hand_posture(side: str, opposition: float, thumb: float, fingers: float) -> dict[str, float]:
    """Targets of a hand's joints [rad], all fingers alike."""
    values = [opposition, thumb, *[fingers] * 4]
    return dict(zip(HAND_JOINTS[side], values, strict=True))


def anvil(model: RobotModel, side: str, width: float) -> float:
    """Thumb flexion [rad] that puts the opposed thumb's tip at the face of a centred thing.

    Args:
        model: The robot.
        side: Whose thumb.
        width: Of the thing [m].
    """
    radius = 0.0105
    sign = 1.0 if side == "right" else -1.0
    low, high = -0.7, 0.7
    for _ in range(40):
        middle = 0.5 * (low + high)
        posture = hand_posture(side, math.pi / 2, middle, 0.0)
        tip = model.pose(posture, f"{side}_thumb_tip_link", grasp_frame(side)).translation
        if sign * tip[1] - radius > 0.5 * width:
            low = middle
        else:
            high = middle
    return low


def inverse_kinematics(
    model: RobotModel, side: str, base_from_grasp: Transform, seed: Positions
) -> dict[str, float]:
    """Arm joints that bring the grasp frame to a pose, near ``seed`` (damped least squares).

    Args:
        model: The robot; joints not in ``seed`` stand at zero.
        side: Which arm.
        base_from_grasp: In base_footprint.
        seed: Where to start from.

    Raises:
        BadInputError: No solution within 1 mm and 1 mrad.
    """
    kinematics, names = model.kinematics, ARM_JOINTS[side]
    q = kinematics.vector(seed)
    columns = [kinematics.index[name] for name in names]
    limits = [model.joint(name).limits for name in names]
    lower = np.array([limit.lower if limit else -np.inf for limit in limits])
    upper = np.array([limit.upper if limit else np.inf for limit in limits])
    home = q[columns].copy()

    def error(at: Array) -> Array:
        pose = kinematics.link_pose(at, grasp_frame(side))
        turn = _rotation_vector(base_from_grasp.rotation @ pose.rotation.T)
        return np.concatenate((base_from_grasp.translation - pose.translation, turn))

    for _ in range(100):
        miss = error(q)
        if np.abs(miss).max() < 1e-5:
            break
        jacobian = np.zeros((6, len(columns)))
        for k, column in enumerate(columns):
            nudged = q.copy()
            nudged[column] += 1e-5
            jacobian[:, k] = (miss - error(nudged)) / 1e-5
        inverse = jacobian.T @ np.linalg.inv(jacobian @ jacobian.T + 1e-6 * np.eye(6))
        null = np.eye(len(columns)) - inverse @ jacobian
        change = inverse @ miss + 0.05 * null @ (home - q[columns])
        change *= min(1.0, 0.3 / max(1e-9, float(np.abs(change).max())))
        q[columns] = np.clip(q[columns] + change, lower, upper)
    if np.abs(error(q)).max() > 1e-3:
        where = base_from_grasp.translation.round(3).tolist()
        raise BadInputError(f"the {side} arm does not reach {where} with that orientation")
    return {name: float(q[column]) for name, column in zip(names, columns, strict=True)}


def _rotation_vector(rotation: Array) -> Array:
    """Axis times angle [rad] of a rotation matrix; half turns about any axis are not zero."""
    axis = 0.5 * np.array(
        [
            rotation[2, 1] - rotation[1, 2],
            rotation[0, 2] - rotation[2, 0],
            rotation[1, 0] - rotation[0, 1],
        ]
    )
    sine, cosine = float(np.linalg.norm(axis)), 0.5 * (float(np.trace(rotation)) - 1.0)
    if sine < 1e-9:
        return axis if cosine > 0.0 else np.array([math.pi, 0.0, 0.0])
    return np.asarray(axis * (math.atan2(sine, cosine) / sine))
