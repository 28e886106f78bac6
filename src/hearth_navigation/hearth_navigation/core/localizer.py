"""Where the robot is on the map: nowhere known, in several places perhaps, or here.

Particles carry several guesses until only one is left; from then on the scan is matched to the
map and fused with the wheels (information filter). A pose is given only while it is believed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum, auto

import numpy as np
import numpy.typing as npt
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2, wrap_angle

from hearth_navigation.core.field import surface_field
from hearth_navigation.core.grid import Grid
from hearth_navigation.core.matcher import correlate, refine
from hearth_navigation.core.particles import MotionNoise, ParticleFilter
from hearth_navigation.core.relocalizer import Beams, Relocalizer, RelocalizerConfig, agreement
from hearth_navigation.core.scan import thin

Array = npt.NDArray[np.float64]


class Status(Enum):
    """What is known."""

    LOST = auto()
    """No guess fits."""
    AMBIGUOUS = auto()
    """Several places fit; driving a little tells them apart."""
    LOCALIZED = auto()


@dataclass(frozen=True)
class LocalizerConfig:
    """How the pose is followed and when it is doubted."""

    particles: int = 600
    match_points: int = 180
    point_sigma: float = 0.03
    """Deviation of a scan point from the map [m]."""
    independent: float = 8.0
    """Scan points per independent measurement."""
    doubt_agree: float = 0.35
    """Agreement below which the pose is doubted."""
    doubt_through: float = 0.25
    """Share of beams through walls above which the pose is doubted."""
    patience: float = 1.0
    """How long [s] doubt lasts before the robot counts as lost."""
    retry: float = 1.0
    """Time between searches of the whole map [s]."""
    decide: float = 0.6
    """Least weight of the particles around a guess that driving has left."""
    relocalizer: RelocalizerConfig = field(default_factory=RelocalizerConfig)


@dataclass(frozen=True)
class Estimate:
    """What is known after one scan."""

    stamp: float
    status: Status
    pose: Pose2 | None
    """base_footprint in map at ``stamp``; None unless localized."""
    covariance: Array
    """Of x, y, yaw, shape (3, 3)."""
    map_from_odom: Pose2 | None
    agree: float
    """Share of the beams that end where the map says, 0..1."""
    through: float
    """Share of the beams that flew through walls, 0..1."""
    guesses: int
    """Places that are still possible."""

    @property
    def health(self) -> float:
        """One figure, 0 (do not trust it) .. 1 (all beams end where the map says)."""
        if self.pose is None:
            return 0.0
        return max(0.0, min(1.0, self.agree - self.through))


class Localizer:
    """Feed it every scan with the wheels' pose at that moment."""

    def __init__(self, grid: Grid, config: LocalizerConfig | None = None, seed: int = 0) -> None:
        self.config = config or LocalizerConfig()
        self.grid = grid
        self._field = surface_field(grid)
        self._relocalizer = Relocalizer(grid, self._field, self.config.relocalizer)
        self._filter = ParticleFilter(self.config.particles, seed)
        self._noise = MotionNoise(floor=0.001)
        self._status = Status.LOST
        self._pose = Pose2()
        self._covariance: Array = np.eye(3)
        self._odom: Pose2 | None = None
        self._stamp = -math.inf
        self._doubted: float | None = None
        self._searched = -math.inf
        self._moved = Pose2()
        self._told: tuple[float, float] | None = None

    @property
    def particles(self) -> tuple[Array, Array]:
        """Poses (N, 3) in map and weights (N,); for display."""
        return self._filter.poses, self._filter.weights

    @property
    def status(self) -> Status:
        """As after the last scan."""
        return self._status

    def set_pose(self, pose: Pose2, distance: float = 0.3, yaw: float = 0.26) -> None:
        """Take a person's word: ``pose`` with standard deviations [m, rad].

        The next scan looks for the best fit within two of them.

        Raises:
            BadInputError: The pose lies outside the map.
        """
        if not self.grid.contains(pose.x, pose.y):
            raise BadInputError(f"({pose.x:.2f}, {pose.y:.2f}) lies outside the map")
        self._told = (distance, yaw)
        self._filter.spread([pose], distance, yaw)
        self._pose = pose
        self._covariance = np.diag([distance**2, distance**2, yaw**2])
        self._status = Status.LOCALIZED
        self._doubted = None

    def forget(self) -> None:
        """Search the whole map at the next scan."""
        self._status = Status.LOST
        self._searched = -math.inf
        self._doubted = None

    def update(self, stamp: float, odom: Pose2, beams: Beams) -> Estimate:
        """Take one scan.

        Args:
            stamp: When it was measured [s]; a jump back forgets the time, not the pose.
            odom: base_footprint in odom then.
            beams: The scan.
        """
        if stamp < self._stamp:
            self._searched, self._doubted = -math.inf, None
        self._stamp = stamp
        step = Pose2() if self._odom is None else self._odom.inverse() @ odom
        self._odom = odom
        if self._status is Status.LOCALIZED:
            agree, through = self._track(stamp, step, beams)
        else:
            agree, through = self._search(stamp, step, beams)
        localized = self._status is Status.LOCALIZED
        return Estimate(
            stamp,
            self._status,
            self._pose if localized else None,
            self._covariance.copy(),
            self._pose @ odom.inverse() if localized else None,
            agree,
            through,
            1 if localized else len(self._guesses()),
        )

    def _track(self, stamp: float, step: Pose2, beams: Beams) -> tuple[float, float]:
        config = self.config
        self._predict(step)
        points = thin(beams.points, config.match_points)
        if len(points) >= 10:
            scale = 1.0 / (config.point_sigma**2 * config.independent)
            held: Array = np.linalg.inv(self._covariance).astype(np.float64)
            if self._told is not None:
                self._look_around(points, *self._told)
                self._told = None
            match = refine(self._field, points, self._pose, prior=held / scale)
            information = match.information * scale
            # The match already weighs the prediction: it is the fused pose.
            self._pose = match.pose
            self._covariance = np.linalg.inv(held + information).astype(np.float64)
        self._follow(step, beams)
        result = agreement(self._field, beams, self._pose)
        bad = result.agree < config.doubt_agree or result.through > config.doubt_through
        if not bad:
            self._doubted = None
        elif self._doubted is None:
            self._doubted = stamp
        elif stamp - self._doubted > config.patience:
            self._doubt(beams)
        return result.agree, result.through

    def _look_around(self, points: Array, distance: float, yaw: float) -> None:
        """Start from the best fit near the pose a person gave."""
        few = thin(points, 80)
        guess, _ = correlate(
            self._field, few, self._pose, min(1.5, 2.0 * distance), min(0.6, 2.0 * yaw), step=0.1
        )
        near, _ = correlate(self._field, few, guess, 0.1, 0.05)
        match = refine(self._field, points, near)
        if match.inliers > refine(self._field, points, self._pose).inliers:
            self._pose = match.pose

    def _predict(self, step: Pose2) -> None:
        distance, yaw = self._noise.deviations(step)
        c, s = math.cos(self._pose.yaw), math.sin(self._pose.yaw)
        jacobian = np.eye(3)
        jacobian[0, 2] = -s * step.x - c * step.y
        jacobian[1, 2] = c * step.x - s * step.y
        self._pose = self._pose @ step
        self._covariance = jacobian @ self._covariance @ jacobian.T + np.diag(
            [distance**2, distance**2, yaw**2]
        )

    def _follow(self, step: Pose2, beams: Beams) -> None:
        """Keep the particles with the robot; they matter only while there is doubt."""
        if self._filter.empty:
            self._filter.spread([self._pose], 0.05, 0.03)
        self._moved = self._moved @ step
        if math.hypot(self._moved.x, self._moved.y) < 0.1 and abs(self._moved.yaw) < 0.1:
            return
        self._filter.predict(self._moved)
        self._moved = Pose2()
        self._filter.correct(self._field, thin(beams.points, 60))

    def _doubt(self, beams: Beams) -> None:
        """Long doubted: somewhere else that fits much better, or lost."""
        candidates = self._relocalizer.candidates(beams)
        here = agreement(self._field, beams, self._pose)
        best = self._relocalizer.unique(candidates)
        self._doubted = None
        if best is not None and _apart(best.pose, self._pose):
            self._believe(best.pose)
        elif best is None or best.agreement.score < here.score:
            # Nowhere fits better: much has changed around the robot, which then is still here.
            fits_nowhere = not candidates or candidates[0].agreement.score < here.score + 0.1
            if not (fits_nowhere and here.through < 0.1):
                self.forget()

    def _search(self, stamp: float, step: Pose2, beams: Beams) -> tuple[float, float]:
        if self._status is Status.AMBIGUOUS:
            self._moved = self._moved @ step
            if math.hypot(self._moved.x, self._moved.y) > 0.05 or abs(self._moved.yaw) > 0.2:
                self._filter.predict(self._moved)
                self._filter.correct(self._field, thin(beams.points, 90), independent=20.0)
                self._moved = Pose2()
                self._decide(beams)
        if self._status is Status.LOST and stamp - self._searched >= self.config.retry:
            self._searched = stamp
            candidates = self._relocalizer.candidates(beams)
            best = self._relocalizer.unique(candidates)
            if best is not None:
                self._believe(best.pose)
                return best.agreement.agree, best.agreement.through
            plausible = self._relocalizer.plausible(candidates)
            if plausible:
                self._status = Status.AMBIGUOUS
                self._filter.spread([item.pose for item in plausible], 0.05, 0.03)
                self._moved = Pose2()
        return 0.0, 0.0

    def _guesses(self) -> list[Pose2]:
        if self._status is not Status.AMBIGUOUS:
            return []
        return [item.pose for item in self._filter.clusters() if item.weight > 0.02]

    def _decide(self, beams: Beams) -> None:
        """One guess left that the beams confirm: believe it; none that fits: lost."""
        clusters = [item for item in self._filter.clusters()[:5] if item.weight >= 0.01]
        points = thin(beams.points, 150)
        guesses = [refine(self._field, points, item.pose).pose for item in clusters]
        candidates = self._relocalizer.judged(beams, guesses)
        best = self._relocalizer.unique(candidates)
        if not self._relocalizer.plausible(candidates):
            self.forget()
        elif best is not None:
            weight = clusters[guesses.index(best.pose)].weight
            if weight > self.config.decide:
                self._believe(best.pose)

    def _believe(self, pose: Pose2) -> None:
        self._status = Status.LOCALIZED
        self._pose = Pose2(pose.x, pose.y, wrap_angle(pose.yaw))
        self._covariance = np.diag([0.03**2, 0.03**2, 0.02**2])
        self._filter.spread([self._pose], 0.05, 0.03)
        self._moved = Pose2()
        self._doubted = None


def _apart(a: Pose2, b: Pose2) -> bool:
    return a.distance(b) > 0.5 or abs(wrap_angle(a.yaw - b.yaw)) > 0.5
