"""Puts homes and robots together: the builder behind :meth:`World.make`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import mujoco
from hearth_core.errors import BadInputError, UnknownNameError
from hearth_core.geometry import Pose2
from hearth_core.home import Home, load_home

from hearth_sim.core.stage import Assembly, Builder

GENERATED = "generated:"
STRUCTURE = "home/structure"
"""The body of ``core/home`` that holds the walls."""


def read_home(home: str | Path | Home) -> Home:
    """A home from a file, from ``generated:<seed>``, or as it is.

    Raises:
        BadInputError: The seed is no number, or the file is refused.
    """
    if isinstance(home, Home):
        return home
    text = str(home)
    if not text.startswith(GENERATED):
        return load_home(text)
    from hearth_sim.core.home import generate_home  # noqa: PLC0415  heavy, and rarely needed

    seed = text.removeprefix(GENERATED)
    if not seed.isdecimal():
        raise BadInputError(f"home {text!r}: expected {GENERATED}<whole number>")
    return generate_home(int(seed))


def home_builder(
    home: str | Path | Home,
    robots: Sequence[str],
    starts: Mapping[str, Pose2] | None = None,
    openings: Mapping[str, float] | None = None,
    people: int = 0,
) -> Builder:
    """Builder of a home with CLOiD-class robots where the scenario starts them.

    Args:
        home: Home file, ``generated:<seed>`` or a home.
        robots: Names.
        starts: Robots that start elsewhere than the scenario says (experiments).
        openings: Doors and drawers that do not start closed [rad or m] (experiments).
        people: How many are drawn beside those of the home file.

    Raises:
        BadInputError: No robot, twice the same name, or a home that is refused.
    """
    # Late: the engine's own tests need neither homes nor robots.
    from hearth_description.core.model import find_model, load_urdf  # noqa: PLC0415

    from hearth_sim.core.home import add_home, scenario  # noqa: PLC0415
    from hearth_sim.core.people.enter import add_people  # noqa: PLC0415
    from hearth_sim.core.robot.build import add_robot  # noqa: PLC0415

    if not robots or len(set(robots)) != len(robots):
        raise BadInputError(f"need at least one robot and no name twice, got {list(robots)}")
    nominal = read_home(home)
    model = load_urdf(find_model())

    def build(seed: int) -> Assembly:
        drawn = scenario(nominal, None if seed < 0 else seed, len(robots))
        if len(drawn.starts) < len(robots):
            raise BadInputError(
                f"home {nominal.name!r} starts {len(drawn.starts)} robots, not {len(robots)}"
            )
        spec = mujoco.MjSpec()
        spec.compiler.degree = False  # ranges are radians: with degrees a door opens 2 degrees
        built = add_home(spec, nominal, drawn)
        if not built.wall_bodies:
            walls = [body.name for body in spec.bodies if body.name == STRUCTURE]
            built = replace(built, wall_bodies=walls)
        poses = dict(zip(robots, drawn.starts, strict=False)) | dict(starts or {})
        if len(poses) > len(robots):
            raise UnknownNameError("robot", (set(poses) - set(robots)).pop(), robots)
        added = {name: add_robot(spec, model, name, poses[name]) for name in robots}
        standing = tuple(poses.values())
        crowd = add_people(spec, drawn.home, people, seed, standing, list(added.values()))
        if crowd is not None:
            built = replace(built, people=crowd, hooks=(*built.hooks, crowd))
        return Assembly(spec, built, added, openings or {})

    return build
