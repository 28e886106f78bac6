"""Pushes in every shape."""

from typing import Any

import pytest
from hearth_appliances.core.backend import parse_push

INNER = {
    "pushType": "DEVICE_STATUS",
    "deviceId": "id",
    "deviceType": "DEVICE_REFRIGERATOR",
    "report": {"doorStatus": [{"locationName": "MAIN", "doorState": "OPEN"}]},
}


@pytest.mark.parametrize(
    "message",
    [
        INNER,
        {"messageId": "m", "timestamp": "1970-01-01T00:00:12.500+00:00", "event": INNER},
        {"messageId": "m", "push": INNER},
    ],
)
def test_pushes_are_read_flat_or_wrapped(message: Any) -> None:
    push = parse_push(message)
    assert push is not None
    assert push.report == {"MAIN/doorStatus/doorState": "OPEN"}
    assert push.stamp == (12.5 if "timestamp" in message else None)


@pytest.mark.parametrize("message", [None, [], "x", {}, {"pushType": "OTHER", "deviceId": "id"}])
def test_what_is_no_push_is_none(message: Any) -> None:
    assert parse_push(message) is None
