"""Model predictive path integral control of an omnidirectional base along a path.

Williams et al. 2017. Noise lives on a few knots and is interpolated, so that samples are smooth
and reach far; it is drawn once and read from another place each cycle. A sample costs: contact of
the true footprint, closeness, driving sideways or backwards, and at its end the way that remains.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

from hearth_navigation.core.field import Field
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.mppi_kernels import (
    CONTACT,
    average,
    evaluate,
    footprint_gap,
    path_gap,
)
from hearth_navigation.core.mppi_rollout import BLOCK

Array = npt.NDArray[np.float64]
NOBODY: Array = np.zeros((0, 6))


@dataclass(frozen=True)
class Limits:
    """What the base may do."""

    forward: float = 0.5
    """[m/s]."""
    backward: float = 0.2
    """[m/s]."""
    sideways: float = 0.3
    """[m/s]; 0 for a differential base."""
    turn: float = 1.0
    """[rad/s]."""
    acceleration: float = 0.8
    """[m/s2]."""
    turn_acceleration: float = 2.0
    """[rad/s2]."""


@dataclass(frozen=True)
class MppiConfig:
    """How the controller samples and what it charges."""

    samples: int = 600
    steps: int = 36
    knots: int = 6
    period: float = 0.05
    """Time of one step [s]."""
    temperature: float = 0.05
    """Softness of the average [m of way]."""
    comfort: float = 0.15
    """Clearance [m] from which on closeness costs nothing."""
    closeness: float = 1.5
    """Cost [m] of a second at contact."""
    passing: float = 0.15
    """Most cost [m] of a second where the path is narrowest: less than driving on gains."""
    margin: float = 0.01
    """Clearance [m] under which a sample counts as contact."""
    lateral: float = 1.0
    """Cost [m] of a metre beside the path."""
    heading: float = 0.5
    """Cost [m] of a radian off the path's heading."""
    sideways: float = 0.15
    """Cost [m] of a metre sideways; backward three times that."""
    smoothness: float = 0.02
    """Cost [m] of changing the command by the limits, per knot."""
    polite: float = 0.65
    """Gap to people [m] from which on they cost nothing."""
    politeness: float = 8.0
    """Cost [m] of a second at contact with a person."""


@dataclass(frozen=True)
class Control:
    """One cycle's answer."""

    velocity: tuple[float, float, float]
    """Command (vx, vy, wz) in base_footprint [m/s, m/s, rad/s]."""
    contact: bool
    """Every sample touched something: there is no good command, and this one is zero."""


class Mppi:
    """The controller; call :meth:`step` every ``config.period``."""

    def __init__(self, config: MppiConfig, limits: Limits, seed: int = 0) -> None:
        self.config = config
        self.limits = limits
        generator = np.random.default_rng(seed)
        pool = 4 * config.samples
        knots = generator.standard_normal((config.knots, 3, pool))
        self._rough = (np.diff(knots, axis=0) ** 2).sum(axis=(0, 1)) / config.knots
        self._noise = np.ascontiguousarray(knots, np.float32)
        self._generator = generator
        self._mean = np.zeros((config.steps, 3), np.float32)
        self._costs = np.zeros(config.samples)
        self._state = np.zeros((13, BLOCK), np.float32)
        self._seen = np.zeros((config.steps // 2, 4, BLOCK), np.float32)

    def reset(self) -> None:
        """Forget the last plan of commands."""
        self._mean[:] = 0.0

    def step(
        self,
        clearance: Field,
        footprint: Footprint,
        pose: Pose2,
        velocity: tuple[float, float, float],
        path: Array,
        travelled: Array,
        index: int,
        speed: float = 1.0,
        people: Array = NOBODY,
    ) -> Control:
        """Command for the next period.

        Args:
            clearance: Distance to the nearest blocked cell, in map.
            footprint: The robot.
            pose: In map.
            velocity: Of the base now (vx, vy, wz).
            path: Poses (N, 3) in map.
            travelled: Way along the path to each pose [m], shape (N,).
            index: Pose of the path the robot is at.
            speed: Share of the speed limits to use, 0..1.
            people: Rows (x, y, vx, vy, radius, until) in map, shape (M, 6).
        """
        config, limits = self.config, self.limits
        bounds = np.array(
            [
                limits.forward * speed,
                limits.backward * speed,
                limits.sideways * speed,
                limits.turn * max(speed, 0.5),
                limits.acceleration * config.period,
                limits.turn_acceleration * config.period,
            ],
            np.float32,
        )
        sigma = np.float32(0.4) * bounds[[0, 2, 3]]
        reach = limits.forward * config.steps * config.period + 0.5
        last = int(np.searchsorted(travelled, travelled[index] + reach, side="right"))
        start = np.array([pose.x, pose.y, pose.yaw, *velocity], np.float32)
        weights = np.array(
            [
                config.comfort,
                self._closeness(clearance, footprint, path, index, last),
                config.margin,
                config.lateral,
                config.heading,
                config.sideways,
                config.smoothness,
                footprint_gap(
                    clearance.values,
                    *clearance.geometry,
                    footprint.discs,
                    pose.x,
                    pose.y,
                    math.cos(pose.yaw),
                    math.sin(pose.yaw),
                    config.comfort,
                ),
                config.polite,
                config.politeness,
            ]
        )
        offset = int(self._generator.integers(self._noise.shape[2] - config.samples + 3))
        self._mean[:-1] = self._mean[1:]
        least = evaluate(
            clearance.values,
            *clearance.geometry,
            footprint.discs,
            people,
            footprint.box,
            start,
            self._mean,
            self._noise,
            self._rough,
            offset,
            sigma,
            bounds,
            path,
            travelled,
            index,
            max(last, index + 1),
            config.period,
            weights,
            config.temperature,
            self._state,
            self._seen,
            self._costs,
        )
        if least >= CONTACT:
            self.reset()
            return Control((0.0, 0.0, 0.0), True)
        average(
            self._mean,
            self._noise,
            offset,
            sigma,
            bounds,
            self._costs,
            least,
            config.temperature,
        )
        vx, vy, wz = self._mean[0]
        return Control((float(vx), float(vy), float(wz)), False)

    def _closeness(
        self, clearance: Field, footprint: Footprint, path: Array, index: int, last: int
    ) -> float:
        """Price of closeness: where the path itself is close it must not pay to stand still."""
        config = self.config
        narrowest = path_gap(
            clearance.values,
            *clearance.geometry,
            footprint.discs,
            path,
            index,
            last + 1,
            config.comfort,
        )
        lack = 1.0 - max(narrowest, 0.0) / config.comfort
        return min(config.closeness, config.passing / max(lack * lack, 1e-6))
