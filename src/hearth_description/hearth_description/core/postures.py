"""Groups, named postures and collision exceptions of a robot: SRDF, beside its URDF."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hearth_core.errors import BadInputError, FileFormatError, UnknownNameError

from hearth_description.core.model import SUFFIX, RobotModel


@dataclass(frozen=True)
class Semantics:
    """What an SRDF file says about a model."""

    groups: Mapping[str, tuple[str, ...]]
    """Joints by group."""
    states: Mapping[tuple[str, str], Mapping[str, float]]
    """Joint positions [rad] by (group, state)."""
    disabled: frozenset[tuple[str, str]]
    """Pairs of links, sorted by name, whose collisions are not looked for."""

    def posture(self, name: str, group: str | None = None) -> dict[str, float]:
        """Joint positions of a named state, of one group or of all that have it.

        Raises:
            UnknownNameError: No group has such a state.
        """
        found = {
            joint: value
            for (owner, state), values in self.states.items()
            if state == name and group in (None, owner)
            for joint, value in values.items()
        }
        if not found:
            raise UnknownNameError("posture", name, {state for _, state in self.states})
        return found


def load_srdf(model: RobotModel, path: Path | None = None) -> Semantics:
    """Read the SRDF of a model.

    Args:
        model: Whose joints and links it must name.
        path: File; None: ``<name>.srdf`` beside the model's source.

    Raises:
        BadInputError: No path given, and the model came from no file.
        FileFormatError: The file is wrong, or names a joint or link the model lacks.
    """
    if path is None:
        if model.source is None:
            raise BadInputError(f"model {model.name!r} was not read from a file: give the path")
        stem = model.source.name.removesuffix(SUFFIX).removesuffix(".urdf")
        path = model.source.with_name(stem + ".srdf")
    try:
        root = ET.parse(path).getroot()
    except (OSError, ET.ParseError) as error:
        raise FileFormatError(str(path), "", str(error)) from error
    groups: dict[str, tuple[str, ...]] = {}
    for node in root.findall("group"):
        name = node.get("name", "")
        names = [item.get("name", "") for item in node.findall("joint")]
        for item in node.findall("group"):
            if item.get("name") not in groups:
                raise FileFormatError(
                    str(path), f"group {name!r}", f"no group {item.get('name')!r} before it"
                )
            names += groups[str(item.get("name"))]
        _known(path, f"group {name!r}", names, model.joints)
        groups[name] = tuple(names)
    states: dict[tuple[str, str], dict[str, float]] = {}
    for node in root.findall("group_state"):
        where = f"group_state {node.get('name')!r} of {node.get('group')!r}"
        if node.get("group") not in groups:
            raise FileFormatError(str(path), where, f"no such group; known: {sorted(groups)}")
        values = {j.get("name", ""): float(j.get("value", "nan")) for j in node.findall("joint")}
        _known(path, where, list(values), model.joints)
        for name, value in values.items():
            limits = model.joints[name].limits
            if limits is None or not limits.lower <= value <= limits.upper:
                raise FileFormatError(str(path), where, f"{name} = {value} is outside its limits")
        states[str(node.get("group")), str(node.get("name"))] = values
    disabled: set[tuple[str, str]] = set()
    for node in root.findall("disable_collisions"):
        first, second = sorted((node.get("link1", ""), node.get("link2", "")))
        _known(path, "disable_collisions", [first, second], model.links)
        disabled.add((first, second))
    return Semantics(groups, states, frozenset(disabled))


def _known(path: Path, where: str, names: list[str], known: Mapping[str, object]) -> None:
    for name in names:
        if name not in known:
            raise FileFormatError(str(path), where, f"the model has no {name!r}")
