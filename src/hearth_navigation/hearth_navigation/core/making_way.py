"""Making way for who walks towards the robot's path: stand, or step aside and stand, in time.

Whoever walks is taken to walk on, up to the next wall. As long as the robot can go on along its
path and keep the gap, it does. Else it looks for a place nearby to let them pass from, reached
straight and before they are there, and stays until they have passed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, wrap_angle

from hearth_navigation.core.approach import straight_is_clear
from hearth_navigation.core.courtesy import people_gap
from hearth_navigation.core.field import Field
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.mppi import Limits
from hearth_navigation.core.people_kernels import STROLL, gap_along, gap_of_step

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WayConfig:
    """How early and how far the robot makes way."""

    gap: float = 0.48
    """Gap to who walks [m] below which the robot does not drive on."""
    horizon: float = 3.0
    """How far ahead driving on is looked at [s]."""
    stay: float = 12.0
    """How far ahead standing aside is looked at [s]."""
    period: float = 0.1
    """Between two looks [s]."""
    forward: tuple[float, ...] = (-0.4, 0.0, 0.4, 0.8, 1.2, 1.6)
    """Where places to stand are looked for, along the path's heading [m]."""
    aside: float = 0.8
    """... and up to this far beside it [m]."""
    pitch: float = 0.08
    """Distance of places beside each other [m]."""
    margin: float = 0.02
    """Clearance of those places [m]."""
    worth: float = 10.0
    """Metres of way that a metre of gap is worth, up to the gap that is wanted."""
    progress: float = 0.4
    """Metres of way that a metre ahead is worth."""
    loyalty: float = 3.0
    """A place elsewhere must be better by this [m of way]."""
    elsewhere: float = 0.35
    """... which is further than this from the one that was chosen [m]."""
    delay: float = 0.3
    """Until the robot moves [s]."""
    pause: float = 0.3
    """Between two looks for a better place [s]."""
    hold: float = 10.0
    """How long the robot waits for somebody who has stopped to walk on [s]."""
    near: float = 1.5
    """Whoever has stopped further off than this [m] is not waited for."""


class MakingWay:
    """Decides when to make way, and where to stand."""

    def __init__(self, config: WayConfig, limits: Limits) -> None:
        self.config = config
        self._limits = limits
        self._place: Pose2 | None = None
        self._looked = -math.inf
        self._walked = -math.inf

    def reset(self) -> None:
        """Nobody is in the way."""
        self._place, self._looked, self._walked = None, -math.inf, -math.inf

    def step(
        self,
        now: float,
        pose: Pose2,
        ahead: Array,
        clearance: Field,
        footprint: Footprint,
        people: Array,
    ) -> Pose2 | None:
        """Where to stand; None: the way is free.

        Args:
            now: [s].
            pose: base_footprint in map.
            ahead: Poses (N, 3) of driving on, one every ``config.period``, from now.
            clearance: Distance to the nearest blocked cell.
            footprint: The robot.
            people: Rows (x, y, vx, vy, radius, until), shape (M, 6).
        """
        config = self.config
        walkers = people[np.hypot(people[:, 2], people[:, 3]) >= STROLL]
        if len(walkers):
            self._walked = now
        elif self._place is None or now - self._walked > config.hold:
            self._place = None
            return None
        concerned = walkers if self._place is None else self._near(pose, people)
        gap = gap_along(concerned, footprint.box, ahead, config.period)
        if gap >= config.gap or (not len(walkers) and gap >= self._gap(pose, footprint, people)):
            self._place = None
            return None
        if self._place is None or (len(walkers) and now - self._looked > config.pause):
            going = config.worth * gap + config.progress * math.dist(ahead[0, :2], ahead[-1, :2])
            self._place = self._look(
                pose, float(ahead[0, 2]), clearance, footprint, concerned, going
            )
            self._looked = now
        return self._place

    @staticmethod
    def _gap(pose: Pose2, footprint: Footprint, people: Array) -> float:
        """Below this gap driving on would bring it nearer to those who stand."""
        return people_gap(footprint, pose, people) - 0.02

    def _near(self, pose: Pose2, people: Array) -> Array:
        walks = np.hypot(people[:, 2], people[:, 3]) >= STROLL
        near = np.hypot(people[:, 0] - pose.x, people[:, 1] - pose.y) < self.config.near
        return people[walks | near]

    def _look(
        self,
        pose: Pose2,
        heading: float,
        clearance: Field,
        footprint: Footprint,
        people: Array,
        going: float,
    ) -> Pose2 | None:
        """The best place to stand; where it is now if none is better; None: ``going`` on is."""
        config = self.config
        n = round(config.aside / config.pitch) if self._limits.sideways > 0.0 else 0
        path = Pose2(pose.x, pose.y, heading)
        beside = [config.pitch * k for k in range(-n, n + 1)]
        places = [path @ Pose2(x, y, 0.0) for x in config.forward for y in beside]
        scores = [self._score(pose, place, footprint, people) for place in places]
        least = self._score(pose, pose, footprint, people) + 0.1
        for k in np.argsort(scores)[::-1]:
            if scores[k] <= max(least, going):
                break
            room = footprint.clearance(clearance, places[k]) >= config.margin
            if room and straight_is_clear(clearance, footprint, pose, places[k], config.margin):
                return places[k]
        return pose if least > going else None

    def _score(self, pose: Pose2, place: Pose2, footprint: Footprint, people: Array) -> float:
        """Worth of the gap that standing there leaves, less the way [m]."""
        config, limits = self.config, self._limits
        step = pose.inverse() @ Pose2(place.x, place.y, pose.yaw)
        fastest = limits.forward if step.x > 0.0 else limits.backward
        seconds = math.hypot(step.x / max(fastest, 1e-6), step.y / max(limits.sideways, 1e-6))
        gap = gap_of_step(
            people,
            footprint.box,
            np.array([pose.x, pose.y, pose.yaw]),
            np.array([place.x, place.y, pose.yaw + wrap_angle(place.yaw - pose.yaw)]),
            seconds,
            config.delay,
            config.stay,
        )
        score = config.worth * min(gap, config.gap) - 0.3 * math.hypot(step.x, step.y)
        chosen = self._place is not None and place.distance(self._place) < config.elsewhere
        return score + config.progress * step.x + config.loyalty * chosen
