"""What moves, cools, cleans and wets the air."""

from __future__ import annotations

from collections.abc import Callable

from hearth_appliances.simulator.catalogue.leaves import (
    Json,
    air_quality,
    by_unit,
    clock_timers,
    enum,
    flag,
    number,
    numbers,
    pushes,
    sleep_timer,
    span,
)
from hearth_appliances.simulator.machine import Appliance, Kind
from hearth_appliances.simulator.parts.air import Dust, Moisture
from hearth_appliances.simulator.parts.heat import Body, Climate, TwoUnits
from hearth_appliances.simulator.parts.timers import Timers

_STRENGTH = ("LOW", "MID", "HIGH", "AUTO", "POWER")
_POLLUTION = ("odor", "odorLevel", "humidity", "totalPollution", "totalPollutionLevel")


def _switch(name: str, on: str = "POWER_ON", off: str = "POWER_OFF") -> dict[str, Json]:
    return {name: enum(off, on, write=True)}


def _is(name: str, value: str) -> Callable[[Appliance], bool]:
    return lambda machine: machine.values.get(name) == value


AIR_CONDITIONER: Json = {
    "notification": pushes("WATER_IS_FULL", "FILTER_IS_DIRTY"),
    "property": {
        "airConJobMode": {
            "currentJobMode": enum("COOL", "AIR_DRY", "FAN", "AUTO", "HEAT", write=True)
        },
        "operation": {
            **_switch("airConOperationMode"),
            **_switch("airCleanOperationMode", "START", "STOP"),
        },
        "temperatureInUnits": by_unit(
            {
                "targetTemperature": (18, 30),
                "heatTargetTemperature": (16, 30),
                "coolTargetTemperature": (18, 30),
                "autoTargetTemperature": (18, 30),
            },
            "currentTemperature", "minTargetTemperature", "maxTargetTemperature",
        ),
        "twoSetTemperature": {"twoSetEnabled": flag()},
        "twoSetTemperatureInUnits": by_unit(
            {"heatTargetTemperature": (16, 28), "coolTargetTemperature": (18, 30)}
        ),
        "timer": clock_timers("relative", "absolute"),
        "sleepTimer": sleep_timer(),
        "powerSave": {"powerSaveEnabled": flag(write=True)},
        "airFlow": {"windStrength": enum(*_STRENGTH, write=True), "windStep": span(1, 10)},
        "airQualitySensor": air_quality(*_POLLUTION),
        "filterInfo": numbers("usedTime", "filterLifetime", "filterRemainPercent"),
        "display": {"light": enum("ON", "OFF", write=True)},
        "windDirection": {
            name: flag(write=True)
            for name in (
                "airGuideWind", "autoFitWind", "concentrationWind", "forestWind",
                "highCeilingWind", "longPowerWind", "mannerWind", "rotateUpDown",
                "rotateLeftRight", "swirlWind",
            )
        },
    },
}  # fmt: skip
AIR_PURIFIER: Json = {
    "notification": pushes("POLLUTION_IS_HIGH"),
    "property": {
        "airPurifierJobMode": {
            "currentJobMode": enum("CLEAN", "CIRCULATOR", "AUTO", write=True),
            "personalizationMode": enum("OFF", "ON"),
        },
        "operation": _switch("airPurifierOperationMode"),
        "timer": clock_timers("absolute"),
        "sleepTimer": sleep_timer(),
        "airFlow": {"windStrength": enum(*_STRENGTH, write=True)},
        "airQualitySensor": air_quality("PM1Level", "PM2Level", "PM10Level", *_POLLUTION),
        "filterInfo": numbers("topFilterRemainPercent", "filterRemainPercent"),
    },
}
AIR_PURIFIER_FAN: Json = {
    "notification": pushes("POLLUTION_IS_HIGH"),
    "property": {
        "airFanJobMode": {
            "currentJobMode": enum("DIRECT_CLEAN", "SPACE_CLEAN", "AUTO", write=True)
        },
        "operation": _switch("airFanOperationMode"),
        "timer": clock_timers("absolute"),
        "sleepTimer": sleep_timer(),
        "airFlow": {
            "warmMode": enum("WARM_OFF", "WARM_ON", write=True),
            "windTemperature": span(16, 30, write=True),
            "windStrength": enum(*(f"WIND_{step}" for step in range(1, 11)), write=True),
            "windAngle": enum("OFF", "ANGLE_45", "ANGLE_60", "ANGLE_90", write=True),
        },
        "airQualitySensor": air_quality("temperature", *_POLLUTION),
        "display": {"light": enum("LEVEL_3", "LEVEL_1", "LEVEL_2", "OFF", write=True)},
        "misc": {"uvNano": enum("OFF", "ON", write=True)},
    },
}
CEILING_FAN: Json = {
    "property": {
        "operation": _switch("ceilingfanOperationMode"),
        "airFlow": {"windStrength": enum("LOW", "MID", "HIGH", "TURBO", write=True)},
    }
}
DEHUMIDIFIER: Json = {
    "notification": pushes("WATER_IS_FULL"),
    "property": {
        "dehumidifierJobMode": {
            "currentJobMode": enum("SMART_HUMIDITY", "RAPID_HUMIDITY", "QUIET_HUMIDITY")
        },
        "operation": _switch("dehumidifierOperationMode"),
        "humidity": {
            "currentHumidity": number(),
            "targetHumidity": span(30, 70, step=5),
        },
        "airFlow": {"windStrengthLevel": enum("LOW", "MID", "HIGH", write=True)},
    },
}
HUMIDIFIER: Json = {
    "notification": pushes("WATER_IS_EMPTY"),
    "property": {
        "humidifierJobMode": {
            "currentJobMode": enum("HUMIDIFY_AND_AIR_CLEAN", "HUMIDIFY", "AIR_CLEAN", write=True)
        },
        "operation": {
            **_switch("humidifierOperationMode"),
            **{
                name: enum("OFF", "ON", write=True)
                for name in ("autoMode", "sleepMode", "hygieneDryMode")
            },
        },
        "timer": clock_timers("absolute"),
        "sleepTimer": sleep_timer(),
        "humidity": {
            "targetHumidity": span(35, 60, write=True, step=5),
            "warmMode": enum("WARM_OFF", "WARM_ON", write=True),
        },
        "airFlow": {"windStrength": enum("LOW", "MID", "HIGH", write=True)},
        "airQualitySensor": air_quality(
            "totalPollution", "totalPollutionLevel", "humidity", "temperature"
        ),
        "display": {"light": enum("LEVEL_3", "LEVEL_1", "LEVEL_2", "OFF", write=True)},
        "moodLamp": {"moodLampState": enum("OFF", "ON", write=True)},
    },
}
VENTILATOR: Json = {
    "notification": pushes("FILTER_IS_DIRTY"),
    "property": {
        "ventJobMode": {"currentJobMode": enum("VENT_AUTO", "VENT_NATURE", write=True)},
        "operation": _switch("ventOperationMode"),
        "temperature": {"currentTemperature": number(), "unit": "C"},
        "airQualitySensor": numbers("PM1", "PM2", "PM10", "CO2"),
        "airFlow": {"windStrength": enum("LOW", "HIGH", "POWER", write=True)},
        "timer": clock_timers("absolute", "relative"),
        "sleepTimer": sleep_timer(),
    },
}

_AC = "MAIN/operation/airConOperationMode"
_ROOM = "MAIN/temperatureInUnits"


def _timers(name: str) -> Timers:
    return Timers(f"MAIN/operation/{name}", "POWER_ON", "POWER_OFF")


KINDS = (
    Kind(
        "DEVICE_AIR_CONDITIONER",
        AIR_CONDITIONER,
        lambda: [
            Climate(
                Body(27.0, capacity=250e3, loss=120.0),
                current=(f"{_ROOM}:C/currentTemperature", f"{_ROOM}:F/currentTemperature"),
                target=f"{_ROOM}:C/targetTemperature",
                running=(_AC, "POWER_ON"),
                power=2600.0,
                cools=True,
                around=30.0,
            ),
            Dust(_is(_AC, "POWER_ON")),
            _timers("airConOperationMode"),
            TwoUnits(),
        ],
        {
            f"{_ROOM}:C/currentTemperature": 27,
            f"{_ROOM}:F/currentTemperature": 81,
            f"{_ROOM}:C/targetTemperature": 24,
            f"{_ROOM}:F/targetTemperature": 75,
            f"{_ROOM}:C/minTargetTemperature": 18,
            f"{_ROOM}:F/minTargetTemperature": 64,
            f"{_ROOM}:C/maxTargetTemperature": 30,
            f"{_ROOM}:F/maxTargetTemperature": 86,
            "MAIN/filterInfo/filterLifetime": 720,
            "MAIN/filterInfo/filterRemainPercent": 70,
        },
    ),
    Kind(
        "DEVICE_AIR_PURIFIER",
        AIR_PURIFIER,
        lambda: [
            Dust(_is("MAIN/operation/airPurifierOperationMode", "POWER_ON")),
            _timers("airPurifierOperationMode"),
        ],
    ),
    Kind(
        "DEVICE_AIR_PURIFIER_FAN",
        AIR_PURIFIER_FAN,
        lambda: [
            Dust(_is("MAIN/operation/airFanOperationMode", "POWER_ON")),
            _timers("airFanOperationMode"),
        ],
    ),
    Kind("DEVICE_CEILING_FAN", CEILING_FAN),
    Kind(
        "DEVICE_DEHUMIDIFIER",
        DEHUMIDIFIER,
        lambda: [
            Moisture(
                "MAIN/humidity/currentHumidity",
                "MAIN/humidity/targetHumidity",
                _is("MAIN/operation/dehumidifierOperationMode", "POWER_ON"),
                rate=-20.0,
                settles=65.0,
            )
        ],
        {"MAIN/humidity/targetHumidity": 45, "MAIN/humidity/currentHumidity": 65},
    ),
    Kind(
        "DEVICE_HUMIDIFIER",
        HUMIDIFIER,
        lambda: [
            Moisture(
                "MAIN/airQualitySensor/humidity",
                "MAIN/humidity/targetHumidity",
                _is("MAIN/operation/humidifierOperationMode", "POWER_ON"),
                rate=25.0,
                settles=28.0,
            ),
            Dust(_is("MAIN/operation/humidifierOperationMode", "POWER_ON")),
            _timers("humidifierOperationMode"),
        ],
        {"MAIN/humidity/targetHumidity": 50, "MAIN/airQualitySensor/humidity": 28},
    ),
    Kind(
        "DEVICE_VENTILATOR",
        VENTILATOR,
        lambda: [
            Dust(_is("MAIN/operation/ventOperationMode", "POWER_ON")),
            _timers("ventOperationMode"),
        ],
        {"MAIN/temperature/currentTemperature": 23, "MAIN/airQualitySensor/CO2": 600},
    ),
)
