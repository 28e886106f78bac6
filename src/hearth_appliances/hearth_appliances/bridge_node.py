"""ROS shell around the appliance hub: shadows as latched states, everything else as events."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from builtin_interfaces.msg import Time
from hearth_core.errors import BadInputError
from hearth_core.home.loader import load_home
from hearth_nodekit.convert import to_time
from hearth_nodekit.params import declare, param
from hearth_nodekit.reporting import report_health
from hearth_nodekit.running import run
from hearth_nodekit.topics import appliance_events, appliance_state
from rclpy.node import Node
from rclpy.publisher import Publisher

from hearth_appliances.backends.thinq import SimulatedBackend, ThinQBackend, VendorBackend
from hearth_appliances.core.event_log import Event, EventLog
from hearth_appliances.core.hub import Hub, HubSettings
from hearth_appliances.core.secrets import read_private
from hearth_appliances.core.values import Shadow, Value
from hearth_appliances.endpoint import default_path
from hearth_interfaces.msg import ApplianceEvent, ApplianceState, PropertyValue

CLOUDS = ("simulated", "thinq")


@dataclass(frozen=True)
class Config:
    """Parameters of the bridge; secrets are in files, never here."""

    cloud: str = param("simulated", f"Whose appliances: one of {CLOUDS}.")
    endpoint: str = param("", "File of the simulated cloud; empty: this DDS domain's.")
    token_file: str = param("", "File (0600) with the personal access token, for 'thinq'.")
    country: str = param("KR", "ISO country of the account, for 'thinq'.")
    log: str = param("", "SQLite file of events and profiles; empty: in memory.")
    home: str = param("", "Home file: its places are the appliances' slugs; empty: not checked.")
    poll_period: float = param(20.0, "One device is polled this often.", unit="s", low=1.0)


class BridgeNode(Node):
    """Appliances of one home; the hub runs in an asyncio thread of its own."""

    def __init__(self, **options: Any) -> None:
        super().__init__("bridge", **options)
        config = declare(self, Config)
        self._places = _places(config.home)
        self._states: dict[str, Publisher] = {}
        self._events: dict[str, Publisher] = {}
        self._log = EventLog(Path(config.log).expanduser() if config.log else None)
        self._hub = Hub(
            _make_backend(config),
            self._log,
            self._now,
            self._on_state,
            self._on_event,
            HubSettings(poll_period=config.poll_period),
        )
        report_health(self, self._hub.health)
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="appliance_hub", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Disconnect, and close the log."""
        if not self._thread.is_alive():
            return
        self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join(3.0)

    # In the hub's thread.

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(self._hub.run())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        except Exception as error:  # it must be seen: the thread would die in silence
            self.get_logger().fatal(f"the appliance hub died: {error!r}")
        finally:
            self._loop.close()
            self._log.close()

    def _now(self) -> float:
        return float(self.get_clock().now().nanoseconds) * 1e-9

    def _on_state(self, shadow: Shadow) -> None:
        slug = shadow.info.slug
        if slug not in self._states:
            self._states[slug] = appliance_state(slug).publisher(self)
            self.get_logger().info(f"appliance {slug}: {shadow.info.device_type}")
            if self._places and slug not in self._places:
                self.get_logger().warning(
                    f"appliance {slug!r} is no place of the home; known: {sorted(self._places)}"
                )
        self._states[slug].publish(to_state(shadow, self._now()))

    def _on_event(self, event: Event) -> None:
        if event.slug not in self._events:
            self._events[event.slug] = appliance_events(event.slug).publisher(self)
        self._events[event.slug].publish(to_event(event))


def to_state(shadow: Shadow, now: float) -> ApplianceState:
    """Message of everything known of a device."""
    info = shadow.info
    message = ApplianceState(
        device_id=info.device_id,
        slug=info.slug,
        device_type=info.device_type,
        alias=info.alias,
        online=shadow.online,
        properties=[to_property(name, value) for name, value in sorted(shadow.values.items())],
    )
    message.header.stamp = to_time(now)
    return message


def to_property(name: str, value: Value) -> PropertyValue:
    """Message of one value; the device's stamp is zero when it did not say."""
    return PropertyValue(
        name=name,
        value=json.dumps(value.value),
        source=int(value.source),
        quality=int(value.quality),
        device_stamp=Time() if value.device_stamp is None else to_time(value.device_stamp),
        receive_stamp=to_time(value.receive_stamp),
    )


def to_event(event: Event) -> ApplianceEvent:
    """Message of an event."""
    message = ApplianceEvent(
        slug=event.slug,
        seq=event.seq,
        kind=event.kind,
        name=event.name,
        value=json.dumps(event.value),
        late=event.late,
        duplicate=event.duplicate,
    )
    message.header.stamp = to_time(event.stamp)
    return message


def _make_backend(config: Config) -> ThinQBackend:
    if config.cloud == "simulated":
        path = Path(config.endpoint).expanduser() if config.endpoint else default_path()
        return SimulatedBackend(path)
    if config.cloud == "thinq":
        if not config.token_file:
            raise BadInputError("cloud 'thinq' needs token_file: a 0600 file with the token")
        token = read_private(Path(config.token_file).expanduser()).strip()
        return VendorBackend(token, config.country)
    raise BadInputError(f"no cloud {config.cloud!r}; known: {list(CLOUDS)}")


def _places(home: str) -> frozenset[str]:
    if not home or not Path(home).is_file():
        return frozenset()
    return frozenset(place.name for place in load_home(home).places)


def make_node(**options: Any) -> Node:
    """The bridge, for a container."""
    return BridgeNode(**options)


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of ``ros2 run hearth_appliances bridge``."""
    run(make_node, args)


if __name__ == "__main__":
    main()
