"""Where the wheels say the base was, at any recent moment."""

from __future__ import annotations

import bisect
import threading
from collections import deque

from hearth_core.geometry import Pose2, wrap_angle

_DISORDER = 0.2
"""How far messages may overtake each other [s]; more is a clock that jumped back."""


class OdometryBuffer:
    """Poses of base_footprint in odom over the last seconds. Thread safe."""

    def __init__(self, keep: float = 3.0) -> None:
        """Remember ``keep`` [s]."""
        self._keep = keep
        self._items: deque[tuple[float, Pose2]] = deque()
        self._velocity = (0.0, 0.0, 0.0)
        self._lock = threading.Lock()

    def add(self, stamp: float, pose: Pose2, velocity: tuple[float, float, float]) -> None:
        """Take a reading; a clock that jumped back clears the memory."""
        with self._lock:
            if self._items and stamp <= self._items[-1][0]:
                if stamp > self._items[-1][0] - _DISORDER:
                    return
                self._items.clear()
            self._items.append((stamp, pose))
            self._velocity = velocity
            while stamp - self._items[0][0] > self._keep:
                self._items.popleft()

    @property
    def newest(self) -> tuple[float, Pose2, tuple[float, float, float]] | None:
        """Stamp [s], pose in odom and velocity in base_footprint; None: nothing heard."""
        with self._lock:
            if not self._items:
                return None
            return (*self._items[-1], self._velocity)

    def at(self, stamp: float) -> Pose2 | None:
        """Interpolated pose; None before the oldest or after the newest reading."""
        with self._lock:
            if not self._items or not self._items[0][0] <= stamp <= self._items[-1][0]:
                return None
            index = bisect.bisect_left(self._items, stamp, key=lambda item: item[0])
            after_stamp, after = self._items[index]
            if index == 0 or after_stamp == stamp:
                return after
            before_stamp, before = self._items[index - 1]
        f = (stamp - before_stamp) / (after_stamp - before_stamp)
        return Pose2(
            before.x + f * (after.x - before.x),
            before.y + f * (after.y - before.y),
            before.yaw + f * wrap_angle(after.yaw - before.yaw),
        )
