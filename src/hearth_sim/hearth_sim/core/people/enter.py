"""Puts people into a world that is being built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import mujoco
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2
from hearth_core.home import Home, Stop

from hearth_sim.core.handles import RobotHandles
from hearth_sim.core.people.body import add_person
from hearth_sim.core.people.cast import draw_people
from hearth_sim.core.people.crowd import Crowd
from hearth_sim.core.people.walker import Walker
from hearth_sim.core.people.ways import HomeWays

MOST = 20
"""More people than this are a party, not a home."""


def add_people(
    spec: mujoco.MjSpec,
    home: Home,
    count: int,
    seed: int,
    starts: tuple[Pose2, ...],
    robots: Sequence[RobotHandles],
) -> Crowd | None:
    """Everybody of the home file, and ``count`` drawn from the seed; None: nobody.

    Args:
        spec: Of the world.
        home: As it is this time.
        count: How many are drawn.
        seed: Of the draw; -1 is a seed like others here.
        starts: Where robots stand.
        robots: Whom people see.

    Raises:
        BadInputError: Too many or fewer than none, or a name that something else has.
    """
    if not 0 <= count <= MOST:
        raise BadInputError(f"people {count}: possible are 0 to {MOST}")
    if not count and not home.people:
        return None
    ways = HomeWays(home)
    if not ways.open.any():
        raise BadInputError(f"home {home.name!r} has no floor for people")
    people = [*home.people, *draw_people(home, ways, count, seed, starts)]
    taken = {body.name for body in spec.bodies}
    walkers, handles = [], []
    for look, person in enumerate(people):
        if person.name in taken:
            raise BadInputError(f"person {person.name!r}: something else has this name")
        taken.add(person.name)
        route = tuple(Stop(ways.nearest(stop.at), stop.wait) for stop in person.route)
        walkers.append(Walker(replace(person, route=route), ways))
        handles.append(add_person(spec, person.name, route[0].at, look))
    return Crowd(walkers, handles, [robot.root_body for robot in robots])
