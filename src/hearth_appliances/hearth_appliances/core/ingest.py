"""What comes from the cloud becomes shadows and events, in order, marked, and remembered.

No clock, no sockets: the same messages at the same times give the same state and the same
events, whether they come live or from a recording, at once or after a restart in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from hearth_core.errors import UnknownNameError

from hearth_appliances.core.backend import Push, Reading
from hearth_appliances.core.events import Event
from hearth_appliances.core.profile import Json, Property, resolve, walk_profile
from hearth_appliances.core.store import Store
from hearth_appliances.core.values import (
    Change,
    DeviceInfo,
    Quality,
    Report,
    Shadow,
    Source,
    slugify,
)

CLOCK_SLACK = 1.0
"""A clock that goes back by more [s] was reset."""
CURSOR = "cursor"


@dataclass
class Counts:
    """What was seen since the start."""

    pushes: int = 0
    late: int = 0
    duplicates: int = 0


@dataclass
class Appliance:
    """One device: what it can do and what is known of it."""

    shadow: Shadow
    properties: Mapping[str, Property]
    profile: Mapping[str, Json]
    offset: float | None = None
    """Least time from the cloud's stamp to our receiving it [s]: clocks' difference and way."""
    said_online: bool = False
    """What the newest event about it said, before a restart too."""

    @property
    def info(self) -> DeviceInfo:
        """Of the shadow."""
        return self.shadow.info

    @property
    def slug(self) -> str:
        """Name in topics."""
        return self.shadow.info.slug


class Ingest:
    """Shadows of all devices, kept in a store; ``on_event`` is called after the transaction."""

    def __init__(
        self,
        store: Store,
        on_state: Callable[[Appliance], None],
        on_event: Callable[[Event], None],
    ) -> None:
        self.store = store
        self._on_state = on_state
        self._on_event = on_event
        self.appliances: dict[str, Appliance] = {}
        """By device id."""
        self.counts = Counts()
        self._last_time = float("-inf")
        self._events: list[Event] = []
        self._touched: dict[str, Appliance] = {}

    def by_slug(self, slug: str) -> Appliance:
        """An appliance by its name in topics.

        Raises:
            UnknownNameError: There is none.
        """
        for appliance in self.appliances.values():
            if appliance.slug == slug:
                return appliance
        raise UnknownNameError("appliance", slug, (a.slug for a in self.appliances.values()))

    def restore(self, now: float) -> None:
        """Load what was known before the restart: everything STALE, from the cache."""
        for info in self.store.devices():
            profile = self.store.profile(info.device_id)
            if profile is not None:
                self.adopt(info, profile, now)
        self.publish()

    def adopt(self, info: DeviceInfo, profile: Mapping[str, Json], now: float) -> Appliance:
        """Begin or go on with a device; its slug is what it was, or a new one."""
        known = self.appliances.get(info.device_id)
        slugs = self.store.slugs()
        slug = slugs.get(info.device_id)
        if slug is None:
            slug = slugify(info.alias, slugs.values(), info.device_type)
        info = replace(info, slug=slug)
        if known is None:
            values, moved = self.store.values(info.device_id)
            shadow = Shadow(info, values=values, moved=moved)
            if any(value.receive_stamp > now + CLOCK_SLACK for value in values.values()):
                shadow.forget_times()
        else:
            shadow = known.shadow
            shadow.info = info
        appliance = Appliance(shadow, walk_profile(profile), profile)
        appliance.said_online = bool(self.store.was_online(slug))
        if known is not None:
            appliance.offset = known.offset
        self.appliances[info.device_id] = appliance
        self.store.keep_device(info)
        self._touched[info.device_id] = appliance
        return appliance

    def remove(self, device_id: str, now: float) -> None:
        """A device is no longer the user's: its topics say so, its history stays."""
        appliance = self.appliances.pop(device_id, None)
        if appliance is None:
            return
        with self.store.transaction():
            self._event(appliance, now, "removed")
            self.store.keep_device(appliance.info, removed=True)
            self.store.keep_subscription("", device_id, None)
        appliance.shadow.lose()
        self._touched[device_id] = appliance
        self.publish()

    def pushes(self, items: Iterable[tuple[Push, float, bool]]) -> list[Push]:
        """Take pushes with their receive times [s] and whether they are of unknown age.

        All in one transaction; returns those that concern no known device or its life. If one
        of them raises, none was taken.
        """
        items = list(items)
        before = [
            (appliance, dict(appliance.shadow.values), set(appliance.shadow.moved))
            for device_id in {push.device_id for push, _, _ in items}
            if (appliance := self.appliances.get(device_id)) is not None
        ]
        waiting = len(self._events)
        try:
            others = self._take(items)
        except Exception:
            del self._events[waiting:]
            for appliance, values, moved in before:
                appliance.shadow.values, appliance.shadow.moved = values, moved
            raise
        self.publish()
        return others

    def _take(self, items: Iterable[tuple[Push, float, bool]]) -> list[Push]:
        others: list[Push] = []
        with self.store.transaction():
            for push, received, unsure in items:
                self.check_clock(received)
                appliance = self.appliances.get(push.device_id)
                if appliance is None or push.kind not in {"DEVICE_STATUS", "DEVICE_PUSH"}:
                    others.append(push)
                else:
                    self._push(appliance, push, received, unsure=unsure)
                if push.cursor is not None:
                    self.store.keep_note(CURSOR, push.cursor)
        return others

    def reading(self, device_id: str, reading: Reading, asked: float) -> list[Change]:
        """Take the answer to a poll that was asked for at ``asked`` [s]; returns the changes."""
        appliance = self.appliances[device_id]
        order = reading.stamp
        if order is None and appliance.offset is not None:
            order = asked - appliance.offset
        values = resolve(reading.values, appliance.properties)
        report = Report(values, Source.POLL, asked, reading.stamp, order)
        with self.store.transaction():
            self._online(appliance, asked, online=True)
            changes = appliance.shadow.report(report)
            self._keep(appliance, report, changes)
        self.publish()
        return changes

    def offline(self, device_id: str, now: float) -> None:
        """The device does not answer, the cloud does."""
        appliance = self.appliances.get(device_id)
        if appliance is None:
            return
        self._online(appliance, now, online=False)
        appliance.shadow.lose()
        self._touched[device_id] = appliance
        self.publish()

    def lose_all(self, now: float) -> None:
        """The cloud is out of reach."""
        for device_id in list(self.appliances):
            self.offline(device_id, now)

    def note(self, slug: str, now: float, kind: str, name: str = "", value: Json = None) -> None:
        """An event of our own making: a command, a completed course, a door left open."""
        self._events.append(self.store.append(slug, now, kind, name, value))
        self.publish()

    def assume(self, appliance: Appliance, values: Mapping[str, Json], now: float) -> None:
        """A command was accepted: optimistic until something is reported."""
        readable = {n: v for n, v in values.items() if appliance.properties[n].readable}
        appliance.shadow.assume(readable, now)
        self._touched[appliance.info.device_id] = appliance
        self.publish()

    def check_clock(self, now: float) -> None:
        """A clock that was set back (a reset simulation) voids what is remembered."""
        if now < self._last_time - CLOCK_SLACK:
            for appliance in self.appliances.values():
                appliance.shadow.forget_times()
                appliance.offset = None
        self._last_time = now

    def publish(self) -> None:
        """Say what happened since the last time: events in order, each state once."""
        events, self._events = self._events, []
        touched, self._touched = self._touched, {}
        for event in events:
            self._on_event(event)
        for appliance in touched.values():
            self._on_state(appliance)

    def _push(self, appliance: Appliance, push: Push, received: float, *, unsure: bool) -> None:
        self.counts.pushes += 1
        device_id = push.device_id
        duplicate = bool(push.message_id) and not self.store.first_time(device_id, push.message_id)
        if push.stamp is not None:
            way = received - push.stamp
            appliance.offset = way if appliance.offset is None else min(appliance.offset, way)
        self._online(appliance, received, online=True)
        if push.code:
            self._code(appliance, push, received, duplicate=duplicate)
        report = Report(
            resolve(push.report, appliance.properties),
            Source.PUSH,
            received,
            push.stamp,
            duplicate=duplicate,
            unsure=unsure and push.stamp is None,
        )
        changes = appliance.shadow.report(report)
        self._keep(appliance, report, changes)

    def _code(self, appliance: Appliance, push: Push, received: float, *, duplicate: bool) -> None:
        """A notification; one older than the newest of its kind is late."""
        key = f"code/{push.device_id}/{push.code}"
        newest = self.store.note(key)
        late = push.stamp is not None and newest is not None and push.stamp < newest
        duplicate = duplicate or (
            push.stamp is not None and not push.message_id and push.stamp == newest
        )
        if push.stamp is not None and not late:
            self.store.keep_note(key, push.stamp)
        self._event(
            appliance,
            received,
            "push_code",
            push.code,
            push.code,
            Change(push.code, push.code, late, duplicate),
            Source.PUSH,
            push.stamp,
        )

    def _keep(self, appliance: Appliance, report: Report, changes: list[Change]) -> None:
        shadow = appliance.shadow
        if not report.duplicate and report.values:
            names = {n for n in report.values if shadow.values.get(n) is not None}
            self.store.keep_values(
                shadow.info.device_id, {n: shadow.values[n] for n in names}, shadow.moved
            )
        for change in changes:
            self._event(
                appliance,
                report.received,
                "property_changed",
                change.name,
                change.value,
                change,
                report.source,
                report.device_stamp,
            )
        self._touched[shadow.info.device_id] = appliance

    def _online(self, appliance: Appliance, now: float, *, online: bool) -> None:
        shadow = appliance.shadow
        if shadow.online == online:
            return
        shadow.online = online
        if online:
            for name, value in shadow.values.items():
                if value.quality is Quality.STALE and not value.cached:
                    shadow.values[name] = replace(value, quality=Quality.UNKNOWN)
        if appliance.said_online != online:
            appliance.said_online = online
            self._event(appliance, now, "online" if online else "offline")

    def _event(
        self,
        appliance: Appliance,
        now: float,
        kind: str,
        name: str = "",
        value: Json = None,
        mark: Change | None = None,
        source: Source = Source.UNKNOWN,
        device_stamp: float | None = None,
    ) -> None:
        late = mark is not None and mark.late
        duplicate = mark is not None and mark.duplicate
        self.counts.late += late
        self.counts.duplicates += duplicate
        self._events.append(
            self.store.append(
                appliance.slug,
                now,
                kind,
                name,
                value,
                late=late,
                duplicate=duplicate,
                source=source,
                device_stamp=device_stamp,
            )
        )
