"""Between the core's values and the bridge's messages."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping

from builtin_interfaces.msg import Time
from hearth_nodekit.convert import to_time

from hearth_appliances.core.events import Event
from hearth_appliances.core.heat import can_heat
from hearth_appliances.core.ingest import Appliance
from hearth_appliances.core.machines import Unit
from hearth_appliances.core.preconditions import Precondition
from hearth_appliances.core.values import DeviceInfo, Source, Value
from hearth_interfaces.msg import (
    ApplianceCapabilities,
    ApplianceCapability,
    ApplianceEvent,
    ApplianceInfo,
    ApplianceState,
    ApplianceUnit,
    PropertyValue,
)
from hearth_interfaces.msg import Precondition as PreconditionMessage


class StateWriter:
    """Makes state messages; properties that did not change are not made again."""

    def __init__(self) -> None:
        self._made: dict[str, dict[str, tuple[Value, PropertyValue]]] = {}

    def write(
        self, appliance: Appliance, units: Iterable[Unit], seq: int, now: float
    ) -> ApplianceState:
        """Message of everything known of an appliance."""
        info, shadow = appliance.info, appliance.shadow
        made = self._made.setdefault(info.device_id, {})
        fresh = False
        for name, value in shadow.values.items():
            known = made.get(name)
            if known is None:
                fresh = True
            if known is None or known[0] is not value:
                made[name] = (value, to_property(name, value))
        if fresh or len(made) != len(shadow.values):
            made = {name: made[name] for name in sorted(shadow.values)}
            self._made[info.device_id] = made
        message = ApplianceState(
            device_id=info.device_id,
            slug=info.slug,
            device_type=info.device_type,
            alias=info.alias,
            online=shadow.online,
            seq=seq,
            units=[to_unit(unit) for unit in units],
        )
        message.properties = [item for _, item in made.values()]
        message.header.stamp = to_time(now)
        return message


def to_property(name: str, value: Value) -> PropertyValue:
    """Message of one value; the device's stamp is zero when it did not say."""
    return PropertyValue(
        name=name,
        value=json.dumps(value.value),
        source=int(Source.CACHE if value.cached else value.source),
        quality=int(value.quality),
        device_stamp=optional_time(value.device_stamp),
        receive_stamp=to_time(value.receive_stamp),
    )


def to_unit(unit: Unit) -> ApplianceUnit:
    """Message of one unit."""
    return ApplianceUnit(
        name=unit.name,
        phase=int(unit.phase),
        phase_text=unit.phase_text,
        remaining=math.nan if unit.remaining is None else unit.remaining,
        total=math.nan if unit.total is None else unit.total,
        door=int(unit.door),
        remote=int(unit.remote),
        hazards=list(unit.hazards),
    )


def to_event(event: Event) -> ApplianceEvent:
    """Message of an event."""
    message = ApplianceEvent(
        slug=event.slug,
        seq=event.seq,
        kind=event.kind,
        name=event.name,
        value=json.dumps(event.value),
        late=event.late,
        duplicate=event.duplicate,
        source=event.source,
        device_stamp=optional_time(event.device_stamp),
    )
    message.header.stamp = to_time(event.stamp)
    return message


def to_capabilities(appliance: Appliance, now: float) -> ApplianceCapabilities:
    """Message of what an appliance can do."""
    device_type = appliance.info.device_type
    message = ApplianceCapabilities(
        slug=appliance.slug,
        properties=[
            ApplianceCapability(
                name=name,
                kind=item.kind,
                readable=item.readable,
                writable=item.writable,
                unit=item.unit,
                read_values=json.dumps(item.read_values),
                write_values=json.dumps(item.write_values),
                heats=can_heat(item, device_type),
            )
            for name, item in sorted(appliance.properties.items())
        ],
        push_codes=_texts(appliance.profile.get("notification"), "push"),
        errors=_texts(appliance.profile.get("error"), ""),
        profile=json.dumps(appliance.profile),
    )
    message.header.stamp = to_time(now)
    return message


def to_info(info: DeviceInfo, place: str, *, online: bool) -> ApplianceInfo:
    """Message of one appliance of the home."""
    return ApplianceInfo(
        slug=info.slug,
        device_id=info.device_id,
        device_type=info.device_type,
        alias=info.alias,
        model=info.model,
        place=place,
        online=online,
    )


def to_precondition(condition: Precondition) -> PreconditionMessage:
    """Message of one condition."""
    return PreconditionMessage(
        name=condition.name,
        met=condition.met,
        known=condition.known,
        message=condition.message,
        suggestion=condition.suggestion,
    )


def optional_time(stamp: float | None) -> Time:
    """Message of a time [s]; zero when there is none."""
    return Time() if stamp is None else to_time(stamp)


def _texts(found: object, key: str) -> list[str]:
    items = found.get(key) if key and isinstance(found, Mapping) else found
    return [str(item) for item in items] if isinstance(items, list) else []
