"""Ways that handles go as their parts open, estimated from the way itself: lines and arcs.

A bar leaves along the face's normal, within a few degrees. With v the bar's displacement, t its
first direction and k its curvature, a circle says v_across = k |v|^2 / 2 exactly, at any angle.
So one fit of two numbers, curvature and the first direction's error, tells hinges from slides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from hearth_core.geometry import Transform

from hearth_manipulation.core.kinematics import Array

STRAIGHT = 0.45
"""Bends less than this are slides: no furniture is hinged 2 m from its handle [1/m]."""
SHORT = 0.04
"""Ways shorter than this tell nothing [m]."""
LEAN = 0.15
"""How far the first direction may be off the face's normal, one sigma [rad]."""
TRUST = 0.004
"""Error of one seen position of the bar, one sigma [m]."""


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

    @property
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


def fit_course(points: Array, out: Array, bar: Array, lean: float = LEAN) -> Course:
    """The course through positions of a bar that was pulled from rest.

    Args:
        points: Positions of the bar's middle, shape (N, 3), the first where it rested [m].
        out: Normal of the face, unit.
        bar: Direction of the bar, unit.
        lean: How far the first direction may be off ``out``, one sigma [rad].

    Returns:
        A slide when the way is short or shows no bend.
    """
    bar = np.asarray(bar, float) / np.linalg.norm(bar)
    out = np.asarray(out, float) - float(np.dot(out, bar)) * bar
    out = out / np.linalg.norm(out)
    start = np.asarray(points[0], float)
    v = np.asarray(points, float) - start
    far = np.linalg.norm(v, axis=1)
    if len(points) < 3 or float(far.max()) < SHORT:
        return Course(start, out, bar)
    v = v[far > 0.25 * SHORT]
    off = 0.0
    bend = 0.0
    # As many seen positions as centimetres: neighbours err alike.
    weight = min(1.0, 100.0 * float(far.max()) / len(v)) / TRUST**2
    for _ in range(6):
        c, s = math.cos(off), math.sin(off)
        t = c * out + s * np.cross(bar, out)
        n = np.cross(bar, t)
        along, across = v @ t, v @ n
        square = 0.5 * np.sum(v * v, axis=1)
        a = np.stack([square, along], axis=1)
        normal = weight * (a.T @ a) + np.diag([1.0 / 8.0**2, 1.0 / lean**2])
        right = weight * (a.T @ across) + np.array([0.0, -off / lean**2])
        bend, more = (float(value) for value in np.linalg.solve(normal, right))
        off += more
    first = math.cos(off) * out + math.sin(off) * np.cross(bar, out)
    if abs(bend) < STRAIGHT:
        mean = v.mean(axis=0)
        first = mean - float(mean @ bar) * bar
        return Course(start, first / np.linalg.norm(first), bar)
    return Course(start, first, bar, bend)
