"""Which device to poll next, and when: pushes die silently, and every poll costs a call.

An idle home is polled in rotation, a few calls an hour, and the same slots renew subscriptions
before they expire. A device that somebody uses, that runs, or that lately changed is *attended*:
when it has said nothing for a while it is asked, so that a silent subscription is found within
a minute of the first change it swallowed. After a cut every device is suspect and asked once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum, auto

FOREVER = float("inf")


@dataclass(frozen=True)
class WatchSettings:
    """When to look; all in wall time."""

    idle_period: float = 400.0
    """One poll or one renewed subscription in an idle home [s]: nine calls an hour."""
    quiet_limit: float = 30.0
    """An attended device that said nothing for this long is polled [s]."""
    running_limit: float = 55.0
    """Likewise one that runs: it should tell its remaining time every minute [s]."""
    attention: float = 180.0
    """A device is attended for this long after it changed [s]."""
    spacing: float = 0.5
    """Least time between two polls of ours [s]: twenty devices in use take ten seconds."""
    expiry: float = 12 * 3600.0
    """A subscription is renewed before it is this old [s] (documented to last 24 h at most)."""


class Errand(Enum):
    """What a slot is used for."""

    POLL = auto()
    """Compare with the shadow."""
    RECONCILE = auto()
    """After a cut: a difference is no surprise."""
    RENEW = auto()


@dataclass
class _Device:
    heard: float
    """Last push or poll [s]."""
    turn: float
    """Last time it had an idle slot [s]."""
    attended: float = -FOREVER
    suspect: bool = False
    subscribed: float | None = None


@dataclass
class Watchdog:
    """Pure: times are arguments [s, monotonic or wall, but always the same]."""

    settings: WatchSettings = field(default_factory=WatchSettings)
    _devices: dict[str, _Device] = field(default_factory=dict)
    _slot: float = -FOREVER
    _last: float = -FOREVER

    def follow(self, device_id: str, now: float, subscribed: float | None) -> None:
        """Begin to watch a device that has just been polled, subscribed to at ``subscribed``."""
        device = self._devices.setdefault(device_id, _Device(now, now))
        device.subscribed = subscribed
        if self._slot == -FOREVER:
            self._slot = now

    def forget(self, device_id: str) -> None:
        """It is gone."""
        self._devices.pop(device_id, None)

    def heard(self, device_id: str, now: float, *, changed: bool) -> None:
        """A push came, or a poll was answered."""
        device = self._devices.get(device_id)
        if device is not None:
            device.heard = now
            device.suspect = False
            if changed:
                device.attended = max(device.attended, now + self.settings.attention)

    def attend(self, device_id: str, until: float) -> None:
        """Somebody uses it."""
        device = self._devices.get(device_id)
        if device is not None:
            device.attended = max(device.attended, until)

    def suspect_all(self) -> None:
        """The channel was cut: anything may have been missed."""
        for device in self._devices.values():
            device.suspect = True

    def suspect(self, device_id: str) -> None:
        """What it said last cannot be trusted."""
        if device_id in self._devices:
            self._devices[device_id].suspect = True

    def due(self, now: float, running: Collection[str]) -> tuple[float, str, Errand] | None:
        """When the next errand is due [s], for which device, and what; None: there is none.

        ``running``: devices at work, which are attended for as long as they are.
        """
        best: tuple[float, str, Errand] | None = None
        for device_id, device in self._devices.items():
            errand = Errand.POLL
            if device.suspect:
                when, errand = now, Errand.RECONCILE
            elif device.attended > now:
                when = device.heard + self.settings.quiet_limit
            elif device_id in running:
                when = device.heard + self.settings.running_limit
            else:
                continue
            if best is None or when < best[0]:
                best = (when, device_id, errand)
        idle = self._idle(now)
        if idle is not None and (best is None or idle[0] < best[0]):
            best = idle
        if best is None:
            return None
        return max(best[0], self._last + self.settings.spacing), best[1], best[2]

    def done(self, device_id: str, errand: Errand, now: float) -> None:
        """The errand was run, or could not be: the slot is used either way."""
        self._last = now
        device = self._devices.get(device_id)
        if device is None:
            return
        device.suspect = False
        device.heard = now
        if errand is Errand.RENEW:
            device.subscribed = now
        device.turn = now
        self._slot = now

    def _idle(self, now: float) -> tuple[float, str, Errand] | None:
        if not self._devices:
            return None
        when = self._slot + self.settings.idle_period
        # Renewing begins early enough that the slots suffice for all of them.
        early = self.settings.expiry - 1.2 * self.settings.idle_period * len(self._devices)
        oldest = min(self._devices, key=self._age_key)
        born = self._devices[oldest].subscribed
        if born is not None and now - born > early:
            return when, oldest, Errand.RENEW
        return when, min(self._devices, key=lambda d: self._devices[d].turn), Errand.POLL

    def _age_key(self, device_id: str) -> float:
        since = self._devices[device_id].subscribed
        return -FOREVER if since is None else since
