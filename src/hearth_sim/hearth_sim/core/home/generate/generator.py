"""Whole homes from a seed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hearth_core.errors import HearthError
from hearth_core.home import Home, parse_home
from hearth_core.home.loader import FLOORS, WALLS
from hearth_core.home.plane import area, centroid

from hearth_sim.core.home.check import check_home
from hearth_sim.core.home.generate.plan import NoPlanError, Plan, Rng, draw_plan
from hearth_sim.core.home.generate.rooms import FURNISHERS, charger_zone
from hearth_sim.core.home.generate.space import THICKNESS, Space
from hearth_sim.core.home.generate.things import place_things

DRAWS = 200
CHARGER_ROOMS = {"hall": 0, "living": 1}
ROOMS = (3, 9)
"""Fewest and most rooms."""
WET = frozenset({"kitchen", "bathroom", "utility"})


def generate_home(seed: int) -> Home:
    """A home of 40 to 140 m2 with 3 to 9 rooms, the same for the same seed.

    It always has a refrigerator with a milk carton in it, a dining table and a charger, and it
    passes :func:`hearth_sim.core.home.check_home`.

    Raises:
        HearthError: No draw of this seed worked out (not seen).
    """
    count = int(np.random.default_rng(seed).integers(*ROOMS, endpoint=True))
    for attempt in range(DRAWS):
        rng = np.random.default_rng([seed, attempt])
        try:
            home = _draw(rng, f"home_{seed}", count)
        except NoPlanError:
            continue
        if not check_home(home):
            return home
    raise HearthError(f"no home comes of seed {seed} in {DRAWS} draws")


def _draw(rng: Rng, name: str, count: int) -> Home:
    plan = draw_plan(rng, count)
    spaces = [Space(room, plan, rng) for room in plan.rooms]
    charger = None
    # The charger takes its wall before the furniture does; halls are best for it.
    for space in sorted(spaces, key=lambda space: CHARGER_ROOMS.get(space.room.kind, 2)):
        found = charger_zone(space)
        if found is not None:
            charger, zone = found
            space.kept_free.append(zone)
            break
    if charger is None:
        raise NoPlanError("no wall for the charger")
    for space in spaces:
        FURNISHERS[space.room.kind](space)
    document: dict[str, Any] = {
        "name": name,
        "wall_thickness": THICKNESS,
        "wall_height": round(float(rng.uniform(2.4, 2.7)), 2),
        "charger": {
            "at": [round(charger.x, 3), round(charger.y, 3)],
            "facing": round(math.degrees(charger.yaw), 1),
        },
        "rooms": _rooms(plan, rng),
        "doors": list(plan.doors),
        "places": _places(spaces),
        "lamps": _lamps(plan, rng),
    }
    empty = parse_home(document, f"<generated {name}>")
    document["objects"] = place_things(empty, rng)
    return parse_home(document, f"<generated {name}>")


def _rooms(plan: Plan, rng: Rng) -> list[dict[str, Any]]:
    dry = str(rng.choice(["wood", "parquet", "carpet", "concrete"]))
    wet = str(rng.choice(["tiles", "dark_tiles", "stone"]))
    entries = []
    for room in plan.rooms:
        floor = wet if room.kind in WET else dry
        if rng.random() < 0.25:
            floor = str(rng.choice(FLOORS))
        entries.append(
            {
                "name": room.name,
                "kind": room.kind,
                "polygon": [list(corner) for corner in room.polygon],
                "floor": floor,
                "wall": str(rng.choice(WALLS)),
            }
        )
    return entries


def _places(spaces: list[Space]) -> list[dict[str, Any]]:
    stands = [stand for space in spaces for stand in space.stands]
    entries = []
    numbers: dict[str, int] = {}
    for stand in stands:
        kind = stand.kind.name
        many = sum(1 for other in stands if other.kind.name == kind) > 1
        numbers[kind] = numbers.get(kind, 0) + 1
        entries.append(stand.entry(f"{kind}_{numbers[kind]}" if many else kind))
    return entries


def _lamps(plan: Plan, rng: Rng) -> list[dict[str, Any]]:
    lamps = []
    for room in plan.rooms:
        if abs(area(room.polygon)) < 1.0:
            continue
        x, y = centroid(room.polygon)
        lamps.append(
            {
                "name": f"{room.name}_lamp",
                "at": [round(x, 2), round(y, 2), 2.3],
                "intensity": round(float(rng.uniform(0.8, 1.1)), 2),
                "temperature": round(float(rng.uniform(2900, 5200)), 0),
            }
        )
    return lamps
