"""Where on the map does this one scan fit? Exhaustive search, refinement, and honest doubt."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, wrap_angle
from hearth_core.jit import kernel

from hearth_navigation.core.field import Field, Values
from hearth_navigation.core.grid import FREE, Grid
from hearth_navigation.core.matcher import refine, solve
from hearth_navigation.core.raycast import expected_ranges, march
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
    """Logarithm, up to a constant, of how likely the scan is there (:func:`likelihood`)."""


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
    """Of these, places that are refined with more points and judged by ray casting."""
    polished: int = 10
    """Of these, places around which is searched once more, with most of the points."""
    accept: float = 0.3
    """Least score of a pose that may be believed."""
    independent: float = 24.0
    """Beams that say as much as one: neighbours meet the same thing, moved or not."""
    sure: float = 0.97
    """Probability a place needs among all candidates to be the only one."""


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


_OFTEN, _SHORT, _NEVER = 0.6, 0.25, 0.025
"""Of a range: it ends where the map says, before that, and a floor for all."""


@kernel
def _likelihood(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    x: float,
    y: float,
    ranges: Array,
    directions: Array,
    reach: float,
) -> float:
    expected = np.empty(directions.shape[0])
    march(values, ox, oy, inverse, x, y, directions, reach, expected)
    total = 0.0
    for i in range(ranges.shape[0]):
        if math.isnan(ranges[i]):
            continue
        wanted = min(expected[i], reach)
        real = min(ranges[i], reach)
        width = 0.03 + 0.01 * wanted
        p = _NEVER + _OFTEN * math.exp(-abs(real - wanted) / width) / (2.0 * width)
        if real < wanted:
            p += _SHORT / max(wanted, 0.1)
        total += math.log(p)
    return total


@kernel
def _climb(
    values: Values,
    ox: float,
    oy: float,
    inverse: float,
    lidar: Array,
    ranges: Array,
    angles: Array,
    reach: float,
    pose: Array,
) -> float:
    """Move ``pose`` (3,) uphill to the likeliest nearby; returns the logarithm.

    ``lidar`` (3,) lies in base_footprint. First a coarse window, then ever smaller steps.
    """
    best = -1e18
    start = pose.copy()
    trial = np.empty(3)
    for i in range(-2, 3):
        for j in range(-2, 3):
            for k in range(-1, 2):
                trial[0] = start[0] + 0.12 * i
                trial[1] = start[1] + 0.12 * j
                trial[2] = start[2] + 0.05 * k
                c, s = math.cos(trial[2]), math.sin(trial[2])
                x = trial[0] + c * lidar[0] - s * lidar[1]
                y = trial[1] + s * lidar[0] + c * lidar[1]
                value = _likelihood(
                    values, ox, oy, inverse, x, y, ranges, angles + (trial[2] + lidar[2]), reach
                )
                if value > best:
                    best = value
                    pose[:] = trial
    step, turn = 0.06, 0.025
    while step > 0.007:
        better = False
        for axis in range(3):
            for sign in (-1.0, 1.0):
                trial[:] = pose
                trial[axis] += sign * (turn if axis == 2 else step)
                c, s = math.cos(trial[2]), math.sin(trial[2])
                x = trial[0] + c * lidar[0] - s * lidar[1]
                y = trial[1] + s * lidar[0] + c * lidar[1]
                value = _likelihood(
                    values, ox, oy, inverse, x, y, ranges, angles + (trial[2] + lidar[2]), reach
                )
                if value > best:
                    best = value
                    pose[:] = trial
                    better = True
        if not better:
            step *= 0.5
            turn *= 0.5
    return best


def likelihood(field: Field, beams: Beams, pose: Pose2) -> float:
    """Sum of the logarithms of every beam's likelihood at ``pose``.

    The beam model of Thrun, Burgard and Fox 2005 (6.3): a peak where the map says, something
    new before it, little behind it. The peak is as wide as a drawn map is exact.
    """
    lidar = pose @ beams.base_from_lidar
    directions = beams.angles + lidar.yaw
    return float(
        _likelihood(
            field.values,
            *field.geometry,
            lidar.x,
            lidar.y,
            np.ascontiguousarray(beams.ranges, np.float64),
            directions,
            beams.reach,
        )
    )


def likeliest(field: Field, beams: Beams, guess: Pose2, count: int = 120) -> Pose2:
    """The likeliest pose within about 0.3 m of ``guess``, by ``count`` of the beams."""
    stride = max(1, len(beams.ranges) // count)
    lidar = beams.base_from_lidar
    pose = np.array([guess.x, guess.y, guess.yaw])
    _climb(
        field.values,
        *field.geometry,
        np.array([lidar.x, lidar.y, lidar.yaw]),
        np.ascontiguousarray(beams.ranges[::stride], np.float64),
        np.ascontiguousarray(beams.angles[::stride], np.float64),
        beams.reach,
        pose,
    )
    return Pose2(float(pose[0]), float(pose[1]), wrap_angle(float(pose[2])))


class Relocalizer:
    """Prepared once per map."""

    def __init__(self, grid: Grid, field: Field, config: RelocalizerConfig | None = None) -> None:
        """``field`` is :func:`hearth_navigation.core.field.surface_field` of ``grid``."""
        self.config = config or RelocalizerConfig()
        self._field = field
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
        found: list[tuple[float, Pose2]] = []
        fine = thin(beams.points, 150)
        for guess in self._settled(scores, points):
            match = refine(self._field, fine, guess, scales=_FINE, iterations=5)
            if match.inliers < 0.25 or any(_same(match.pose, other) for _, other in found):
                continue
            fit = agreement(self._field, beams, match.pose, 0.08, count=360)
            found.append((fit.score, match.pose))
        found.sort(key=lambda item: -item[0])
        return self._polished(beams, [pose for _, pose in found[: config.polished]])

    def _polished(self, beams: Beams, guesses: list[Pose2]) -> list[Candidate]:
        """The guesses where they are likeliest around, each place once, the likeliest first.

        Matching runs into the nearest place that fits, which a chair that was moved may shift.
        """
        most = thin(beams.points, 240)
        found = []
        for guess in guesses:
            top = likeliest(self._field, beams, guess)
            exact = refine(self._field, most, top, scales=_FINEST, iterations=5).pose
            rated = [(likelihood(self._field, beams, pose), pose) for pose in (guess, top, exact)]
            likely, pose = max(rated, key=lambda item: item[0])
            fit = agreement(self._field, beams, pose, 0.08, 360)
            found.append(Candidate(pose, fit, likely))
        found.sort(key=lambda item: -item.likelihood)
        result: list[Candidate] = []
        for item in found:
            if not any(_same(item.pose, other.pose) for other in result):
                result.append(item)
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
        config = self.config
        if not candidates or candidates[0].agreement.score < config.accept:
            return None
        likely = np.array([item.likelihood for item in candidates])
        odds = np.exp((likely - likely[0]) / config.independent)
        return candidates[0] if 1.0 / float(odds.sum()) >= config.sure else None

    def plausible(self, candidates: list[Candidate]) -> list[Candidate]:
        """Places that cannot be ruled out against the best one."""
        if not candidates:
            return []
        least = max(0.3, max(item.agreement.score for item in candidates) - 0.2)
        return [item for item in candidates if item.agreement.score >= least]


_COARSE = np.array([0.4, 0.15])
_FINE = np.array([0.2, 0.1, 0.05])
_FINEST = np.array([0.1, 0.05, 0.03])


def _same(a: Pose2, b: Pose2) -> bool:
    return a.distance(b) < 0.3 and abs(wrap_angle(a.yaw - b.yaw)) < 0.3
