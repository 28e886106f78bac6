"""Moved, taken and appeared things are noticed; the map survives a restart, honestly older."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hearth_core.errors import FileFormatError
from hearth_core.home.catalogue import Shape as Nominal
from hearth_perception.core.memory_file import load_map, save_map
from hearth_perception.core.ranking import ranking
from hearth_perception.core.semantic_map import Glance, SemanticMap, Track
from hearth_perception.core.shapes import Kind, Shape
from hearth_perception.core.sighting import Sighting

TABLE = np.stack(np.meshgrid(np.arange(0, 2, 0.02), np.arange(0, 2, 0.02)), -1).reshape(-1, 2)


def sight(
    x: float, y: float, label: str = "mug", size: tuple[float, float, float] = (0.08, 0.08, 0.1)
) -> Sighting:
    shape = Shape(
        Kind.CYLINDER,
        np.array([x, y, 0.8]),
        0.0,
        np.array(size),
        np.full(3, 0.004),
        np.array([0.006, 0.004, 0.004]),
        np.array([1.0, 0.0]),
        0.001,
    )
    return Sighting(label, {label: 0.9}, shape, Nominal.CYLINDER, "table", 0.0, (0, 0, 9, 9))


def glance(empty: bool) -> Callable[[Track], Glance]:
    return lambda _: Glance.EMPTY if empty else Glance.UNSEEN


def known_home(*sightings: Sighting) -> SemanticMap:
    """A map that has seen the table and these things a minute ago."""
    things = SemanticMap()
    things.surveyed.see("table", TABLE, 0.0)
    for k in range(3):
        things.update(list(sightings), float(k), glance(False))
    assert len(things.changes) == 0
    return things


def look(things: SemanticMap, *sightings: Sighting, empty: bool = False) -> None:
    start = max(60.0, things._now + 1.0)
    for k in range(3):
        things.update(list(sightings), start + k, glance(empty))


def kinds(things: SemanticMap) -> list[str]:
    return [str(change.kind) for change in things.changes]


def test_what_was_there_from_the_start_is_no_change() -> None:
    things = known_home(sight(1.0, 1.0))
    look(things, sight(1.0, 1.0))
    assert kinds(things) == []


def test_a_thing_on_a_spot_that_was_free_has_appeared() -> None:
    things = known_home()
    look(things, sight(1.0, 1.0))
    assert kinds(things) == ["appeared"]
    assert next(iter(things.changes)).sentence() == "mug_1 appeared: table"


def test_a_thing_on_a_table_never_seen_before_has_not_appeared() -> None:
    things = SemanticMap()
    look(things, sight(1.0, 1.0))
    assert kinds(things) == []


def bare(*things: tuple[float, float]) -> np.ndarray:
    """The table as a camera sees it: nothing of it under things."""
    away = np.linalg.norm(TABLE[:, None] - np.array(things)[None], axis=2).min(axis=1)
    return TABLE[away > 0.05]


def test_a_thing_that_was_overlooked_at_first_has_not_appeared() -> None:
    things = SemanticMap()
    things.surveyed.see("table", bare((1.0, 1.0)), 0.0)
    look(things, sight(1.0, 1.0))
    assert kinds(things) == []


def test_an_overlooked_thing_whose_place_is_misjudged_by_a_centimetre_has_not_appeared() -> None:
    for turn in np.linspace(0.0, 2 * np.pi, 8, endpoint=False):
        things = SemanticMap()
        things.surveyed.see("table", bare((1.0, 1.0)), 0.0)
        look(things, sight(1.0 + 0.01 * np.cos(turn), 1.0 + 0.01 * np.sin(turn)))
        assert kinds(things) == []


def test_a_thing_of_whose_place_a_neighbour_hid_a_corner_has_appeared() -> None:
    things = SemanticMap()
    things.surveyed.see("table", bare((1.07, 1.0)), 0.0)
    look(things, sight(1.0, 1.0))
    assert kinds(things) == ["appeared"]


def test_a_thing_gone_from_beside_another_is_noticed_though_something_is_seen_there() -> None:
    things = known_home(sight(1.0, 1.0), sight(1.1, 1.0, "can"))
    for k in range(8):
        things.update([sight(1.1, 1.0, "can")], 60.0 + k, lambda _: Glance.FILLED)
    assert kinds(things) == ["taken"]
    assert [t.label for t in things.tracks] == ["can"]


def test_a_thing_alone_that_is_not_recognised_any_more_is_still_believed_in() -> None:
    things = known_home(sight(1.0, 1.0), sight(1.4, 1.0, "can"))
    for k in range(8):
        things.update([sight(1.4, 1.0, "can")], 60.0 + k, lambda _: Glance.FILLED)
    assert kinds(things) == []
    assert len(things.tracks) == 2


def test_a_thing_where_another_one_stood_has_appeared() -> None:
    things = SemanticMap()
    things.surveyed.see("table", bare((1.0, 1.0)), 0.0)
    for k in range(3):
        things.update([sight(1.0, 1.0)], float(k), glance(False))
    look(things, empty=True)
    look(things, sight(1.01, 1.0, "box", (0.06, 0.14, 0.17)))
    assert kinds(things) == ["taken", "appeared"]


def test_another_thing_exactly_where_one_stood_is_another_thing() -> None:
    things = SemanticMap()
    things.surveyed.see("table", bare((1.0, 1.0)), 0.0)
    for k in range(3):
        things.update([sight(1.0, 1.0)], float(k), glance(False))
    for _ in range(3):
        look(things, sight(1.0, 1.0, "box", (0.06, 0.14, 0.17)))
    assert kinds(things) == ["taken", "appeared"]
    assert [t.label for t in things.tracks] == ["box"]


def test_a_thing_within_which_another_one_stands_now_is_gone() -> None:
    things = known_home(sight(1.0, 1.0))
    box = sight(1.035, 1.0, "box", (0.06, 0.14, 0.17))
    for k in range(8):
        things.update([box], 60.0 + k, lambda _: Glance.FILLED)
    assert "taken" in kinds(things)
    assert [t.label for t in things.tracks] == ["box"]


def test_a_thing_whose_place_is_empty_was_taken_and_is_no_longer_believed_in() -> None:
    things = known_home(sight(1.0, 1.0))
    look(things, empty=True)
    assert kinds(things) == ["taken"]
    assert things.tracks == []


def test_a_thing_seen_elsewhere_has_moved_whatever_is_seen_first() -> None:
    gone_first = known_home(sight(0.3, 0.3))
    look(gone_first, empty=True)
    look(gone_first, sight(1.5, 1.5))
    new_first = known_home(sight(0.3, 0.3))
    look(new_first, sight(1.5, 1.5))
    look(new_first, sight(1.5, 1.5), empty=True)
    for things in (gone_first, new_first):
        (change,) = things.changes
        assert str(change.kind) == "moved"
        assert change.before is not None
        assert change.after is not None
        assert np.allclose(change.before[:2], [0.3, 0.3], atol=0.02)
        assert np.allclose(change.after[:2], [1.5, 1.5], atol=0.02)
        assert len(things.tracks) == 1


def test_another_class_elsewhere_is_not_the_same_thing() -> None:
    things = known_home(sight(0.3, 0.3))
    look(things, sight(1.5, 1.5, "can"), empty=True)
    assert sorted(kinds(things)) == ["appeared", "taken"]


def test_one_bad_view_takes_nothing_away() -> None:
    things = known_home(sight(1.0, 1.0))
    things.update([], 60.0, glance(True))
    look(things, sight(1.0, 1.0))
    assert kinds(things) == []
    assert things.tracks[0].existence > 0.8


def test_something_unrecognised_in_its_place_keeps_a_thing_believable() -> None:
    things = known_home(sight(1.0, 1.0))
    for k in range(60):
        things.update([], 60.0 + k, lambda _: Glance.FILLED)
    assert things.tracks[0].existence > 0.3


def test_the_map_comes_back_older(tmp_path: Path) -> None:
    things = known_home(sight(1.0, 1.0), sight(0.2, 0.2, "can"))
    before = things.tracks[0]
    save_map(things, tmp_path / "map.json", home="h", now=10.0, wall=1000.0)
    again = SemanticMap()
    assert load_map(again, tmp_path / "map.json", home="h", now=3.0, wall=1000.0 + 1800.0) == 2
    track = next(t for t in again.tracks if t.id == before.id)
    assert np.allclose(track.position, before.position, atol=1e-3)
    assert track.existence == pytest.approx(before.existence / 2, abs=0.01)
    assert track.last_seen == pytest.approx(3.0 - 1800.0 - 8.0, abs=0.2)
    again.update([sight(0.9, 0.1)], 4.0, glance(False))
    assert len({t.id for t in again.tracks}) == 3


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.update(version=7), "version"),
        (lambda d: d.update(home="other"), "home: is of 'other'"),
        (lambda d: d["things"][0].update(position=[1, 2]), r"things\[0\]"),
        (lambda d: d["things"][0].update(existence=3), r"things\[0\]"),
        (lambda d: d["things"][0].pop("scores"), r"things\[0\]"),
        (lambda d: d.update(things=5), "things"),
    ],
)
def test_a_broken_file_is_refused_whole(
    tmp_path: Path, change: Callable[[dict[str, object]], None], says: str
) -> None:
    file = tmp_path / "map.json"
    save_map(known_home(sight(1.0, 1.0)), file, home="h", now=3.0, wall=0.0)
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))
    things = SemanticMap()
    with pytest.raises(FileFormatError, match=rf"map\.json: {says}"):
        load_map(things, file, home="h", now=3.0, wall=0.0)
    assert things.tracks == []


def test_a_torn_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "map.json").write_text('{"version": 1, "thi')
    with pytest.raises(FileFormatError, match="not a semantic map"):
        load_map(SemanticMap(), tmp_path / "map.json", home="h", now=0.0, wall=0.0)


def test_candidates_are_ranked_and_say_why() -> None:
    things = known_home(sight(1.0, 1.0), sight(0.2, 0.2, "can"))
    text = ranking(things.find("mug"), "mug", 63.0)
    assert text.startswith("1. mug_1: table, ")
    assert "seen 3 times, last 61 s ago" in text
    things.carry("mug_1", "left")
    assert "the left hand holds it" in ranking(things.find("mug"), "mug", 63.0)
    can = next(t for t in things.tracks if t.label == "can")
    assert "looks more like a can" in ranking([can], "mug", 7000.0)
    assert "2 hours ago" in ranking([can], "can", 7202.0)


def test_the_topic_tells_the_log_once_and_again_when_it_is_corrected() -> None:
    pytest.importorskip("rclpy", reason="needs ROS")
    from hearth_nodekit.testing import Spinner, isolated_context, wait_until
    from hearth_nodekit.topics import CHANGES
    from hearth_perception.change_topic import ChangeTopic
    from rclpy.node import Node

    told: list[list[str]] = []
    with isolated_context() as context:
        node, reader = (Node(name, namespace="/robot1", context=context) for name in "ab")
        topic = ChangeTopic(node)
        CHANGES.subscribe(reader, lambda m: told.append([c.message for c in m.changes]))
        with Spinner(context, reader):
            things = known_home(sight(0.5, 0.5))
            topic.tell(things.changes, 0.0)
            assert wait_until(lambda: told == [[]])
            look(things, empty=True)
            topic.tell(things.changes, 1.0)
            topic.tell(things.changes, 2.0)
            assert wait_until(lambda: len(told) == 2)
            assert told[-1] == ["mug_1 is gone from table"]
            look(things, sight(1.5, 1.5))
            topic.tell(things.changes, 3.0)
            assert wait_until(lambda: told[-1] == ["mug_1 moved from table to table"])
            assert len(told) == 3
