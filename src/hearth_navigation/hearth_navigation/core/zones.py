"""Zones people draw on the map: where not to go, and where to go slowly.

A zones file is YAML: a list of ``{name, kind, polygon: [[x, y], ...]}`` in map [m], with ``kind``
``keep_out`` or ``slow`` (and then ``speed``, a share of the limits) and optionally ``hours:
[from, to]``, the hours of the day it holds, across midnight if ``from`` is the later one. Instead
of a polygon ``room`` may name one of the home.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import yaml
from hearth_core.errors import FileFormatError, UnknownNameError
from hearth_core.geometry import Pose2
from hearth_core.home import Home
from hearth_core.home.plane import contains

from hearth_navigation.core.grid import Grid

Mask = npt.NDArray[np.bool_]
KINDS = ("keep_out", "slow")


@dataclass(frozen=True)
class Zone:
    """One polygon and what holds in it."""

    name: str
    kind: str
    polygon: tuple[tuple[float, float], ...]
    speed: float = 1.0
    """Share of the speed limits in a slow zone."""
    hours: tuple[float, float] | None = None
    """Hours of the day it holds; None: always."""

    def holds(self, hour: float | None) -> bool:
        """Whether it holds at this hour of the day; at an unknown hour it does."""
        if self.hours is None or hour is None:
            return True
        first, last = self.hours
        return first <= hour < last if first <= last else hour >= first or hour < last


@dataclass(frozen=True)
class Zones:
    """All zones that hold."""

    zones: tuple[Zone, ...]

    def at(self, hour: float | None) -> Zones:
        """Those that hold at this hour of the day."""
        return Zones(tuple(zone for zone in self.zones if zone.holds(hour)))

    def speed_at(self, pose: Pose2) -> float:
        """Share of the speed limits allowed here."""
        slow = [
            z.speed
            for z in self.zones
            if z.kind == "slow" and contains(z.polygon, (pose.x, pose.y))
        ]
        return min(slow, default=1.0)

    def keep_out(self, grid: Grid) -> Mask:
        """Cells that no part of the robot may enter."""
        area = np.zeros(grid.cells.shape, np.uint8)
        for zone in self.zones:
            if zone.kind == "keep_out":
                corners = (np.array(zone.polygon) - np.array(grid.origin)) / grid.resolution - 0.5
                cv2.fillPoly(area, [np.round(corners).astype(np.int32)], 1)
        return area.astype(np.bool_)


def load_zones(path: Path, home: Home | None) -> Zones:
    """Read a zones file.

    Raises:
        FileFormatError: It is missing or says something it may not say.
    """
    name = str(path)
    try:
        rows = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise FileFormatError(name, "", f"cannot be read: {error}") from error
    if not isinstance(rows, list):
        raise FileFormatError(name, "", "must be a list of zones")
    return Zones(tuple(_zone(name, k, row, home) for k, row in enumerate(rows)))


def _zone(file: str, number: int, row: Any, home: Home | None) -> Zone:
    place = f"[{number}]"
    if not isinstance(row, dict) or row.get("kind") not in KINDS:
        raise FileFormatError(file, f"{place}.kind", f"must be one of {list(KINDS)}")
    try:
        if "room" in row:
            if home is None:
                raise FileFormatError(file, f"{place}.room", "needs the navigator's `home`")
            polygon = home.room(str(row["room"])).polygon
        else:
            polygon = tuple((float(x), float(y)) for x, y in row["polygon"])
        speed = float(row.get("speed", 1.0 if row["kind"] == "keep_out" else 0.5))
        hours = row.get("hours")
        span = None if hours is None else (float(hours[0]), float(hours[1]))
    except UnknownNameError as error:
        raise FileFormatError(file, f"{place}.room", str(error)) from error
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise FileFormatError(file, place, f"not a zone: {error!r}") from error
    if len(polygon) < 3 or not all(math.isfinite(v) for corner in polygon for v in corner):
        raise FileFormatError(file, f"{place}.polygon", "needs 3 finite corners or more")
    if not 0.0 < speed <= 1.0:
        raise FileFormatError(file, f"{place}.speed", f"must be in (0, 1], got {speed}")
    return Zone(str(row.get("name", place)), str(row["kind"]), polygon, speed, span)
