"""Refrigerators and wine cellars."""

from __future__ import annotations

from collections.abc import Sequence

from hearth_appliances.simulator.catalogue.leaves import (
    DOOR,
    Json,
    celsius_and_fahrenheit,
    enum,
    flag,
    number,
    numbers,
    pushes,
    span,
)
from hearth_appliances.simulator.machine import Kind, Part
from hearth_appliances.simulator.parts.heat import Compartment, TwoUnits

_UNITS = "temperatureInUnits"
REFRIGERATOR: Json = {
    "notification": pushes("DOOR_IS_OPEN"),
    "property": {
        "doorStatus": [{"locationName": "MAIN", "doorState": DOOR}],
        _UNITS: [
            {"locationName": "FRIDGE", **celsius_and_fahrenheit(1, 7)},
            {"locationName": "FREEZER", **celsius_and_fahrenheit(-24, -14)},
        ],
        # The older resource beside the new one: documented, dropped by the SDK.
        "temperature": [
            {"locationName": "FRIDGE", "targetTemperature": span(1, 7), "unit": "C"},
            {"locationName": "FREEZER", "targetTemperature": span(-24, -14), "unit": "C"},
        ],
        "refrigeration": {
            "rapidFreeze": flag(write=True),
            "expressMode": flag(write=True),
            "expressModeName": enum("EXPRESS_FREEZE", "RAPID_FREEZE"),
            "expressFridge": flag(write=True),
            "freshAirFilter": enum("AUTO", "POWER", "OFF", write=("AUTO", "POWER")),
            "freshAirFilterRemainPercent": number(),
        },
        "powerSave": {"powerSaveEnabled": flag()},
        "ecoFriendly": {"ecoFriendlyMode": flag()},
        "sabbath": {"sabbathMode": flag()},
        "waterFilterInfo": {
            "usedTime": number(),
            "unit": "month",
            "waterFilterState": enum("GOOD", "REPLACE"),
            **numbers(*(f"waterFilter{index}RemainPercent" for index in (1, 2, 3))),
        },
    },
}
KIMCHI: Json = {
    "notification": pushes("DOOR_IS_OPEN"),
    "property": {
        "temperature": [
            {"locationName": where, "targetTemperature": span(-2, 6), "unit": "C"}
            for where in ("TOP", "MIDDLE", "BOTTOM")
        ],
        "refrigeration": {
            "oneTouchFilter": enum("AUTO", "OFF"),
            "freshAirFilter": enum("AUTO", "POWER", "OFF"),
        },
    },
}
WINE_CELLAR: Json = {
    "notification": pushes("DOOR_IS_OPEN"),
    "property": {
        _UNITS: [
            {"locationName": where, **celsius_and_fahrenheit(5, 18)}
            for where in ("WINE_UPPER", "WINE_MIDDLE", "WINE_LOWER")
        ],
        "operation": {
            "lightBrightness": enum("OFF", "30%", "60%", "100%", write=True),
            "optimalHumidity": enum("OFF", "ON", write=True),
            "sabbathMode": enum("OFF", "ON"),
            "lightStatus": span(0, 100, write=True),
        },
    },
}


def _refrigerator() -> Sequence[Part]:
    return (
        Compartment("FRIDGE/temperatureInUnits/targetTemperatureC", 4.0, alarm=True),
        Compartment("FREEZER/temperatureInUnits/targetTemperatureC", -18.0),
        Mirror({
            f"{where}/temperatureInUnits/targetTemperatureC":
                f"{where}/temperature/targetTemperature"
            for where in ("FRIDGE", "FREEZER")
        }),
        TwoUnits(),
    )  # fmt: skip


class Mirror(Part):
    """The same value under an older name."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def advance(self, elapsed: float) -> None:
        """See the base."""
        for name, older in self._names.items():
            self.machine.set(older, self.machine.values[name])


def _both(where: str, celsius: int) -> dict[str, int]:
    name = f"{where}/{_UNITS}/targetTemperature"
    return {f"{name}C": celsius, f"{name}F": round(celsius * 1.8 + 32)}


KINDS = (
    Kind(
        "DEVICE_REFRIGERATOR",
        REFRIGERATOR,
        _refrigerator,
        {
            **_both("FRIDGE", 3),
            **_both("FREEZER", -18),
            "FRIDGE/temperature/targetTemperature": 3,
            "FREEZER/temperature/targetTemperature": -18,
            "MAIN/waterFilterInfo/usedTime": 2,
            "MAIN/refrigeration/freshAirFilterRemainPercent": 80,
            **{f"MAIN/waterFilterInfo/waterFilter{i}RemainPercent": 90 for i in (1, 2, 3)},
        },
        door="MAIN/doorStatus/doorState",
    ),
    Kind(
        "DEVICE_KIMCHI_REFRIGERATOR",
        KIMCHI,
        lambda: [
            Compartment(f"{where}/temperature/targetTemperature", 1.0, alarm=where == "TOP")
            for where in ("TOP", "MIDDLE", "BOTTOM")
        ],
        {f"{where}/temperature/targetTemperature": 1 for where in ("TOP", "MIDDLE", "BOTTOM")},
    ),
    Kind(
        "DEVICE_WINE_CELLAR",
        WINE_CELLAR,
        lambda: [
            *(
                Compartment(
                    f"{where}/{_UNITS}/targetTemperatureC", 12.0, alarm=where == "WINE_UPPER"
                )
                for where in ("WINE_UPPER", "WINE_MIDDLE", "WINE_LOWER")
            ),
            TwoUnits(),
        ],
        {
            key: value
            for where in ("WINE_UPPER", "WINE_MIDDLE", "WINE_LOWER")
            for key, value in _both(where, 12).items()
        },
    ),
)
