"""Pushes in every shape, and secrets that stay secret."""

import logging
from pathlib import Path
from typing import Any

import pytest
from hearth_appliances.core.backend import parse_push
from hearth_appliances.core.secrets import RedactingFilter, read_private, write_private
from hearth_core.errors import BadInputError

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


def test_logs_lose_their_secrets_even_in_arguments_and_exceptions() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "header %s", ("Bearer tok-123",), None)
    assert RedactingFilter("tok-123").filter(record)
    assert record.getMessage() == "header Bearer ***"
    error = ValueError("tok-123")
    record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", (), (ValueError, error, None))
    RedactingFilter("tok-123").filter(record)
    assert "tok-123" not in record.getMessage()
    assert "***" in record.getMessage()


def test_secrets_are_read_only_from_private_files(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "token"
    write_private(path, "secret")
    assert read_private(path) == "secret"
    path.chmod(0o640)
    with pytest.raises(BadInputError, match="chmod 600"):
        read_private(path)
    with pytest.raises(BadInputError, match="No such file"):
        read_private(tmp_path / "nothing")
