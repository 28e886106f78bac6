"""Furniture that keeps things: boards, doors and drawers."""

from __future__ import annotations

from hearth_core.home import JointKind, Place
from hearth_core.home.catalogue.furniture import FRONT
from hearth_core.home.catalogue.rules import BOARD

from hearth_sim.core.home.appliances import plate
from hearth_sim.core.home.articulation import Moving, add_leaf, add_moving
from hearth_sim.core.home.textures import wood
from hearth_sim.core.home.workshop import Body, Workshop


def carcass(
    shop: Workshop, body: Body, place: Place, *, x_front: float, low: float, finish: str
) -> None:
    """Back, sides, bottom and lid of a cabinet, open at ``x_front``."""
    depth, width, _ = place.size
    high = place.elevation + place.size[2]
    x0, middle = -depth / 2, (x_front - depth / 2) / 2
    span = x_front + depth / 2
    inner = high - low
    shop.box(
        body, (x0 + 0.005, 0.0, (low + high) / 2), (0.01, width - 0.002, inner - 0.002), finish
    )
    for side in (-1.0, 1.0):
        y = side * (width / 2 - BOARD / 2)
        shop.box(body, (middle, y, (low + high) / 2), (span, BOARD, inner), finish)
    shop.box(
        body, (middle, 0.0, low + BOARD / 2), (span - 0.002, width - 2 * BOARD, BOARD), finish
    )


def lid(shop: Workshop, body: Body, place: Place, finish: str, thickness: float = BOARD) -> None:
    """The board on top, over the fronts."""
    depth, width, height = place.size
    z = place.elevation + height - thickness / 2
    shop.box(body, (0.0, 0.0, z), (depth, width, thickness), finish)


def cupboard(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """Cupboards, wardrobes, counters and wall cabinets: boards behind hinged doors."""
    finish = wood(place.finish)
    depth, width, _ = place.size
    low = place.elevation + (0.08 if place.elevation == 0.0 else 0.0)
    carcass(shop, body, place, x_front=depth / 2 - FRONT - 0.002, low=low, finish=finish)
    top = "worktop" if place.kind == "counter" else finish
    thickness = 0.03 if place.kind == "counter" else BOARD
    # The lid lies behind the fronts, which reach to the top.
    x_front = depth / 2 - FRONT - 0.002
    span = x_front + depth / 2
    z = place.elevation + place.size[2] - thickness / 2
    shop.box(body, ((x_front - depth / 2) / 2, 0.0, z), (span, width, thickness), top)
    for surface in place.surfaces:
        if surface.behind and surface.name != "shelf_1":
            plate(shop, body, surface, BOARD, finish)
    if place.elevation == 0.0:
        shop.box(body, (-0.03, 0.0, 0.04), (depth - 0.08, width - 0.02, 0.08), "rubber")
    moving = []
    for joint in place.joints:
        part = add_moving(shop, body, place, joint)
        add_leaf(shop, part, finish)
        moving.append(part)
    return moving


def drawers(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """Dressers and nightstands: boxes that slide out under a top."""
    finish = wood(place.finish)
    depth, _, _ = place.size
    low = 0.06 if place.kind == "dresser" else place.size[2] - 0.24
    carcass(shop, body, place, x_front=depth / 2 - FRONT - 0.002, low=low, finish=finish)
    lid(shop, body, place, finish)
    feet(shop, body, place, low, finish)
    moving = []
    for joint in place.joints:
        part = add_moving(shop, body, place, joint)
        add_leaf(shop, part, finish)
        tray(shop, part, place)
        moving.append(part)
    return moving


def tray(shop: Workshop, part: Moving, place: Place) -> None:
    """The box behind a drawer's front: its floor is the surface of the drawer's name."""
    assert part.joint.kind is JointKind.SLIDING
    surface = place.surface(part.joint.name)
    rect, board = surface.rectangle, 0.01
    (x, y), (depth, width) = rect.centre, rect.size
    rise = min(0.10, (surface.clearance or 0.1) - 0.01)
    floor = (x, y, surface.height - board / 2)
    shop.box(part.body, part.local(floor), (depth, width, board), "wood_pine", mass=0.5)
    z = surface.height + rise / 2
    for side in (-1.0, 1.0):
        wall = (x, y + side * (width / 2 + board / 2), z)
        shop.box(part.body, part.local(wall), (depth, board, rise), "wood_pine", mass=0.2)
    back = (rect.x_min - board / 2, y, z)
    shop.box(part.body, part.local(back), (board, width, rise), "wood_pine", mass=0.2)


def feet(shop: Workshop, body: Body, place: Place, height: float, finish: str) -> None:
    """Four short legs at the corners."""
    depth, width, _ = place.size
    for x in (-depth / 2 + 0.03, depth / 2 - 0.04):
        for y in (-width / 2 + 0.03, width / 2 - 0.03):
            shop.box(body, (x, y, height / 2), (0.04, 0.04, height), finish)


def shelves(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """Bookshelves, racks, shoe racks: open boards between two sides."""
    finish = wood(place.finish)
    depth, width, height = place.size
    for side in (-1.0, 1.0):
        y = side * (width / 2 - BOARD / 2)
        shop.box(body, (0.0, y, height / 2), (depth, BOARD, height), finish)
    if place.kind != "storage_rack":
        back = (0.008, width - 2 * BOARD, height - 0.07)
        shop.box(body, (-depth / 2 + 0.004, 0.0, height / 2 + 0.035), back, finish)
    inner = width - 2 * BOARD
    for surface in place.surfaces:
        if surface.name != "top":
            z = surface.height - BOARD / 2
            shop.box(body, (0.0, 0.0, z), (depth - 0.002, inner, BOARD), finish)
    z = height - BOARD / 2
    shop.box(body, (0.0, 0.0, z), (depth - 0.002, inner, BOARD), finish)
    return []
