"""Bodies of control requests, as the vendor's own SDK forms them, byte for byte.

Some properties are refused or misread alone: a temperature wants its unit beside it, a hood's
fan its lamp, a burner's power its timer. What the caller leaves out is filled in from what is
known of the appliance; nothing else is ever added, START least of all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from hearth_core.errors import BadInputError, UnknownNameError

from hearth_appliances.core.profile import (
    Json,
    Place,
    Property,
    Shape,
    arrange,
    check_write,
)

_DEGREES = re.compile(r".*Temperature(?P<unit>[CF])")
_TARGET = re.compile(r"(heat|cool)TargetTemperature(?P<unit>[CF]?)")
_TWO_SET = "twoSetTemperatureInUnits"
_BURNER = ("power/powerLevel", "timer/remainHour", "timer/remainMinute")
_VENTILATION = ("ventilation/fanSpeed", "lamp/lampBrightness")
_SWAPPED = {"DEVICE_MICROWAVE_OVEN"}
"""Types whose SDK class names the lamp before the fan when one of them is asked for."""


def control_payload(item: Property, value: Json) -> Json:
    """Body that writes one property and nothing beside it.

    Raises:
        BadInputError: The profile does not allow it.
    """
    check_write(item, value)
    return _body({item.place: value})


def compose(
    properties: Mapping[str, Property],
    wanted: Mapping[str, Json],
    known: Mapping[str, Json],
    device_type: str = "",
) -> Json:
    """Body of one request that writes ``wanted``, with the companions it needs.

    Args:
        properties: Of the device, by flat name.
        wanted: Values by flat name; all of one location.
        known: Present values by flat name: companions come from here.
        device_type: The vendor's, where the order of companions depends on it.

    Raises:
        UnknownNameError: No such property.
        BadInputError: The profile does not allow it, a companion is not known, or the
            properties belong to different locations.
    """
    for name, value in wanted.items():
        if name not in properties:
            raise UnknownNameError("property", name, properties)
        check_write(properties[name], value)
    places = [properties[name].place for name in wanted]
    if len({(place.location, place.shape) for place in places}) > 1 and any(
        place.shape is not Shape.DEVICE for place in places
    ):
        raise BadInputError(f"{sorted(wanted)} belong to different units: write them one by one")
    full = _with_companions(properties, wanted, known, device_type)
    body = _body({properties[name].place: value for name, value in full.items()})
    if any(name.endswith(_BURNER) for name in wanted) and "location" in body:
        body["location"] = body.pop("location")  # the SDK writes it last here
    if device_type == "DEVICE_OVEN" and all("/timer/timer" in name for name in wanted):
        body.pop("location", None)  # the kitchen timer is the appliance's, not an oven's
    return body


def _with_companions(
    properties: Mapping[str, Property],
    wanted: Mapping[str, Json],
    known: Mapping[str, Json],
    device_type: str,
) -> dict[str, Json]:
    full: dict[str, Json] = dict(wanted)
    for name in wanted:
        location, _, rest = name.partition("/")
        partners = _partners(rest, device_type)
        names = [f"{location}/{other}" for other in partners]
        if not all(other in properties for other in names):
            names = [other for other in names if other in properties or other in wanted]
        if len(names) > 1:
            missing = [n for n in names if n not in full and n not in known]
            if missing:
                raise BadInputError(f"{name} is written together with {missing}: not known yet")
            if not all(n in wanted for n in names):
                for other in names:
                    value = full.pop(other) if other in full else known[other]
                    full[other] = value
        unit = _unit_of(properties, name)
        if unit is not None:
            full.pop(unit[0], None)
            full[unit[0]] = unit[1]
    return full


def _partners(rest: str, device_type: str) -> Sequence[str]:
    """What must be written together with ``resource/key``, in the SDK's order."""
    resource, _, key = rest.partition("/")
    if rest in _VENTILATION:
        return _VENTILATION[::-1] if device_type in _SWAPPED else _VENTILATION
    if rest in _BURNER and device_type in ("", "DEVICE_COOKTOP"):
        return _BURNER
    match = _TARGET.fullmatch(key)
    if resource.partition(":")[0] == _TWO_SET and match:
        unit = match["unit"]
        return (
            f"{resource}/heatTargetTemperature{unit}",
            f"{resource}/coolTargetTemperature{unit}",
        )
    return ()


def _unit_of(properties: Mapping[str, Property], name: str) -> tuple[str, str] | None:
    """Name and value of the unit that goes with a temperature; None: it goes alone."""
    head, _, key = name.rpartition("/")
    match = _DEGREES.fullmatch(key)
    unit = properties.get(f"{head}/unit")
    if match is None or unit is None or not unit.writable:
        return None
    return unit.name, match["unit"]


def _body(values: Mapping[Place, Json]) -> Json:
    shapes = {place.shape for place in values}
    body = arrange(values)
    if shapes == {Shape.LOCATION}:
        return body[0]
    if shapes == {Shape.RESOURCE}:
        return {resource: items[0] for resource, items in body.items()}
    return body
