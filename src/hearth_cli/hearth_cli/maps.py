"""Which map the robot localises on in which home."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from hearth_core.errors import BadInputError
from hearth_core.home import describe
from hearth_core.home.model import Home


def find_map(
    root: Path,
    home: Home,
    home_file: Path,
    given: Path | None,
    say: Callable[[str], None],
    should_stop: Callable[[], bool],
) -> Path:
    """The map of ``home``: the given one, the saved one, or one built now by driving.

    Raises:
        BadInputError: The given file does not exist.
        HearthError: Mapping did not work.
    """
    if given is not None:
        if not given.is_file():
            raise BadInputError(f"--map {given}: no such file")
        return given.resolve()
    saved = root / "config" / "maps" / home.name / "map.yaml"
    shipped = root / "config" / "homes" / f"{home.name}.yaml"
    if saved.is_file() and shipped == home_file:
        return saved
    cached = root / ".hearth" / "maps" / fingerprint(home) / "map.yaml"
    if not cached.is_file():
        from hearth_cli.mapping import build_map  # noqa: PLC0415 - only for unknown homes

        for problem in problems_of(home, home_file):
            say(f"{home_file.name}: {problem}")
        say(f"no map of home {home.name!r} yet: the robot drives through it once")
        build_map(root, home_file, home, cached, say, should_stop)
    return cached


def problems_of(home: Home, home_file: Path) -> list[str]:
    """What is wrong with a home that can still be tried: overlaps, rooms nobody can enter.

    Raises:
        BadInputError: The robot's charger stands in no room: it cannot begin.
    """
    from hearth_sim.core.home import check_home  # noqa: PLC0415 - only for unknown homes

    x, y = home.charger.x, home.charger.y
    if home.room_at(x, y) is None:
        outlines = {room.name: room.polygon for room in home.rooms}
        raise BadInputError(
            f"{home_file}: charger.at: ({x:g}, {y:g}) is in no room; rooms: {outlines}"
        )
    return check_home(home)


def fingerprint(home: Home) -> str:
    """Changes when anything changes that a map shows."""
    text = json.dumps(describe(home), sort_keys=True)
    return f"{home.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
