"""The search: what stands show, in which order they are driven to, how it ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hearth_core.geometry import Pose2
from hearth_core.home.catalogue import PLACE_KINDS
from hearth_core.home.catalogue import Shape as Nominal
from hearth_core.home.model import Home, Place, Rectangle, Room, Surface
from hearth_perception.core.explorer import is_near
from hearth_perception.core.ground import RADIUS, Ground
from hearth_perception.core.search import Search
from hearth_perception.core.search_kernels import improve_tour, tour_cost
from hearth_perception.core.semantic_map import Track
from hearth_perception.core.spots import Spots, spots_of, visible

Array = np.ndarray


def table(name: str, room: str, x: float, y: float, height: float = 0.75) -> Place:
    top = Surface("top", height, Rectangle(-0.3, -0.4, 0.3, 0.4))
    return Place(name, "dining_table", room, Pose2(x, y), (0.6, 0.8, height), (top,))


def square(name: str, kind: str, x: float) -> Room:
    return Room(name, kind, ((x, 0.0), (x + 4.0, 0.0), (x + 4.0, 4.0), (x, 4.0)))


HOME = Home(
    name="two rooms",
    rooms=(square("kitchen", "kitchen", 0.0), square("bedroom", "bedroom", 4.0)),
    doorways=(),
    places=(
        table("table_1", "kitchen", 2.0, 2.0),
        table("table_2", "bedroom", 6.0, 2.0),
    ),
    objects=(),
    charger=Pose2(0.5, 0.5),
)


def ground(gap: bool = True) -> Ground:
    """Walls around, one between the rooms with a gap at its end."""
    blocked = np.zeros((80, 160), bool)
    blocked[[0, -1]] = True
    blocked[:, [0, -1]] = True
    blocked[: 60 if gap else 80, 79:81] = True
    return Ground.make(blocked, (0.0, 0.0), 0.05, HOME)


@dataclass
class Body:
    """A robot that knows where the thing is only when it looks there."""

    at: Pose2
    thing: Array | None
    blocked: Callable[[Pose2], bool] = lambda _: False
    drives: list[Pose2] = field(default_factory=list)
    looks: list[Array] = field(default_factory=list)
    lies: list[Array] = field(default_factory=list)
    """Where something stands that looks like it from the first stand that shows it."""
    fooled: dict[int, Pose2] = field(default_factory=dict)
    clock: float = 0.0
    tracks: dict[int, Track] = field(default_factory=dict)
    refuted: list[Array] = field(default_factory=list)

    def now(self) -> float:
        return self.clock

    def pose(self) -> Pose2:
        return self.at

    def drive(self, pose: Pose2, *, watch: bool = True) -> bool:
        self.drives.append(pose)
        if self.blocked(pose):
            return False
        self.at = pose
        return True

    def look(self, point: Array) -> bool:
        self.looks.append(point)
        self.clock += 1.0
        real = [] if self.thing is None else [self.thing]
        for k, thing in enumerate([*real, *self.lies]):
            near = np.linalg.norm(thing - point) < 0.6
            if near and (k < len(real) or self.fooled.setdefault(k, self.at) == self.at):
                self.tracks[k] = track(thing, self.clock)
        return True

    def seen(self, since: float = 0.0) -> list[Track]:
        fresh = [t for t in self.tracks.values() if t.last_seen > since]
        return [t for t in fresh if not any(is_near(t, at) for at in self.refuted)]

    def refute(self, position: Array) -> None:
        self.refuted.append(position)


def track(at: Array, stamp: float) -> Track:
    size = np.full(3, 0.08)
    return Track(
        "mug_1", {"mug": 0.9}, at, np.eye(3), 0.0, size, Nominal.CYLINDER, 0.9, stamp, "table_1", 2
    )


def search(label: str = "mug", only: Sequence[str] = (), gap: bool = True) -> Search:
    floor = ground(gap)
    return Search(HOME, floor, spots_of(HOME, floor, label, only=only))


def test_ways_go_around_walls_and_end_at_closed_ones() -> None:
    ends = np.array([[1.0, 3.0], [7.0, 0.6]])
    near, far = ground().ways((1.0, 0.6), ends)
    assert near == pytest.approx(2.4, abs=0.15)
    straight = math.hypot(6.0, 0.0)
    assert far > straight + 2.0
    assert not np.isfinite(ground(gap=False).ways((1.0, 0.6), ends)[1])


def test_the_base_keeps_off_furniture_the_map_does_not_show() -> None:
    row, column = ground().cell((2.0, 2.0))
    assert ground().clearance[row, column] < RADIUS


def test_walls_are_not_looked_through() -> None:
    spots = spots_of(HOME, ground(), "mug")
    stand = np.array([[3.6, 2.0]])
    shown = visible(HOME, spots, stand)[0]
    names = {name for name, yes in zip(spots.names, shown, strict=True) if yes}
    assert "table_1" in names
    assert "table_2" not in names
    assert "bedroom" not in names


def test_a_board_below_another_is_looked_into_from_its_front_only() -> None:
    low = Surface("shelf_1", 0.4, Rectangle(-0.15, -0.4, 0.15, 0.4), clearance=0.35)
    rack = Place("rack", "bookshelf", "kitchen", Pose2(2.0, 2.0), (0.3, 0.8, 1.8), (low,))
    home = Home(
        name="one", rooms=HOME.rooms, doorways=(), places=(rack,), objects=(), charger=Pose2()
    )
    spots = spots_of(home, ground(), "book", only=("rack",))
    stands = np.array([[3.2, 2.0], [0.8, 2.0], [2.0, 3.4]])
    assert visible(home, spots, stands).any(axis=1).tolist() == [True, False, False]
    assert PLACE_KINDS["bookshelf"] is not None


def test_everything_is_looked_at_when_there_is_nothing_to_find() -> None:
    body = Body(Pose2(1.0, 0.6), None)
    end = search().run(body)
    assert not end.found
    assert {"table_1", "table_2"} <= set(end.searched)
    assert len(body.drives) <= 8


def test_it_ends_at_the_thing_and_the_likely_room_comes_first() -> None:
    body = Body(Pose2(3.5, 3.5, 0.0), np.array([2.0, 2.0, 0.8]))
    end = search("mug").run(body)
    assert end.found
    assert all(pose.x < 4.0 for pose in body.drives)


def test_a_thing_is_looked_at_from_another_side_before_it_counts_as_found() -> None:
    thing = np.array([2.0, 2.0, 0.8])
    body = Body(Pose2(3.5, 3.5, 0.0), thing)
    assert search("mug").run(body).found
    first, second = ([p.x, p.y] - thing[:2] for p in body.drives[-2:])
    turn = math.atan2(first[1], first[0]) - math.atan2(second[1], second[0])
    assert abs(math.remainder(turn, math.tau)) > 0.5
    assert np.allclose(body.looks[-1], thing)


def test_what_looks_like_it_from_one_stand_only_is_not_it_and_the_search_goes_on() -> None:
    thing, lie = np.array([6.0, 2.0, 0.8]), np.array([2.0, 2.0, 0.8])
    body = Body(Pose2(3.5, 3.5, 0.0), thing, lies=[lie])
    end = search("mug").run(body)
    assert end.track is not None
    assert np.allclose(end.track.position, thing)
    assert [at.tolist() for at in body.refuted] == [lie.tolist()]
    gone = Body(Pose2(3.5, 3.5, 0.0), None, lies=[lie])
    assert not search("mug").run(gone).found


def test_named_places_confine_it() -> None:
    body = Body(Pose2(1.0, 0.6), None)
    assert search(only=("table_2",)).run(body).searched == ("table_2",)
    assert all(pose.x > 4.0 for pose in body.drives)


def test_a_stand_that_cannot_be_reached_is_replaced_by_another() -> None:
    first: list[Pose2] = []

    def blocked(pose: Pose2) -> bool:
        first.append(pose)
        return pose.distance(first[0]) < 0.2

    body = Body(Pose2(1.0, 0.6), None, blocked)
    end = search(only=("table_1",)).run(body)
    assert end.searched == ("table_1",)
    assert len(body.drives) >= 2


def test_a_room_without_a_way_is_named_as_missed() -> None:
    end = search(gap=False).run(Body(Pose2(1.0, 0.6), None))
    assert "table_2" in end.missed
    assert "table_1" in end.searched


def test_what_was_seen_before_is_looked_at_first() -> None:
    floor = ground()
    believed = [(np.array([6.0, 2.0, 0.8]), 0.9)]
    spots: Spots = spots_of(HOME, floor, "mug", believed=believed)
    assert spots.weights[[n == "table_2" for n in spots.names]].sum() > 0.5
    assert spots.weights.sum() == pytest.approx(1.0)


def test_tours_are_never_longer_than_they_were() -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        points = rng.uniform(0, 10, (9, 2))
        ways = np.linalg.norm(points[:, None] - points[None], axis=2)
        first, gains = np.linalg.norm(points, axis=1), rng.uniform(0, 0.2, 9)
        order = rng.permutation(9)
        better = improve_tour(order, ways, first, gains, 1.0)
        assert sorted(better.tolist()) == list(range(9))
        before, after = (tour_cost(o, ways, first, gains, 1.0) for o in (order, better))
        assert after <= before + 1e-9
