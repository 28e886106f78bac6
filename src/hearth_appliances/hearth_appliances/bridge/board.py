"""Everything the bridge publishes; used in the hub's thread only."""

from __future__ import annotations

from collections.abc import Callable

from hearth_core.home.model import Home
from hearth_nodekit.appliance_topics import (
    APPLIANCES,
    BRIDGE_STATUS,
    appliance_access,
    appliance_capabilities,
    appliance_events,
    appliance_state,
)
from hearth_nodekit.convert import to_time
from rclpy.node import Node
from rclpy.publisher import Publisher

from hearth_appliances.bridge.access import place_of, to_access
from hearth_appliances.bridge.messages import (
    StateWriter,
    optional_time,
    to_capabilities,
    to_event,
    to_info,
)
from hearth_appliances.core.events import Event
from hearth_appliances.core.hub import Hub
from hearth_appliances.core.ingest import Appliance
from hearth_appliances.core.intents import Intents
from hearth_interfaces.msg import ApplianceInfo, ApplianceList, ApplianceState, BridgeStatus


class Board:
    """Publishers of one home's appliances, made when an appliance is first seen."""

    def __init__(self, node: Node, home: Home | None, clock: Callable[[], float]) -> None:
        self._node, self._home, self._clock = node, home, clock
        self._writer = StateWriter()
        self._states: dict[str, Publisher] = {}
        self._events: dict[str, Publisher] = {}
        self._access: dict[str, Publisher] = {}
        self._capabilities: dict[str, tuple[Publisher, object]] = {}
        self._said: dict[str, object] = {}
        self._list = APPLIANCES.publisher(node)
        self._status = BRIDGE_STATUS.publisher(node)
        self._hub: Hub | None = None
        self._intents: Intents | None = None

    def attach(self, hub: Hub, intents: Intents) -> None:
        """Show what these know, from now on."""
        self._hub, self._intents = hub, intents

    def on_state(self, appliance: Appliance) -> None:
        """An appliance changed."""
        slug = appliance.slug
        if slug not in self._states:
            self._introduce(appliance)
        self._capable(appliance)
        self._states[slug].publish(self.state(appliance))

    def on_event(self, event: Event) -> None:
        """Something happened."""
        if event.slug not in self._events:
            self._events[event.slug] = appliance_events(event.slug).publisher(self._node)
        self._events[event.slug].publish(to_event(event))

    def state(self, appliance: Appliance) -> ApplianceState:
        """Message of an appliance's state."""
        assert self._hub is not None
        units = self._hub.units(appliance).values()
        seq = self._hub.store.last_seq(appliance.slug)
        return self._writer.write(appliance, units, seq, self._clock())

    def infos(self) -> list[ApplianceInfo]:
        """Messages of all appliances."""
        assert self._hub is not None
        items = sorted(self._hub.ingest.appliances.values(), key=lambda item: item.slug)
        return [
            to_info(item.info, self._place(item.slug), online=item.shadow.online) for item in items
        ]

    def on_access(self, slug: str) -> None:
        """A lease or an intent began or ended."""
        assert self._hub is not None
        assert self._intents is not None
        now = self._clock()
        lease = self._hub.leases.holder(slug, now)
        intent = self._intents.doors.get(slug, "")
        if self._new(f"access {slug}", (lease, intent)):
            if slug not in self._access:
                self._access[slug] = appliance_access(slug).publisher(self._node)
            self._access[slug].publish(to_access(slug, lease, intent, self._home, now))

    def beat(self) -> None:
        """Once a second: what time alone changes, and the bridge's own state."""
        assert self._hub is not None
        for appliance in self._hub.ingest.appliances.values():
            self.on_access(appliance.slug)
        infos = self.infos()
        if self._new("list", [(i.slug, i.alias, i.online) for i in infos]):
            message = ApplianceList(appliances=infos)
            message.header.stamp = to_time(self._clock())
            self._list.publish(message)
        self._publish_status(self._hub)

    def _publish_status(self, hub: Hub) -> None:
        wall = hub.wall()
        counts, tally = hub.ingest.counts, hub.tally
        status = BridgeStatus(
            connected=hub.connected,
            link=hub.link.value,
            problem="" if hub.connected else hub.problem,
            appliances=len(hub.ingest.appliances),
            calls=tally.calls,
            calls_last_hour=hub.budget.spent(wall),
            calls_per_hour=hub.budget.limit,
            quiet_until=optional_time(hub.budget.quiet_until(wall)),
            pushes=counts.pushes,
            late=counts.late,
            duplicates=counts.duplicates,
            silent=tally.silent,
            heals=tally.heals,
            reconnects=tally.reconnects,
        )
        if self._new("status", repr(status)):
            status.header.stamp = to_time(self._clock())
            self._status.publish(status)

    def _introduce(self, appliance: Appliance) -> None:
        slug = appliance.slug
        self._states[slug] = appliance_state(slug).publisher(self._node)
        if slug not in self._events:
            self._events[slug] = appliance_events(slug).publisher(self._node)
        log = self._node.get_logger()
        log.info(f"appliance {slug}: {appliance.info.device_type}")
        if self._home is not None and not self._place(slug):
            known = sorted(place.name for place in self._home.places)
            log.warning(f"appliance {slug!r} is no place of the home; known: {known}")

    def _capable(self, appliance: Appliance) -> None:
        slug = appliance.slug
        known = self._capabilities.get(slug)
        if known is not None and known[1] is appliance.profile:
            return
        topic = appliance_capabilities(slug)
        publisher = known[0] if known is not None else topic.publisher(self._node)
        self._capabilities[slug] = (publisher, appliance.profile)
        publisher.publish(to_capabilities(appliance, self._clock()))

    def _place(self, slug: str) -> str:
        place = place_of(self._home, slug)
        return "" if place is None else place.name

    def _new(self, what: str, content: object) -> bool:
        if self._said.get(what) == content:
            return False
        self._said[what] = content
        return True
