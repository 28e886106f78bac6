"""Loose things: on tables and boards, in containers, on the floor."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hearth_core.geometry import Pose2
from hearth_core.home import Home, Place, Surface
from hearth_core.home.catalogue import OBJECT_KINDS

from hearth_sim.core.home.footprint import Footprint, of_place
from hearth_sim.core.home.generate.plan import Rng
from hearth_sim.core.home.occupancy import nominal_occupancy

COLD = ("bottle", "can", "yogurt", "box")
HABITS: dict[str, tuple[str, ...]] = {
    "dining_table": ("plate", "bowl", "glass", "mug", "apple", "croissant"),
    "coffee_table": ("remote_control", "book", "mug", "can"),
    "side_table": ("book", "glass", "remote_control"),
    "tv_stand": ("remote_control", "toy_block", "book"),
    "desk": ("book", "mug", "can", "apple"),
    "console": ("book", "box", "bottle"),
    "counter": ("mug", "plate", "croissant", "box", "bottle", "bowl"),
    "sink_counter": ("sponge", "glass", "mug"),
    "dishwasher": ("plate", "mug", "bowl", "glass"),
    "oven": ("bowl",),
    "kitchen_island": ("apple", "bowl", "croissant", "plate"),
    "cupboard": ("box", "bowl", "book", "mug", "can"),
    "bookshelf": ("book", "toy_block", "box"),
    "storage_rack": ("detergent", "box", "bottle", "can"),
    "nightstand": ("book", "glass", "bottle"),
    "dresser": ("book", "toy_block", "remote_control"),
    "washbasin": (),
    "washing_machine": ("detergent",),
    "dryer": ("detergent",),
    "shoe_rack": ("slipper",),
    "wall_cabinet": ("glass", "mug", "plate", "box"),
    "sofa": ("remote_control", "book"),
    "microwave": ("mug",),
}
"""What people leave where."""
CLUTTER = ("slipper", "ball", "toy_block", "book")


class Layer:
    """Things being put into one home."""

    def __init__(self, home: Home, rng: Rng) -> None:
        self.home, self.rng = home, rng
        self.entries: list[dict[str, Any]] = []
        self._taken: dict[str, list[Footprint]] = {}
        self._counts: dict[str, int] = {}

    def put(
        self, place: Place, surface: Surface, label: str, x: tuple[float, float] = (0.0, 1.0)
    ) -> bool:
        """Put a thing on a surface, within a share of its depth; False: no room."""
        kind = OBJECT_KINDS[label]
        scale = float(self.rng.uniform(0.92, 1.08)) if label != "milk_carton" else 1.0
        size = [round(extent * scale, 3) for extent in kind.size]
        rect = surface.rectangle
        if surface.clearance is not None and size[2] > surface.clearance - 0.02:
            return False
        for _ in range(30):
            yaw = float(self.rng.uniform(-0.4, 0.4))
            reach = math.hypot(size[0], size[1]) / 2 + 0.012
            low = rect.x_min + x[0] * rect.size[0] + reach
            high = rect.x_min + x[1] * rect.size[0] - reach
            if low >= high or rect.size[1] <= 2 * reach:
                return False
            at = Pose2(
                float(self.rng.uniform(low, high)),
                float(self.rng.uniform(rect.y_min + reach, rect.y_max - reach)),
                yaw,
            )
            if self._try(place, surface, label, size, at):
                return True
        return False

    def put_at(
        self, place: Place, surface: Surface, label: str, size: list[float], at: Pose2
    ) -> bool:
        """Put a thing exactly there; False: something is in the way."""
        return self._try(place, surface, label, size, at)

    def reserve(self, place: Place, surface: Surface, area: Footprint) -> None:
        """Keep a rectangle of a surface free."""
        self._taken.setdefault(f"{place.name}/{surface.name}", []).append(area)

    def _try(
        self, place: Place, surface: Surface, label: str, size: list[float], at: Pose2
    ) -> bool:
        where = f"{place.name}/{surface.name}"
        body = Footprint(at, (size[0] / 2, size[1] / 2))
        if any(body.grown(0.012).overlaps(other) for other in self._taken.get(where, [])):
            return False
        low = surface.height + 0.005
        stands = Footprint(place.pose @ at, body.half, low, low + size[2]).grown(0.012)
        for other in self.home.places_in(place.room):
            if other.name != place.name and stands.overlaps(of_place(other)):
                return False
        self._taken.setdefault(where, []).append(body)
        self._enter(label, where, (at.x, at.y), at.yaw, size)
        return True

    def _enter(
        self, label: str, where: str, at: tuple[float, float], yaw: float, size: list[float]
    ) -> None:
        self._counts[label] = self._counts.get(label, 0) + 1
        self.entries.append(
            {
                "name": f"{label}_{self._counts[label]}",
                "kind": label,
                "where": where,
                "at": [round(at[0], 4), round(at[1], 4)],
                "turned": round(math.degrees(yaw), 1),
                "size": size,
                "colour": str(self.rng.choice(OBJECT_KINDS[label].colours)),
            }
        )

    def on_floor(self, label: str, at: tuple[float, float], yaw: float) -> None:
        """Leave a thing on the floor."""
        self._enter(label, "floor", at, yaw, [round(e, 3) for e in OBJECT_KINDS[label].size])


def place_things(home: Home, rng: Rng) -> list[dict[str, Any]]:
    """Entries of a home file for loose things; a milk carton in the refrigerator first."""
    layer = Layer(home, rng)
    _fill_refrigerator(layer)
    surfaces = [
        (place, surface)
        for place in home.places
        for surface in place.surfaces
        if HABITS.get(place.kind) and surface.name not in {"basin", "hob"}
    ]
    # Tops first, so that at least ten different surfaces carry something.
    drawn = rng.permutation(len(surfaces))
    order = sorted(drawn.tolist(), key=lambda i: bool(surfaces[i][1].behind))
    used = 0
    for i in order:
        place, surface = surfaces[i]
        if used >= 10 and rng.random() < (0.8 if surface.behind else 0.45):
            continue
        if len(layer.entries) > 28:
            break
        habits = HABITS[place.kind]
        wanted = int(rng.integers(2, 5)) if place.kind == "dining_table" else 1
        wanted += bool(rng.random() < 0.3)
        # The side people use stays free on tables, so that something can be put down there.
        depth = (0.0, 0.55) if place.kind == "dining_table" else (0.0, 1.0)
        done = [layer.put(place, surface, str(rng.choice(habits)), depth) for _ in range(wanted)]
        used += any(done)
    _clutter(layer)
    return layer.entries


def _fill_refrigerator(layer: Layer) -> None:
    """Milk near the front of the shelf a robot reaches best, other things behind and about."""
    rng = layer.rng
    fridge = next(place for place in layer.home.places if place.kind == "refrigerator")
    shelf = next(s for s in fridge.surfaces if 0.80 <= s.height <= 1.15)
    rect = shelf.rectangle
    size = list(OBJECT_KINDS["milk_carton"].size)
    side = rect.size[1] / 2 - size[1] / 2 - 0.08
    milk = Pose2(
        rect.x_max - size[0] / 2 - float(rng.uniform(0.03, 0.13)),
        float(rng.uniform(-side, side)),
        float(rng.uniform(-0.3, 0.3)),
    )
    layer.put_at(fridge, shelf, "milk_carton", size, milk)
    # A lane to the front and room for fingers beside it.
    reach = rect.x_max - milk.x
    lane = Footprint(
        Pose2(milk.x + reach / 2, milk.y), (reach / 2 + size[0] / 2, size[1] / 2 + 0.075)
    )
    layer.reserve(fridge, shelf, lane)
    for _ in range(int(rng.integers(2, 5))):
        layer.put(fridge, shelf, str(rng.choice(COLD)))
    for other in fridge.surfaces:
        if other.name != shelf.name and rng.random() < 0.7:
            layer.put(fridge, other, str(rng.choice(COLD)))


def _clutter(layer: Layer) -> None:
    """A few things on the floor, near furniture and walls, off the ways."""
    home, rng = layer.home, layer.rng
    floor = nominal_occupancy(home, 0.05)
    clearance = floor.clearance()
    near = (clearance > 0.17) & (clearance < 0.26)
    for door in home.doorways:
        row, column = floor.cell(door.position)
        reach = int(1.1 / floor.resolution)
        near[max(0, row - reach) : row + reach, max(0, column - reach) : column + reach] = False
    for place in home.places:
        if place.kind in {"refrigerator", "dining_table"}:
            row, column = floor.cell((place.pose.x, place.pose.y))
            reach = int(2.6 / floor.resolution)
            near[max(0, row - reach) : row + reach, max(0, column - reach) : column + reach] = (
                False
            )
    row, column = floor.cell((home.charger.x, home.charger.y))
    reach = int(1.2 / floor.resolution)
    near[max(0, row - reach) : row + reach, max(0, column - reach) : column + reach] = False
    cells = np.argwhere(near)
    spots: list[tuple[float, float]] = []
    for _ in range(int(rng.integers(1, 5))):
        if len(cells) == 0:
            return
        row, column = cells[int(rng.integers(len(cells)))]
        x, y = floor.point(int(row), int(column))
        if home.room_at(x, y) is None or any(math.dist((x, y), spot) < 0.5 for spot in spots):
            continue
        spots.append((x, y))
        layer.on_floor(str(rng.choice(CLUTTER)), (x, y), float(rng.uniform(-3.1, 3.1)))
