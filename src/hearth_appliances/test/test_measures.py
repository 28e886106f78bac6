"""The issue's figures on small numbers: any profile, storms, courses, races, killed replays."""

from pathlib import Path

from hearth_appliances.core.store import Store
from hearth_appliances.measure import courses, profiles, races, storm

LIMITS = {"min": 0, "max": 9}


def test_all_of_every_profile_is_published_and_written_as_the_sdk_does() -> None:
    found = profiles.measure()
    assert found.types == 30
    assert found.published == found.leaves
    assert found.accepted == found.writable_values
    assert found.different == []
    assert found.setters >= 154
    assert (found.refused, found.calls) == (found.invalid, 0)


def test_profiles_nobody_has_seen_are_published_and_written() -> None:
    odd = {
        "property": {
            "quantumFlux": {
                "level": {
                    "type": "range",
                    "mode": ["r", "w"],
                    "value": {"w": {"min": 0, "max": 9}},
                },
                "inner": {"deep": {"type": "enum", "mode": ["w"], "value": {"w": ["A", "B"]}}},
                "hologram": {"type": "hologram", "mode": ["r"]},
            },
            "zones": [
                {"locationName": "NORTH", "on": {"type": "boolean", "mode": ["r", "w"]}},
                {"locationName": "SOUTH", "on": {"type": "boolean", "mode": ["r", "w"]}},
            ],
            "label": {"type": "string", "mode": ["r", "w"]},
        }
    }
    found = profiles.Coverage()
    profiles.add(found, "DEVICE_NOBODY_KNOWS", odd, {})
    assert found.published == found.leaves == 6
    assert found.accepted == found.writable_values > 0
    assert (found.refused, found.calls) == (found.invalid, 0)


def test_a_storm_leaves_the_right_state_and_marks_everything() -> None:
    toll = storm.weather(2000, 7, Store())
    assert toll.late > 100
    assert toll.duplicates > 50
    assert (toll.unmarked, toll.slandered, toll.wrong) == (0, 0, 0)


def test_a_replay_that_was_killed_ends_like_one_that_was_not(tmp_path: Path) -> None:
    recording = tmp_path / "storm.jsonl"
    storm.write_recording(recording, 400, 3)
    storm.replay(recording, tmp_path / "whole.db")
    killed = storm.replay_killed(recording, tmp_path / "killed.db", 1, 5)
    assert killed >= 1
    assert storm.dump(tmp_path / "whole.db") == storm.dump(tmp_path / "killed.db")


def test_courses_are_believed_ended_when_they_are() -> None:
    score = courses.measure(200, 1)
    assert (score.false, score.missed) == (0, 0)


def test_no_door_has_two_holders() -> None:
    found = races.measure(2000, 1)
    assert (found.double, found.robbed, found.overdue) == (0, 0, 0.0)
