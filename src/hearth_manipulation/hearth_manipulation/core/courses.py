"""Ways that handles go as their parts open, estimated from the way itself: lines and arcs.

A bar leaves along the face's normal, leaning as far as a hinge in the face's plane makes it,
within a few degrees. With v the bar's displacement, t its first direction and k its curvature,
a circle says v_across = k |v|^2 / 2 exactly, at any angle.
So one fit of two numbers, curvature and the first direction's error, tells hinges from slides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from hearth_core.geometry import Transform

from hearth_manipulation.core.kinematics import Array

STRAIGHT = 0.45
"""Bends less than this are slides: no furniture is hinged 2 m from its handle [1/m]."""
SHORT = 0.04
"""Ways shorter than this tell nothing [m]."""
LEAN = 0.08
"""How far the first direction may be off what the face's plane lets expect, one sigma [rad]."""
TRUST = 0.004
"""Error of one seen position of the bar, one sigma [m]."""
CREEP = 0.05
"""How far a bar creeps in the hand that pulls it, one sigma, of the way gone."""
APART = 3.0
"""Felt positions weigh as if there were so many: a bar creeps steadily, and they err alike."""
WIDE = 8.0
"""Bends that parts have of which nothing is expected, one sigma [1/m]."""
LIKE = 0.15
"""How far a hinge may be from where it seems, one sigma, of its distance to the bar."""
DOUBT = 6.0
"""How much better (squared errors over their variance) something less likely must fit."""
TURN = 0.05
"""Error of a seen face's direction, one sigma [rad]."""


@dataclass(frozen=True, eq=False)
class Course:
    """How a bar moves while its part opens."""

    start: Array
    """The bar's middle where it begins (odom) [m]."""
    out: Array
    """Unit direction in which it leaves."""
    bar: Array
    """Unit direction of the bar; a hinge's axis is parallel to it."""
    bend: float = 0.0
    """Curvature, positive when right-handed about ``bar`` [1/m]; 0: it slides."""

    @cached_property
    def across(self) -> Array:
        """Direction to which a positive bend leads."""
        return np.asarray(np.cross(self.bar, self.out))

    @property
    def hinged(self) -> bool:
        """Whether it turns."""
        return self.bend != 0.0

    @property
    def radius(self) -> float:
        """From the hinge to the bar [m]; infinite for slides."""
        return 1.0 / abs(self.bend) if self.bend else math.inf

    def angle(self, way: float) -> float:
        """How far the part has turned about ``bar`` after the bar's ``way`` [m], signed [rad]."""
        return self.bend * way

    def way(self, opening: float) -> float:
        """The bar's way [m] for an opening [rad] or [m]."""
        return opening * self.radius if self.hinged else opening

    def opening(self, way: float) -> float:
        """Opening [rad] or [m] after the bar's way [m]."""
        return abs(self.bend) * way if self.hinged else way

    def point(self, way: float) -> Array:
        """The bar's middle after ``way`` [m]."""
        if not self.hinged:
            return np.asarray(self.start + way * self.out)
        angle = self.bend * way
        return np.asarray(
            self.start
            + math.sin(angle) / self.bend * self.out
            + (1.0 - math.cos(angle)) / self.bend * self.across
        )

    def turned(self, way: float, share: float = 1.0) -> Array:
        """Rotation of the part after ``way``, shape (3, 3); ``share`` of it."""
        angle = share * self.angle(way)
        c, s = math.cos(angle), math.sin(angle)
        x, y, z = self.bar
        k = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
        return np.asarray(np.eye(3) + s * k + (1.0 - c) * (k @ k))

    def motion(self, opening: float) -> Transform:
        """How the part has moved since it was closed, given that it began closed."""
        way = self.way(opening)
        rotation = self.turned(way)
        return Transform(rotation, self.point(way) - rotation @ self.start)

    def nearest(self, point: Array) -> float:
        """The bar's way [m] at which it is nearest to ``point``."""
        v = np.asarray(point, float) - self.start
        along, across = float(v @ self.out), float(v @ self.across)
        if not self.hinged:
            return along
        # Seen from the hinge, which lies at across = 1 / bend.
        sign = math.copysign(1.0, self.bend)
        angle = math.atan2(along, self.radius - sign * across)
        return angle * self.radius

    def shifted(self, by: Array) -> Course:
        """The same course beside itself [m]."""
        return Course(self.start + by, self.out, self.bar, self.bend)

    def moved_by(self, motion: Transform) -> Course:
        """The same course in another frame, given ``new_from_old``."""
        turn = motion.rotation
        return Course(motion.apply(self.start), turn @ self.out, turn @ self.bar, self.bend)


@dataclass(frozen=True)
class Looks:
    """What a part's closed front lets expect."""

    standoff: float = 0.0
    """Of the bar before the middle of its leaf, in whose plane a hinge is most likely [m]."""
    bend: float = 0.0
    """Of the bar's course if the part is hinged as it seems [1/m]; 0: nothing is expected."""


@dataclass(eq=False)
class Trail:
    """Where a bar was felt and seen, from which its course is told. All in one fixed frame."""

    out: Array
    """Normal of the face before anything moved, unit."""
    bar: Array
    """Direction of the bar, unit."""
    looks: Looks
    points: Array
    """Where a hand held it as it was pulled from rest, shape (N, 3) [m]."""
    seen: list[tuple[Array, Array]] = field(default_factory=list)
    """Where it was seen later, and the face's normal then."""

    def course(self) -> Course:
        """What all of it tells."""
        return fit_course(self.points, self.out, self.bar, self.looks, self.seen)


NO_LOOKS = Looks()


def fit_course(
    points: Array,
    out: Array,
    bar: Array,
    looks: Looks = NO_LOOKS,
    seen: Sequence[tuple[Array, Array]] = (),
) -> Course:
    """The course through positions of a bar that was pulled from rest.

    Args:
        points: Positions of the bar's middle, shape (N, 3), the first where it rested [m].
        out: Normal of the face, unit.
        bar: Direction of the bar, unit.
        looks: What is expected.
        seen: Positions of the bar seen later [m], each with the face's normal there.

    Returns:
        A slide when the way is short or shows no bend.
    """
    bar = np.asarray(bar, float) / np.linalg.norm(bar)
    out = np.asarray(out, float) - float(np.dot(out, bar)) * bar
    out = out / np.linalg.norm(out)
    side = np.cross(bar, out)
    start = np.asarray(points[0], float)
    felt = np.asarray(points, float) - start
    far = np.linalg.norm(felt, axis=1)
    felt = felt[far > 0.25 * SHORT] if far.max() >= SHORT and len(far) >= 3 else felt[:0]
    views = [(np.asarray(point, float) - start, normal) for point, normal in seen]
    views = [(v, normal) for v, normal in views if float(np.linalg.norm(v)) > SHORT]
    if not len(felt) and not views:
        return Course(start, out, bar)
    v = np.array([*felt, *(at for at, _ in views)])
    away = np.linalg.norm(v, axis=1)
    share = min(1.0, APART / max(1, len(felt)))
    felt_weight = share / (TRUST + CREEP * away[: len(felt)]) ** 2
    weight = np.concatenate([felt_weight, np.full(len(views), 1.0 / TRUST**2)])
    turns = np.array([math.atan2(float(n @ side), float(n @ out)) for _, n in views])
    arcs = away[len(felt) :] / np.sinc(0.5 * turns / math.pi)

    def fit(expected: float, sigma: float) -> tuple[float, float, float]:
        """Bend, how far the first direction is off ``out``, and the misfit."""
        bend = off = 0.0
        for _ in range(6):
            t = math.cos(off) * out + math.sin(off) * side
            along, across = v @ t, v @ np.cross(bar, t)
            a = np.stack([0.5 * np.sum(v * v, axis=1), along], axis=1)
            rows = np.concatenate(
                [
                    np.sqrt(weight)[:, None] * a,
                    np.stack([arcs, np.zeros_like(arcs)], axis=1) / TURN,
                    [[-looks.standoff / LEAN, 1.0 / LEAN], [1.0 / sigma, 0.0]],
                ]
            )
            right = np.concatenate(
                [np.sqrt(weight) * across, turns / TURN, [-off / LEAN, expected / sigma]]
            )
            (bend, more), *_ = np.linalg.lstsq(rows, right)
            misfit = float(np.sum((rows @ np.array([bend, more]) - right) ** 2))
            off += float(more)
        return float(bend), off, misfit

    anything = fit(0.0, WIDE)
    bend, off, _ = anything
    if looks.bend:
        # What it seems to be, a slide, anything: each must tell the trail better by some doubt.
        seems = fit(looks.bend, LIKE * abs(looks.bend))
        guesses = [seems, fit(0.0, 0.1 * STRAIGHT), anything]
        scores = [guess[2] + i * DOUBT for i, guess in enumerate(guesses)]
        bend, off, _ = guesses[int(np.argmin(scores))]
    if abs(bend) < STRAIGHT:
        mean = v.mean(axis=0)
        first = mean - float(mean @ bar) * bar
        return Course(start, first / np.linalg.norm(first), bar)
    return Course(start, math.cos(off) * out + math.sin(off) * side, bar, bend)
