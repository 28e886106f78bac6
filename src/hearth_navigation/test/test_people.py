"""People are told from furniture by walking, followed, predicted and yielded to."""

import math

import numpy as np
import pytest
from hearth_core.geometry import Pose2
from hearth_navigation.core.courtesy import CourtesyConfig, Manner, around_people, yielding
from hearth_navigation.core.field import Field, clearance_field
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.making_way import MakingWay, WayConfig
from hearth_navigation.core.mppi import Limits, Mppi, MppiConfig
from hearth_navigation.core.people import PeopleTracker, Person, as_rows, without_people
from hearth_navigation.core.people_kernels import gap_along
from hearth_navigation.core.relocalizer import Beams

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


def test_what_only_looks_like_legs_is_a_thing_after_a_while() -> None:
    assert [person.walked for person in follow((0.0, 0.0), 3.0).people] == [False]
    assert follow((0.0, 0.0), 50.0).people == ()


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
    now, later = (as_rows(tracker.people, t, EXPLAINED) for t in (2.4, 2.9))
    assert later[0, 0] - now[0, 0] == pytest.approx(-0.5, abs=0.15)
    assert as_rows((), 0.0, EXPLAINED).shape == (0, 6)


def test_nobody_walks_on_through_a_wall() -> None:
    wall = np.zeros((200, 200), np.bool_)
    wall[:, 140:143] = True  # x = 2.0
    mapped = clearance_field(wall, 0.05, (-5.0, -5.0))
    person = Person(1, 0.0, 0.0, 1.0, 0.0, 0.25, 0.0)
    (row,) = as_rows((person,), 0.0, mapped)
    assert row[5] == pytest.approx(1.85, abs=0.2)
    (away,) = as_rows((Person(1, 0.0, 0.0, 0.0, 0.4, 0.25, 0.0),), 0.0, mapped)
    assert away[5] > 5.0
    beyond = np.array([[4.0, 0.0, 0.0]])
    assert gap_along(np.array([row]), BASE.box, np.repeat(beyond, 80, axis=0), 0.1) > 1.0


def test_the_controller_keeps_away_from_where_somebody_will_be() -> None:
    """Somebody crosses; without prediction the way is free."""
    path = np.zeros((80, 3))
    path[:, 0] = 0.05 * np.arange(80)
    travelled = path[:, 0].copy()
    someone = np.array([[1.0, -1.2, 0.0, 0.8, 0.25, 10.0]])
    forward = []
    for people in (np.zeros((0, 6)), someone):
        control = Mppi(MppiConfig(samples=400), Limits(), 0)
        for _ in range(8):
            found = control.step(
                OPEN, BASE, Pose2(), (0.4, 0.0, 0.0), path, travelled, 0, people=people
            )
        forward.append(found.velocity[0])
    assert forward[1] < forward[0] - 0.05


def test_the_robot_stands_for_who_is_near_and_may_step_aside() -> None:
    def manner(wanted: tuple[float, float, float], vx: float = 0.0) -> Manner:
        someone = np.array([[0.95, 0.0, vx, 0.0, 0.25, 10.0]])
        still = (0.0, 0.0, 0.0)
        return yielding(CourtesyConfig(), Limits(), BASE, Pose2(), wanted, still, someone, 0.48)

    assert manner((0.3, 0.0, 0.0)) is Manner.YIELD
    assert manner((-0.2, 0.0, 0.0)) is Manner.GO
    # Somebody comes nearer by themselves: going back is still better than standing.
    assert manner((-0.2, 0.0, 0.0), vx=-0.5) is Manner.GO
    assert manner((0.1, 0.0, 0.0), vx=-0.5) is Manner.YIELD


def test_plans_keep_away_from_who_stands_and_reach_goals_beside_them() -> None:
    someone = np.array([[2.0, 0.0, 0.0, 0.0, 0.25, 10.0]])
    config = CourtesyConfig()
    start, goal = Pose2(), Pose2(4.0, 0.0, 0.0)
    field = around_people(config, OPEN, BASE, start, goal, someone, 0.55)
    assert field.at(2.0, 0.7) < 0.05 < OPEN.at(2.0, 0.7)
    assert field.at(2.0, -1.5) == pytest.approx(1.5 - 0.25 - 0.55, abs=0.05)
    near = around_people(config, OPEN, BASE, start, Pose2(1.2, 0.0, 0.0), someone, 0.55)
    assert BASE.clearance(near, Pose2(1.2, 0.0, 0.0)) > 0.0
    walks = someone + np.array([[0.0, 0.0, 1.0, 0.0, 0.0, 0.0]])
    assert around_people(config, OPEN, BASE, start, goal, walks, 0.55) is OPEN


def test_plans_keep_away_from_where_a_stroll_leads() -> None:
    strolls = np.array([[1.5, 0.0, 0.0, 0.3, 0.25, 10.0]])
    start, goal = Pose2(), Pose2(4.0, 0.0, 0.0)
    field = around_people(CourtesyConfig(), OPEN, BASE, start, goal, strolls, 0.55)
    assert field.at(1.5, 2.0) == 0.0  # there in seven seconds
    assert field.at(1.5, -1.5) > 0.5  # that is behind them
    assert BASE.clearance(field, start) > 0.0


def corridor() -> Field:
    """1.8 m wide, along x."""
    blocked = np.zeros((200, 200), np.bool_)
    blocked[:82] = blocked[118:] = True
    return clearance_field(blocked, 0.05, (-5.0, -5.0))


def ahead(pose: Pose2) -> np.ndarray:
    """Poses of driving on along x."""
    times = 0.1 * np.arange(30)
    return np.column_stack([pose.x + 0.5 * times, np.full(30, pose.y), np.zeros(30)])


def test_the_robot_steps_out_of_the_way_of_who_comes_along_a_corridor() -> None:
    way, pose = MakingWay(WayConfig(), Limits()), Pose2()
    comes = np.array([[4.0, 0.2, -1.0, 0.0, 0.25, 10.0]])
    place = way.step(0.0, pose, ahead(pose), corridor(), BASE, comes)
    assert place is not None
    assert place.y < -0.4  # the side with more room, at the wall
    assert BASE.clearance(corridor(), place) >= 0.02
    # It stays until they have passed, and then goes on.
    beside, gone = comes.copy(), comes.copy()
    beside[0, 0], gone[0, 0] = place.x, -1.6
    assert way.step(4.0, place, ahead(place), corridor(), BASE, beside) is not None
    assert way.step(5.5, place, ahead(place), corridor(), BASE, gone) is None


def test_nobody_makes_way_for_who_is_in_nobodys_way() -> None:
    way, pose = MakingWay(WayConfig(), Limits()), Pose2()
    leaves = np.array([[3.0, 0.0, 1.0, 0.0, 0.25, 10.0]])
    beside = np.array([[4.0, 1.6, -1.0, 0.0, 0.25, 10.0]])
    stands = np.array([[1.2, 0.0, 0.0, 0.0, 0.25, 10.0]])
    for people in (leaves, beside, stands):
        assert way.step(0.0, pose, ahead(pose), OPEN, BASE, people) is None


def test_a_differential_base_does_not_step_sideways() -> None:
    way, pose = MakingWay(WayConfig(), Limits(sideways=0.0)), Pose2()
    comes = np.array([[4.0, 0.2, -1.0, 0.0, 0.25, 10.0]])
    place = way.step(0.0, pose, ahead(pose), corridor(), BASE, comes)
    assert place is None or abs(place.y) < 1e-9


def test_who_stops_before_the_robot_is_waited_for_only_so_long() -> None:
    config = WayConfig()
    way, pose = MakingWay(config, Limits()), Pose2()
    comes = np.array([[2.0, 0.0, -1.0, 0.0, 0.25, 10.0]])
    place = way.step(0.0, pose, ahead(pose), corridor(), BASE, comes)
    assert place is not None
    stopped = np.array([[place.x + 1.0, 0.0, 0.0, 0.0, 0.25, 10.0]])
    waits = way.step(0.5, place, ahead(place), corridor(), BASE, stopped)
    assert waits == place
    assert way.step(1.0 + config.hold, place, ahead(place), corridor(), BASE, stopped) is None


def test_long_strides_do_not_lose_who_was_seen_standing() -> None:
    """Legs a stride apart are two groups; who stood there a moment ago walks on them."""
    tracker, random = PeopleTracker(), np.random.default_rng(0)

    def leg(x: float, y: float) -> np.ndarray:
        angle = np.linspace(math.pi * 0.6, math.pi * 1.4, 5)
        noise = 0.005 * random.standard_normal((5, 2))
        return np.column_stack([x + 0.06 * np.cos(angle), y + 0.06 * np.sin(angle)]) + noise

    for k in range(20):
        tracker.update(0.1 * k, np.concatenate([leg(1.5, -0.1), leg(1.5, 0.1)]), (0, 0), OPEN)
    numbers = {person.number for person in tracker.people}
    assert len(numbers) == 1
    for k in range(20, 35):
        way = 0.1 * (k - 20)
        stride = 0.3 * math.sin(math.tau * way / 0.7)
        legs = np.concatenate([leg(1.5, way + stride), leg(1.5, way - stride)])
        tracker.update(0.1 * k, legs, (0, 0), OPEN)
        assert numbers <= {person.number for person in tracker.people}
    (person,) = tracker.people
    assert person.y == pytest.approx(1.4, abs=0.3)


def test_two_legs_that_never_walked_are_a_person_and_a_box_is_none() -> None:
    def seen(points: np.ndarray) -> bool:
        tracker = PeopleTracker()
        for k in range(12):
            tracker.update(0.1 * k, points, (0.0, 0.0), OPEN)
        return bool(tracker.people)

    def leg(y: float) -> np.ndarray:
        angle = np.linspace(math.pi * 0.6, math.pi * 1.4, 5)
        return np.column_stack([1.5 + 0.06 * np.cos(angle), y + 0.06 * np.sin(angle)])

    box = np.column_stack([np.full(14, 1.5), np.linspace(-0.2, 0.2, 14)])
    post = leg(0.0)
    assert seen(np.concatenate([leg(-0.1), leg(0.1)]))
    assert not seen(box)
    assert not seen(post)


def test_people_leave_no_trace_in_the_costmap() -> None:
    person = Person(1, 1.5, 0.0, 0.8, 0.0, 0.25, 0.0)
    angles = np.radians([0.0, 1.0, 40.0])
    beams = Beams(np.zeros((0, 2)), np.array([1.4, 1.4, 2.0]), angles, Pose2(), 12.0)
    rest, spots = without_people((person,), Pose2(), beams, beams.ranges)
    assert np.isnan(rest.ranges).tolist() == [True, True, False]
    assert spots == (Pose2(1.5, 0.0),)
    assert without_people((), Pose2(), beams, beams.ranges) == (beams, ())
