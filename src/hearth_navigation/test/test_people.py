"""People are told from furniture by walking, followed, predicted and yielded to."""

import math

import numpy as np
import pytest
from hearth_core.geometry import Pose2
from hearth_navigation.core.field import Field, clearance_field
from hearth_navigation.core.follower import FollowerConfig, yielding
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.mppi import Limits, Mppi, MppiConfig
from hearth_navigation.core.people import PeopleTracker, as_rows

OPEN = clearance_field(np.zeros((200, 200), np.bool_), 0.05, (-5.0, -5.0))
EXPLAINED = Field(np.full((200, 200), 5.0, np.float32), 0.05, (-5.0, -5.0))
BASE = Footprint.rectangle(0.25, 0.25, 0.25)


def legs(x: float, y: float, random: np.random.Generator) -> np.ndarray:
    """Two legs as a lidar sees them."""
    feet = np.array([[x, y - 0.1], [x, y + 0.1]])
    return np.repeat(feet, 4, axis=0) + 0.02 * random.standard_normal((8, 2))


def follow(velocity: tuple[float, float], seconds: float) -> PeopleTracker:
    random = np.random.default_rng(0)
    tracker = PeopleTracker()
    for k in range(round(seconds * 10)):
        x, y = 2.0 + velocity[0] * 0.1 * k, 1.0 + velocity[1] * 0.1 * k
        tracker.update(0.1 * k, legs(x, y, random), (0.0, 0.0), EXPLAINED)
    return tracker


@pytest.mark.parametrize("velocity", [(-0.8, 0.0), (0.0, -1.2), (0.3, 0.3)])
def test_who_walks_is_a_person_with_a_velocity(velocity: tuple[float, float]) -> None:
    (person,) = follow(velocity, 2.5).people
    assert math.dist(person.at(0.0), (2.0 + 2.4 * velocity[0], 1.0 + 2.4 * velocity[1])) < 0.2
    assert math.dist((person.vx, person.vy), velocity) < 0.3


def test_what_stands_is_furniture() -> None:
    assert follow((0.0, 0.0), 3.0).people == ()


def test_a_person_who_stops_stays_one_and_who_leaves_is_forgotten() -> None:
    tracker, random = follow((-0.8, 0.0), 2.0), np.random.default_rng(1)
    for k in range(20):
        tracker.update(2.0 + 0.1 * k, legs(0.45, 1.0, random), (0.0, 0.0), EXPLAINED)
    (person,) = tracker.people
    assert person.speed < 0.25
    for k in range(20):
        tracker.update(4.0 + 0.1 * k, np.zeros((0, 2)), (0.0, 0.0), EXPLAINED)
    assert tracker.people == ()


def test_what_the_map_explains_is_nobody() -> None:
    random, tracker = np.random.default_rng(0), PeopleTracker()
    known = Field(np.zeros((200, 200), np.float32), 0.05, (-5.0, -5.0))
    for k in range(20):
        tracker.update(0.1 * k, legs(2.0 - 0.08 * k, 1.0, random), (0.0, 0.0), known)
    assert tracker.people == ()


def test_a_clock_that_jumps_back_forgets_everybody() -> None:
    tracker = follow((-0.8, 0.0), 2.5)
    tracker.update(0.5, np.zeros((0, 2)), (0.0, 0.0), EXPLAINED)
    assert tracker.people == ()


def test_rows_are_predicted_to_now() -> None:
    tracker = follow((-1.0, 0.0), 2.5)
    now, later = as_rows(tracker.people, 2.4), as_rows(tracker.people, 2.9)
    assert later[0, 0] - now[0, 0] == pytest.approx(-0.5, abs=0.15)
    assert as_rows((), 0.0).shape == (0, 5)


def test_the_controller_keeps_away_from_where_somebody_will_be() -> None:
    """Somebody crosses; without prediction the way is free."""
    path = np.zeros((80, 3))
    path[:, 0] = 0.05 * np.arange(80)
    travelled = path[:, 0].copy()
    someone = np.array([[1.0, -1.2, 0.0, 0.8, 0.25]])
    forward = []
    for people in (np.zeros((0, 5)), someone):
        control = Mppi(MppiConfig(samples=400), Limits(), 0)
        for _ in range(8):
            found = control.step(
                OPEN, BASE, Pose2(), (0.4, 0.0, 0.0), path, travelled, 0, people=people
            )
        forward.append(found.velocity[0])
    assert forward[1] < forward[0] - 0.05


def test_the_robot_stands_for_who_is_near_and_may_leave() -> None:
    config = FollowerConfig()
    someone = np.array([[0.9, 0.0, 0.0, 0.0, 0.25]])
    ahead = yielding(config, BASE, Pose2(), (0.3, 0.0, 0.0), (0.0, 0.0, 0.0), someone)
    away = yielding(config, BASE, Pose2(), (-0.2, 0.0, 0.0), (0.0, 0.0, 0.0), someone)
    assert ahead == (0.0, 0.0, 0.0)
    assert away == (-0.2, 0.0, 0.0)
