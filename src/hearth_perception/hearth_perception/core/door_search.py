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
from hearth_perception.core.handles import find_bar, siblings
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
FEW = 30
"""Fewer points on the panel tell no opening."""
OPEN = 0.25
"""From here on a panel's outline stands out from what is behind it [rad or m]."""
AJAR = math.radians(8.0)
"""A smaller opening is taken for a turned place while its pose is only nominal."""
AJAR_KNOWN = math.radians(2.0)
"""The same once the place was seen."""
LEAST = 0.01
"""Less confidence is no result."""
SHUT = 0.12
"""A shut door is likelier than one ajar by a hair."""


@dataclass(frozen=True, eq=False)
class Found:
    """The hypothesis that agrees best."""

    fit: Fit
    score: Score
    margin: float
    """How much better than the next other opening."""

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
        self._ajar = 0.3 * ajar if self._sliding else ajar
        self._free = np.array([*self._shift_sigma, 10.0])
        self._shut = np.array([*self._shift_sigma, 1e-5])
        self._still = self._refine(np.zeros(4), self._shut, still=True)
        self._samples = panel_samples(door, self._rod)
        self._unclear = before_body(cloud, door, self._still.pose(door.pose))

    def best(self) -> Found | None:
        """Shut, and the likeliest openings, each made to fit; the one that agrees best."""
        apart = APART * (0.4 if self._sliding else 1.0)
        found: list[tuple[float, Fit, Score]] = []
        options = [(0.0, self._shut), *((o, self._free) for o in self._starts(apart))]
        for opening, spread in options:
            fit = self._settle(opening, spread)
            if spread is self._shut:
                fit = replace(fit, opening=0.0)
            elif fit.opening < self._ajar:
                continue
            if fit.opening > self._door.joint.limit + 0.06:
                continue
            agreed = self._agreement(fit.pose(self._door.pose), fit.opening, 0.014)
            off = float(((fit.shift / self._shift_sigma) ** 2).sum())
            total = agreed.total - 0.02 * off + (SHUT if spread is self._shut else 0.0)
            found.append((total + min(0.25, 0.004 * fit.on_rod), fit, agreed))
        found.sort(key=lambda item: -item[0])
        if not found or found[0][0] <= 0.0 or found[0][2].support <= 0.0:
            return None
        total, fit, agreed = found[0]
        others = [t for t, f, _ in found[1:] if abs(f.opening - fit.opening) > apart]
        result = Found(fit, agreed, total - max(others, default=0.0))
        return result if result.confidence >= LEAST else None

    def _starts(self, apart: float) -> list[float]:
        """Openings that agree roughly, the best first."""
        pose = self._still.pose(self._door.pose)
        tried = [
            (self._agreement(pose, float(o), 0.045).total, float(o))
            for o in openings_of(self._door, STEP)
        ]
        starts: list[float] = []
        for _, opening in sorted(tried, reverse=True):
            if all(abs(opening - other) > apart for other in starts):
                starts.append(opening)
            if len(starts) == BEST:
                break
        return starts

    def _settle(self, opening: float, spread: Array) -> Fit:
        """Place and opening that fit about an opening."""
        fit = self._climb(self._refine(np.array([*self._still.shift, opening]), spread))
        held = _sideways(self._points, self._door, fit)
        if held is None:
            return fit
        centre, known = held
        sure = spread.copy()
        sure[:2] = np.minimum(sure[:2], known)
        start = np.array([*centre, fit.opening])
        return self._climb(self._refine(start, sure, centre=centre))

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

    def _agreement(self, pose: Pose2, opening: float, tolerance: float) -> Score:
        common = self._samples, self._unclear
        view, cloud, door = self._view, self._cloud, self._door
        found = score(view, cloud, door, pose, opening, *common, tolerance)
        if opening * (8.0 if self._sliding else 1.0) < 0.25:
            return found
        shut = score(view, cloud, door, pose, 0.0, *common, 0.014)
        return replace(found, shut=max(0.0, shut.support - shut.through) * shut.looked)


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


def _sideways(points: Points, door: Door, fit: Fit) -> tuple[Array, Array] | None:
    """Where the place must be for the bar, or the open panel's outline, to be where it is seen.

    Faces hold a place back and forth, not sideways: a row of fronts goes on.

    Returns:
        Shift x, y, turn, and how surely x and y are known [m]; None: neither is seen.
    """
    xyz, normals = closed(points, door, np.array([*fit.shift, fit.opening]))
    bar = None
    if door.joint.handle is not None:
        beside = siblings(door) if fit.opening < 0.05 else ()
        bar = find_bar(xyz, door, beside=beside)
    if bar is not None and door.joint.handle is not None:
        off = np.array([0.0, float(bar.centre[1] - door.joint.handle.centre[1]), 0.0])
        sure = 0.006
    else:
        off, sure = _outline(xyz, normals, door), 0.008
        if fit.opening < OPEN or not off.any():
            return None
    rotation = door.motion(fit.opening).rotation
    step = rotation @ off
    turn = float(fit.shift[2])
    at = [
        fit.shift[0] + math.cos(turn) * step[0] - math.sin(turn) * step[1],
        fit.shift[1] + math.sin(turn) * step[0] + math.cos(turn) * step[1],
        turn,
    ]
    ways = rotation @ np.diag((off != 0.0).astype(float))
    told = np.abs(ways[:2]).max(axis=1)
    return np.array(at), sure / np.maximum(told, 0.1)


def _outline(xyz: Array, normals: Array, door: Door) -> Array:
    """How far the panel's outline lies beside where it should; 0 where both ends are not seen."""
    panel = door.joint.panel
    off = np.zeros(3)
    d = np.abs(xyz[:, 0] - panel.centre[0]) - panel.size[0] / 2
    on = (np.abs(d) < 0.02) & (np.abs(normals[:, 0]) > 0.8)
    on &= (xyz[:, 1:] > door.low - 0.1).all(axis=1) & (xyz[:, 1:] < door.high + 0.1).all(axis=1)
    if on.sum() < 150:
        return off
    for axis in (1, 2):
        low, high = np.percentile(xyz[on, axis], [0.7, 99.3])
        if abs(high - low - panel.size[axis]) < 0.02 + 0.01 * panel.size[axis]:
            off[axis] = (low + high) / 2 - panel.centre[axis]
    return off


def moved(door: Door, pose: Pose2) -> Door:
    """The same door with its place elsewhere."""
    return replace(door, pose=pose, pose_known=True)
