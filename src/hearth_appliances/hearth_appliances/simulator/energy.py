"""Used energy, as the cloud counts it: by day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import parse_qs

from hearth_appliances.core.profile import Json

DAY = 86400.0


def energy_usage(by_day: Mapping[int, float], query: str) -> Json:
    """The ``result`` of an energy request.

    Args:
        by_day: Energy [Wh] by days since 1970.
        query: ``property=...&period=DAILY&startDate=20260101&endDate=20260102``.
    """
    asked = {key: values[0] for key, values in parse_qs(query).items()}
    first, last = _day(asked.get("startDate", "")), _day(asked.get("endDate", ""))
    rows = [
        {
            "usedDate": date.fromordinal(day + date(1970, 1, 1).toordinal()).strftime("%Y%m%d"),
            "energyUsage": round(used),
        }
        for day, used in sorted(by_day.items())
        if (first is None or day >= first) and (last is None or day <= last)
    ]
    return {"property": asked.get("property", "energyUsage"), "dataList": rows}


def _day(text: str) -> int | None:
    if len(text) != 8 or not text.isdigit():
        return None
    try:
        moment = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
    return moment.toordinal() - date(1970, 1, 1).toordinal()
