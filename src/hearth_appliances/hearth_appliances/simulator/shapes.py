"""The vendor's shapes of states and profiles that differ from those of controls."""

from __future__ import annotations

from collections.abc import Mapping

from hearth_appliances.core.profile import Json, Place, Property, arrange


def join_groups(profile: Mapping[str, Json]) -> Mapping[str, Json]:
    """One ``property`` for a profile that has a whole profile for each of its machines.

    The vendor's SDK reads wash towers so: ``{"washer": {"property": ...}, "dryer": ...}``.
    """
    if "property" in profile:
        return profile
    groups = {
        name: part["property"]
        for name, part in profile.items()
        if isinstance(part, Mapping) and "property" in part
    }
    return {**profile, "property": groups}


def stands_in_states(place: Place) -> bool:
    """Whether states say it: of a resource given once per unit, only °C, unless all are."""
    return place.unit in {"", "C"} or place.resource.endswith("InUnits")


def shape_state(values: Mapping[str, Json], properties: Mapping[str, Property]) -> Json:
    """Flat values as states and pushes have them.

    Resources that a profile lists once per unit are lists in states too when their name says
    so (``temperatureInUnits``); others have one value with the unit it is in.
    """
    plain: dict[str, Json] = {}
    by_unit: dict[str, dict[str, dict[str, Json]]] = {}
    for name, value in values.items():
        place = properties[name].place
        if place.unit and place.resource.endswith("InUnits"):
            item = by_unit.setdefault(place.resource, {}).setdefault(place.unit, {})
            item[place.key] = value
        elif stands_in_states(place):
            plain[name] = value
    shaped = arrange({properties[name].place: value for name, value in plain.items()})
    for resource, units in by_unit.items():
        target = shaped[0] if isinstance(shaped, list) else shaped
        target[resource] = [{**item, "unit": unit} for unit, item in units.items()]
    return shaped
