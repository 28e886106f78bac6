"""What is true in the world: for the evaluator and for tests, never for a robot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mujoco
import numpy as np

from hearth_core.geometry import Transform
from hearth_sim.core.stage import Array, Ints, Stage


@dataclass(frozen=True)
class BodyState:
    """One body of interest: a free object or a robot."""

    home_from_body: Transform
    linear: Array
    """Velocity in the home's axes [m/s], shape (3,)."""
    angular: Array
    """[rad/s], shape (3,)."""
    touches: tuple[str, ...]
    """Names of the objects, robots and fixed bodies it touches, sorted."""


@dataclass(frozen=True)
class Contact:
    """Largest force between a robot's body and another one."""

    robot_body: str
    """``robot1/left_palm_link``."""
    other_body: str
    force: float
    """[N], along the normal."""


@dataclass(frozen=True)
class Truth:
    """The world at one moment."""

    stamp: float
    bodies: Mapping[str, BodyState]
    """Objects and robots by name; a robot's pose is its base_footprint's."""
    joints: Mapping[str, float]
    """Doors and drawers [rad or m] by name."""
    contacts: tuple[Contact, ...]
    """Robots against the world since the last look, wheels on floor left out."""


class ContactLog:
    """Collects the largest normal force of every pair, one side of which is a robot."""

    def __init__(self, stage: Stage) -> None:
        model = stage.model
        self._robot_of_body = np.full(model.nbody, -1, np.int32)
        quiet = np.zeros(model.ngeom, bool)
        for k, robot in enumerate(stage.robots.values()):
            self._robot_of_body[robot.bodies] = k
            names = robot.handles.wheel_bodies
            wheels = [model.body(name).id for name in names] if names else [robot.body]
            quiet |= np.isin(model.geom_bodyid, wheels)
        floor = np.zeros(model.ngeom, bool)
        for name in stage.home.floor_geoms:
            floor[model.geom(name).id] = True
        self._quiet, self._floor = quiet, floor
        self._largest: dict[tuple[int, int], float] = {}

    def add(self, stage: Stage) -> None:
        """Look at the contacts of the last step."""
        data, model = stage.data, stage.model
        if data.ncon == 0:
            return
        geoms: Ints = data.contact.geom
        address: Ints = data.contact.efc_address
        bodies = model.geom_bodyid[geoms]
        robots = self._robot_of_body[bodies]
        mine = (robots[:, 0] != robots[:, 1]) & (address >= 0)
        if not mine.any():
            return
        quiet, floor = self._quiet[geoms], self._floor[geoms]
        mine &= ~((quiet[:, 0] & floor[:, 1]) | (quiet[:, 1] & floor[:, 0]))
        for k in np.flatnonzero(mine):
            pair = (int(bodies[k, 0]), int(bodies[k, 1]))
            if robots[k, 0] < 0:
                pair = (pair[1], pair[0])
            force = float(data.efc_force[address[k]])
            if force > self._largest.get(pair, 0.0):
                self._largest[pair] = force

    def take(self, stage: Stage) -> tuple[Contact, ...]:
        """What was collected since the last call."""
        largest, self._largest = self._largest, {}
        return tuple(
            Contact(stage.body_name(robot), stage.body_name(other), force)
            for (robot, other), force in sorted(largest.items())
        )


def observe(stage: Stage, stamp: float, log: ContactLog) -> Truth:
    """Look at everything; kinematics must be up to date."""
    model, data = stage.model, stage.data
    bodies = {name: model.body(body).id for name, body in stage.home.objects.items()}
    bodies |= {name: robot.body for name, robot in stage.robots.items()}
    touching = _touching(stage)
    states = {}
    velocity = np.zeros(6)
    for name, body in bodies.items():
        mujoco.mj_objectVelocity(model, data, mujoco.mjtObj.mjOBJ_XBODY, body, velocity, 0)
        states[name] = BodyState(
            stage.body_pose(body),
            velocity[3:].copy(),
            velocity[:3].copy(),
            tuple(sorted(touching.get(body, ()))),
        )
    joints = {
        name: float(data.qpos[stage.joint_index(joint)])
        for name, joint in stage.home.articulations.items()
    }
    return Truth(stamp, states, joints, log.take(stage))


def _touching(stage: Stage) -> dict[int, set[str]]:
    """Names of what each free object and each robot touches, by body."""
    model, data = stage.model, stage.data
    name_of = {model.body(body).id: name for name, body in stage.home.objects.items()}
    root_of: dict[int, int] = {}
    for robot in stage.robots.values():
        for body in robot.bodies:
            root_of[int(body)] = robot.body
    result: dict[int, set[str]] = {}
    for geom1, geom2 in np.asarray(data.contact.geom).reshape(-1, 2):
        pair = [int(model.geom_bodyid[geom1]), int(model.geom_bodyid[geom2])]
        for this, other in (pair, pair[::-1]):
            key = root_of.get(this, this)
            if key == root_of.get(other, other):
                continue
            if this in name_of or this in root_of:
                result.setdefault(key, set()).add(name_of.get(other) or _named(stage, other))
    return result


def _named(stage: Stage, body: int) -> str:
    return stage.body_name(body) if body else "world"
