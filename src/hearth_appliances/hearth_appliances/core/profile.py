"""Walk raw ThinQ profiles and states of any device type into flat, named properties.

A name is ``location/resource/property`` (``MAIN/doorStatus/doorState``); devices without
locations are all ``MAIN``; resources given once per unit are ``resource:unit``. Keys nobody
knows are kept: the vendor's own SDK drops about one in eight documented properties.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from hearth_core.errors import BadInputError

Json = Any
MAIN = "MAIN"


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

    @property
    def name(self) -> str:
        """Flat name."""
        return self.place.name


def walk_profile(profile: Mapping[str, Json]) -> dict[str, Property]:
    """Properties of a profile (the ``response`` of ``/devices/{id}/profile``) by flat name.

    Raises:
        BadInputError: There is no ``property`` in it.
    """
    if not isinstance(profile, Mapping) or "property" not in profile:
        raise BadInputError(f"no 'property' in the profile; it has {sorted(profile)}")
    found: dict[str, Property] = {}
    for section in ("property", "extensionProperty"):
        for place, leaf in _walk(profile.get(section, {})):
            found.setdefault(place.name, _property(place, leaf))
    return found


def flatten_state(state: Json) -> dict[str, Json]:
    """Values of a state or of a push's report by flat name."""
    return {place.name: leaf for place, leaf in _walk(state)}


def resolve(values: Mapping[str, Json], properties: Mapping[str, Property]) -> dict[str, Json]:
    """Rename values to the profile's names where it lists a resource once per unit.

    States say ``temperature: {targetTemperature: 180, unit: C}`` where the profile has
    ``temperature:C/targetTemperature``. Names the profile lacks are kept as they are.
    """
    result: dict[str, Json] = {}
    for name, value in values.items():
        location, _, rest = name.partition("/")
        resource, _, key = rest.partition("/")
        unit = values.get(f"{location}/{resource}/unit")
        prefix = f"{location}/{resource}:{unit}/"
        if name not in properties and any(known.startswith(prefix) for known in properties):
            if key != "unit":
                result[prefix + key] = value
        else:
            result[name] = value
    return result


def check_write(item: Property, value: Json) -> None:
    """Whether the profile allows to write ``value``.

    Raises:
        BadInputError: It does not; the sentence has the choices.
    """
    if not item.writable:
        raise BadInputError(f"{item.name} cannot be written")
    choices = item.write_values
    if isinstance(choices, Mapping) and "min" in choices:
        _check_range(item.name, choices, value)
    elif isinstance(choices, list) and not any(_same(value, choice) for choice in choices):
        raise BadInputError(f"{item.name}: {value!r} is not one of {choices}")
    elif item.kind == "boolean" and not isinstance(value, bool):
        raise BadInputError(f"{item.name}: {value!r} is not true or false")


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


def control_payload(item: Property, value: Json) -> Json:
    """Body of ``/devices/{id}/control`` that writes one property, as the vendor's SDK forms it.

    Raises:
        BadInputError: The profile does not allow it.
    """
    check_write(item, value)
    body = arrange({item.place: value})
    if item.place.shape is Shape.LOCATION:
        return body[0]
    if item.place.shape is Shape.RESOURCE:
        return {item.place.resource: body[item.place.resource][0]}
    return body


def _put(target: dict[str, Json], place: Place, value: Json) -> None:
    if not place.key:
        target[place.resource] = value
        return
    content = target.setdefault(place.resource, {})
    content[place.key] = value
    if place.unit:
        content["unit"] = place.unit


def _walk(tree: Json) -> Iterator[tuple[Place, Json]]:
    if isinstance(tree, list):
        for item in tree:
            yield from _walk(item)
        return
    if not isinstance(tree, Mapping):
        return
    location, shape = MAIN, Shape.DEVICE
    named = tree.get("location")
    if isinstance(named, Mapping) and isinstance(named.get("locationName"), str):
        location, shape = named["locationName"], Shape.LOCATION
    for resource, content in tree.items():
        if content is not named or resource != "location":
            yield from _walk_resource(location, shape, resource, content)


def _walk_resource(
    location: str, shape: Shape, resource: str, content: Json
) -> Iterator[tuple[Place, Json]]:
    if isinstance(content, list) and content and all(isinstance(i, Mapping) for i in content):
        for item in content:
            unit = item.get("unit")
            apart = unit if isinstance(unit, str) and "locationName" not in item else ""
            yield from _walk_item(location, shape, resource, item, apart)
    elif _is_leaf(content):
        yield Place(location, resource, "", shape), content
    elif content and all(isinstance(v, Mapping) and not _is_leaf(v) for v in content.values()):
        for inner, value in content.items():
            yield from _walk_resource(resource, Shape.GROUP, inner, value)
    else:
        yield from _walk_item(location, shape, resource, content)


def _walk_item(
    location: str, shape: Shape, resource: str, item: Mapping[str, Json], unit: str = ""
) -> Iterator[tuple[Place, Json]]:
    if isinstance(item.get("locationName"), str):
        location, shape = item["locationName"], Shape.RESOURCE
    for key, leaf in item.items():
        if key == "locationName" or (unit and key == "unit"):
            continue
        yield Place(location, resource, key, shape, unit), leaf


def _is_leaf(content: Json) -> bool:
    if not isinstance(content, Mapping):
        return True
    return isinstance(content.get("type"), str) and ("mode" in content or "value" in content)


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


def _same(value: Json, choice: Json) -> bool:
    """Equal, and true is not 1."""
    return value == choice and isinstance(value, bool) == isinstance(choice, bool)
