"""A camera that repeats itself or falls silent is broken, however fresh its stamps are."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt


def fingerprint(data: bytes | memoryview | npt.NDArray[np.uint8]) -> int:
    """Of an image's bytes, thinned: sensor noise makes two real images differ everywhere."""
    flat = np.frombuffer(data, np.uint8) if not isinstance(data, np.ndarray) else data.reshape(-1)
    return zlib.crc32(np.ascontiguousarray(flat[:: max(1, len(flat) // 8192)]).tobytes())


class FreezeWatch:
    """Notices that pictures no longer change, or no longer come."""

    def __init__(self, *, still: float = 0.6, silent: float = 2.0) -> None:
        """Set the limits.

        Args:
            still: Identical pictures over this time are a frozen camera [s].
            silent: No picture for this long while pictures are asked for is a lost one [s].
        """
        self._still = still
        self._silent = silent
        self.reset()

    def reset(self) -> None:
        """Pictures are no longer asked for, or the clock was set."""
        self._mark: int | None = None
        self._since = self._newest = 0.0
        self._repeats = 0
        self._opened: float | None = None

    def opened(self, now: float) -> None:
        """Pictures are asked for from ``now`` [s] on; a second call changes nothing."""
        if self._opened is None:
            self._opened = now

    def picture(self, stamp: float, mark: int) -> None:
        """Take one picture's stamp [s] and fingerprint."""
        if stamp < self._newest - 1.0:
            opened = self._opened
            self.reset()
            self._opened = None if opened is None else stamp
        if mark != self._mark:
            self._mark, self._since, self._repeats = mark, stamp, 0
        elif stamp > self._newest:
            self._repeats += 1
        self._newest = stamp

    def problem(self, now: float) -> str:
        """What is wrong at ``now`` [s]; empty: nothing."""
        if self._opened is None:
            return ""
        if self._mark is None:
            quiet = now - self._opened
            return f"no picture for {quiet:.1f} s" if quiet > 3.0 + self._silent else ""
        if self._repeats >= 2 and self._newest - self._since >= self._still:
            return f"frozen: the same picture for {self._newest - self._since:.1f} s"
        quiet = now - max(self._newest, self._opened)
        return f"no picture for {quiet:.1f} s" if quiet > self._silent else ""
