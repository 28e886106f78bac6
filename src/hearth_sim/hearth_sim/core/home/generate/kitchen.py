"""Kitchens: a row along a wall with the refrigerator at one end, and floor to work on."""

from __future__ import annotations

import math

import numpy as np
from hearth_core.home.catalogue import PLACE_KINDS
from hearth_core.home.model import Vec3

from hearth_sim.core.home.generate.plan import Box, NoPlanError
from hearth_sim.core.home.generate.space import THICKNESS, Space, Stand, Wall

FRIDGE_AHEAD = 1.5
"""Free floor before a refrigerator [m]."""
FRIDGE_ASIDE = 1.1
"""The same beside it, where its hinge is [m]."""
DEEP = 0.74
JOINT = 0.003
"""Gap between two cabinets [m]."""


def furnish_kitchen(space: Space) -> None:
    """A row of appliances and counters, then what else finds room.

    Raises:
        NoPlanError: No wall is long enough.
    """
    rng = space.rng
    front = str(rng.choice(["white", "oak", "anthracite", "navy"]))
    for kind in ("counter", "sink_counter", "wall_cabinet"):
        space.finishes[kind] = front
    goods = str(rng.choice(["white", "steel", "anthracite"]))
    for kind in ("refrigerator", "oven", "dishwasher"):
        space.finishes[kind] = goods
    runs = [
        (wall, low, high, forward)
        for wall in space.walls
        for low, high in _free_spans(space, wall)
        for forward in (True, False)
        if high - low > 2.35
    ]
    for i in rng.permutation(len(runs)):
        if _run(space, *runs[i]):
            break
    else:
        raise NoPlanError("no wall for a kitchen")
    counters = [stand for stand in space.stands if stand.kind.name == "counter"]
    if rng.random() < 0.5:
        cupboard = space.at_wall("cupboard", 0.85)
        if cupboard is not None:
            counters.insert(0, cupboard)
    if space.area > 17.0 and rng.random() < 0.5:
        space.somewhere("kitchen_island", (0.95, 0.9, 0.95))
    for counter in counters:
        if counter.size[1] > 0.6 and counter.size[2] < 1.1:
            _microwave(space, counter)
            break
    if rng.random() < 0.8:
        space.at_wall("trash_bin", 0.3, corner=True)
    if rng.random() < 0.3:
        space.at_wall("stool", 0.3, corner=True)


def _free_spans(space: Space, wall: Wall) -> list[tuple[float, float]]:
    """Where along a wall cabinets may stand."""
    spans: list[tuple[float, float]] = []
    start: float | None = None
    step = 0.05
    first = THICKNESS / 2
    for s in np.arange(first, wall.length - first - step / 2, step):
        a, b = wall.at(float(s) + 0.002, first + 0.01), wall.at(float(s) + step - 0.002, DEEP)
        box = Box(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
        if space.free(box):
            start = float(s) if start is None else start
        elif start is not None:
            spans.append((start, float(s)))
            start = None
    if start is not None:
        spans.append((start, wall.length - first))
    return spans


def _run(space: Space, wall: Wall, low: float, high: float, forward: bool) -> bool:
    """Build one row; False and nothing built if the refrigerator does not fit."""
    rng = space.rng
    sign = 1.0 if forward else -1.0
    cursor = (low if forward else high) + sign * float(rng.uniform(0.02, 0.35))
    end = high if forward else low

    def room_left() -> float:
        return sign * (end - cursor)

    def stand(kind: str, size: Vec3, gap: float = 0.01) -> Stand:
        s = cursor + sign * size[1] / 2
        at = wall.at(s, THICKNESS / 2 + gap + size[0] / 2)
        return Stand(PLACE_KINDS[kind], size, at, wall.inward)

    _, size = space.draw("refrigerator")
    size = (max(size[0], 0.66), size[1], size[2])
    fridge = stand("refrigerator", size, 0.03)
    # Someone in front sees the far end of the row on the left when it runs forward.
    beside = {"right": FRIDGE_ASIDE} if forward else {"left": FRIDGE_ASIDE}
    zone = fridge.front(FRIDGE_AHEAD, **beside)
    if not space.free(fridge.box()) or not space.clear(zone):
        return False
    if room_left() - size[1] < 1.5:
        return False
    fridge.extra["hinge"] = "left" if forward else "right"
    space.add(fridge, zone)
    cursor += sign * (size[1] + JOINT + 0.01)
    items = ["sink_counter", "oven", "dishwasher"]
    rng.shuffle(items)
    worktops: list[tuple[float, float]] = []
    for kind in [*items, "counter", "counter", "counter"]:
        _, size = space.draw(kind)
        if kind == "counter":
            if room_left() < 0.38:
                break
            size = (size[0], round(min(size[1], room_left() - 0.01), 3), size[2])
            if 0.01 < room_left() - size[1] < 0.38:
                size = (size[0], round(room_left() - 0.01, 3), size[2])
            if size[1] > 1.3:
                size = (size[0], round(size[1] / 2, 3), size[2])
        if size[1] > room_left():
            continue
        item = stand(kind, size)
        zone = item.front(0.85)
        if not space.free_of_bodies(item.box()) or not space.clear(zone):
            break
        if kind == "counter" and size[1] <= 0.62:
            item.extra["hinge"] = str(rng.choice(["left", "right"]))
        space.add(item, zone)
        if kind != "oven":
            worktops.append((cursor, cursor + sign * size[1]))
        cursor += sign * (size[1] + JOINT)
    _wall_cabinets(space, wall, worktops)
    return True


def _wall_cabinets(space: Space, wall: Wall, worktops: list[tuple[float, float]]) -> None:
    """Upper cabinets over some of the worktops."""
    rng = space.rng
    height = round(float(rng.uniform(0.62, 0.75)), 2)
    for a, b in worktops:
        if rng.random() < 0.35:
            continue
        width = round(abs(b - a) - 0.004, 3)
        size = (0.35, width, height)
        at = wall.at((a + b) / 2, THICKNESS / 2 + 0.005 + size[0] / 2)
        stand = Stand(PLACE_KINDS["wall_cabinet"], size, at, wall.inward)
        stand.extra["elevation"] = 1.45
        if width <= 0.62:
            stand.extra["hinge"] = str(rng.choice(["left", "right"]))
        stand.extra["finish"] = space.finishes["wall_cabinet"]
        space.stands.append(stand)


def _microwave(space: Space, counter: Stand) -> None:
    """On a worktop, near its right end and with its door forward."""
    entry, size = space.draw("microwave")
    if size[1] > counter.size[1] - 0.05 or size[0] > counter.size[0]:
        return
    side = float(space.rng.choice([-1.0, 1.0])) * (counter.size[1] - size[1]) / 2 * 0.9
    pose = counter.pose
    back = -(counter.size[0] - size[0]) / 2 + 0.03
    cos, sin = math.cos(pose.yaw), math.sin(pose.yaw)
    at = (pose.x + cos * back - sin * side, pose.y + sin * back + cos * side)
    stand = Stand(entry, size, at, pose.yaw)
    stand.extra["elevation"] = counter.size[2]
    stand.extra["hinge"] = str(space.rng.choice(["left", "right"]))
    stand.extra["finish"] = space.finishes.get("oven", "white")
    space.stands.append(stand)
