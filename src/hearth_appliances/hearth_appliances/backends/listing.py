"""The devices of an account as a table: REST only, one call and one for each device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aiohttp

from hearth_appliances.backends.rest import ObservedApi, RestClient
from hearth_appliances.backends.thinq import simulated_connector
from hearth_appliances.core.backend import CloudError, Fault
from hearth_appliances.core.profile import Json
from hearth_appliances.core.secrets import Secret
from hearth_appliances.core.values import DeviceInfo
from hearth_appliances.endpoint import Endpoint

_TELLING = (
    "runState/currentState", "doorStatus/doorState", "timer/remainHour", "timer/remainMinute",
    "OperationMode", "targetTemperatureC", "currentTemperature", "battery/percent",
)  # fmt: skip
_MOST = 4


@dataclass(frozen=True)
class Row:
    """One device."""

    info: DeviceInfo
    online: bool
    says: str


async def list_devices(where: Endpoint | tuple[Secret, str]) -> list[Row]:
    """Ask a cloud: a simulated one, or the vendor's with token and country.

    Raises:
        CloudError: It cannot be asked.
    """
    if isinstance(where, Endpoint):
        connector, token, country = simulated_connector(where), where.token, "KR"
    else:
        connector, token, country = aiohttp.TCPConnector(), where[0].reveal(), where[1]
    session = aiohttp.ClientSession(connector=connector)
    rest = RestClient(session, ObservedApi(session, token, country, "thinq-open-hearth-list"))
    try:
        return [await _row(rest, info) for info in await rest.devices()]
    finally:
        await rest.close()


def table(rows: Sequence[Row]) -> str:
    """For people."""
    cells = [("device", "type", "model", "", "says")]
    cells += [
        (
            row.info.alias,
            row.info.device_type.removeprefix("DEVICE_").lower(),
            row.info.model,
            "online" if row.online else "offline",
            row.says,
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    lines = []
    for line in cells:
        padded = [text.ljust(width) for text, width in zip(line, widths, strict=False)]
        lines.append("  ".join([*padded, line[4]]).rstrip())
    return "\n".join(lines)


async def _row(rest: RestClient, info: DeviceInfo) -> Row:
    try:
        reading = await rest.state(info.device_id)
    except CloudError as error:
        if error.fault not in {Fault.OFFLINE, Fault.GONE}:
            raise
        return Row(info, online=False, says=str(error))
    return Row(info, online=True, says=_summary(reading.values))


def _summary(values: Mapping[str, Json]) -> str:
    told = []
    for wanted in _TELLING:
        names = [name for name in values if name.endswith(wanted)]
        told += [f"{_short(name, alone=len(names) == 1)} {values[name]}" for name in names]
    return ", ".join(told[:_MOST])


def _short(name: str, *, alone: bool) -> str:
    """``location/resource/property`` for people; the location only where there are several."""
    location, _, rest = name.partition("/")
    return rest.rpartition("/")[2] if alone else f"{location} {rest.rpartition('/')[2]}"
