"""Shadows: what may overwrite what, and what can be believed."""

from typing import Any

import pytest
from hearth_appliances.core.values import (
    Change,
    DeviceInfo,
    Quality,
    Report,
    Shadow,
    Source,
    slugify,
)

DOOR = "MAIN/doorStatus/doorState"
MODE = "MAIN/refrigeration/expressMode"


def tell(
    shadow: Shadow,
    values: dict[str, Any],
    source: Source,
    received: float,
    device_stamp: float | None = None,
) -> list[Change]:
    return shadow.report(Report(values, source, received, device_stamp))


@pytest.fixture
def shadow() -> Shadow:
    return Shadow(DeviceInfo("id", "DEVICE_REFRIGERATOR", "Fridge", slug="fridge"))


def test_an_older_push_never_overwrites_a_newer_one(shadow: Shadow) -> None:
    tell(shadow, {DOOR: "OPEN"}, Source.PUSH, received=10.0, device_stamp=9.0)
    (change,) = tell(shadow, {DOOR: "CLOSE"}, Source.PUSH, received=11.0, device_stamp=8.0)
    assert change.late
    assert shadow.values[DOOR].value == "OPEN"


def test_a_poll_asked_for_before_a_push_arrived_does_not_overwrite_it(shadow: Shadow) -> None:
    tell(shadow, {DOOR: "OPEN"}, Source.PUSH, received=10.0, device_stamp=9.9)
    assert tell(shadow, {DOOR: "CLOSE"}, Source.POLL, received=9.5) == []
    assert shadow.values[DOOR].value == "OPEN"
    assert tell(shadow, {DOOR: "CLOSE"}, Source.POLL, received=10.5)[0].value == "CLOSE"


def test_the_same_push_again_is_marked_and_the_same_value_later_is_no_event(
    shadow: Shadow,
) -> None:
    tell(shadow, {MODE: True}, Source.PUSH, 10.0, 9.0)
    assert tell(shadow, {MODE: True}, Source.PUSH, 10.5, 9.0)[0].duplicate
    assert tell(shadow, {MODE: True}, Source.PUSH, 12.0, 11.0) == []
    assert shadow.values[MODE].receive_stamp == 12.0


def test_a_door_is_believed_only_after_it_was_seen_to_move(shadow: Shadow) -> None:
    tell(shadow, {DOOR: "CLOSE", MODE: False}, Source.POLL, 1.0)
    assert shadow.values[DOOR].quality is Quality.UNKNOWN
    assert shadow.values[MODE].quality is Quality.GOOD
    tell(shadow, {DOOR: "OPEN"}, Source.PUSH, 2.0, 2.0)
    assert shadow.values[DOOR].quality is Quality.GOOD


def test_a_lost_cloud_makes_everything_stale_but_forgets_nothing(shadow: Shadow) -> None:
    tell(shadow, {MODE: False}, Source.POLL, 1.0)
    shadow.lose()
    assert shadow.values[MODE].quality is Quality.STALE
    assert shadow.values[MODE].value is False


@pytest.mark.parametrize(
    ("alias", "slug"),
    [
        ("Washing machine", "washing_machine"),
        ("LG 세탁기", "lg"),
        ("냉장고", "appliance"),
        ("2nd", "appliance_2nd"),
    ],
)
def test_slugs_are_topic_names(alias: str, slug: str) -> None:
    assert slugify(alias, []) == slug


def test_slugs_are_unique() -> None:
    assert slugify("Oven", ["oven", "oven_2"]) == "oven_3"


def test_aliases_in_other_scripts_are_named_by_their_type() -> None:
    assert slugify("세탁기", [], "DEVICE_WASHER") == "washer"
    assert slugify("冷蔵庫", ["refrigerator"], "DEVICE_REFRIGERATOR") == "refrigerator_2"
