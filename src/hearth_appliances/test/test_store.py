"""Events are numbered without gaps and survive."""

import stat
from pathlib import Path

import pytest
from hearth_appliances.core.store import Store


def test_numbers_have_no_gaps_even_across_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "log" / "events.db"
    log = Store(path)
    for index in range(3):
        log.append("oven", float(index), "property_changed", "a/b/c", {"n": index})
    log.append("washer", 5.0, "online")
    log.close()
    again = Store(path)
    assert again.append("oven", 9.0, "push_code", value="DONE", late=True).seq == 4
    assert [event.seq for event in again.since("oven", 1)] == [2, 3, 4]
    assert again.since("oven", 1)[0].value == {"n": 1}
    assert again.since("oven", 3)[0].late
    assert [event.kind for event in again.since("washer", 0)] == ["online"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_profiles_are_remembered() -> None:
    log = Store()
    assert log.profile("x") is None
    log.keep_profile("x", {"property": {}})
    assert log.profile("x") == {"property": {}}


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    store.append("oven", 1.0, "online")

    def fails() -> None:
        with store.transaction():
            store.append("oven", 2.0, "offline")
            store.keep_note("x", 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert store.last_seq("oven") == 1
    assert store.note("x") is None
    assert store.append("oven", 3.0, "offline").seq == 2
    store.close()


def test_messages_are_recognised_after_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    assert store.first_time("oven", "m1")
    assert not store.first_time("oven", "m1")
    assert store.first_time("washer", "m1")
    store.close()
    assert not Store(tmp_path / "state.db").first_time("oven", "m1")
