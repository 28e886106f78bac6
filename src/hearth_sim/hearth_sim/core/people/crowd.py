"""Everybody in a world: moves their bodies as their heads want."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
import numpy.typing as npt
from hearth_core.geometry import wrap_angle

from hearth_sim.core.people.body import STRIDE, PersonHandles, swing
from hearth_sim.core.people.walker import RADIUS, Doing, Walker

Array = npt.NDArray[np.float64]
PERIOD = 0.02
"""Between two looks at the world [s]."""
ROBOT_RADIUS = 0.38
"""What people take a robot for: a disc this large [m]."""
TURN = 3.0
"""How quickly people turn to where they walk [1/s]."""


class _Bound:
    """One person's numbers in the model."""

    def __init__(self, model: mujoco.MjModel, handles: PersonHandles) -> None:
        self.start = np.array(handles.start)
        self.qpos = [int(model.joint(name).qposadr[0]) for name in handles.joints]
        self.dof = [int(model.joint(name).dofadr[0]) for name in handles.joints]
        self.drives = [int(model.actuator(name).id) for name in handles.drives]
        self.hips = [int(model.actuator(name).id) for name in handles.hips]
        self.body = int(model.body(handles.body).id)
        self.phase = 0.0


@dataclass(frozen=True)
class PersonState:
    """What is true of one person."""

    x: float
    y: float
    yaw: float
    vx: float
    vy: float
    doing: Doing


class Crowd:
    """A step hook (``handles.StepHook``): decides and drives every 0.02 s of simulated time."""

    def __init__(
        self,
        walkers: Sequence[Walker],
        handles: Sequence[PersonHandles],
        robots: Sequence[str],
    ) -> None:
        """``robots``: names of the robots' root bodies."""
        self.walkers = tuple(walkers)
        self.handles = tuple(handles)
        self._robots = tuple(robots)
        self._bound: list[_Bound] = []
        self._robot_bodies: list[int] = []
        self._model: mujoco.MjModel | None = None
        self._due = 0.0

    def __call__(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Look and act, if it is time to."""
        self._bind(model)
        if data.time < self._due - 1e-9:
            return
        self._due = float(data.time) + PERIOD
        discs = np.concatenate([self._people(data), self._machines(model, data)])
        for k, (walker, bound) in enumerate(zip(self.walkers, self._bound, strict=True)):
            others = np.delete(discs, k, axis=0)
            at = (float(discs[k, 0]), float(discs[k, 1]))
            vx, vy = walker.step(float(data.time), PERIOD, at, others)
            self._drive(data, bound, vx, vy)

    def states(self, model: mujoco.MjModel, data: mujoco.MjData) -> Mapping[str, PersonState]:
        """Everybody by name; for evaluators and tests."""
        self._bind(model)
        result = {}
        for walker, bound, handles in zip(self.walkers, self._bound, self.handles, strict=True):
            x, y, yaw = data.qpos[bound.qpos]
            vx, vy, _ = data.qvel[bound.dof]
            result[handles.name] = PersonState(
                float(x + bound.start[0]),
                float(y + bound.start[1]),
                wrap_angle(float(yaw)),
                float(vx),
                float(vy),
                walker.doing,
            )
        return result

    def _bind(self, model: mujoco.MjModel) -> None:
        if self._model is model:
            return
        self._model = model
        self._bound = [_Bound(model, handles) for handles in self.handles]
        self._robot_bodies = [int(model.body(name).id) for name in self._robots]

    def _people(self, data: mujoco.MjData) -> Array:
        rows = np.zeros((len(self._bound), 6))
        for row, bound in zip(rows, self._bound, strict=True):
            row[:2] = data.qpos[bound.qpos[:2]] + bound.start
            row[2:4] = data.qvel[bound.dof[:2]]
            row[4] = RADIUS
        return rows

    def _machines(self, model: mujoco.MjModel, data: mujoco.MjData) -> Array:
        """Robots as people see them."""
        rows = np.ones((len(self._robot_bodies), 6))
        velocity = np.zeros(6)
        for row, body in zip(rows, self._robot_bodies, strict=True):
            row[:2] = data.xpos[body, :2]
            mujoco.mj_objectVelocity(model, data, mujoco.mjtObj.mjOBJ_XBODY, body, velocity, 0)
            row[2:4] = velocity[3:5]
            row[4] = ROBOT_RADIUS
        return rows

    @staticmethod
    def _drive(data: mujoco.MjData, bound: _Bound, vx: float, vy: float) -> None:
        speed = math.hypot(vx, vy)
        yaw = float(data.qpos[bound.qpos[2]])
        turn = TURN * wrap_angle(math.atan2(vy, vx) - yaw) if speed > 0.1 else 0.0
        data.ctrl[bound.drives] = (vx, vy, max(-3.0, min(3.0, turn)))
        real = math.hypot(*data.qvel[bound.dof[:2]])
        bound.phase += 2.0 * math.pi * real / STRIDE * PERIOD
        data.ctrl[bound.hips] = swing(bound.phase, real)
