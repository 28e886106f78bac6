"""What must be so before a command is sent, why, and what a robot could do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hearth_appliances.core.heat import heats, is_off
from hearth_appliances.core.machines import Door, Phase, Remote, Unit
from hearth_appliances.core.profile import MAIN, Json, Property

_STARTS = {"START", "POWER_ON", "RESUME", "ON"}


@dataclass(frozen=True)
class Precondition:
    """One condition; ``known`` False: the appliance does not say, which refuses nothing."""

    name: str
    met: bool
    message: str
    suggestion: str = ""
    known: bool = True

    @property
    def refuses(self) -> bool:
        """Whether a command must not be sent."""
        return self.known and not self.met


def check(
    properties: Mapping[str, Property],
    wanted: Mapping[str, Json],
    units: Mapping[str, Unit],
    *,
    online: bool,
    device_type: str,
    heat_permitted: bool,
) -> list[Precondition]:
    """All conditions of a command; stops and lamps need nothing but a device that is there.

    Args:
        properties: Of the device.
        wanted: Values to write, by flat name; already valid.
        units: By location.
        online: Whether the device answers.
        device_type: The vendor's.
        heat_permitted: Whether the home file permits to heat it from afar.
    """
    found = [Precondition("online", online, "it is reachable" if online else "it is out of reach")]
    if any(heats(properties[name], value, device_type) for name, value in wanted.items()):
        words = "permits" if heat_permitted else "does not permit"
        found.append(
            Precondition(
                "heat_permitted",
                heat_permitted,
                f"the home file {words} to heat it from afar",
                "" if heat_permitted else "ask_a_person",
            )
        )
    for name, value in wanted.items():
        unit = units.get(name.partition("/")[0], units.get(MAIN))
        if unit is not None and starts(name, value):
            found.extend(_start(unit))
    return found


def starts(name: str, value: Json) -> bool:
    """Whether a write sets a machine going."""
    operation = name.lower().endswith(("operationmode", "operation"))
    return operation and isinstance(value, str) and value.upper() in _STARTS and not is_off(value)


def _start(unit: Unit) -> list[Precondition]:
    armed = unit.remote is Remote.ARMED
    return [
        Precondition(
            "remote_armed",
            armed,
            "remote start is armed at the panel"
            if armed
            else "remote start must be armed at the panel, each time",
            "" if armed else "press_remote_start",
            known=unit.remote is not Remote.UNKNOWN,
        ),
        Precondition(
            "door_closed",
            unit.door is not Door.OPEN,
            "its door is open" if unit.door is Door.OPEN else "no door is open",
            "close_door" if unit.door is Door.OPEN else "",
            known=unit.door is not Door.UNKNOWN,
        ),
        Precondition(
            "not_running",
            unit.phase is not Phase.RUNNING,
            "it runs already" if unit.phase is Phase.RUNNING else "it does not run",
            known=unit.phase is not Phase.UNKNOWN,
        ),
        Precondition(
            "no_error",
            unit.phase is not Phase.ERROR,
            "it reports an error" if unit.phase is Phase.ERROR else "it reports no error",
            "look_at_panel" if unit.phase is Phase.ERROR else "",
            known=unit.phase is not Phase.UNKNOWN,
        ),
        Precondition(
            "powered",
            unit.phase is not Phase.OFF or unit.remote is Remote.UNKNOWN,
            "it is switched off" if unit.phase is Phase.OFF else "it is switched on",
            "press_power" if unit.phase is Phase.OFF else "",
            known=unit.phase is not Phase.UNKNOWN,
        ),
    ]


def access(units: Mapping[str, Unit]) -> list[Precondition]:
    """Conditions for opening a door: nothing runs behind it, nothing is hot."""
    running = [u.name for u in units.values() if u.phase is Phase.RUNNING]
    hot = [unit.name for unit in units.values() if "hot" in unit.hazards]
    machine = any(unit.phase_text for unit in units.values())
    return [
        Precondition(
            "not_running",
            not running,
            f"{running} at work behind the door" if running else "nothing runs behind the door",
            "wait" if running else "",
            known=machine,
        ),
        Precondition(
            "not_hot",
            not hot,
            f"{hot} hot" if hot else "nothing is reported hot",
            "wait" if hot else "",
            known=machine,
        ),
    ]
