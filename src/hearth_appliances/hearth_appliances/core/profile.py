"""Walk raw ThinQ profiles and states of any device type into flat, named properties.

A name is ``location/resource/property`` (``MAIN/doorStatus/doorState``); devices without
locations are all ``MAIN``; resources given once per unit are ``resource:unit``. Keys nobody
knows are kept: the vendor's own SDK drops about one in eight documented properties.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from hearth_core.errors import BadInputError

Json = Any
MAIN = "MAIN"
KINDS = frozenset({"enum", "boolean", "range", "number", "string", "list"})
"""Types the vendor documents; others are kept as they are called."""


class Shape(Enum):
    """Where a device keeps the location of a property; writes must have the same shape."""

    DEVICE = auto()
    """``{resource: {property: value}}``."""
    LOCATION = auto()
    """``{"location": {"locationName": ...}, resource: {property: value}}``, in a list."""
    RESOURCE = auto()
    """``{resource: [{"locationName": ..., property: value}]}``."""
    GROUP = auto()
    """``{location: {resource: {property: value}}}`` (wash towers)."""


@dataclass(frozen=True)
class Place:
    """Where a leaf stands in a profile or state."""

    location: str
    resource: str
    key: str
    shape: Shape
    unit: str = ""
    """Unit that tells list items apart (``temperature:C``)."""

    @property
    def name(self) -> str:
        """Flat name."""
        resource = f"{self.resource}:{self.unit}" if self.unit else self.resource
        parts = (self.location, resource, self.key)
        return "/".join(part for part in parts if part)


@dataclass(frozen=True)
class Property:
    """What a profile says of one property."""

    place: Place
    kind: str
    """``enum``, ``boolean``, ``range``, ``number``, ``string``, or what the vendor says."""
    readable: bool
    writable: bool
    read_values: Json = None
    write_values: Json = None
    unit: str = ""
    """As the vendor says; empty: none."""

    @property
    def name(self) -> str:
        """Flat name."""
        return self.place.name


def walk_profile(profile: Mapping[str, Json]) -> dict[str, Property]:
    """Properties of a profile (the ``response`` of ``/devices/{id}/profile``) by flat name.

    Wash towers nest one profile for each of their machines: ``washer``, ``dryer``.

    Raises:
        BadInputError: There is no ``property`` in it.
    """
    found: dict[str, Property] = {}
    if isinstance(profile, Mapping) and "property" in profile:
        for section in ("property", "extensionProperty"):
            for place, leaf in _walk(profile.get(section, {}), _is_leaf):
                found.setdefault(place.name, _property(place, leaf))
        return found
    groups = profile.items() if isinstance(profile, Mapping) else ()
    for group, inner in groups:
        if isinstance(inner, Mapping) and "property" in inner:
            for place, leaf in _walk(inner["property"], _is_leaf):
                item = replace(place, location=group, shape=Shape.GROUP)
                found.setdefault(item.name, _property(item, leaf))
    if not found:
        raise BadInputError(f"no 'property' in the profile; it has {sorted(profile)}")
    return found


def flatten_state(state: Json) -> dict[str, Json]:
    """Values of a state or of a push's report by flat name."""
    return {place.name: leaf for place, leaf in _walk(state, _is_value)}


def resolve(values: Mapping[str, Json], properties: Mapping[str, Property]) -> dict[str, Json]:
    """Rename values to the profile's names where states and pushes are shaped differently.

    Seen: ``temperature: {targetTemperature: 180, unit: C}`` where the profile lists the resource
    once per unit; the other way round, ``temperatureInUnits: [{targetTemperature: 24, unit: C}]``
    for ``targetTemperatureC``; and reports without the location that the profile gives. Names
    the profile lacks are kept as they are.
    """
    result: dict[str, Json] = {}
    for name, value in values.items():
        renamed = name if name in properties else _rename(name, values, properties)
        if renamed is not None:
            result[renamed] = value
    return result


def _rename(
    name: str, values: Mapping[str, Json], properties: Mapping[str, Property]
) -> str | None:
    """Name in the profile; None: only says the unit of others; the name itself: not found."""
    location, _, rest = name.partition("/")
    resource, _, key = rest.partition("/")
    unit = values.get(f"{location}/{resource}/unit")
    prefix = f"{location}/{resource}:{unit}/"
    if any(known.startswith(prefix) for known in properties):
        return None if key == "unit" else prefix + key
    bare, _, apart = resource.partition(":")
    candidates = (f"{location}/{bare}/{key}{apart}" if apart else "", f"{MAIN}/{name}", rest)
    for candidate in candidates:
        if candidate in properties:
            return candidate
    if location == MAIN:
        same = [known for known in properties if known.partition("/")[2] == rest]
        if len(same) == 1:
            return same[0]
    return name


_TYPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    "boolean": ((bool,), "true or false"),
    "range": ((int, float), "a number"),
    "number": ((int, float), "a number"),
    "string": ((str,), "a text"),
}


def check_write(item: Property, value: Json) -> None:
    """Whether the profile allows to write ``value``.

    Raises:
        BadInputError: It does not; the sentence has the choices.
    """
    if not item.writable:
        raise BadInputError(f"{item.name} cannot be written")
    choices = item.write_values if item.write_values is not None else item.read_values
    if isinstance(choices, Mapping) and "min" in choices:
        _check_range(item.name, choices, value)
    elif isinstance(choices, list) and item.kind == "list":
        _check_list(item.name, choices, value)
    elif isinstance(choices, list):
        if not any(_same(value, choice) for choice in choices):
            raise BadInputError(f"{item.name}: {value!r} is not one of {choices}")
    elif item.kind in _TYPES:
        types, words = _TYPES[item.kind]
        if not isinstance(value, types) or (item.kind != "boolean" and isinstance(value, bool)):
            raise BadInputError(f"{item.name}: {value!r} is not {words}")


def arrange(values: Mapping[Place, Json]) -> Json:
    """Put flat values back into the shape their device uses (states, reports, controls)."""
    by_location: dict[str, dict[str, Json]] = {}
    flat: dict[str, Json] = {}
    for place, value in values.items():
        match place.shape:
            case Shape.LOCATION:
                item = by_location.setdefault(
                    place.location, {"location": {"locationName": place.location}}
                )
                _put(item, place, value)
            case Shape.GROUP:
                _put(flat.setdefault(place.location, {}), place, value)
            case Shape.RESOURCE:
                items = flat.setdefault(place.resource, [])
                found = next((i for i in items if i["locationName"] == place.location), None)
                if found is None:
                    found = {"locationName": place.location}
                    items.append(found)
                found[place.key] = value
            case Shape.DEVICE:
                _put(flat, place, value)
    if not by_location:
        return flat
    items = list(by_location.values())
    items[0].update(flat)
    return items


def _put(target: dict[str, Json], place: Place, value: Json) -> None:
    if not place.key:
        target[place.resource] = value
        return
    content = target.setdefault(place.resource, {})
    *path, key = place.key.split("/")
    inner = content
    for step in path:
        inner = inner.setdefault(step, {})
    inner[key] = value
    if place.unit:  # last, as the SDK has it
        content.pop("unit", None)
        content["unit"] = place.unit


def _walk(tree: Json, ends: Callable[[Json], bool]) -> Iterator[tuple[Place, Json]]:
    """Leaves of a profile or state; ``ends`` tells leaves from what holds them."""
    if isinstance(tree, list):
        for item in tree:
            yield from _walk(item, ends)
        return
    if not isinstance(tree, Mapping):
        return
    location, shape = MAIN, Shape.DEVICE
    named = tree.get("location")
    if isinstance(named, Mapping) and isinstance(named.get("locationName"), str):
        location, shape = named["locationName"], Shape.LOCATION
    for resource, content in tree.items():
        if content is not named or resource != "location":
            yield from _walk_resource(location, shape, resource, content, ends)


def _walk_resource(
    location: str, shape: Shape, resource: str, content: Json, ends: Callable[[Json], bool]
) -> Iterator[tuple[Place, Json]]:
    if isinstance(content, list) and content and all(isinstance(i, Mapping) for i in content):
        for index, item in enumerate(content):
            unit = item.get("unit")
            apart = unit if isinstance(unit, str) and "locationName" not in item else ""
            plain = not apart and "locationName" not in item
            name = f"{resource}#{index}" if plain and len(content) > 1 else resource
            yield from _walk_item(location, shape, name, item, ends, apart)
    elif ends(content):
        yield Place(location, resource, "", shape), content
    elif (
        shape is Shape.DEVICE
        and not isinstance(content.get("locationName"), str)
        and all(isinstance(v, Mapping) and not ends(v) for v in content.values())
    ):
        for inner, value in content.items():
            yield from _walk_resource(resource, Shape.GROUP, inner, value, ends)
    else:
        yield from _walk_item(location, shape, resource, content, ends)


def _walk_item(
    location: str,
    shape: Shape,
    resource: str,
    item: Mapping[str, Json],
    ends: Callable[[Json], bool],
    unit: str = "",
) -> Iterator[tuple[Place, Json]]:
    if isinstance(item.get("locationName"), str):
        location, shape = item["locationName"], Shape.RESOURCE
    for key, content in item.items():
        if key == "locationName" or (unit and key == "unit"):
            continue
        for path, leaf in _descend(key, content, ends):
            yield Place(location, resource, path, shape, unit), leaf


def _descend(path: str, content: Json, ends: Callable[[Json], bool]) -> Iterator[tuple[str, Json]]:
    if ends(content):
        yield path, content
        return
    for key, inner in content.items():
        yield from _descend(f"{path}/{key}", inner, ends)


def _is_value(content: Json) -> bool:
    return not isinstance(content, Mapping)


def _is_leaf(content: Json) -> bool:
    if not isinstance(content, Mapping) or not content:
        return True
    kind = content.get("type")
    return isinstance(kind, str) and ("mode" in content or "value" in content or kind in KINDS)


def _property(place: Place, leaf: Json) -> Property:
    if not isinstance(leaf, Mapping):
        return Property(place, "constant", readable=True, writable=False, read_values=leaf)
    mode, value = leaf.get("mode", []), leaf.get("value")
    values: Mapping[str, Json] = value if isinstance(value, Mapping) else {}
    return Property(
        place,
        str(leaf.get("type", "unknown")),
        readable="r" in mode,
        writable="w" in mode,
        read_values=values.get("r"),
        write_values=values.get("w"),
        unit=str(leaf.get("unit") or ""),
    )


def _check_range(name: str, limits: Mapping[str, Json], value: Json) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInputError(f"{name}: {value!r} is not a number")
    low, high, step = limits["min"], limits.get("max", float("inf")), limits.get("step", 1)
    steps = (value - low) / step if step else 0.0
    if not low <= value <= high or abs(steps - round(steps)) > 1e-9:
        raise BadInputError(f"{name}: {value} is not in {low}..{high} by steps of {step}")
    if value in limits.get("except", []):
        raise BadInputError(f"{name}: {value} is excepted; not allowed: {limits['except']}")


def _check_list(name: str, choices: list[Json], value: Json) -> None:
    items = value if isinstance(value, list) else [value]
    odd = [item for item in items if not any(_same(item, choice) for choice in choices)]
    if odd:
        raise BadInputError(f"{name}: {odd} not among {choices}")


def _same(value: Json, choice: Json) -> bool:
    """Equal, and true is not 1."""
    return value == choice and isinstance(value, bool) == isinstance(choice, bool)
