"""Furniture for every kind of room but kitchens."""

from __future__ import annotations

import math
from collections.abc import Callable

from hearth_core.geometry import Pose2
from hearth_core.home.catalogue import PLACE_KINDS
from hearth_core.home.model import Vec3

from hearth_sim.core.home.generate.kitchen import furnish_kitchen
from hearth_sim.core.home.generate.plan import Box, NoPlanError
from hearth_sim.core.home.generate.space import Space, Stand


def _relative(base: Stand, kind: str, size: Vec3, local: Pose2) -> Stand:
    pose = base.pose @ local
    return Stand(PLACE_KINDS[kind], size, (pose.x, pose.y), pose.yaw)


def _maybe(space: Space, chance: float, kind: str, ahead: float, corner: bool = False) -> None:
    if space.rng.random() < chance:
        space.at_wall(kind, ahead, corner=corner)


def furnish_dining(space: Space) -> None:
    """A table whose +x side stays free, and chairs on the others.

    Raises:
        NoPlanError: There is no room for it.
    """
    rng = space.rng
    for margins in ((0.95, 0.78, 0.78), (0.95, 0.45, 0.60), (0.95, 0.05, 0.05)):
        table = space.somewhere("dining_table", margins, 120)
        if table is not None:
            break
    else:
        raise NoPlanError("no room for a dining table")
    depth, width, _ = table.size
    _, seat = space.draw("chair")
    tuck = float(rng.uniform(0.03, 0.10))
    spots: list[Pose2] = []
    if margins[2] > 0.5:
        x = -(depth / 2 + seat[0] / 2 - tuck)
        count = 1 if width < 1.3 else 2
        spots += [Pose2(x, (i - (count - 1) / 2) * width / 2) for i in range(count)]
    if margins[1] > 0.7:
        y = width / 2 + seat[0] / 2 - tuck
        spots += [Pose2(0.0, y, -math.pi / 2), Pose2(0.0, -y, math.pi / 2)]
    for spot in spots:
        if rng.random() < 0.85:
            space.add(_relative(table, "chair", seat, spot))


def furnish_living(space: Space) -> None:
    """Dining table first, then seats before a television, then the rest."""
    rng = space.rng
    furnish_dining(space)
    _seats(space)
    _maybe(space, 0.6, "armchair", 0.7)
    _maybe(space, 0.7, "bookshelf", 0.75)
    _maybe(space, 0.4, "cupboard", 0.8)
    if space.area > 26.0 and rng.random() < 0.4:
        _desk(space)
    _maybe(space, 0.7, "plant", 0.0, corner=True)
    _maybe(space, 0.6, "floor_lamp", 0.0, corner=True)
    _maybe(space, 0.4, "side_table", 0.4, corner=True)


def _seats(space: Space) -> None:
    rng = space.rng
    for _ in range(6):
        tv = space.at_wall("tv_stand", 0.0)
        if tv is None:
            break
        _, size = space.draw("sofa")
        for distance in (2.6, 2.3, 2.0, 1.8):
            sofa = _relative(
                tv, "sofa", size, Pose2(tv.size[0] / 2 + distance + size[0] / 2, 0.0, math.pi)
            )
            between = tv.front(distance)
            if space.free(sofa.box()) and space.clear(between):
                space.add(sofa, between)
                _coffee_table(space, sofa)
                return
        space.stands.remove(tv)
        space.bodies.remove(tv.box())
    lonely = space.at_wall("sofa", 1.3) or space.at_wall("armchair", 0.8)
    if lonely is not None and rng.random() < 0.8:
        _coffee_table(space, lonely)


def _coffee_table(space: Space, sofa: Stand) -> None:
    entry, size = space.draw("coffee_table")
    local = Pose2(sofa.size[0] / 2 + 0.42 + size[0] / 2, 0.0, math.pi)
    table = _relative(sofa, entry.name, size, local)
    if space.clear(table.box()):
        space.add(table)
        kind, extent = space.draw("rug")
        rug = _relative(sofa, kind.name, extent, local)
        if space.rng.random() < 0.7 and space.inside(rug.box()):
            space.add(rug)


def _desk(space: Space) -> None:
    desk = space.at_wall("desk", 0.95)
    if desk is None:
        return
    kind = str(space.rng.choice(["office_chair", "chair"]))
    _, size = space.draw(kind)
    local = Pose2(desk.size[0] / 2 + size[0] / 2 - 0.05, 0.0, math.pi)
    space.add(_relative(desk, kind, size, local))


def furnish_bedroom(space: Space) -> None:
    """A bed with its head to a wall, nightstands, a wardrobe and what else fits.

    Raises:
        NoPlanError: There is no room for a bed.
    """
    _, size = space.draw("bed")
    for width, beside in ((size[1], 0.5), (1.4, 0.45), (0.95, 0.0), (0.9, 0.0)):
        bed = space.at_wall("bed", 0.5, beside=beside, gap=0.02, size=(size[0], width, size[2]))
        if bed is not None:
            break
    else:
        raise NoPlanError("no room for a bed")
    _, small = space.draw("nightstand")
    for side in (-1.0, 1.0):
        y = side * (bed.size[1] / 2 + small[1] / 2 + 0.03)
        local = Pose2(-bed.size[0] / 2 + small[0] / 2, y)
        stand = _relative(bed, "nightstand", small, local)
        if space.free(stand.box()) and space.clear(stand.front(0.4)):
            space.add(stand, stand.front(0.4))
    space.at_wall("wardrobe", 0.8)
    _maybe(space, 0.6, "dresser", 0.75)
    if space.rng.random() < 0.35:
        _desk(space)
    _maybe(space, 0.4, "armchair", 0.6)
    _maybe(space, 0.4, "floor_lamp", 0.0, corner=True)
    _maybe(space, 0.3, "stool", 0.0, corner=True)


def furnish_bathroom(space: Space) -> None:
    """Toilet, washbasin, a tub or a shower."""
    rng = space.rng
    order = ["bathtub", "shower"] if rng.random() < 0.6 else ["shower", "bathtub"]
    for kind in order:
        if space.at_wall(kind, 0.6, corner=True) is not None:
            break
    space.at_wall("toilet", 0.55, beside=0.12)
    space.at_wall("washbasin", 0.65)
    _maybe(space, 0.6, "laundry_basket", 0.3, corner=True)
    _maybe(space, 0.3, "trash_bin", 0.2, corner=True)


def furnish_utility(space: Space) -> None:
    """Washing machine, dryer, rack, basket."""
    rng = space.rng
    machine = space.at_wall("washing_machine", 0.9, gap=0.03, corner=True)
    if machine is not None:
        machine.extra["hinge"] = str(rng.choice(["left", "right"]))
    if rng.random() < 0.6:
        dryer = space.at_wall("dryer", 0.9, gap=0.03, corner=True)
        if dryer is not None:
            dryer.extra["hinge"] = str(rng.choice(["left", "right"]))
    _maybe(space, 0.8, "storage_rack", 0.75)
    _maybe(space, 0.6, "laundry_basket", 0.3, corner=True)
    _maybe(space, 0.3, "cupboard", 0.8)


def furnish_office(space: Space) -> None:
    """A desk, shelves, a chair to read in."""
    _desk(space)
    space.at_wall("bookshelf", 0.75)
    _maybe(space, 0.5, "bookshelf", 0.75)
    _maybe(space, 0.4, "armchair", 0.6)
    _maybe(space, 0.6, "plant", 0.0, corner=True)
    _maybe(space, 0.4, "trash_bin", 0.2, corner=True)


def furnish_storage(space: Space) -> None:
    """Racks and a cupboard."""
    space.at_wall("storage_rack", 0.75)
    _maybe(space, 0.6, "storage_rack", 0.75)
    _maybe(space, 0.5, "cupboard", 0.8)


def furnish_hall(space: Space) -> None:
    """Narrow things against the walls, never across the way."""
    _maybe(space, 0.7, "shoe_rack", 0.84)
    _maybe(space, 0.5, "console", 0.84)
    _maybe(space, 0.4, "plant", 0.84, corner=True)


FURNISHERS: dict[str, Callable[[Space], None]] = {
    "living": furnish_living,
    "kitchen": furnish_kitchen,
    "bedroom": furnish_bedroom,
    "bathroom": furnish_bathroom,
    "utility": furnish_utility,
    "office": furnish_office,
    "storage": furnish_storage,
    "hall": furnish_hall,
}


def charger_zone(space: Space) -> tuple[Pose2, Box] | None:
    """A pose on a charger with its back to a wall and floor before it; None: nowhere."""
    walls = space.walls
    spots = [
        (wall, 0.45 + 0.1 * k)
        for wall in walls
        for k in range(max(0, int((wall.length - 0.9) / 0.1) + 1))
    ]
    for i in space.rng.permutation(len(spots)):
        wall, s = spots[i]
        at = wall.at(s, 0.50)
        dock = Stand(PLACE_KINDS["shoe_rack"], (0.9, 0.7, 0.3), at, wall.inward)
        zone = dock.front(0.45)
        if space.free(dock.box()) and space.clear(zone):
            box = dock.box(ahead=0.45)
            return Pose2(at[0], at[1], wall.inward), box
    return None
