"""Base, head and eyes together, as :class:`hearth_perception.core.search.Explorer`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from hearth_core.frames import MAP
from hearth_core.geometry import Pose2
from hearth_nodekit.actions import Canceled

from hearth_perception.base import Base
from hearth_perception.core.search import found_for_sure
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

    def pose(self) -> Pose2:
        """Where the base is."""
        return self._base.pose()

    def drive(self, pose: Pose2) -> bool:
        """Go there, looking on the way."""
        self._check()
        return self._base.drive(pose, self._should_stop, self.found)

    def look(self, point: npt.NDArray[np.float64]) -> bool:
        """One view, and two more where the thing might be in it."""
        self._check()
        gaze = self._head.look_at(point, MAP, self._should_stop)
        if gaze.error > OFF_AXIS:
            return False
        after = self._watcher.now()
        for _ in range(VIEWS):
            look = self._watcher.wait_look(after, self._timeout, self._should_stop)
            after = look.percept.view.stamp
            hint = any(self._label in s.scores for s in look.percept.sightings)
            if self.found() or not hint:
                break
        return True

    def found(self) -> bool:
        """Whether it has been seen for sure since the search began."""
        return self.track() is not None

    def track(self) -> Track | None:
        """The thing, if it was found."""
        with self._watcher.lock:
            return found_for_sure(self._watcher.perceiver.things, self._label, self._began)

    def _check(self) -> None:
        if self._should_stop():
            raise Canceled("canceled")
