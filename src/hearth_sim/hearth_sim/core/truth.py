"""What is true in the world: for the evaluator and for tests, never for a robot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mujoco
import numpy as np
from hearth_core.geometry import Transform

from hearth_sim.core.people.blame import Blame, PersonContact
from hearth_sim.core.people.crowd import PersonState
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


@dataclass(frozen=True)
class PeopleTruth:
    """People at one moment."""

    stamp: float
    people: Mapping[str, PersonState]
    """By name."""
    contacts: tuple[PersonContact, ...]
    """With robots, begun since the last look."""


def blame_of(stage: Stage) -> Blame | None:
    """The watch over contacts with people; None: there is nobody."""
    crowd = stage.home.people
    if crowd is None:
        return None
    robots = np.zeros(stage.model.nbody, bool)
    for robot in stage.robots.values():
        robots[robot.bodies] = True
    people = {person.name: int(stage.model.body(person.body).id) for person in crowd.handles}
    return Blame(stage.model, people, robots)


class ContactLog:
    """What touches what, and the largest normal force of every pair with a robot in it.

    Things that sleep have no contacts in MuJoCo's list; they still touch what they touched when
    they fell asleep.
    """

    def __init__(self, stage: Stage) -> None:
        model = stage.model
        # Whole robots and single bodies: the robot's parts count as its root here.
        self._owner = np.arange(model.nbody)
        self._robot = np.zeros(model.nbody, bool)
        quiet = np.zeros(model.ngeom, bool)
        for robot in stage.robots.values():
            self._owner[robot.bodies] = robot.body
            self._robot[robot.bodies] = True
            names = robot.handles.wheel_bodies
            wheels = [model.body(name).id for name in names] if names else [robot.body]
            quiet |= np.isin(model.geom_bodyid, wheels)
        floor = np.zeros(model.ngeom, bool)
        for name in stage.home.floor_geoms:
            floor[model.geom(name).id] = True
        self._quiet, self._floor = quiet, floor
        self._name = {model.body(body).id: name for name, body in stage.home.objects.items()}
        self._name |= {robot.body: name for name, robot in stage.robots.items()}
        self._watched = np.zeros(model.nbody, bool)
        self._watched[list(self._name)] = True
        self._pairs: set[tuple[int, int]] = set()
        self._largest: dict[tuple[int, int], float] = {}

    def add(self, stage: Stage) -> None:
        """Look at the contacts of the last step; call more often than things fall asleep."""
        data, model = stage.data, stage.model
        if self._pairs:
            awake = data.body_awake
            self._pairs = {pair for pair in self._pairs if not (awake[pair[0]] and awake[pair[1]])}
        if data.ncon == 0:
            return
        geoms: Ints = data.contact.geom.reshape(-1, 2)
        bodies = model.geom_bodyid[geoms]
        owners = self._owner[bodies]
        apart = owners[:, 0] != owners[:, 1]
        near = apart & self._watched[owners].any(axis=1)
        self._pairs.update((min(a, b), max(a, b)) for a, b in owners[near].tolist())

        robots = self._robot[bodies]
        mine = apart & robots.any(axis=1) & (data.contact.efc_address >= 0)
        quiet, floor = self._quiet[geoms], self._floor[geoms]
        mine &= ~((quiet[:, 0] & floor[:, 1]) | (quiet[:, 1] & floor[:, 0]))
        for k in np.flatnonzero(mine):
            pair = (int(bodies[k, 0]), int(bodies[k, 1]))
            if not robots[k, 0]:
                pair = (pair[1], pair[0])
            force = float(data.efc_force[data.contact.efc_address[k]])
            if force > self._largest.get(pair, 0.0):
                self._largest[pair] = force

    def take(self, stage: Stage) -> tuple[Contact, ...]:
        """Contacts of robots since the last call."""
        largest, self._largest = self._largest, {}
        return tuple(
            Contact(stage.body_name(robot), stage.body_name(other), force)
            for (robot, other), force in sorted(largest.items())
        )

    def touches(self, stage: Stage) -> dict[int, set[str]]:
        """Names of what each object and each robot touches, by body."""
        result: dict[int, set[str]] = {}
        for pair in self._pairs:
            for this, other in (pair, pair[::-1]):
                if this in self._name:
                    name = self._name.get(other) or stage.body_name(other)
                    result.setdefault(this, set()).add(name)
        return result


def observe(stage: Stage, stamp: float, log: ContactLog) -> Truth:
    """Look at everything; kinematics must be up to date."""
    model, data = stage.model, stage.data
    bodies = {name: model.body(body).id for name, body in stage.home.objects.items()}
    bodies |= {name: robot.body for name, robot in stage.robots.items()}
    touching = log.touches(stage)
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
