"""What people do to appliances, typed or by script: doors, panels, and what goes wrong."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from hearth_core.errors import BadInputError, UnknownNameError

from hearth_appliances.simulator.cloud import Cloud
from hearth_appliances.simulator.faults import DEVICE_TROUBLES, Fault, Trouble, read_fault
from hearth_appliances.simulator.machine import Appliance
from hearth_appliances.simulator.parts.course import Course

HELP = """\
press DEVICE BUTTON          remote_start, start, stop, power
door DEVICE open|closed
load DEVICE KILOGRAMS        laundry
set DEVICE NAME VALUE        as if chosen at the panel (VALUE is JSON)
fault KIND [SECONDS] [DEVICE]
end KIND
list"""


@dataclass(frozen=True)
class Act:
    """Something done at a time."""

    at: float
    """[s] after the start, of the simulator's clock."""
    words: tuple[str, ...]


@dataclass(frozen=True)
class Script:
    """Everything that happens by itself."""

    faults: tuple[Fault, ...] = ()
    acts: tuple[Act, ...] = ()


def perform(cloud: Cloud, words: Sequence[str]) -> str:
    """Do one thing now; returns a line for people.

    Raises:
        BadInputError: It cannot be understood, or not be done.
    """
    if not words:
        return ""
    known: Mapping[str, Callable[[Cloud, Sequence[str]], str]] = {
        "press": _press,
        "door": _door,
        "load": _load,
        "set": _set,
        "fault": _fault,
        "end": _end,
        "list": _list,
    }
    if words[0] not in known:
        raise UnknownNameError("command", words[0], known)
    try:
        return known[words[0]](cloud, words[1:])
    except (ValueError, IndexError):
        usage = next(line for line in HELP.splitlines() if line.startswith(words[0]))
        raise BadInputError(f"usage: {usage.strip()}") from None


def load_script(path: Path) -> Script:
    """Read a script: a YAML list of ``{at, fault, lasts, device}`` and ``{at, do}``.

    Raises:
        BadInputError: It cannot be read or says something else; file and line are named.
    """
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise BadInputError(f"{path}: {error}") from error
    if not isinstance(content, list):
        raise BadInputError(f"{path}: expected a list")
    faults: list[Fault] = []
    acts: list[Act] = []
    for index, item in enumerate(content):
        where = f"{path}, line {index + 1} of the list"
        if isinstance(item, Mapping) and "do" in item:
            if set(item) - {"at", "do"} or not isinstance(item["do"], str):
                raise BadInputError(f"{where}: expected at and do")
            acts.append(Act(float(item.get("at", 0.0)), tuple(shlex.split(item["do"]))))
        else:
            faults.append(read_fault(where, item))
    return Script(tuple(faults), tuple(sorted(acts, key=lambda act: act.at)))


def _device(cloud: Cloud, name: str) -> Appliance:
    found = cloud.find(name)
    if found is None:
        raise UnknownNameError("device", name, [item.alias for item in cloud.appliances.values()])
    return found


def _press(cloud: Cloud, words: Sequence[str]) -> str:
    device, button = words
    _device(cloud, device).press(button)
    return f"{device}: {button} pressed"


def _door(cloud: Cloud, words: Sequence[str]) -> str:
    device, state = words
    if state not in {"open", "closed"}:
        raise ValueError(state)
    _device(cloud, device).door_moved(state == "open")
    return f"{device}: door {state}"


def _load(cloud: Cloud, words: Sequence[str]) -> str:
    device, kilograms = words
    machine = _device(cloud, device)
    try:
        machine.part(Course).load = float(kilograms)
    except LookupError as error:
        raise BadInputError(str(error)) from error
    return f"{device}: {kilograms} kg in it"


def _set(cloud: Cloud, words: Sequence[str]) -> str:
    device, name, value = words
    machine = _device(cloud, device)
    if name not in machine.values:
        raise UnknownNameError(f"property of {device}", name, machine.values)
    try:
        machine.set(name, json.loads(value))
    except json.JSONDecodeError:
        machine.set(name, value)
    return f"{device}: {name} = {machine.values[name]!r}"


def _fault(cloud: Cloud, words: Sequence[str]) -> str:
    kind, *rest = words
    lasts = float(rest.pop(0)) if rest and rest[0].replace(".", "", 1).isdigit() else None
    device = rest[0] if rest else ""
    trouble = _trouble(kind)
    if trouble in DEVICE_TROUBLES:
        _device(cloud, device)
    cloud.begin(Fault(cloud.age, trouble, lasts, device))
    return f"{kind}{f' for {lasts:g} s' if lasts else ''}"


def _end(cloud: Cloud, words: Sequence[str]) -> str:
    (kind,) = words
    cloud.faults.end(_trouble(kind))
    return f"no {kind} any more"


def _trouble(kind: str) -> Trouble:
    known = {trouble.value: trouble for trouble in Trouble}
    if kind not in known:
        raise UnknownNameError("fault", kind, known)
    return known[kind]


def _list(cloud: Cloud, words: Sequence[str]) -> str:
    return "\n".join(f"{item.alias:<24} {item.device_type}" for item in cloud.appliances.values())
