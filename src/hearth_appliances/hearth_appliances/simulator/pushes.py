"""The way of a push from the cloud to a client: it takes time, and things happen to it."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from hearth_appliances.core.profile import Json
from hearth_appliances.simulator.faults import FaultPlan, Trouble


class PushShape(Enum):
    """How a push is wrapped; which of them the vendor uses was never confirmed."""

    EVENT = "event"
    PUSH = "push"
    FLAT = "flat"
    """No wrapper: stamp and message id stand beside what they are about."""

    def wrap(self, envelope: Mapping[str, Json], inner: Mapping[str, Json]) -> dict[str, Json]:
        """The message of ``inner`` with its stamp and id."""
        if self is PushShape.FLAT:
            return {**envelope, **inner}
        return {**envelope, self.value: dict(inner)}


@dataclass(frozen=True)
class PushDelay:
    """How long a push is on its way [s], drawn evenly."""

    low: float = 0.3
    high: float = 1.5


@dataclass(frozen=True)
class Outgoing:
    """A push and the client it is for."""

    client: str
    message: Json


@dataclass(order=True)
class _Waiting:
    due: float
    order: int
    outgoing: Outgoing = field(compare=False)


class PushPath:
    """Pushes of one device keep their order, unless a fault says otherwise."""

    def __init__(self, delay: PushDelay, faults: FaultPlan, seed: int) -> None:
        self._delay = delay
        self._faults = faults
        self._random = random.Random(seed)
        self._waiting: list[_Waiting] = []
        self._held: list[Outgoing] = []
        self._order = itertools.count()
        self._last_due: dict[tuple[str, str], float] = {}

    def reset(self) -> None:
        """The clock was set back: nothing is on its way."""
        self._waiting.clear()
        self._last_due.clear()
        self._held.clear()

    def send(self, now: float, outgoing: Outgoing, device: str) -> None:
        """Put a push on its way at ``now`` [s]."""
        if self._faults.has(Trouble.DROP, device):
            return
        due = now + self._random.uniform(self._delay.low, self._delay.high)
        if self._faults.has(Trouble.REORDER, device):
            due += self._random.uniform(0.0, 3.0)
        else:
            key = (outgoing.client, device)
            due = self._last_due[key] = max(due, self._last_due.get(key, 0.0))
        copies = 2 if self._faults.has(Trouble.DUPLICATES, device) else 1
        for copy in range(copies):
            later = due + copy * self._random.uniform(0.0, 1.0)
            heapq.heappush(self._waiting, _Waiting(later, next(self._order), outgoing))

    def arrived(self, now: float) -> list[Outgoing]:
        """Those that get there by ``now`` [s], in order."""
        arrived = []
        while self._waiting and self._waiting[0].due <= now:
            arrived.append(heapq.heappop(self._waiting).outgoing)
        if self._faults.has(Trouble.LATE_BURST):
            self._held += arrived
            return []
        held, self._held = self._held, []
        return held + arrived
