"""What the arm's own motion tells of a part that it opens."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hearth_manipulation.core.context import Context
from hearth_manipulation.core.kinematics import Array

HELD = frozenset({"swing", "pull", "let_go"})
"""Phases in which the reported opening is where the hand has the bar."""
PUSHED = "push"
"""The phase in which a fist moves the part: how far is not felt."""
GRIPPED = 0.4
"""Progress up to which a skill still reports what was seen."""
SLACK = 0.015
"""How far the bar may be from where the hand is taken to hold it, one sigma [m]."""
CREEP = 0.05
"""How far it creeps in the hand, one sigma, of the way gone."""


@dataclass(frozen=True, eq=False)
class Felt:
    """A part as the hand on its bar feels it, in map."""

    hinged: bool
    point: Array
    """On the axis; of a slide, where the bar began [m]."""
    axis: Array
    """Unit; positive motion about (hinged) or along (sliding) it opens."""
    learned: bool
    """The axis was told from the bar's way."""
    opening: float
    sigma: float
    """One sigma of ``opening`` [rad or m]; infinite: it is pushed, and how far is not known."""


def felt_part(
    context: Context, key: str, phase: str, progress: float, opening: float | None
) -> Felt | None:
    """What a skill's report says that the hand feels; None: it does not touch the part.

    Args:
        context: Knows the part's axis.
        key: ``place/joint``.
        phase: As reported.
        progress: As reported, 0..1.
        opening: As reported [rad or m].
    """
    pushed = phase == PUSHED
    if opening is None or not (pushed or (phase in HELD and progress > GRIPPED)):
        return None
    slack = math.inf if pushed else SLACK
    learned = key in context.felt
    if key in context.courses:
        course = context.courses[key]
        if not course.hinged:
            sigma = math.hypot(slack, CREEP * opening)
            return Felt(False, course.start, course.out, learned, opening, sigma)
        point = course.start + course.across / course.bend
        axis, radius = math.copysign(1.0, course.bend) * course.bar, course.radius
    elif key in context.swings:
        swing = context.swings[key]
        point = np.array([*swing.hinge, swing.height])
        axis, radius = np.array([0.0, 0.0, swing.sign]), math.hypot(*swing.handle)
    else:
        return None
    sigma = math.hypot(slack / radius, CREEP * opening)
    return Felt(True, point, axis, learned, opening, sigma)
