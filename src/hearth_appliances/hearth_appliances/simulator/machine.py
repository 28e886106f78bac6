"""An appliance as a machine: state, what may be written, what time does. No sockets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hearth_core.errors import BadInputError, HearthError

from hearth_appliances.core.profile import (
    Json,
    Property,
    check_write,
    flatten_state,
    resolve,
    walk_profile,
)
from hearth_appliances.simulator.energy import DAY
from hearth_appliances.simulator.shapes import join_groups, shape_state, stands_in_states

_STEP = 60.0
"""Physics goes in steps of at most this [s]."""


class RefusedError(HearthError):
    """The appliance does not do it; the vendor's code says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Report:
    """What an appliance tells the cloud of its own accord."""

    values: dict[str, Json] = field(default_factory=dict)
    """Flat; only what changed."""
    push_codes: list[str] = field(default_factory=list)


class Part:
    """One thing a machine does; several make a machine. The defaults do nothing."""

    def attach(self, machine: Appliance) -> None:
        """Become part of a machine, before anything else."""
        self.machine = machine

    def advance(self, elapsed: float) -> None:
        """Let a short time pass [s]."""

    def admit(self, wanted: Mapping[str, Json]) -> None:
        """Preconditions of a write.

        Raises:
            RefusedError: Not now.
        """

    def write(self, name: str, value: Json) -> bool:
        """Carry out an allowed write; False: it is none of this part's."""
        return False

    def door_moved(self, opened: bool) -> None:
        """The door is open or closed now."""

    def press(self, button: str) -> bool:
        """Somebody presses a button of the panel; False: not this part's."""
        return False

    @property
    def watts(self) -> float:
        """Power it takes now [W]."""
        return 0.0


@dataclass(frozen=True)
class Kind:
    """What all machines of a kind have in common."""

    device_type: str
    profile: Mapping[str, Json]
    make_parts: Callable[[], Sequence[Part]] = tuple
    initial: Mapping[str, Json] = field(default_factory=dict)
    """Flat values that differ from what the profile suggests (its first choices)."""
    door: str | None = None
    """Flat name of the door's state; None: it reports no door."""
    model: str = "SIMULATED"

    def __call__(self, device_id: str, alias: str) -> Appliance:
        """One machine of this kind."""
        return Appliance(self, device_id, alias)


class Appliance:
    """One machine of a user."""

    def __init__(self, kind: Kind, device_id: str, alias: str) -> None:
        self.kind = kind
        self.device_id = device_id
        self.alias = alias
        self.properties: dict[str, Property] = walk_profile(join_groups(kind.profile))
        fixed = walk_profile({"property": kind.profile.get("extensionProperty", {})})
        self.values: dict[str, Json] = {
            name: _suggest(item)
            for name, item in self.properties.items()
            if item.readable and name not in fixed and stands_in_states(item.place)
        }
        self.values.update(kind.initial)
        self.energy_by_day: dict[int, float] = {}
        """[Wh] by days since 1970."""
        self.now = 0.0
        """Its clock [s since 1970]."""
        self._report = Report()
        self.parts = list(kind.make_parts())
        for part in self.parts:
            part.attach(self)
        self._report = Report()

    @property
    def device_type(self) -> str:
        """As the vendor calls it."""
        return self.kind.device_type

    @property
    def model(self) -> str:
        """Name of the model."""
        return self.kind.model

    @property
    def profile(self) -> Mapping[str, Json]:
        """What it can do, in the vendor's shape."""
        return self.kind.profile

    @property
    def running(self) -> bool:
        """Whether a course is going on."""
        return any(getattr(part, "running", False) for part in self.parts)

    def part(self, kind: type[Any], index: int = 0) -> Any:
        """A part by its class.

        Raises:
            LookupError: It has none.
        """
        found = [part for part in self.parts if isinstance(part, kind)]
        if index >= len(found):
            raise LookupError(f"{self.alias} has no {kind.__name__} {index}")
        return found[index]

    def state(self) -> Json:
        """State in the vendor's shape."""
        return self.shaped(self.values)

    def shaped(self, values: Mapping[str, Json]) -> Json:
        """Flat values in the vendor's shape."""
        return shape_state(values, self.properties)

    def set(self, name: str, value: Json) -> None:
        """Change a value; it is reported if it is another."""
        if self.values.get(name) != value:
            self.values[name] = value
            self._report.values[name] = value

    def notify(self, code: str) -> None:
        """Send a push code."""
        self._report.push_codes.append(code)

    def take_report(self) -> Report:
        """What happened since the last call."""
        report, self._report = self._report, Report()
        return report

    def door_moved(self, opened: bool) -> None:
        """Its physical door (any of them) is open or closed now."""
        if self.kind.door is not None:
            self.set(self.kind.door, "OPEN" if opened else "CLOSE")
        for part in self.parts:
            part.door_moved(opened)

    @property
    def door_open(self) -> bool:
        """Whether it says that its door is open."""
        return self.kind.door is not None and self.values[self.kind.door] == "OPEN"

    def press(self, button: str) -> None:
        """Somebody presses a button of the panel (``remote_start``, ``start``, ``stop``, ...).

        Raises:
            BadInputError: There is no such button.
        """
        pressed = [part.press(button) for part in self.parts]
        if not any(pressed):
            raise BadInputError(f"{self.alias} has no button {button!r}")

    def press_remote_start(self) -> None:
        """Somebody arms remote start at the panel."""
        self.press("remote_start")

    def advance(self, elapsed: float, now: float | None = None) -> None:
        """Let time pass [s]; ``now``: what the clock says then."""
        self.now = self.now + elapsed if now is None else now
        steps = max(1, int(-(-elapsed // _STEP)))
        step = elapsed / steps
        for index in range(steps):
            for part in self.parts:
                part.advance(step)
            watts = sum(part.watts for part in self.parts)
            day = int((self.now - elapsed + index * step) // DAY)
            used = watts * step / 3600.0
            self.energy_by_day[day] = self.energy_by_day.get(day, 0.0) + used

    def control(self, payload: Json) -> None:
        """Carry out a control request in the vendor's shape.

        Raises:
            RefusedError: It is not allowed, or not now.
        """
        wanted = resolve(flatten_state(payload), self.properties)
        wanted = {name: value for name, value in wanted.items() if not name.endswith("/unit")}
        unknown = [name for name in wanted if name not in self.properties]
        if unknown or not wanted:
            raise RefusedError("2207", f"invalid command: {unknown or payload}")
        for name, value in wanted.items():
            try:
                check_write(self.properties[name], value)
            except BadInputError as error:
                raise RefusedError("2207", str(error)) from error
        for part in self.parts:
            part.admit(wanted)
        # Settings first: a START in the same request starts what they say.
        for name in sorted(wanted, key=lambda name: wanted[name] == "START"):
            self._write(name, wanted[name])

    def _write(self, name: str, value: Json) -> None:
        if any([part.write(name, value) for part in self.parts]):  # each part looks at it
            return
        if self.properties[name].readable:
            self.set(name, value)


def _suggest(item: Property) -> Json:
    """A value the profile allows."""
    values = item.read_values
    if item.kind == "constant":
        return values
    if isinstance(values, list) and values:
        return False if item.kind == "boolean" and False in values else values[0]
    if isinstance(values, Mapping) and "min" in values:
        return values["min"]
    return {"boolean": False, "string": ""}.get(item.kind, 0)
