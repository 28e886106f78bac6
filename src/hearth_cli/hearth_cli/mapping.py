"""``hearth map HOME FILE``: a simulated robot drives through a home once, and its map is saved."""

from __future__ import annotations

import argparse
import sys
import time as wall
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from hearth_core.errors import HearthError
from hearth_core.home import load_home
from hearth_core.home.model import Home
from hearth_core.home.plane import contains

from hearth_cli.deployment import Deployment
from hearth_cli.domains import reserve_domain
from hearth_cli.main import clone_root

ENOUGH = 0.4
"""A room of which the map knows less than this share is told."""
LONGEST = 1800.0
"""Wall time after which mapping is given up [s]."""


def build_map(
    root: Path,
    home_file: Path,
    home: Home,
    target: Path,
    say: Callable[[str], None],
    should_stop: Callable[[], bool],
) -> None:
    """Drive through ``home`` in simulation and save ``target`` (yaml) and the pgm beside it.

    Raises:
        HearthError: No map was saved, or it was asked to stop.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    log = root / ".hearth" / "log" / f"mapping-{home.name}.log"
    began, said = wall.monotonic(), 0.0
    domain = reserve_domain(None)
    deployment = Deployment(
        root / "launch" / "mapping.launch.yaml",
        {"home": home_file.resolve(), "map": target.resolve()},
        log,
        domain.number,
    )
    try:
        while deployment.running and not should_stop():
            wall.sleep(0.2)
            spent = wall.monotonic() - began
            if spent > LONGEST:
                break
            if spent - said > 20.0:
                said = spent
                say(f"mapping {home.name}: {spent:.0f} s ({_last_words(log)})")
    finally:
        deployment.stop()
        domain.close()
    if should_stop():
        raise HearthError(f"mapping of {home.name} was stopped")
    if not target.is_file():
        raise HearthError(f"no map of {home.name} was saved; the end of {log}:\n{_tail(log)}")
    say(f"map of {home.name} saved after {wall.monotonic() - began:.0f} s")
    for room, share in known_shares(home, target).items():
        if share < ENOUGH:
            say(
                f"the map knows {100 * share:.0f} % of the floor of {room}: "
                "the robot could not see more of it, and tasks there will fail"
            )


def known_shares(home: Home, map_file: Path) -> dict[str, float]:
    """How much of each room's floor is free in a map, of what the home model has free."""
    from hearth_navigation.core.grid import FREE, load  # noqa: PLC0415 - only after mapping

    grid = load(map_file)
    shares = {}
    for room in home.rooms:
        xs, ys = [x for x, _ in room.polygon], [y for _, y in room.polygon]
        furniture = [place.footprint(0.05) for place in home.places_in(room.name)]
        points = [
            (float(x), float(y))
            for x in np.arange(min(xs), max(xs), 0.1)
            for y in np.arange(min(ys), max(ys), 0.1)
            if contains(room.polygon, (float(x), float(y)))
            and not any(contains(outline, (float(x), float(y))) for outline in furniture)
        ]
        free = sum(grid.contains(x, y) and grid.value(x, y) == FREE for x, y in points)
        shares[room.name] = free / max(1, len(points))
    return shares


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if "mapping]" in line]
    return lines[-1].partition("mapping]: ")[2] if lines else "starting"


def _tail(log: Path) -> str:
    return "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-12:])


def main(arguments: Sequence[str]) -> int:
    """Map one home."""
    root = clone_root()
    parser = argparse.ArgumentParser(prog="hearth map", description=__doc__)
    parser.add_argument("home", type=Path, nargs="?", help="home file; default: the apartment")
    parser.add_argument("target", type=Path, nargs="?", help="yaml file to write")
    options = parser.parse_args(arguments)
    home_file = options.home or root / "config" / "homes" / "apartment.yaml"
    try:
        home = load_home(home_file)
        target = options.target or root / "config" / "maps" / home.name / "map.yaml"
        build_map(root, home_file, home, target, lambda text: print(text, flush=True), _never)
    except HearthError as error:
        sys.stderr.write(f"hearth map: {error}\n")
        return 1
    return 0


def _never() -> bool:
    return False
