"""Base, head and eyes together, as :class:`hearth_perception.core.explorer.Explorer`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from hearth_core.frames import MAP
from hearth_core.geometry import Pose2
from hearth_nodekit.actions import Canceled

from hearth_perception.base import Base
from hearth_perception.core.explorer import found_for_sure
from hearth_perception.core.semantic_map import Track
from hearth_perception.head import Head
from hearth_perception.watcher import Watcher

OFF_AXIS = 0.35
"""How far off the optical axis a point may be and still be well in view [rad]."""
VIEWS = 3
"""Views of a place where the thing might be."""


class Walker:
    """One search for one class. Only from worker threads, while the camera is watched."""

    def __init__(
        self,
        base: Base,
        head: Head,
        watcher: Watcher,
        label: str,
        timeout: float,
        should_stop: Callable[[], bool],
    ) -> None:
        """``timeout``: longest wait for one image [s], wall clock."""
        self._base = base
        self._head = head
        self._watcher = watcher
        self._label = label
        self._timeout = timeout
        self._should_stop = should_stop
        self._began = watcher.now()
        self._refuted: list[npt.NDArray[np.float64]] = []

    def now(self) -> float:
        """The clock of the views [s]."""
        return self._watcher.now()

    def pose(self) -> Pose2:
        """Where the base is."""
        return self._base.pose()

    def drive(self, pose: Pose2, *, watch: bool = True) -> bool:
        """Go there, looking on the way."""
        self._check()
        return self._base.drive(pose, self._should_stop, lambda: watch and bool(self.seen()))

    def look(self, point: npt.NDArray[np.float64]) -> bool:
        """One view, and two more where the thing might be in it."""
        self._check()
        gaze = self._head.look_at(point, MAP, self._should_stop)
        if gaze.error > OFF_AXIS:
            return False
        began = after = self._watcher.now()
        for _ in range(VIEWS):
            look = self._watcher.wait_look(after, self._timeout, self._should_stop)
            after = look.percept.view.stamp
            hint = any(self._label in s.scores for s in look.percept.sightings)
            if self.seen(began) or not hint:
                break
        return True

    def seen(self, since: float = 0.0) -> list[Track]:
        """Where it has been seen for sure since the search began and since a time [s]."""
        with self._watcher.lock:
            things = self._watcher.perceiver.things
            return found_for_sure(
                things, self._label, max(since, self._began), refuted=self._refuted
            )

    def refute(self, position: npt.NDArray[np.float64]) -> None:
        """What is there [m] is not the thing, whatever it looks like."""
        self._refuted.append(position)

    def _check(self) -> None:
        if self._should_stop():
            raise Canceled("canceled")
