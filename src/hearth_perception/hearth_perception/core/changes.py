"""What changed in the home since it was last seen so: moved, taken, appeared."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class ChangeKind(StrEnum):
    """What happened to a thing."""

    APPEARED = "appeared"
    TAKEN = "taken"
    MOVED = "moved"


@dataclass(frozen=True, eq=False)
class Change:
    """One noticed change."""

    kind: ChangeKind
    name: str
    """The thing's name in the map."""
    label: str
    stamp: float
    """When it was noticed [s]."""
    before: Array | None
    """Where it was in map [m], shape (3,); None: it was not known."""
    after: Array | None
    """Where it is [m]; None: nobody knows."""
    before_place: str = ""
    after_place: str = ""

    def sentence(self) -> str:
        """For people."""
        source, target = self.before_place or "somewhere", self.after_place or "somewhere"
        if self.kind is ChangeKind.MOVED:
            return f"{self.name} moved from {source} to {target}"
        if self.kind is ChangeKind.TAKEN:
            return f"{self.name} is gone from {source}"
        return f"{self.name} appeared: {target}"


class ChangeLog:
    """Pairs what vanished with what appeared: the same thing elsewhere has moved.

    A thing may be seen in its new place before its old place is seen empty, or after.
    """

    MOVE = 0.12
    """Farther than this is elsewhere [m]."""

    def __init__(self, size: int = 200, window: float = 600.0) -> None:
        """Keep ``size`` changes; pair those at most ``window`` [s] apart."""
        self._changes: deque[Change] = deque(maxlen=size)
        self._window = window

    def __iter__(self) -> Iterator[Change]:
        """Oldest first."""
        return iter(self._changes)

    def __len__(self) -> int:
        return len(self._changes)

    def clear(self) -> None:
        """Forget all."""
        self._changes.clear()

    def appeared(self, name: str, label: str, stamp: float, at: Array, place: str) -> str | None:
        """A thing stands where none was known.

        Returns:
            Name of the taken thing that this is, moved; None: it is new.
        """
        gone = self._last(ChangeKind.TAKEN, label, stamp)
        if gone is None:
            self._changes.append(
                Change(ChangeKind.APPEARED, name, label, stamp, None, at.copy(), "", place)
            )
            return None
        self._replace(
            gone,
            Change(
                ChangeKind.MOVED,
                gone.name,
                label,
                stamp,
                gone.before,
                at.copy(),
                gone.before_place,
                place,
            ),
        )
        return gone.name

    def taken(self, name: str, label: str, stamp: float, at: Array, place: str) -> str | None:
        """A known thing's place is empty.

        Returns:
            Name of the newly appeared thing that is this one, moved; None: nobody knows.
        """
        new = self._last(ChangeKind.APPEARED, label, stamp)
        if new is None or new.name == name:
            self._changes.append(
                Change(ChangeKind.TAKEN, name, label, stamp, at.copy(), None, place, "")
            )
            return None
        self._replace(
            new,
            Change(
                ChangeKind.MOVED,
                new.name,
                label,
                stamp,
                at.copy(),
                new.after,
                place,
                new.after_place,
            ),
        )
        return new.name

    def back(self, name: str) -> None:
        """A thing that seemed gone is where it was: nothing changed."""
        for change in list(self._changes):
            if change.name == name and change.kind is ChangeKind.TAKEN:
                self._changes.remove(change)

    def moved(
        self,
        name: str,
        label: str,
        stamp: float,
        before: Array,
        after: Array,
        places: tuple[str, str],
    ) -> None:
        """A thing is elsewhere, if it is far enough."""
        if float(np.linalg.norm(before - after)) < self.MOVE:
            return
        self._changes.append(
            Change(ChangeKind.MOVED, name, label, stamp, before.copy(), after.copy(), *places)
        )

    def _last(self, kind: ChangeKind, label: str, stamp: float) -> Change | None:
        for change in reversed(self._changes):
            if (
                change.kind is kind
                and change.label == label
                and stamp - change.stamp < self._window
            ):
                return change
        return None

    def _replace(self, old: Change, new: Change) -> None:
        self._changes.remove(old)
        self._changes.append(new)
