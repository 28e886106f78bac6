"""What is known of an appliance: values with source, age and quality."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

Json = Any


class Source(IntEnum):
    """Where a value came from; numbered as in hearth_interfaces/msg/PropertyValue."""

    UNKNOWN = 0
    PUSH = 1
    POLL = 2
    CACHE = 3
    OPTIMISTIC = 4


class Quality(IntEnum):
    """How far a value can be trusted; numbered as in hearth_interfaces/msg/PropertyValue."""

    UNKNOWN = 0
    GOOD = 1
    STALE = 2


@dataclass(frozen=True)
class Value:
    """One property's newest value."""

    value: Json
    source: Source
    quality: Quality
    receive_stamp: float
    """[s] of the bridge's clock."""
    device_stamp: float | None = None
    """[s] as the cloud says; None: it did not."""


@dataclass(frozen=True)
class DeviceInfo:
    """A device as the cloud lists it."""

    device_id: str
    device_type: str
    alias: str
    model: str = ""
    slug: str = ""
    """Name in topics; unique in the home."""


@dataclass(frozen=True)
class Change:
    """What a report did to one property."""

    name: str
    value: Json
    late: bool = False
    """Older than what was known: kept out of the state."""
    duplicate: bool = False
    """The same report again."""


@dataclass
class Shadow:
    """Everything known of one device."""

    info: DeviceInfo
    online: bool = False
    values: dict[str, Value] = field(default_factory=dict)
    _moved: set[str] = field(default_factory=set)

    def report(
        self,
        report: Mapping[str, Json],
        source: Source,
        received: float,
        device_stamp: float | None = None,
    ) -> list[Change]:
        """Take flat values; older ones never overwrite newer ones.

        Args:
            report: Values by flat name.
            source: Push or poll.
            received: When it arrived; for a poll: when it was asked for [s].
            device_stamp: When the device said so, if it says [s].
        """
        changes: list[Change] = []
        for name, value in report.items():
            change = self._take(name, value, source, received, device_stamp)
            if change is not None:
                changes.append(change)
        return changes

    def forget_times(self) -> None:
        """The clock was set back: whatever comes now is newer than what is known."""
        for name, value in self.values.items():
            self.values[name] = replace(value, receive_stamp=0.0, device_stamp=None)

    def lose(self) -> None:
        """The cloud is out of reach: what is known grows stale."""
        self.online = False
        for name, value in self.values.items():
            self.values[name] = replace(value, quality=Quality.STALE)

    def _take(
        self, name: str, value: Json, source: Source, received: float, device_stamp: float | None
    ) -> Change | None:
        known = self.values.get(name)
        if known is not None and _older(received, device_stamp, known):
            return Change(name, value, late=True) if source is Source.PUSH else None
        changed = known is None or known.value != value
        if (
            known is not None
            and not changed
            and source is Source.PUSH
            and known.source is Source.PUSH
            and device_stamp is not None
            and device_stamp == known.device_stamp
        ):
            return Change(name, value, duplicate=True)
        if known is not None and changed:
            self._moved.add(name)
        self.values[name] = Value(value, source, self._quality(name), received, device_stamp)
        return Change(name, value) if changed else None

    def _quality(self, name: str) -> Quality:
        # Doors that never report a change exist (Home Assistant core #138352): believe none
        # before it was seen to move.
        if name.endswith("/doorState") and name not in self._moved:
            return Quality.UNKNOWN
        return Quality.GOOD


def _older(received: float, device_stamp: float | None, known: Value) -> bool:
    if device_stamp is not None and known.device_stamp is not None:
        return device_stamp < known.device_stamp
    return received < known.receive_stamp


def slugify(alias: str, taken: Iterable[str]) -> str:
    """Topic name part of an alias, unique among ``taken``: ``Wine cellar`` -> wine_cellar."""
    base = re.sub(r"[^a-z0-9]+", "_", alias.lower()).strip("_") or "appliance"
    if base[0].isdigit():
        base = f"appliance_{base}"
    used, slug, number = set(taken), base, 2
    while slug in used:
        slug, number = f"{base}_{number}", number + 1
    return slug
