"""A recording instead of a cloud: the same pushes at the same times, again and again.

A recording is JSON lines, each with ``t`` [s] and one of ``devices`` (list), ``profile`` or
``state`` with ``device``, or ``push`` (the message as it came). Pushes are handed over in the
order of the file, by :meth:`ReplayBackend.play`; each has its line number as cursor, which the
store keeps with what the push changed, so that a killed replay goes on where it was.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hearth_core.errors import FileFormatError

from hearth_appliances.core.backend import (
    CloudError,
    Fault,
    Link,
    Listener,
    Push,
    Reading,
    parse_push,
)
from hearth_appliances.core.profile import Json, flatten_state
from hearth_appliances.core.values import DeviceInfo


class ReplayBackend:
    """Implements ``core.backend.Backend`` from a file; commands are refused."""

    def __init__(self, path: Path, *, paced: bool = True) -> None:
        """Read a recording.

        Args:
            path: JSON lines.
            paced: Whether pushes come at their times after ``open``; otherwise :meth:`pushes`
                gives them to whoever wants them at once.

        Raises:
            FileFormatError: It cannot be read.
        """
        self._devices: list[DeviceInfo] = []
        self._profiles: dict[str, Mapping[str, Json]] = {}
        self._states: dict[str, Mapping[str, Json]] = {}
        self._pushes: list[tuple[float, Push]] = []
        self._paced = paced
        self._player: asyncio.Task[None] | None = None
        self.start = 0
        """Pushes with a cursor up to this one are left out."""
        self._read(path)

    @property
    def identity(self) -> str:
        """See the port."""
        return "replay"

    def pushes(self, after: int = 0) -> list[tuple[float, Push]]:
        """Times [s] and pushes with a cursor after this one."""
        return [item for item in self._pushes if (item[1].cursor or 0) > after]

    async def open(self, listener: Listener) -> None:
        """See the port."""
        listener.on_link(Link.UP, "recording")
        if self._paced:
            self._player = asyncio.create_task(self._play(listener))

    async def devices(self) -> Sequence[DeviceInfo]:
        """See the port."""
        return self._devices

    async def profile(self, device_id: str) -> Mapping[str, Json]:
        """See the port."""
        return self._profiles.get(device_id, {"property": {}})

    async def state(self, device_id: str) -> Reading:
        """See the port: the state as recorded first."""
        if device_id not in self._states:
            raise CloudError(f"no state of {device_id} was recorded", "1222")
        return Reading(self._states[device_id])

    async def subscribe(self, device_id: str) -> None:
        """See the port."""

    async def control(self, device_id: str, payload: Json, timeout: float = 10.0) -> None:
        """Refused: the past cannot be changed."""
        raise CloudError("a recording takes no commands", fault=Fault.REFUSED)

    async def heal(self) -> None:
        """See the port."""

    async def close(self) -> None:
        """See the port."""
        if self._player is not None:
            self._player.cancel()
            self._player = None

    async def _play(self, listener: Listener) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for stamp, push in self.pushes(self.start):
            await asyncio.sleep(max(0.0, began + stamp - loop.time()))
            listener.on_push(push)
            self.start = push.cursor or self.start

    def _read(self, path: Path) -> None:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise FileFormatError(str(path), "", error.strerror or str(error)) from error
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    self._line(number, json.loads(line))
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    raise FileFormatError(str(path), f"line {number}", repr(error)) from error

    def _line(self, number: int, entry: Mapping[str, Json]) -> None:
        if "devices" in entry:
            self._devices = [DeviceInfo(**item) for item in entry["devices"]]
        elif "profile" in entry:
            self._profiles[entry["device"]] = entry["profile"]
        elif "state" in entry:
            self._states.setdefault(entry["device"], flatten_state(entry["state"]))
        else:
            push = parse_push(entry["push"])
            if push is not None:
                self._pushes.append((float(entry["t"]), replace(push, cursor=number)))
