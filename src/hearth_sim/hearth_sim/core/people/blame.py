"""Who moved into whom when a person and a robot touch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import mujoco
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
CLOSING = 0.03
"""Slower than this toward the other one [m/s] is standing."""
APART = 0.3
"""After this long without touch [s] a touch is a new contact."""


class Cause(StrEnum):
    """Who moved into the other one."""

    ROBOT = "robot"
    PERSON = "person"
    BOTH = "both"


@dataclass(frozen=True)
class PersonContact:
    """A robot's part and a person came to touch."""

    person: str
    robot_body: str
    force: float
    """[N], along the normal; the largest so far."""
    caused_by: Cause


def cause(robot_closing: float, person_closing: float) -> Cause:
    """Who caused a contact, by the speeds [m/s] with which each came nearer just before it.

    Nobody moving: the person leans on the robot, which is the person's doing.
    """
    if robot_closing > CLOSING:
        return Cause.BOTH if person_closing > CLOSING else Cause.ROBOT
    return Cause.PERSON


class Blame:
    """Watches contacts of people with robots; compares the speeds of the moment before."""

    def __init__(
        self, model: mujoco.MjModel, people: dict[str, int], robots: npt.NDArray[np.bool_]
    ) -> None:
        """``people``: their root bodies; ``robots``: which bodies are parts of robots."""
        self._model = model
        self._names = np.full(model.nbody, "", object)
        for name, body in people.items():
            self._names[body] = name
        for body in range(1, model.nbody):
            self._names[body] = self._names[body] or self._names[model.body_parentid[body]]
        self._person = self._names != ""
        self._robots = robots
        self._before: tuple[Array, Array] | None = None
        self._touching: dict[tuple[str, str], float] = {}
        self._new: dict[tuple[str, str], PersonContact] = {}

    def add(self, data: mujoco.MjData) -> None:
        """Look at the contacts of the last step."""
        if data.ncon:
            self._contacts(data)
        # mj_step leaves velocities of bodies at the start of its last step: before the touch.
        self._before = (data.cvel.copy(), data.subtree_com.copy())

    def take(self) -> tuple[PersonContact, ...]:
        """Contacts that began since the last call."""
        new, self._new = self._new, {}
        return tuple(new.values())

    def _contacts(self, data: mujoco.MjData) -> None:
        geoms = data.contact.geom.reshape(-1, 2)
        bodies = self._model.geom_bodyid[geoms]
        person, robot = self._person[bodies], self._robots[bodies]
        mixed = (person[:, 0] & robot[:, 1]) | (person[:, 1] & robot[:, 0])
        for k in np.flatnonzero(mixed):
            first, second = int(bodies[k, 0]), int(bodies[k, 1])
            # The normal points from the first to the second geom.
            normal = np.array(data.contact.frame[k][:3])
            if self._robots[second]:
                first, second, normal = second, first, -normal
            name, part = str(self._names[second]), str(self._model.body(first).name)
            key = (name, part.split("/", maxsplit=1)[0])
            last = self._touching.get(key, -np.inf)
            self._touching[key] = float(data.time)
            row = int(data.contact.efc_address[k])
            force = float(data.efc_force[row]) if row >= 0 else 0.0
            known = self._new.get(key)
            if known is not None:
                if force > known.force:
                    self._new[key] = PersonContact(name, known.robot_body, force, known.caused_by)
            elif data.time - last > APART:
                point = np.array(data.contact.pos[k])
                closing = self._speed(first, point) @ normal, -self._speed(second, point) @ normal
                self._new[key] = PersonContact(name, part, force, cause(*map(float, closing)))

    def _speed(self, body: int, point: Array) -> Array:
        """Velocity [m/s] of a body's point at the last look, shape (3,)."""
        if self._before is None:
            return np.zeros(3)
        motion, centres = self._before
        root = int(self._model.body_rootid[body])
        return np.asarray(motion[body, 3:] + np.cross(motion[body, :3], point - centres[root]))
