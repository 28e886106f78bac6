"""Hinges and slides told from where a bar went."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hearth_manipulation.core.courses import Course, Looks, fit_course

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
        looks = Looks(math.sin(lean - 0.02) / bend, 1.15 * bend)  # not quite as it seems
        found = fit_course(seen(course, 0.3, seed), OUT, bar, looks)
        assert np.linalg.norm(found.start + found.across / found.bend - hinge) < 0.25 / abs(bend)
        assert found.opening(found.nearest(course.point(0.9))) == pytest.approx(
            course.opening(0.9), abs=0.25
        )


def test_one_look_at_the_opened_part_corrects_a_bar_that_crept_in_the_hand() -> None:
    course = Course(np.zeros(3), OUT, ACROSS, 1.8)
    felt = seen(course, 0.6, 0)
    # Held ever nearer to the hinge, as fingers slide along a bar that turns in them.
    felt = felt + np.linspace(0.0, 0.05, len(felt))[:, None] * course.across
    looked = (course.point(0.6), course.turned(0.6) @ OUT)
    by_hand = fit_course(felt, OUT, ACROSS)
    by_eye = fit_course(felt, OUT, ACROSS, seen=[looked])
    wrong = abs(by_hand.opening(0.6) - course.opening(0.6))
    assert wrong > 0.06
    assert abs(by_eye.opening(by_eye.nearest(looked[0])) - course.opening(0.6)) < 0.5 * wrong


def test_what_seems_hinged_at_the_left_may_be_hinged_at_the_right_or_slide() -> None:
    looks = Looks(0.0, 1.8)
    for bend in (-1.8, 0.0):
        course = Course(np.zeros(3), OUT, UP, bend)
        for seed in range(5):
            found = fit_course(seen(course, 0.35, seed), OUT, UP, looks)
            assert found.hinged == (bend != 0.0)
            assert found.bend <= 0.0


def test_a_look_alone_tells_a_hinge_from_a_slide() -> None:
    for bend in (0.0, 1.8, -2.4):
        course = Course(np.array([0.2, 0.0, 0.7]), OUT, UP, bend)
        looked = (course.point(0.3), course.turned(0.3) @ OUT)
        found = fit_course(course.start[None], OUT, UP, seen=[looked])
        assert found.bend == pytest.approx(bend, abs=0.1)


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
