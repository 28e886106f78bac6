"""What is different each time: furniture moved a little, the milk elsewhere, other light."""

from __future__ import annotations

from dataclasses import dataclass

from hearth_core.geometry import Pose2
from hearth_core.home import Home
from hearth_sim.core.home.light import Light


@dataclass(frozen=True)
class Scenario:
    """One world to wake up in."""

    seed: int | None
    """None: the nominal world."""
    home: Home
    """The home as it really is this time; robots know only the nominal one."""
    starts: tuple[Pose2, ...]
    """Poses of base_footprint of robot 1, 2, ... when they wake up."""
    light: Light


def scenario(home: Home, seed: int | None = None, robots: int = 1) -> Scenario:
    """Nominal for now."""
    return Scenario(seed, home, (home.charger,), Light())
