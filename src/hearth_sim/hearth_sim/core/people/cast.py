"""People drawn from a seed: where they start, where they go, and how they are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2
from hearth_core.home import Home, Manners, PersonSpec, Stop
from hearth_core.home.plane import Point

from hearth_sim.core.people.ways import HomeWays

Array = npt.NDArray[np.float64]
STOPS = 5
ROOM = 1.0
"""Nobody starts nearer to a robot or to another person [m]."""
DOOR = 0.35
"""Share of stops that are doorways."""
BEFORE_PLACE = 0.35
"""Share of stops before furniture."""


def draw_people(
    home: Home, ways: HomeWays, count: int, seed: int, starts: tuple[Pose2, ...]
) -> list[PersonSpec]:
    """``count`` people with rounds through the home, the same for the same seed.

    More people do not change who the first ones are.

    Args:
        home: As it is this time.
        ways: Of this home.
        count: How many.
        seed: Of the draw.
        starts: Where robots stand.
    """
    spots = ways.spots()
    taken: list[Point] = [(pose.x, pose.y) for pose in starts]
    people = []
    for k in range(count):
        rng = np.random.default_rng([seed & 0xFFFFFFFF, 7019, k])
        first = _spot(rng, spots)
        for _ in range(50):
            if all(np.hypot(first[0] - x, first[1] - y) > ROOM for x, y in taken):
                break
            first = _spot(rng, spots)
        taken.append(first)
        route = [Stop(first, float(rng.uniform(0.0, 4.0)))]
        route += [_stop(rng, home, ways, spots) for _ in range(STOPS - 1)]
        manners = (Manners.ATTENTIVE, Manners.ABSENT)[int(rng.random() < 0.4)]
        people.append(
            PersonSpec(f"person_{k + 1}", tuple(route), float(rng.uniform(0.6, 1.2)), manners)
        )
    return people


def _stop(rng: np.random.Generator, home: Home, ways: HomeWays, spots: Array) -> Stop:
    """A doorway, a place before furniture, or anywhere."""
    kind = rng.random()
    wait = float(rng.uniform(2.0, 15.0))
    if kind < DOOR and home.doorways:
        door = home.doorways[int(rng.integers(len(home.doorways)))]
        return Stop(ways.nearest(door.position), wait)
    if kind < DOOR + BEFORE_PLACE and home.places:
        place = home.places[int(rng.integers(len(home.places)))]
        pose = place.approach(0.4)
        return Stop(ways.nearest((pose.x, pose.y)), wait)
    return Stop(_spot(rng, spots), wait)


def _spot(rng: np.random.Generator, spots: Array) -> Point:
    x, y = spots[int(rng.integers(len(spots)))]
    return float(x), float(y)
