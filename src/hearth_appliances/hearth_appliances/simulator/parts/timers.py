"""Timers that switch a machine on or off, and the writes that unset them."""

from __future__ import annotations

from hearth_appliances.core.profile import Json
from hearth_appliances.simulator.energy import DAY
from hearth_appliances.simulator.machine import Part

UNSET = "UNSET"


class Timers(Part):
    """Relative and absolute timers of a machine that is switched on and off.

    ``relativeStartTimer: UNSET`` and the like take one back; the vendor's SDK does not know them.
    """

    def __init__(self, switch: str, on: str, off: str) -> None:
        """``switch``: flat name of the operation, with its two values."""
        self._switch = switch
        self._values = {"Start": on, "Stop": off}
        self._left: dict[str, float] = {}
        """By resource and kind: seconds to go."""

    def write(self, name: str, value: Json) -> bool:
        """Set a timer or take it back."""
        head, _, key = name.rpartition("/")
        if not head.endswith(("timer", "sleepTimer", "Timer")):
            return False
        kind = next((kind for kind in self._values if kind in key), None)
        way = "relative" if key.startswith("relative") else "absolute"
        if kind is None:
            return False
        timer = f"{head}/{way}{{unit}}To{kind}"
        if value == UNSET:
            for unit in ("Hour", "Minute"):
                self._show(timer.format(unit=unit), None)
            self._left.pop(timer, None)
        else:
            self._show(name, value)
            self._left[timer] = self._seconds(timer, way)
        if f"{head}/{way}{kind}Timer" in self.machine.values:
            self.machine.set(f"{head}/{way}{kind}Timer", UNSET if value == UNSET else "SET")
        return True

    def advance(self, elapsed: float) -> None:
        """Count down; switch when it is time."""
        for timer in list(self._left):
            self._left[timer] -= elapsed
            if self._left[timer] <= 0.0:
                kind = "Stop" if timer.endswith("Stop") else "Start"
                self.machine.set(self._switch, self._values[kind])
                head, _, key = timer.rpartition("/")
                self.write(f"{head}/{key.split('{')[0]}{kind}Timer", UNSET)

    def _seconds(self, timer: str, way: str) -> float:
        hours, minutes = (
            float(self.machine.values.get(timer.format(unit=unit)) or 0.0)
            for unit in ("Hour", "Minute")
        )
        seconds = 3600.0 * hours + 60.0 * minutes
        return seconds if way == "relative" else (seconds - self.machine.now) % DAY

    def _show(self, name: str, value: Json) -> None:
        if name in self.machine.values:
            self.machine.set(name, 0 if value is None else value)
