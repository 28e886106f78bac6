"""Events are numbered without gaps and survive."""

import stat
from pathlib import Path

from hearth_appliances.core.event_log import EventLog


def test_numbers_have_no_gaps_even_across_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "log" / "events.db"
    log = EventLog(path)
    for index in range(3):
        log.append("oven", float(index), "property_changed", "a/b/c", {"n": index})
    log.append("washer", 5.0, "online")
    log.close()
    again = EventLog(path)
    assert again.append("oven", 9.0, "push_code", value="DONE", late=True).seq == 4
    assert [event.seq for event in again.since("oven", 1)] == [2, 3, 4]
    assert again.since("oven", 1)[0].value == {"n": 1}
    assert again.since("oven", 3)[0].late
    assert [event.kind for event in again.since("washer", 0)] == ["online"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_profiles_are_remembered() -> None:
    log = EventLog()
    assert log.profile("x") is None
    log.keep_profile("x", {"property": {}})
    assert log.profile("x") == {"property": {}}
