"""The search for a thing: from where to look, in which order, until it is seen."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2
from hearth_core.home.model import Home

from hearth_perception.core.explorer import Explorer
from hearth_perception.core.ground import Ground
from hearth_perception.core.search_kernels import improve_tour
from hearth_perception.core.second_look import confirm, side_cost
from hearth_perception.core.semantic_map import Track
from hearth_perception.core.spots import EYE, NEAR, Spots, visible
from hearth_perception.core.viewpoints import gazes_over

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

COMFORT = 0.38
"""Clearance of a place to stop at [m]."""
STEP = 3
"""Cells of the ground between candidates."""
TURN = 1.9
"""How far off the base's front the head can see [rad]."""
WHOLE = 1.0
"""Weight of the whole tour's length beside the expected way to the thing."""
STOP = 1.0
"""What a stop costs: so much way [m]."""
LEAST = 2e-3
"""A stand that adds less probability than this is not driven to."""


@dataclass(frozen=True, eq=False)
class Stand:
    """Where to stop, and what to look at from there."""

    pose: Pose2
    spots: tuple[int, ...]
    """Indices of the pieces that it is driven to for."""


@dataclass(frozen=True)
class End:
    """How a search ended."""

    track: Track | None
    """The thing; None: it was not found."""
    searched: tuple[str, ...]
    """Places and rooms looked at, in order."""
    missed: tuple[str, ...]
    """Places that no stand shows or that could not be driven to."""

    @property
    def found(self) -> bool:
        """Whether the search found the thing."""
        return self.track is not None


@dataclass
class Search:
    """Plans afresh after every stop: what was seen is not looked at again."""

    home: Home
    ground: Ground
    spots: Spots
    _left: Mask = field(init=False)
    _candidates: Array = field(init=False)
    _shown: Mask = field(init=False)

    def __post_init__(self) -> None:
        """Candidates and what each shows."""
        self._candidates = self.ground.points(COMFORT, STEP)
        self._shown = visible(self.home, self.spots, self._candidates)
        self._left = np.ones(len(self.spots.names), bool)

    def run(self, explorer: Explorer, on_place: Callable[[str], None] = lambda _: None) -> End:
        """Drive and look until the thing is found or nothing is left to look at."""
        searched: list[str] = []
        track: Track | None = None
        while track is None:
            seen = explorer.seen()
            if seen:
                position = seen[0].position.copy()
                track = confirm(explorer, self, position)
                if track is None:
                    explorer.refute(position)
                continue
            stands = self.tour(explorer.pose())
            if not stands:
                break
            stand = stands[0]
            names = list(dict.fromkeys(self.spots.names[k] for k in stand.spots))
            on_place(names[0])
            if not explorer.drive(stand.pose):
                self.block(stand.pose)
                continue
            if not explorer.seen() and self._look_over(explorer, stand):
                self._left[list(stand.spots)] = False
            searched += [name for name in names if name not in searched]
        left = {self.spots.names[k] for k in np.flatnonzero(self._left)}
        return End(track, tuple(searched), tuple(sorted(left - set(searched))))

    def _look_over(self, explorer: Explorer, stand: Stand) -> bool:
        """Look at all that a stand is for; False: the thing came into view before the end."""
        here = explorer.pose()
        eye = np.array([here.x, here.y, EYE])
        for point in gazes_over(self.spots.points[list(stand.spots)], eye):
            explorer.look(point)
            if explorer.seen():
                return False
        return True

    def beside(self, position: Array, looked: list[Array], here: Pose2) -> Pose2 | None:
        """See :class:`hearth_perception.core.second_look.Stands`."""
        nearest = int(np.argmin(np.linalg.norm(self.spots.points - position, axis=1)))
        away = np.hypot(*(self._candidates - position[:2]).T)
        cost = side_cost(position, self._candidates, looked)
        cost += self.ground.ways((here.x, here.y), self._candidates)
        cost[~self._shown[:, nearest] | (away < NEAR)] = np.inf
        best = int(np.argmin(cost)) if len(cost) else -1
        if best < 0 or not np.isfinite(cost[best]):
            return None
        x, y = self._candidates[best]
        return Pose2(
            float(x), float(y), math.atan2(float(position[1] - y), float(position[0] - x))
        )

    def block(self, pose: Pose2) -> None:
        """Nothing near a stand that could not be reached is tried again."""
        away = np.hypot(*(self._candidates - [pose.x, pose.y]).T)
        self._shown[away < 0.25] = False

    def tour(self, here: Pose2) -> list[Stand]:
        """Stands that show all that is left and can be shown, in the order to drive to them."""
        first = self.ground.ways((here.x, here.y), self._candidates)
        stands = self._cover(np.isfinite(first))
        if not stands:
            return []
        points = np.array([[s.pose.x, s.pose.y] for s in stands])
        gains = np.array([self.spots.weights[list(s.spots)].sum() for s in stands])
        ways = np.array([self.ground.ways(p, points) for p in points]) + STOP
        start = self.ground.ways((here.x, here.y), points) + STOP
        order = np.argsort(start / np.maximum(gains, 1e-6)).astype(np.int64)
        near = _nearest(start, ways)
        tours = [
            improve_tour(o, ways, start, gains / max(1e-9, gains.sum()), WHOLE)
            for o in (order, near)
        ]
        best = min(tours, key=lambda o: self._cost(o, ways, start, gains))
        return [stands[k] for k in best]

    def _cost(self, order: Array, ways: Array, start: Array, gains: Array) -> float:
        total, expected = 0.0, 0.0
        before = -1
        for k in order.astype(int).tolist():
            total += float(start[k] if before < 0 else ways[before, k])
            expected += float(gains[k]) * total
            before = k
        return expected / max(1e-9, float(gains.sum())) + WHOLE * total

    def _cover(self, reachable: Mask) -> list[Stand]:
        """Few stands that show what is left, the ones that show most first; none in vain."""
        left = self._left.copy()
        value = self.spots.weights + 0.3 / max(1, len(left))
        shown = self._shown & reachable[:, None]
        chosen: list[tuple[int, Pose2, Mask]] = []
        while True:
            scores = (shown & left[None]) @ value
            best = int(np.argmax(scores)) if len(scores) else -1
            if best < 0 or scores[best] <= 0.0:
                break
            pose, mine = self._facing(best, shown[best] & left)
            if self.spots.weights[mine].sum() > LEAST:
                chosen.append((best, pose, shown[best] & self._within(pose)))
            left &= ~mine
        kept: list[Stand] = []
        taken = ~self._left
        for index, (_, pose, mine) in enumerate(chosen):
            others = np.zeros(len(taken), bool)
            for _, _, theirs in chosen[index + 1 :]:
                others |= theirs
            new = mine & ~taken & self._left
            if (new & ~others).any():
                kept.append(Stand(pose, tuple(int(k) for k in np.flatnonzero(new))))
                taken |= new
        return kept

    def _facing(self, candidate: int, mine: Mask) -> tuple[Pose2, Mask]:
        """Turned to the middle of what it shows, and what of it the head reaches."""
        x, y = self._candidates[candidate]
        d = self.spots.points[mine, :2] - [x, y]
        yaw = np.arctan2(d[:, 1], d[:, 0])
        share = self.spots.weights[mine] + 1e-6
        middle = float(np.angle((np.exp(1j * yaw) * share).sum()))
        pose = Pose2(float(x), float(y), middle)
        return pose, mine & self._within(pose)

    def _within(self, pose: Pose2) -> Mask:
        d = self.spots.points[:, :2] - [pose.x, pose.y]
        off = np.arctan2(d[:, 1], d[:, 0]) - pose.yaw
        return np.asarray(np.abs((off + math.pi) % (2 * math.pi) - math.pi) < TURN)


def _nearest(start: Array, ways: Array) -> npt.NDArray[np.int64]:
    """Always the nearest one next."""
    order = [int(np.argmin(start))]
    while len(order) < len(start):
        row = ways[order[-1]].copy()
        row[order] = np.inf
        order.append(int(np.argmin(row)))
    return np.array(order, np.int64)
