"""One thing that happened to one appliance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = Any


@dataclass(frozen=True)
class Event:
    """One thing that happened to one appliance."""

    slug: str
    seq: int
    """1, 2, 3, ... for each appliance, over restarts."""
    stamp: float
    """[s] of the bridge's clock."""
    kind: str
    """``property_changed``, ``push_code``, ``online``, ``offline``, ``removed``, ``command``,
    ``completed`` or ``door_alarm``."""
    name: str = ""
    value: Json = None
    late: bool = False
    duplicate: bool = False
    source: int = 0
    """As :class:`~hearth_appliances.core.values.Source`."""
    device_stamp: float | None = None
    """[s] as the cloud says; None: it did not."""
