"""Is it really what it looked like? A thing is found when it looks so from two of three sides.

What one stand shows is one opinion however often it is repeated: the views share what the thing
hides, what stands before it, where the picture cuts it off.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2

from hearth_perception.core.explorer import Explorer, is_near
from hearth_perception.core.semantic_map import Track

Array = npt.NDArray[np.float64]

SIDES = 2
"""Stands beside the first one."""
CLOSE = 1.1
"""Level distance from which a thing is judged best [m]; farther ones cost as much way more."""
APART = 0.7
"""Directions that differ by less than this show nearly the same side [rad]."""


class Stands(Protocol):
    """Who knows from where a thing can be looked at."""

    def beside(self, position: Array, looked: list[Array], here: Pose2) -> Pose2 | None:
        """A stand near a thing [m], on another side of it than those looked from (2,) [m]."""

    def block(self, pose: Pose2) -> None:
        """There is no way to a stand."""


def confirm(explorer: Explorer, stands: Stands, position: Array) -> Track | None:
    """Look at what seems to be the thing at ``position`` [m] again; None: it is not.

    Raises:
        Exception: Whatever ends the search.
    """
    first = _opinion(explorer, position)
    agreed, denied = int(first is not None), int(first is None)
    last, looked = first, [_eye(explorer)]
    for _ in range(SIDES):
        pose = stands.beside(position, looked, explorer.pose())
        if pose is None:
            break
        if not explorer.drive(pose, watch=False):
            stands.block(pose)
            continue
        looked.append(_eye(explorer))
        again = _opinion(explorer, position)
        last = again or last
        agreed, denied = agreed + (again is not None), denied + (again is None)
        if max(agreed, denied) > SIDES / 2:
            break
    return last if agreed > denied else None


def side_cost(position: Array, stands: Array, looked: list[Array]) -> Array:
    """How much way a stand's distance and side are worth, for stands (N, 2) [m]."""
    off = stands - position[:2]
    cost = 2.0 * np.maximum(0.0, np.hypot(off[:, 0], off[:, 1]) - CLOSE)
    bearing = np.arctan2(off[:, 1], off[:, 0])
    for eye in looked:
        back = eye - position[:2]
        turn = np.abs(np.angle(np.exp(1j * (bearing - np.arctan2(back[1], back[0])))))
        cost += 2.0 * np.maximum(0.0, 1.0 - turn / APART)
    return np.asarray(cost)


def _opinion(explorer: Explorer, position: Array) -> Track | None:
    """What this stand shows: the thing, or None."""
    since = explorer.now()
    explorer.look(position)
    return next((t for t in explorer.seen(since) if is_near(t, position)), None)


def _eye(explorer: Explorer) -> Array:
    here = explorer.pose()
    return np.array([here.x, here.y])
