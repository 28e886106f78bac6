"""Hinges and slides told from where a bar went."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hearth_manipulation.core.courses import Course, fit_course

OUT, UP, ACROSS = np.eye(3)[0], np.eye(3)[2], np.eye(3)[1]


def seen(course: Course, length: float, seed: int) -> np.ndarray:
    """Positions along a course with a hand's wandering error of a few millimetres."""
    rng = np.random.default_rng(seed)
    points = np.array([course.point(way) for way in np.linspace(0.0, length, 60)])
    return points + np.cumsum(rng.normal(0.0, 3e-4, points.shape), axis=0)


@pytest.mark.parametrize("bar", [UP, ACROSS])
@pytest.mark.parametrize("bend", [2.0, -3.4, 1.45])
@pytest.mark.parametrize("lean", [0.0, 0.12, -0.12])
def test_a_hinge_is_found_within_centimetres_after_thirty(
    bar: np.ndarray, bend: float, lean: float
) -> None:
    out = math.cos(lean) * OUT + math.sin(lean) * np.cross(bar, OUT)
    course = Course(np.array([0.3, 0.1, 0.8]), out, bar, bend)
    hinge = course.start + course.across / bend
    for seed in range(5):
        found = fit_course(seen(course, 0.3, seed), OUT, bar)
        assert np.linalg.norm(found.start + found.across / found.bend - hinge) < 0.25 / abs(bend)
        assert found.opening(found.nearest(course.point(0.9))) == pytest.approx(
            course.opening(0.9), abs=0.25
        )


def test_a_drawer_is_no_door() -> None:
    course = Course(np.zeros(3), OUT, ACROSS)
    found = [fit_course(seen(course, 0.3, seed), OUT, ACROSS) for seed in range(10)]
    assert not any(course.hinged for course in found)
    assert found[0].opening(found[0].nearest(np.array([0.25, 0.0, 0.01]))) == pytest.approx(
        0.25, abs=0.01
    )


def test_too_short_a_way_says_nothing() -> None:
    course = Course(np.zeros(3), OUT, UP, 3.0)
    assert not fit_course(seen(course, 0.03, 0), OUT, UP).hinged


@pytest.mark.parametrize("bend", [0.0, 2.2, -1.4])
def test_a_course_agrees_with_itself(bend: float) -> None:
    course = Course(np.array([1.0, 2.0, 0.5]), OUT, UP, bend)
    for way in (0.0, 0.2, 0.7):
        assert course.nearest(course.point(way)) == pytest.approx(way, abs=1e-9)
        moved = course.motion(course.opening(way)).apply(course.start)
        assert np.allclose(moved, course.point(way), atol=1e-9)
        tangent = (course.point(way + 1e-6) - course.point(way - 1e-6)) / 2e-6
        assert np.allclose(course.turned(way) @ course.out, tangent, atol=1e-5)
