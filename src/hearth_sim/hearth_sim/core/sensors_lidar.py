"""Planar lidar: rays into the collision and visual geometry of everything but the robot."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np
from hearth_core.ports import Scan

from hearth_sim.core.stage import Ints

OWN_GROUP = 5
"""Geom group in which a robot's own geoms hide from its lidar while it looks."""


@dataclass(frozen=True)
class LidarConfig:
    """ASSUMED: a household robot's 360 degree lidar."""

    rays: int = 360
    rate: float = 10.0
    """Revolutions a second [Hz]."""
    range_min: float = 0.05
    range_max: float = 12.0
    noise: float = 0.01
    """Standard deviation of a range [m]."""
    dropout: float = 0.002
    """Share of rays that bring no measurement (nan)."""


class Lidar:
    """Casts one revolution from a site; x forward, z up."""

    def __init__(self, rng: np.random.Generator, frame: str, config: LidarConfig) -> None:
        self._rng = rng
        self._frame = frame
        self.config = config
        angles = -math.pi + np.arange(config.rays) * (2.0 * math.pi / config.rays)
        self._directions = np.stack([np.cos(angles), np.sin(angles), np.zeros_like(angles)], 1)
        self._geom = np.empty(config.rays, np.int32)
        self._distance = np.empty(config.rays)
        self._groups = np.ones(6, np.uint8)
        self._groups[OWN_GROUP] = 0

    def scan(
        self,
        stamp: float,
        model: mujoco.MjModel,
        data: mujoco.MjData,
        site: int,
        own_geoms: Ints,
    ) -> Scan:
        """Look around at ``stamp`` [s]; kinematics must be up to date."""
        config = self.config
        directions = self._directions @ data.site_xmat[site].reshape(3, 3).T
        groups = model.geom_group[own_geoms].copy()
        model.geom_group[own_geoms] = OWN_GROUP
        try:
            mujoco.mj_multiRay(
                model,
                data,
                data.site_xpos[site],
                directions.ravel(),
                self._groups,
                1,
                -1,
                self._geom,
                self._distance,
                None,
                config.rays,
                config.range_max + 1.0,
            )
        finally:
            model.geom_group[own_geoms] = groups
        ranges = np.where(self._geom < 0, np.inf, self._distance)
        ranges += config.noise * self._rng.standard_normal(config.rays)
        ranges[ranges > config.range_max] = np.inf
        ranges[ranges < config.range_min] = np.nan
        ranges[self._rng.random(config.rays) < config.dropout] = np.nan
        return Scan(
            stamp,
            self._frame,
            -math.pi,
            2.0 * math.pi / config.rays,
            config.range_min,
            config.range_max,
            ranges.astype(np.float32),
        )
