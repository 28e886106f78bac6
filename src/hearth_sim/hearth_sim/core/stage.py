"""One compiled model and its state, with everything looked up that is read at every step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt
from hearth_core.errors import HearthError, UnknownNameError
from hearth_core.geometry import Transform

from hearth_sim.core.handles import HomeHandles, RobotHandles
from hearth_sim.core.render_offscreen import clip_planes

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

STEP = 0.002
"""Physics step [s]."""
BATCH = 0.01
"""Longest batch of steps without a word from outside [s]."""
OFFSCREEN = (1280, 720)
"""Largest picture that can be rendered: width, height [pixels]."""


LOG = logging.getLogger(__name__)
DIVERGED = (
    mujoco.mjtWarning.mjWARN_BADQPOS,
    mujoco.mjtWarning.mjWARN_BADQVEL,
    mujoco.mjtWarning.mjWARN_BADQACC,
)


@dataclass(frozen=True)
class Assembly:
    """A home with its robots, ready to compile."""

    spec: mujoco.MjSpec
    home: HomeHandles
    robots: Mapping[str, RobotHandles]
    openings: Mapping[str, float] = field(default_factory=dict)
    """Doors and drawers that do not start closed [rad or m]."""


Builder = Callable[[int], Assembly]
"""Builds the world of a seed; -1 is the nominal one."""


def configure(spec: mujoco.MjSpec) -> None:
    """Set the solver so that friction grasps hold, and the renderer so that it is quick."""
    option = spec.option
    option.timestep = STEP
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.solver = mujoco.mjtSolver.mjSOL_NEWTON
    option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    option.impratio = 10.0
    option.noslip_iterations = 3
    # Things at rest cost nothing until something touches them (measured: 2.8 -> 14 x real time).
    option.enableflags |= mujoco.mjtEnableBit.mjENBL_SLEEP
    # A world that diverges ends with an error; MuJoCo would silently put everything back.
    option.disableflags |= mujoco.mjtDisableBit.mjDSBL_AUTORESET
    spec.visual.quality.offsamples = 0
    spec.visual.global_.offwidth, spec.visual.global_.offheight = OFFSCREEN


def index_of(model: mujoco.MjModel, kind: mujoco.mjtObj, name: str) -> int:
    """Number of the named element.

    Raises:
        HearthError: The model has no such element.
    """
    index = int(mujoco.mj_name2id(model, kind, name))
    if index < 0:
        raise HearthError(f"the compiled world has no {kind.name[6:].lower()} {name!r}")
    return index


class BoundGroup:
    """Indices of one group's joints."""

    def __init__(self, model: mujoco.MjModel, robot: RobotHandles, group: str) -> None:
        joints = robot.groups[group]
        self.handles = tuple(joints)
        ids = [index_of(model, mujoco.mjtObj.mjOBJ_JOINT, joint.mj_joint) for joint in joints]
        self.qpos: Ints = model.jnt_qposadr[ids]
        self.dof: Ints = model.jnt_dofadr[ids]
        self.commanded = np.array(
            [k for k, joint in enumerate(joints) if joint.actuator is not None], np.int32
        )
        self.actuators = np.array(
            [
                index_of(model, mujoco.mjtObj.mjOBJ_ACTUATOR, joint.actuator)
                for joint in joints
                if joint.actuator is not None
            ],
            np.int32,
        )
        self.force_range: Array = model.actuator_forcerange[self.actuators].copy()
        stiffness = -model.actuator_biasprm[self.actuators, 1]
        damping = -model.actuator_biasprm[self.actuators, 2]
        self.lag: Array = np.divide(
            damping, stiffness, out=np.zeros_like(damping), where=stiffness > 0
        )
        """Time [s] by which a servo with damping follows a moving target late."""


class BoundRobot:
    """Indices of one robot."""

    def __init__(self, model: mujoco.MjModel, handles: RobotHandles) -> None:
        obj = mujoco.mjtObj
        self.handles = handles
        self.body = index_of(model, obj.mjOBJ_BODY, handles.root_body)
        self.bodies = subtree(model, self.body)
        self.geoms = np.flatnonzero(np.isin(model.geom_bodyid, self.bodies)).astype(np.int32)
        self.drive = handles.base.bind(model)
        self.groups = {name: BoundGroup(model, handles, name) for name in handles.groups}
        self.lidar = index_of(model, obj.mjOBJ_SITE, handles.lidar_site)
        self.gyro = self._sensor(model, handles.gyro)
        self.accelerometer = self._sensor(model, handles.accelerometer)
        self.orientation = self._sensor(model, handles.orientation)
        self.touch = {link: self._sensor(model, name) for link, name in handles.touch.items()}
        self.cameras = {
            camera.name: index_of(model, obj.mjOBJ_CAMERA, camera.mj_camera)
            for camera in handles.cameras
        }

    @staticmethod
    def _sensor(model: mujoco.MjModel, name: str) -> slice:
        index = index_of(model, mujoco.mjtObj.mjOBJ_SENSOR, name)
        start = int(model.sensor_adr[index])
        return slice(start, start + int(model.sensor_dim[index]))


def subtree(model: mujoco.MjModel, root: int) -> Ints:
    """Numbers of a body and of all bodies below it."""
    inside = np.zeros(model.nbody, bool)
    inside[root] = True
    for body in range(root + 1, model.nbody):
        inside[body] = inside[model.body_parentid[body]]
    return np.flatnonzero(inside).astype(np.int32)


class Stage:
    """A compiled world: model, data and bound robots. Replaced as a whole by a reset."""

    def __init__(self, assembly: Assembly) -> None:
        # MuJoCo's own handler writes a file into whatever folder it runs in.
        mujoco.set_mju_user_warning(LOG.warning)
        configure(assembly.spec)
        self.model: mujoco.MjModel = assembly.spec.compile()
        clip_planes(self.model)
        self.data = mujoco.MjData(self.model)
        self.home = assembly.home
        self.robots = {
            name: BoundRobot(self.model, handles) for name, handles in assembly.robots.items()
        }
        self._rest()
        for name, opening in assembly.openings.items():
            if name not in self.home.articulations:
                raise UnknownNameError("door or drawer", name, self.home.articulations)
            self.data.qpos[self.joint_index(self.home.articulations[name])] = opening
        mujoco.mj_forward(self.model, self.data)
        periods = [robot.handles.base.period for robot in self.robots.values()]
        self.batch = max(1, round(min([BATCH, *periods]) / STEP))
        """Most physics steps between two looks at commands."""
        self.hooked = (
            max(1, round(self.home.hook_period / STEP)) if self.home.hooks else self.batch
        )
        """Most physics steps between two calls of the home's hooks."""

    def step(self, count: int) -> None:
        """Make ``count`` physics steps."""
        while count > 0:
            for hook in self.home.hooks:
                hook(self.model, self.data)
            part = min(count, self.hooked)
            mujoco.mj_step(self.model, self.data, part)
            count -= part

    def check(self) -> None:
        """Refuse a state that means nothing.

        Raises:
            HearthError: The simulation diverged.
        """
        warnings = self.data.warning
        for kind in DIVERGED:
            if warnings[int(kind)].number:
                dof = int(warnings[int(kind)].lastinfo)
                body = self.body_name(int(self.model.dof_bodyid[min(dof, self.model.nv - 1)]))
                raise HearthError(f"the simulation diverged near {body!r} ({kind.name})")

    def _rest(self) -> None:
        """Put every robot's joints where they rest, and their targets with them."""
        for robot in self.robots.values():
            for group in robot.groups.values():
                for k, joint in enumerate(group.handles):
                    self.data.qpos[group.qpos[k]] = robot.handles.rest.get(joint.name, 0.0)
                self.data.ctrl[group.actuators] = self.data.qpos[group.qpos[group.commanded]]

    def body_pose(self, body: int) -> Transform:
        """``home_from_body`` as of the last kinematics."""
        return Transform(
            self.data.xmat[body].reshape(3, 3).copy(), np.array(self.data.xpos[body], float)
        )

    def body_name(self, body: int) -> str:
        """Name of a body; ``world`` for number 0."""
        return str(self.model.body(body).name)

    def joint_index(self, name: str) -> int:
        """Where joint ``name`` stands in ``qpos``."""
        joint = index_of(self.model, mujoco.mjtObj.mjOBJ_JOINT, name)
        return int(self.model.jnt_qposadr[joint])


@dataclass(frozen=True)
class Snapshot:
    """State after a batch of steps; read by anybody, changed by nobody."""

    stamp: float
    qpos: Array
    qvel: Array
    effort: Array
    """Actuator force per degree of freedom [N or Nm]."""
    sensors: Array

    @classmethod
    def of(cls, stamp: float, data: Any) -> Snapshot:
        """Copy what ports read."""
        return cls(
            stamp,
            data.qpos.copy(),
            data.qvel.copy(),
            data.qfrc_actuator.copy(),
            data.sensordata.copy(),
        )
