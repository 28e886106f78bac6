"""How far a door stands open, where its place and its handle are: the best of many hypotheses."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2
from hearth_core.home.model import JointKind

from hearth_perception.core.depth import Cloud
from hearth_perception.core.door_faces import faces_of, openings_of, rod_of
from hearth_perception.core.door_fit import Fit, Points, closed, refine
from hearth_perception.core.door_geometry import Door
from hearth_perception.core.door_score import Score, before_body, panel_samples, score
from hearth_perception.core.handles import bar_shifts, bars_at, siblings
from hearth_perception.core.view import View

Array = npt.NDArray[np.float64]

UNKNOWN = np.array([0.06, 0.05, 0.05])
"""How far the home model is off, with the localisation: x, y [m], turn [rad]."""
SEEN = np.array([0.03, 0.03, 0.015])
"""The same once the place was seen: the localisation of then and of now."""
STEP = math.radians(4.0)
APART = math.radians(7.0)
BEST = 6
MOST = 3500
UNCLEAR = 1000
"""So many of the points that belong to nothing are enough."""
FEW = 30
"""Fewer points on the panel tell no opening."""
ASIDE = 3
"""So many of the openings that agree best are tried farther aside."""
HOPELESS = 0.7
"""Those that agree so much less than the best are not."""
ASIDE_MOST = 0.15
"""How far [m]."""
ASIDE_FLAT = 0.035
"""Agreement that stays so far is told by nothing [m]."""
BAR_SURE, OUTLINE_SURE, SEEN_SURE = 0.006, 0.008, 0.010
"""How surely the bar, the outline and what is seen through tell how far aside [m]."""
ELSEWHERE = 0.02
"""Another place than that [m]."""
AJAR = math.radians(8.0)
"""A smaller opening is taken for a turned place while its pose is only nominal."""
AJAR_KNOWN = math.radians(2.0)
"""The same once the place was seen."""
SLANT = 0.2
"""Sine of the view onto the panel below which it shows hardly more than its edge."""
LEAST = 0.01
"""Less confidence is no result."""
SHUT_TOLERANCE = 0.006
"""A body's front lies but a panel's thickness behind its shut door [m]."""
BAR_WORTH, BESIDE_WORTH = 0.35, 0.2
"""What the bar, and those of shut neighbours, seen where they must be add to the agreement."""
SHUT = 0.12
"""A shut door is likelier than one ajar by a hair."""


@dataclass(frozen=True, eq=False)
class Found:
    """The hypothesis that agrees best."""

    fit: Fit
    score: Score
    margin: float
    """How much better than the next other opening, or other place."""
    bar: float
    """0..1: how much of the handle's bar is seen where it must be."""

    @property
    def confidence(self) -> float:
        """0..1."""
        s = self.score
        seen = s.support * min(1.0, 0.35 + s.looked)
        doubt = 1.2 * s.through + 0.5 * min(1.0, s.unexplained)
        clear = min(1.0, 0.5 + 2.0 * max(0.0, self.margin))
        return float(np.clip((seen - doubt) * clear, 0.0, 1.0))


def search(view: View, cloud: Cloud, door: Door) -> Found | None:
    """The opening and the place's pose that agree best with a view; None: nothing agrees."""
    points = _near(cloud, door)
    return None if points is None else _Search(view, cloud, door, points).best()


@dataclass(frozen=True, eq=False)
class _Hypothesis:
    """A place and an opening that were made to fit."""

    total: float
    """Larger is better."""
    fit: Fit
    score: Score
    spread: Array
    """What the fit was left free, shape (4,)."""
    bar: float
    """0..1: how much of the handle's bar is seen."""

    def like(self, other: _Hypothesis, opening: float, aside: float = 0.004) -> bool:
        """Whether two say the same, within an opening [rad or m] and a distance [m]."""
        a, b = self.fit, other.fit
        shut = (a.opening == 0.0) == (b.opening == 0.0)
        off = float(np.hypot(*(a.shift[:2] - b.shift[:2])))
        return shut and abs(a.opening - b.opening) < opening and off < aside


class _Search:
    """One view of one door."""

    def __init__(self, view: View, cloud: Cloud, door: Door, points: Points) -> None:
        self._view, self._cloud, self._door, self._points = view, cloud, door, points
        self._some = points.thinned(MOST)
        self._faces, self._rod = faces_of(door), rod_of(door)
        self._sliding = door.joint.kind is JointKind.SLIDING
        self._shift_sigma = SEEN if door.pose_known else UNKNOWN
        known = door.pose_known
        ajar = AJAR_KNOWN if known else AJAR
        self._apart = APART * (0.4 if self._sliding else 1.0)
        self._same = 0.2 * self._apart
        self._ajar = 0.3 * ajar if self._sliding else ajar
        self._free = np.array([*self._shift_sigma, 10.0])
        self._shut = np.array([*self._shift_sigma, 1e-5])
        self._still = self._refine(np.zeros(4), self._shut, still=True)
        self._samples = panel_samples(door, self._rod)
        unclear = before_body(cloud, door, self._still.pose(door.pose))
        thin = max(1, len(unclear) // UNCLEAR)
        self._unclear = unclear[::thin] * np.array([1.0, 1.0, 1.0, thin, 1.0])

    def best(self) -> Found | None:
        """Shut, and the likeliest openings, each made to fit; the one that agrees best."""
        first: list[_Hypothesis] = []
        options = [(0.0, self._shut), *((o, self._free) for o in self._starts())]
        for opening, spread in options:
            start = np.array([*self._still.shift, opening])
            made = self._hypothesis(self._refine(start, spread), spread)
            if made is not None and not any(made.like(other, self._same) for other in first):
                first.append(made)
        first.sort(key=lambda h: -h.total)
        found = list(first)
        for hypothesis in first[:ASIDE]:
            if hypothesis.total > first[0].total - HOPELESS:
                found += self._aside(hypothesis)
        found.sort(key=lambda h: -h.total)
        if not found or found[0].total <= 0.0 or found[0].score.support <= 0.0:
            return None
        chosen = found[0]
        others = [h.total for h in found[1:] if not h.like(chosen, self._apart, ELSEWHERE)]
        margin = chosen.total - max(others, default=0.0)
        result = Found(chosen.fit, chosen.score, margin, chosen.bar)
        return result if result.confidence >= LEAST else None

    def _starts(self) -> list[float]:
        """Openings that agree roughly, the best first."""
        pose = self._still.pose(self._door.pose)
        tried = [
            (self._agreement(pose, float(o), 0.045).total, float(o))
            for o in openings_of(self._door, STEP)
        ]
        starts: list[float] = []
        for _, opening in sorted(tried, reverse=True):
            if all(abs(opening - other) > self._apart for other in starts):
                starts.append(opening)
            if len(starts) == BEST:
                break
        return starts

    def _hypothesis(self, fit: Fit, spread: Array) -> _Hypothesis | None:
        """A fit with how well it agrees; None: the door cannot stand so."""
        fit = self._climb(fit)
        shut = spread[3] < 1e-3
        if shut:
            fit = replace(fit, opening=0.0)
        if not shut and not self._ajar <= fit.opening <= self._door.joint.limit + 0.06:
            return None
        slant = moved(self._door, fit.pose(self._door.pose)).slant(fit.opening, self._view.origin)
        edge = not shut and (fit.on_panel < FEW or abs(slant) < SLANT)
        agreed = self._agreement(fit.pose(self._door.pose), fit.opening, 0.014, edge)
        off = float(((fit.shift / self._shift_sigma) ** 2).sum())
        total = agreed.total - 0.02 * off + (SHUT if shut else 0.0)
        mine, beside = self._bars(fit)
        total += BAR_WORTH * mine + BESIDE_WORTH * beside
        return _Hypothesis(total, fit, agreed, spread, mine)

    def _bars(self, fit: Fit) -> tuple[float, float]:
        """How much of the door's bar, and of its shut neighbours', is seen where it must be."""
        xyz, _ = closed(self._points, self._door, np.array([*fit.shift, fit.opening]))
        beside = siblings(self._door) if fit.opening < 0.05 else ()
        mine, *others = bars_at(xyz, self._door, (0.0, *beside)) or (0.0,)
        return mine, sum(others)

    def _aside(self, hypothesis: _Hypothesis) -> list[_Hypothesis]:
        """The same opening with the place where bar, outline or what is seen through tell.

        Faces hold a place back and forth, not sideways: a row of fronts goes on.
        """
        fit, spread = hypothesis.fit, hypothesis.spread
        found = []
        for by, sure in self._shifts(fit):
            step = self._door.motion(fit.opening).rotation @ np.array([0.0, by, 0.0])
            ways = np.abs(self._door.motion(fit.opening).rotation[:2, 1])
            moved_by = Pose2(*fit.shift) @ Pose2(float(step[0]), float(step[1]))
            centre = np.array([moved_by.x, moved_by.y, fit.shift[2]])
            held = spread.copy()
            held[:2] = np.minimum(held[:2], sure / np.maximum(ways, 0.1))
            start = np.array([*centre, fit.opening])
            made = self._hypothesis(self._refine(start, held, centre=centre), held)
            if made is not None:
                found.append(made)
        return found

    def _shifts(self, fit: Fit) -> list[tuple[float, float]]:
        """How far aside the place may be, and how surely [m]."""
        xyz, normals = closed(self._points, self._door, np.array([*fit.shift, fit.opening]))
        beside = siblings(self._door) if fit.opening < 0.05 else ()
        found = [(y, BAR_SURE) for y in bar_shifts(xyz, self._door, beside)]
        outline = _outline(xyz, normals, self._door)
        if outline is not None:
            found.append((outline, OUTLINE_SURE))
        return found + [(y, SEEN_SURE) for y in self._scan(fit)]

    def _scan(self, fit: Fit) -> list[float]:
        """Where aside the panel's outline agrees best with what is seen around it [m]."""
        where = Pose2(*fit.shift)
        turn = self._door.motion(fit.opening).rotation[:2, 1]
        tried = np.arange(-ASIDE_MOST, ASIDE_MOST + 0.005, 0.01)
        totals = np.empty(len(tried))
        for k, by in enumerate(tried):
            pose = self._door.pose @ (where @ Pose2(*(float(by) * turn)))
            totals[k] = self._agreement(pose, fit.opening, 0.012).total
        good = tried[totals > totals.max() - 0.02]
        return [float(good.mean())] if np.ptp(good) < ASIDE_FLAT else []

    def _climb(self, fit: Fit) -> Fit:
        """The opening nearby that agrees best: for a leaf that shows only its edge."""
        if fit.on_panel >= FEW or self._sliding or fit.opening == 0.0:
            return fit
        near = fit.opening + np.radians(np.arange(-5.0, 5.1, 0.5))
        near = near[(near >= 0.0) & (near <= self._door.joint.limit)]
        if not len(near):
            return fit
        where = fit.pose(self._door.pose)
        totals = np.array([self._agreement(where, float(o), 0.012).total for o in near])
        opening = float(near[totals > totals.max() - 0.02].mean())
        covariance = fit.covariance.copy()
        covariance[3, 3] = math.radians(2.0) ** 2
        return replace(fit, opening=opening, covariance=covariance)

    def _refine(self, start: Array, sigma: Array, **more: Any) -> Fit:
        return refine(self._some, self._door, self._faces, self._rod, start, sigma, **more)

    def _agreement(
        self, pose: Pose2, opening: float, tolerance: float, edge: bool = False
    ) -> Score:
        common = self._samples, self._unclear
        view, cloud, door = self._view, self._cloud, self._door
        found = score(view, cloud, door, pose, opening, *common, tolerance, edge=edge)
        if opening * (8.0 if self._sliding else 1.0) < 0.25:
            return found
        shut = score(view, cloud, door, pose, 0.0, *common, SHUT_TOLERANCE)
        return replace(found, shut=max(0.0, shut.shown))


def _near(cloud: Cloud, door: Door) -> Points | None:
    """Points about the place, in its expected frame."""
    flat = np.flatnonzero(cloud.valid)
    place_from_map = door.map_from_place.inverse()
    xyz = cloud.points.reshape(-1, 3)[flat]
    middle = door.map_from_place.translation
    reach = float(np.hypot(*door.place.size[:2])) / 2 + door.reach + 0.3
    near = np.abs(xyz[:, :2] - middle[:2].astype(np.float32)).max(axis=1) < reach
    near &= xyz[:, 2] > 0.05
    flat = flat[near]
    if len(flat) < 100:
        return None
    points = place_from_map.apply(cloud.points.reshape(-1, 3)[flat].astype(float))
    normals = cloud.normals.reshape(-1, 3)[flat].astype(float) @ place_from_map.rotation.T
    return Points(points, normals)


def _outline(xyz: Array, normals: Array, door: Door) -> float | None:
    """How far aside the panel's outline lies; None where not both its sides are seen."""
    panel = door.joint.panel
    d = np.abs(xyz[:, 0] - panel.centre[0]) - panel.size[0] / 2
    on = (np.abs(d) < 0.02) & (np.abs(normals[:, 0]) > 0.8)
    on &= (xyz[:, 1:] > door.low - 0.1).all(axis=1) & (xyz[:, 1:] < door.high + 0.1).all(axis=1)
    if on.sum() < 150:
        return None
    low, high = np.percentile(xyz[on, 1], [0.7, 99.3])
    if abs(high - low - panel.size[1]) > 0.02 + 0.01 * panel.size[1]:
        return None
    return float((low + high) / 2 - panel.centre[1])


def moved(door: Door, pose: Pose2) -> Door:
    """The same door with its place elsewhere."""
    return replace(door, pose=pose, pose_known=True)
