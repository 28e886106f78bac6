"""A simulated home's appliances: physical doors become what the cloud reports of them."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from hearth_core.home.model import Home, JointKind, Place

from hearth_appliances.endpoint import default_path
from hearth_appliances.simulator.appliances import PLACES, Appliance, make
from hearth_appliances.simulator.cloud import Cloud
from hearth_appliances.simulator.pushes import Outgoing
from hearth_appliances.simulator.server import CloudServer

ReadJoint = Callable[[str], float | None]
OPENS = {JointKind.HINGED: 0.06, JointKind.SLIDING: 0.02}
"""Opening [rad or m] beyond which a door counts as open; it counts as closed below half of it
(a switch in the frame, as real ones have)."""


class DoorSwitch:
    """Says whether any door of an appliance is open, with hysteresis."""

    def __init__(self, place: Place) -> None:
        self._thresholds = {f"{place.name}/{j.name}": OPENS[j.kind] for j in place.joints}
        self._open: dict[str, bool] = dict.fromkeys(self._thresholds, False)

    def update(self, read_joint: ReadJoint) -> bool:
        """Look at the joints; one that cannot be read keeps what it was."""
        for name, threshold in self._thresholds.items():
            position = read_joint(name)
            if position is None:
                continue
            limit = 0.5 * threshold if self._open[name] else threshold
            self._open[name] = position > limit
        return any(self._open.values())


class HomeCloud:
    """Cloud, server and switches of one home; ``tick`` costs microseconds."""

    def __init__(
        self, home: Home, read_joint: ReadJoint, path: Path | None = None, *, wait: bool = True
    ) -> None:
        """Start serving; the appliances are those places of ``home`` whose kind is known.

        Args:
            home: The home model.
            read_joint: Opening [rad or m] of ``place/joint``; None: there is none now.
            path: The announcement; None: this DDS domain's.
            wait: Return when it serves; otherwise at once, and it is announced when it does.
        """
        places = [place for place in home.places if place.kind in PLACES]
        self._read_joint = read_joint
        self._switches = {_device_id(place): DoorSwitch(place) for place in places}
        self._opened: dict[str, bool] = {}
        token = secrets.token_urlsafe(32)
        seed = zlib.crc32(home.name.encode())
        self.cloud = Cloud(make_appliances(places), token, seed)
        self.server = CloudServer(self.cloud, token, path or default_path(), wait=wait)

    def tick(self, now: float) -> None:
        """Look at the doors at ``now`` [s, simulated] and let the cloud's time pass."""
        opened = {
            device: switch.update(self._read_joint) for device, switch in self._switches.items()
        }
        moved = {d: value for d, value in opened.items() if value != self._opened.get(d, False)}
        self._opened = opened

        def work(cloud: Cloud) -> list[Outgoing]:
            for device, value in moved.items():
                cloud.appliances[device].door_moved(value)
            return cloud.advance(now)

        self.server.submit(work)

    def close(self) -> None:
        """Stop serving."""
        self.server.close()


def make_appliances(places: Sequence[Place]) -> list[Appliance]:
    """Machines for the places whose kind is known; aliases are what people would type."""
    return [
        make(PLACES[place.kind], _device_id(place), place.name.replace("_", " ").capitalize())
        for place in places
        if place.kind in PLACES
    ]


def attach(home: Home, read_joint: ReadJoint) -> HomeCloud:
    """Entry for ``hearth_sim``'s parameter ``appliance_cloud``.

    Args:
        home: The home model.
        read_joint: Opening [rad or m] of ``place/joint``; None: there is no such joint now.
    """
    return HomeCloud(home, read_joint, wait=False)


def _device_id(place: Place) -> str:
    return f"{zlib.crc32(place.name.encode()):08x}{'0' * 24}"
