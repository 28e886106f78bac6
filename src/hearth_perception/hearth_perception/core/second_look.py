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
from hearth_perception.core.screened import screened
from hearth_perception.core.semantic_map import Track
from hearth_perception.core.spots import FAR
from hearth_perception.core.view import View

Array = npt.NDArray[np.float64]

SIDES = 2
"""Stands beside the first one."""
CLOSE = 1.1
"""Level distance from which a thing is judged best [m]; farther ones cost as much way more."""
APART = 0.7
"""Directions that differ by less than this show nearly the same side [rad]."""

THING = 0.05
"""Half the width of what shows of a thing [m]."""


class Stands(Protocol):
    """Who knows from where a thing can be looked at."""

    def beside(self, position: Array, looked: list[Array], here: Pose2) -> Pose2 | None:
        """A stand near a thing [m], on another side of it than those looked from (2,) [m]."""

    def block(self, pose: Pose2) -> None:
        """There is no way to a stand."""


def confirm(explorer: Explorer, stands: Stands, track: Track) -> Track | None:
    """Look at what seems to be the thing again, from here and from its sides; None: it is not.

    Raises:
        Exception: Whatever ends the search.
    """
    agreed, denied = 0, 0
    position = track.position.copy()
    looked: list[Array] = []
    for again in range(1 + SIDES):
        if again:
            pose = stands.beside(position, looked, explorer.pose())
            if pose is None:
                break
            if not explorer.drive(pose, watch=False):
                stands.block(pose)
                continue
        here = explorer.pose()
        looked.append(np.array([here.x, here.y]))
        since = explorer.now()
        view = explorer.look(position)
        seen = next((t for t in explorer.seen(since) if is_near(t, position)), None)
        track = seen or track
        if seen is None and _denies(view, position):
            denied += 1
        elif seen is not None or not again:  # what was seen from here stands
            agreed += 1
        if max(agreed, denied) > SIDES / 2:
            break
    return track if agreed > denied else None


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


def _denies(view: View | None, position: Array) -> bool:
    """Whether the thing would be seen if it were there: not from afar or behind something."""
    if view is None:
        return False
    inside, hidden = screened(view, position[None], THING)
    away = float(np.hypot(*(position - view.origin)[:2]))
    return bool(inside[0] and not hidden[0]) and away < FAR
