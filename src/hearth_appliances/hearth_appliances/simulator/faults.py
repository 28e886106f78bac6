"""Everything a cloud does wrong, and scripts of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from hearth_core.errors import BadInputError, UnknownNameError


class Trouble(Enum):
    """Kinds of faults; the value is the word in scripts."""

    LOST_SESSION = "lost_session"
    """The broker forgets its sessions: clients come back connected and subscribed to nothing."""
    SILENT_SUBSCRIPTION = "silent_subscription"
    """The cloud forgets who subscribed to which device, and tells nobody."""
    CUT = "cut"
    """The network is gone: connections are reset."""
    BLACK_HOLE = "black_hole"
    """The network swallows everything: nothing is reset, nothing answers."""
    GRAVE = "grave"
    """A black hole whose connections stay dead when it ends: a router forgot them."""
    LATE_BURST = "late_burst"
    """Pushes are held and come all at once at the end, with no mark of their age."""
    DUPLICATES = "duplicates"
    """Every push comes twice."""
    REORDER = "reorder"
    """Pushes overtake each other, those of one device as well."""
    DROP = "drop"
    """Pushes are lost."""
    GATEWAY_429 = "gateway_429"
    """HTTP 429 with JSON that has no ``error``."""
    HTML_502 = "html_502"
    """HTTP 502 with a page for people."""
    EMPTY_BODY = "empty_body"
    """HTTP 200 with nothing in it."""
    RATE_LIMIT = "rate_limit"
    """1306: too many calls."""
    SERVER_ERROR = "server_error"
    """2000: internal server error."""
    EXPIRED_TOKEN = "expired_token"
    """1218: the token is no longer good."""
    DEVICE_OFFLINE = "device_offline"
    """1222: the device is not connected; it sends no pushes either."""
    DEVICE_GONE = "device_gone"
    """The device leaves the account (and comes back when the fault ends)."""


DEVICE_TROUBLES = frozenset({Trouble.DEVICE_OFFLINE, Trouble.DEVICE_GONE})
INSTANT = frozenset({Trouble.LOST_SESSION, Trouble.SILENT_SUBSCRIPTION})
"""They happen; nothing of them ends."""


@dataclass(frozen=True)
class Fault:
    """One line of a script."""

    at: float
    """[s] after the start, of the simulator's clock."""
    trouble: Trouble
    lasts: float | None = None
    """[s]; None: to the end."""
    device: str = ""
    """Alias or device id; "": all of them (not for those that strike one device)."""

    @property
    def end(self) -> float:
        """[s] after the start."""
        return float("inf") if self.lasts is None else self.at + self.lasts


class FaultPlan:
    """Says what begins and what ends."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        """Any order."""
        self._waiting = sorted(faults, key=lambda fault: fault.at)
        self._active: list[Fault] = []

    @property
    def active(self) -> tuple[Fault, ...]:
        """What is wrong now."""
        return tuple(self._active)

    def begin(self, fault: Fault) -> None:
        """Put a fault in by hand."""
        self._active.append(fault)

    def end(self, trouble: Trouble) -> None:
        """Take all faults of a kind out by hand."""
        self._active = [fault for fault in self._active if fault.trouble is not trouble]

    def advance(self, now: float) -> list[Fault]:
        """Move to ``now`` [s after the start]; returns what began since the last call."""
        self._active = [fault for fault in self._active if now < fault.end]
        begun = []
        while self._waiting and self._waiting[0].at <= now:
            begun.append(self._waiting.pop(0))
        self._active += [f for f in begun if f.trouble not in INSTANT and now < f.end]
        return begun

    def has(self, trouble: Trouble, *devices: str) -> bool:
        """Whether a fault is on, for one of the ``devices``' names or for all of them."""
        return any(
            fault.trouble is trouble and (not fault.device or fault.device in devices)
            for fault in self._active
        )


def read_fault(where: str, item: Any) -> Fault:
    """Read ``{at, fault, lasts, device}`` of a script.

    Raises:
        BadInputError: It says something else; ``where`` and the choices are named.
    """
    if not isinstance(item, Mapping):
        raise BadInputError(f"{where}: expected at, fault, lasts, device")
    unknown = set(item) - {"at", "fault", "lasts", "device"}
    if unknown:
        raise BadInputError(f"{where}: unknown {sorted(unknown)}; known: at, fault, lasts, device")
    known = {trouble.value: trouble for trouble in Trouble}
    if item.get("fault") not in known:
        raise UnknownNameError(f"fault ({where})", str(item.get("fault")), known)
    try:
        lasts = None if item.get("lasts") is None else float(item["lasts"])
        fault = Fault(
            float(item.get("at", 0.0)), known[item["fault"]], lasts, str(item.get("device", ""))
        )
    except (TypeError, ValueError) as error:
        raise BadInputError(f"{where}: {error}") from error
    if fault.trouble in DEVICE_TROUBLES and not fault.device:
        raise BadInputError(f"{where}: {fault.trouble.value} needs a device")
    return fault
