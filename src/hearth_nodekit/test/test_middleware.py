"""Which DDS profile a process asks for."""

import os
from pathlib import Path

import pytest
from hearth_nodekit.middleware import expect_small_messages

VARIABLE = "FASTDDS_DEFAULT_PROFILES_FILE"


def test_only_hearths_own_profile_is_exchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("fastdds.xml", "fastdds_small.xml", "mine.xml"):
        (tmp_path / name).touch()
    asked = {"fastdds.xml": "fastdds_small.xml", "mine.xml": "mine.xml"}
    for before, after in asked.items():
        monkeypatch.setenv(VARIABLE, str(tmp_path / before))
        expect_small_messages()
        assert os.environ[VARIABLE] == str(tmp_path / after)
    monkeypatch.delenv(VARIABLE)
    expect_small_messages()
    assert VARIABLE not in os.environ
