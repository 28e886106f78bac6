"""What warms and cleans water, and what grows plants with it."""

from __future__ import annotations

from hearth_appliances.simulator.catalogue.leaves import (
    Json,
    by_unit,
    enum,
    numbers,
    pushes,
    span,
)
from hearth_appliances.simulator.machine import Kind, Part
from hearth_appliances.simulator.parts.heat import Body, Climate, TwoUnits

WATER_HEATER: Json = {
    "property": {
        "waterHeaterJobMode": {
            "currentJobMode": enum("HEAT_PUMP", "AUTO", "TURBO", "VACATION", write=True)
        },
        "operation": {"waterHeaterOperationMode": enum("POWER_OFF", "POWER_ON", write=True)},
        "temperatureInUnits": by_unit({"targetTemperature": (35, 60)}, "currentTemperature"),
    }
}
_ROOM_TARGETS = {
    "targetTemperature": (16, 30),
    "airCoolTargetTemperature": (18, 30),
    "airHeatTargetTemperature": (16, 30),
    "waterCoolTargetTemperature": (5, 25),
    "waterHeatTargetTemperature": (15, 55),
}
SYSTEM_BOILER: Json = {
    "property": {
        "boilerJobMode": {"currentJobMode": enum("HEAT", "COOL", "AUTO", write=True)},
        "operation": {
            "boilerOperationMode": enum("POWER_OFF", "POWER_ON", write=True),
            "hotWaterMode": enum("OFF", "ON", write=True),
            "roomTempMode": enum("AIR", "WATER"),
            "roomWaterMode": enum("OUT_WATER", "IN_WATER"),
        },
        "hotWaterTemperatureInUnits": by_unit(
            {"targetTemperature": (30, 80)},
            "currentTemperature", "maxTemperature", "minTemperature",
        ),
        "roomTemperatureInUnits": by_unit(
            _ROOM_TARGETS,
            "currentTemperature", "airCurrentTemperature", "outWaterCurrentTemperature",
            "inWaterCurrentTemperature", "airHeatMaxTemperature", "airHeatMinTemperature",
            "airCoolMaxTemperature", "airCoolMinTemperature", "waterHeatMaxTemperature",
            "waterHeatMinTemperature", "waterCoolMaxTemperature", "waterCoolMinTemperature",
        ),
    }
}  # fmt: skip
WATER_PURIFIER: Json = {
    "notification": pushes("STERILIZING_IS_COMPLETE"),
    "property": {
        "runState": {
            "cockState": enum("NORMAL", "IN_CONTROL"),
            "sterilizingState": enum("NORMAL", "WATER_STERILIZING"),
        },
        "waterInfo": {"waterType": enum("ROOM_TEMPERATURE_WATER", "COLD_WATER", "HOT_WATER")},
    },
}
PLANT_CULTIVATOR: Json = {
    "notification": pushes("WATER_IS_EMPTY"),
    "property": [
        {
            "location": {"locationName": where},
            "runState": {
                "currentState": enum("CULTIVATING", "STOP"),
                "growthMode": enum("STANDARD", "FAST", "DELAY"),
                "windVolume": enum("LOW", "MID", "HIGH"),
            },
            "light": {
                "brightness": span(0, 100),
                **numbers("duration", "startHour", "startMinute"),
            },
            "temperature": {
                "dayTargetTemperature": span(18, 28),
                "nightTargetTemperature": span(16, 24),
                "temperatureState": enum("HIGH", "LOW"),
            },
        }
        for where in ("UPPER", "LOWER")
    ],
}


class Sterilizer(Part):
    """Cleans itself once a day."""

    EVERY, LASTS = 86400.0, 1200.0

    def __init__(self) -> None:
        self._since = 0.0

    def advance(self, elapsed: float) -> None:
        """See the base."""
        self._since = (self._since + elapsed) % self.EVERY
        now = self._since >= self.EVERY - self.LASTS
        name = "MAIN/runState/sterilizingState"
        if self.machine.values[name] == "WATER_STERILIZING" and not now:
            self.machine.notify("STERILIZING_IS_COMPLETE")
        self.machine.set(name, "WATER_STERILIZING" if now else "NORMAL")


class Lamp(Part):
    """Light of a plant cultivator: on for so many hours from so many o'clock."""

    def __init__(self, location: str) -> None:
        self._location = location

    def advance(self, elapsed: float) -> None:
        """See the base."""
        values = self.machine.values
        start = values[f"{self._location}/light/startHour"]
        hour = self.machine.now / 3600.0 % 24.0
        lit = (hour - start) % 24.0 < values[f"{self._location}/light/duration"]
        self.machine.set(f"{self._location}/light/brightness", 80 if lit else 0)
        self.machine.set(
            f"{self._location}/temperature/temperatureState", "HIGH" if lit else "LOW"
        )


def _tank(resource: str, switch: tuple[str, str], around: float = 15.0) -> Climate:
    prefix = f"MAIN/{resource}"
    return Climate(
        Body(45.0, capacity=400e3, loss=2.0),
        current=(f"{prefix}:C/currentTemperature", f"{prefix}:F/currentTemperature"),
        target=f"{prefix}:C/targetTemperature",
        running=switch,
        power=2000.0,
        around=around,
    )


def _degrees(name: str, celsius: int) -> dict[str, int]:
    return {
        name.format(unit="C"): celsius,
        name.format(unit="F"): round(celsius * 1.8 + 32),
    }


_HOT = "MAIN/hotWaterTemperatureInUnits:{unit}"
_ROOM = "MAIN/roomTemperatureInUnits:{unit}"
KINDS = (
    Kind(
        "DEVICE_WATER_HEATER",
        WATER_HEATER,
        lambda: [
            _tank("temperatureInUnits", ("MAIN/operation/waterHeaterOperationMode", "POWER_ON")),
            TwoUnits(),
        ],
        {
            **_degrees("MAIN/temperatureInUnits:{unit}/targetTemperature", 50),
            **_degrees("MAIN/temperatureInUnits:{unit}/currentTemperature", 45),
        },
    ),
    Kind(
        "DEVICE_SYSTEM_BOILER",
        SYSTEM_BOILER,
        lambda: [
            _tank("hotWaterTemperatureInUnits", ("MAIN/operation/hotWaterMode", "ON")),
            Climate(
                Body(19.0, capacity=2.5e6, loss=150.0),
                current=(
                    "MAIN/roomTemperatureInUnits:C/airCurrentTemperature",
                    "MAIN/roomTemperatureInUnits:F/airCurrentTemperature",
                    "MAIN/roomTemperatureInUnits:C/currentTemperature",
                    "MAIN/roomTemperatureInUnits:F/currentTemperature",
                ),
                target="MAIN/roomTemperatureInUnits:C/airHeatTargetTemperature",
                running=("MAIN/operation/boilerOperationMode", "POWER_ON"),
                power=6000.0,
                around=8.0,
            ),
            TwoUnits(),
        ],
        {
            **_degrees(_HOT + "/targetTemperature", 50),
            **_degrees(_HOT + "/currentTemperature", 45),
            **_degrees(_HOT + "/maxTemperature", 80),
            **_degrees(_HOT + "/minTemperature", 30),
            **_degrees(_ROOM + "/targetTemperature", 21),
            **_degrees(_ROOM + "/airHeatTargetTemperature", 21),
            **_degrees(_ROOM + "/airCurrentTemperature", 19),
            **_degrees(_ROOM + "/currentTemperature", 19),
            **_degrees(_ROOM + "/outWaterCurrentTemperature", 32),
            **_degrees(_ROOM + "/inWaterCurrentTemperature", 28),
            **_degrees(_ROOM + "/airHeatMaxTemperature", 30),
            **_degrees(_ROOM + "/airHeatMinTemperature", 16),
            **_degrees(_ROOM + "/airCoolMaxTemperature", 30),
            **_degrees(_ROOM + "/airCoolMinTemperature", 18),
            **_degrees(_ROOM + "/waterHeatMaxTemperature", 55),
            **_degrees(_ROOM + "/waterHeatMinTemperature", 15),
            **_degrees(_ROOM + "/waterCoolMaxTemperature", 25),
            **_degrees(_ROOM + "/waterCoolMinTemperature", 5),
        },
    ),
    Kind("DEVICE_WATER_PURIFIER", WATER_PURIFIER, lambda: [Sterilizer()]),
    Kind(
        "DEVICE_PLANT_CULTIVATOR",
        PLANT_CULTIVATOR,
        lambda: [Lamp("UPPER"), Lamp("LOWER")],
        {
            f"{where}/light/{key}": value
            for where in ("UPPER", "LOWER")
            for key, value in (("duration", 14), ("startHour", 6))
        },
    ),
)
