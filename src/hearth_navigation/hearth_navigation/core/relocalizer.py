"""Where on the map does this one scan fit? Exhaustive search, refinement, and honest doubt."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, wrap_angle
from hearth_core.jit import kernel

from hearth_navigation.core.beam_model import BeamModel
from hearth_navigation.core.field import Field, Values
from hearth_navigation.core.grid import FREE, Grid
from hearth_navigation.core.matcher import refine, solve
from hearth_navigation.core.raycast import expected_ranges
from hearth_navigation.core.scan import thin

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Beams:
    """One revolution as needed here: end points, and the raw beams for ray casting."""

    points: Array
    """End points in base_footprint [m], shape (M, 2)."""
    ranges: Array
    """Length of every beam [m], ``inf``: nothing met; shape (N,)."""
    angles: Array
    """Directions in the lidar's frame [rad], shape (N,)."""
    base_from_lidar: Pose2
    reach: float
    """Longest range [m]."""


@dataclass(frozen=True)
class Agreement:
    """How well a scan fits a pose, beam by beam."""

    agree: float
    """Share of the beams that end where the map says, 0..1."""
    through: float
    """Share of the beams that flew through something the map shows, 0..1."""

    @property
    def score(self) -> float:
        """One figure; 1 is perfect."""
        return self.agree - self.through


@dataclass(frozen=True)
class Candidate:
    """One place where the scan could have been taken."""

    pose: Pose2
    agreement: Agreement
    likelihood: float
    """Logarithm, up to a constant, of how likely the scan is there (:class:`BeamModel`)."""
    per_beam: float
    """The same, for each of the beams."""


@dataclass(frozen=True)
class RelocalizerConfig:
    """How finely to search and how sure to be."""

    step: float = 0.15
    """Distance of tried positions [m]."""
    headings: int = 60
    beams: int = 60
    settled: int = 6000
    """Places that are tried with a few steps of matching."""
    refined: int = 60
    """Of these, places that are refined with more points and judged beam by beam."""
    polished: int = 6
    """Of these, places around which is searched once more."""
    accept: float = 0.4
    """Least logarithm of the likelihood of each beam at a pose that may be believed."""
    likelier: float = 45.0
    """How much larger than that of any other place the logarithm of its likelihood must be:
    a metre of outline that is explained here and not there."""
    possible: float = 100.0
    """A place with a logarithm smaller by this than that of the likeliest is ruled out."""
    somewhere: float = 0.3
    """Least share of the beams that must agree with the likeliest place; else: not on this map."""


@kernel
def _search(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    points: Array,
    positions: Array,
    headings: int,
    limit: float,
    result: Values,
) -> None:
    """Mean truncated distance of the points for every position (P, 2) and heading."""
    n = points.shape[0]
    height, width = values.shape
    rotated = np.empty((headings, n, 2))
    for h in range(headings):
        c = math.cos(2.0 * math.pi * h / headings) * inverse
        s = math.sin(2.0 * math.pi * h / headings) * inverse
        for i in range(n):
            rotated[h, i, 0] = c * points[i, 0] - s * points[i, 1]
            rotated[h, i, 1] = s * points[i, 0] + c * points[i, 1]
    half = n // 2
    for p in range(positions.shape[0]):
        x = (positions[p, 0] - ox) * inverse
        y = (positions[p, 1] - oy) * inverse
        for h in range(headings):
            cost = 0.0
            for i in range(n):
                u = rotated[h, i, 0] + x
                v = rotated[h, i, 1] + y
                if u >= 0.0 and v >= 0.0 and u < width and v < height:
                    cost += min(values[int(v), int(u)], limit)
                else:
                    cost += limit
                # Hopeless after half of the points: do not finish.
                if i == half and cost > 0.6 * limit * half:
                    cost = limit * n
                    break
            result[p, h] = cost / n


@kernel
def _settle(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    points: Array,
    poses: Array,
    scales: Array,
    fits: Array,
) -> None:
    """A few steps of Gauss-Newton from every pose (N, 3), in place; share of points that fit."""
    h = np.zeros((3, 3))
    nothing = np.zeros((3, 3))
    for k in range(poses.shape[0]):
        fits[k], _ = solve(values, ox, oy, inverse, points, poses[k], nothing, scales, 3, h)


def agreement(
    field: Field, beams: Beams, pose: Pose2, tolerance: float = 0.12, count: int = 120
) -> Agreement:
    """Compare ``count`` measured ranges with those the map predicts from ``pose``."""
    stride = max(1, len(beams.ranges) // count)
    ranges, angles = beams.ranges[::stride], beams.angles[::stride]
    measured = ~np.isnan(ranges)
    if not measured.any():
        return Agreement(0.0, 0.0)
    expected = expected_ranges(field, pose @ beams.base_from_lidar, angles, beams.reach)
    real = np.minimum(np.where(measured, ranges, 0.0), beams.reach)
    wanted = np.minimum(expected, beams.reach)
    slack = tolerance + 0.02 * wanted
    agree = measured & (np.abs(real - wanted) < slack)
    through = measured & (real > wanted + 2.0 * slack)
    total = float(measured.sum())
    return Agreement(float(agree.sum()) / total, float(through.sum()) / total)


class Relocalizer:
    """Prepared once per map."""

    def __init__(self, grid: Grid, field: Field, config: RelocalizerConfig | None = None) -> None:
        """``field`` is :func:`hearth_navigation.core.field.surface_field` of ``grid``."""
        self.config = config or RelocalizerConfig()
        self._field = field
        self._model = BeamModel(grid, field)
        stride = max(1, round(self.config.step / grid.resolution))
        roomy = (grid.cells == FREE) & (field.values > 0.2)
        offset = stride // 2
        rows, columns = np.nonzero(roomy[offset::stride, offset::stride])
        self._positions = np.stack(
            [
                grid.origin[0] + (columns * stride + offset + 0.5) * grid.resolution,
                grid.origin[1] + (rows * stride + offset + 0.5) * grid.resolution,
            ],
            axis=1,
        )

    def candidates(self, beams: Beams) -> list[Candidate]:
        """Distinct places, the best first."""
        config = self.config
        if len(beams.points) < 20 or not len(self._positions):
            return []
        points = thin(beams.points, config.beams)
        scores = np.empty((len(self._positions), config.headings), np.float32)
        _search(
            self._field.values,
            *self._field.geometry,
            points,
            self._positions,
            config.headings,
            0.5,
            scores,
        )
        fine = thin(beams.points, 150)
        found = [
            refine(self._field, fine, guess, scales=_FINE, iterations=5).pose
            for guess in self._settled(scores, points)
        ]
        likeliest = self.judged(beams, found)[: config.polished]
        return self._polished(beams, [item.pose for item in likeliest])

    def _polished(self, beams: Beams, guesses: list[Pose2]) -> list[Candidate]:
        """The guesses where they are likeliest around, the likeliest first.

        Matching runs into the nearest place that fits, which a chair that was moved may shift.
        """
        most = thin(beams.points, 240)
        poses = []
        for guess in guesses:
            near = self._model.likeliest(beams, guess)
            exact = refine(self._field, most, near, scales=_FINEST, iterations=5).pose
            poses += [guess, near, exact]
        return self.judged(beams, poses)

    def judged(self, beams: Beams, poses: list[Pose2]) -> list[Candidate]:
        """The poses with their likelihoods, the likeliest first, each place once."""
        beam_count = max(1, int((~np.isnan(beams.ranges)).sum()))
        ranked = sorted(
            ((self._model.likelihood(beams, pose), pose) for pose in poses),
            key=lambda item: -item[0],
        )
        result: list[Candidate] = []
        for value, pose in ranked:
            if not any(_same(pose, other.pose) for other in result):
                fit = agreement(self._field, beams, pose, 0.08, 360)
                result.append(Candidate(pose, fit, value, value / beam_count))
        return result

    def _settled(self, scores: npt.NDArray[np.float32], points: Array) -> list[Pose2]:
        """Distinct places that the best of the search run into, the best fitting first.

        The grid of the search is coarse: which of its poses is best says little before each has
        slid to the nearest place that fits.
        """
        config = self.config
        count = min(scores.size, config.settled)
        flat = np.argpartition(scores, count - 1, axis=None)[:count]
        positions = self._positions[flat // scores.shape[1]]
        headings = (flat % scores.shape[1]) * (math.tau / config.headings)
        poses = np.ascontiguousarray(np.column_stack([positions, headings]))
        fits = np.empty(count)
        _settle(self._field.values, *self._field.geometry, points, poses, _COARSE, fits)
        chosen: list[Pose2] = []
        taken: set[tuple[int, int, int]] = set()
        for k in np.argsort(-fits, kind="stable"):
            x, y, yaw = (float(value) for value in poses[k])
            key = (round(x / 0.15), round(y / 0.15), round(yaw * 12.0 / math.tau) % 12)
            if key in taken:
                continue
            taken.add(key)
            chosen.append(Pose2(x, y, wrap_angle(yaw)))
            if len(chosen) >= config.refined:
                break
        return chosen

    def unique(self, candidates: list[Candidate]) -> Candidate | None:
        """The one place it must be, or None: nowhere good, or more than one."""
        if not candidates or candidates[0].per_beam < self.config.accept:
            return None
        best = candidates[0]
        rivals = [item for item in candidates[1:] if not _neighbours(best.pose, item.pose)]
        if any(best.likelihood - item.likelihood < self.config.likelier for item in rivals):
            return None
        return best

    def plausible(self, candidates: list[Candidate]) -> list[Candidate]:
        """Places that cannot be ruled out against the best one; none if that does not fit."""
        if not candidates or candidates[0].agreement.agree < self.config.somewhere:
            return []
        least = candidates[0].likelihood - self.config.possible
        return [item for item in candidates if item.likelihood >= least]


_COARSE = np.array([0.4, 0.15])
_FINE = np.array([0.2, 0.1, 0.05])
_FINEST = np.array([0.1, 0.05, 0.03])


def _same(a: Pose2, b: Pose2) -> bool:
    return a.distance(b) < 0.3 and abs(wrap_angle(a.yaw - b.yaw)) < 0.3


def _neighbours(a: Pose2, b: Pose2) -> bool:
    """Whether two places are too near to each other to be a choice."""
    return a.distance(b) < 0.7 and abs(wrap_angle(a.yaw - b.yaw)) < 0.35
