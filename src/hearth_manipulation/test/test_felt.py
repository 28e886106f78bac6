"""What the arm's motion tells of parts: axes, openings, and when nothing is felt."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hearth_manipulation.core.courses import Course
from hearth_manipulation.core.doors import Swing
from hearth_manipulation.core.felt import felt_part

KEY = "kitchen_thing/door"
UP = np.array([0.0, 0.0, 1.0])


def knowing(course: Course | None = None, swing: Swing | None = None) -> SimpleNamespace:
    return SimpleNamespace(
        felt={KEY},
        courses={} if course is None else {KEY: course},
        swings={} if swing is None else {KEY: swing},
    )


@pytest.mark.parametrize("bend", [2.0, -2.0])
def test_a_turning_about_the_axis_opens(bend: float) -> None:
    """Where the axis is said to be, a positive turn takes the bar along its course."""
    course = Course(np.array([1.0, 2.0, 0.8]), np.array([1.0, 0.0, 0.0]), UP, bend)
    felt = felt_part(knowing(course), KEY, "pull", 0.6, 0.7)
    assert felt is not None
    assert felt.hinged
    start = course.start - felt.point
    angle = 0.7
    turned = (
        start * math.cos(angle)
        + np.cross(felt.axis, start) * math.sin(angle)
        + felt.axis * (felt.axis @ start) * (1.0 - math.cos(angle))
    )
    assert np.allclose(felt.point + turned, course.point(course.way(angle)))


def test_a_drawer_moves_along_its_axis() -> None:
    course = Course(np.array([1.0, 2.0, 0.8]), np.array([0.0, -1.0, 0.0]), np.array([1.0, 0, 0]))
    felt = felt_part(knowing(course), KEY, "let_go", 0.8, 0.3)
    assert felt is not None
    assert not felt.hinged
    assert np.allclose(felt.axis, [0.0, -1.0, 0.0])
    assert 0.01 < felt.sigma < 0.03


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_swing_turns_about_its_hinge(sign: float) -> None:
    swing = Swing((2.0, 1.0), sign, 0.3, (0.05, sign * -0.6), 1.0, 0.65)
    felt = felt_part(knowing(swing=swing), KEY, "swing", 0.5, 0.9)
    assert felt is not None
    start = swing.bar(0.0) - felt.point
    c, s = math.cos(0.9), math.sin(0.9) * felt.axis[2]
    turned = felt.point + np.array([c * start[0] - s * start[1], s * start[0] + c * start[1], 0])
    assert np.allclose(turned, swing.bar(0.9))


def test_nothing_is_felt_before_the_bar_is_held_and_of_parts_not_known() -> None:
    swing = Swing((2.0, 1.0), 1.0, 0.0, (0.05, -0.6), 1.0, 0.65)
    assert felt_part(knowing(swing=swing), KEY, "look", 0.05, 0.0) is None
    assert felt_part(knowing(swing=swing), KEY, "swing", 0.4, 0.0) is None
    assert felt_part(knowing(swing=swing), KEY, "swing", 0.5, None) is None
    assert felt_part(knowing(), KEY, "swing", 0.5, 1.0) is None


def test_what_a_fist_pushes_is_not_known() -> None:
    swing = Swing((2.0, 1.0), 1.0, 0.0, (0.05, -0.6), 1.0, 0.65)
    felt = felt_part(knowing(swing=swing), KEY, "push", 0.6, 0.5)
    assert felt is not None
    assert math.isinf(felt.sigma)
