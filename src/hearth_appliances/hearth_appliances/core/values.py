"""What is known of an appliance: values with source, age and quality."""

from __future__ import annotations

import re
import unicodedata
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
    order: float | None = None
    """Where it stands in the cloud's time [s]: ``device_stamp``, or for a poll without one the
    estimate of when it was answered; None: unknown."""
    cached: bool = False
    """Remembered from before a restart, not heard of since."""


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


@dataclass(frozen=True)
class Report:
    """Values that arrived together."""

    values: Mapping[str, Json]
    """By flat name."""
    source: Source
    received: float
    """When it arrived; for a poll: when it was asked for [s]."""
    device_stamp: float | None = None
    """When the device said so, if it says [s]."""
    order: float | None = None
    """See :class:`Value`; None: as ``device_stamp``."""
    duplicate: bool = False
    """The whole message came before."""
    unsure: bool = False
    """Of unknown age, after a cut: not to be believed before a poll says the same."""


@dataclass
class Shadow:
    """Everything known of one device."""

    info: DeviceInfo
    online: bool = False
    values: dict[str, Value] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)
    """Names that were seen to change."""

    def report(self, report: Report) -> list[Change]:
        """Take values; older ones never overwrite newer ones."""
        changes: list[Change] = []
        for name, value in report.values.items():
            change = self._take(name, value, report)
            if change is not None:
                changes.append(change)
        return changes

    def assume(self, values: Mapping[str, Json], now: float) -> None:
        """Commanded at ``now`` and accepted: so it will be, unless the appliance says otherwise.

        What it said since then is not touched: pushes overtake the answer to the command.
        """
        for name, value in values.items():
            known = self.values.get(name)
            if known is not None and known.receive_stamp >= now:
                continue
            order = None if known is None else known.order
            self.values[name] = Value(value, Source.OPTIMISTIC, Quality.UNKNOWN, now, None, order)

    def forget_times(self) -> None:
        """The clock was set back: whatever comes now is newer than what is known."""
        for name, value in self.values.items():
            self.values[name] = replace(value, receive_stamp=0.0, device_stamp=None, order=None)

    def lose(self) -> None:
        """The device is out of reach: what is known grows stale."""
        self.online = False
        for name, value in self.values.items():
            self.values[name] = replace(value, quality=Quality.STALE)

    def plain(self) -> dict[str, Json]:
        """Values alone, by flat name."""
        return {name: item.value for name, item in self.values.items()}

    def _take(self, name: str, value: Json, report: Report) -> Change | None:
        known = self.values.get(name)
        push = report.source is Source.PUSH
        order = report.device_stamp if report.order is None else report.order
        older = known is not None and _older(report.received, order, known)
        if report.duplicate:
            return Change(name, value, late=older, duplicate=True)
        if older:
            return Change(name, value, late=True) if push else None
        changed = known is None or known.value != value
        again = known is not None and not changed and push and known.source is Source.PUSH
        if again and known is not None and report.device_stamp == known.device_stamp:
            return Change(name, value, duplicate=True)
        if known is not None and changed and known.source is not Source.OPTIMISTIC:
            self.moved.add(name)
        quality = Quality.UNKNOWN if report.unsure and changed else self._quality(name)
        self.values[name] = Value(
            value, report.source, quality, report.received, report.device_stamp, order
        )
        return Change(name, value) if changed else None

    def _quality(self, name: str) -> Quality:
        # Doors that never report a change exist (Home Assistant core #138352): believe none
        # before it was seen to move.
        if name.endswith("/doorState") and name not in self.moved:
            return Quality.UNKNOWN
        return Quality.GOOD


def _older(received: float, order: float | None, known: Value) -> bool:
    if order is not None and known.order is not None:
        return order < known.order
    return received < known.receive_stamp


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")


def slugify(alias: str, taken: Iterable[str], device_type: str = "") -> str:
    """Topic name part of an alias, unique among ``taken``: ``Wine cellar`` -> wine_cellar.

    ROS names are ASCII: accents are dropped (``Küche`` -> kuche), and an alias in another script
    gives way to the type of the device (DEVICE_WASHER -> washer).
    """
    base = _ascii(alias) or _ascii(device_type.removeprefix("DEVICE_")) or "appliance"
    if base[0].isdigit():
        base = f"appliance_{base}"
    used, slug, number = set(taken), base, 2
    while slug in used:
        slug, number = f"{base}_{number}", number + 1
    return slug
