"""Furniture that does not open: tables, seats, beds, lamps, plants."""

from __future__ import annotations

import math

from hearth_core.home import Place

from hearth_sim.core.home.articulation import Moving
from hearth_sim.core.home.textures import cloth, rug, wood
from hearth_sim.core.home.workshop import Body, Workshop


def legs(
    shop: Workshop,
    body: Body,
    place: Place,
    height: float,
    thickness: float,
    *,
    inset: float = 0.03,
) -> None:
    """Four legs under a top."""
    finish = wood(place.finish)
    x = place.size[0] / 2 - inset - thickness / 2
    y = place.size[1] / 2 - inset - thickness / 2
    for dx in (-x, x):
        for dy in (-y, y):
            shop.box(body, (dx, dy, height / 2), (thickness, thickness, height), finish)


def table(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """A top on four legs, on a pedestal or on a box."""
    depth, width, height = place.size
    board = 0.03
    finish = wood(place.finish)
    shop.box(body, (0.0, 0.0, height - board / 2), (depth, width, board), finish)
    if place.model == "pedestal":
        shop.cylinder(body, (0.0, 0.0, (height - board) / 2), 0.06, height - board, finish)
        foot = 0.6 * min(depth, width)
        shop.box(body, (0.0, 0.0, 0.015), (foot, foot, 0.03), finish)
    elif place.model == "box":
        size = (depth - 0.06, width - 0.06, height - board)
        shop.box(body, (0.0, 0.0, (height - board) / 2), size, finish)
    else:
        legs(shop, body, place, height - board, 0.05 if height > 0.6 else 0.04)
        if height > 0.6:
            apron = height - board - 0.04
            for side in (-1.0, 1.0):
                x = side * (depth / 2 - 0.06)
                shop.box(body, (x, 0.0, apron), (0.02, width - 0.14, 0.08), finish)
    return []


def stool(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """A small seat on legs."""
    depth, width, height = place.size
    shop.box(body, (0.0, 0.0, height - 0.02), (depth, width, 0.04), wood(place.finish))
    legs(shop, body, place, height - 0.04, 0.035, inset=0.02)
    return []


def chair(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """Seat, legs and a back with two slats."""
    depth, width, height = place.size
    finish = wood(place.finish)
    seat = 0.45
    shop.box(body, (0.0, 0.0, seat - 0.02), (depth, width, 0.04), finish)
    legs(shop, body, place, seat - 0.04, 0.035, inset=0.01)
    x = -depth / 2 + 0.0275
    for side in (-1.0, 1.0):
        y = side * (width / 2 - 0.0275)
        shop.box(body, (x, y, (seat + height) / 2), (0.035, 0.035, height - seat), finish)
    for z in (height - 0.06, (seat + height) / 2 + 0.02):
        shop.box(body, (x, 0.0, z), (0.02, width - 0.09, 0.09), finish)
    return []


def office_chair(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """A seat on a column and a star of five feet."""
    depth, width, height = place.size
    finish = cloth(place.finish)
    shop.box(body, (0.02, 0.0, 0.44), (0.46, 0.46, 0.08), finish)
    shop.box(body, (-0.20, 0.0, (0.55 + height) / 2), (0.06, 0.42, height - 0.55), finish)
    shop.box(body, (-0.20, 0.0, 0.52), (0.04, 0.08, 0.16), "rubber")
    shop.cylinder(body, (0.0, 0.0, 0.24), 0.03, 0.34, "steel")
    reach = min(depth, width) / 2 - 0.02
    for i in range(5):
        angle = 2 * math.pi * i / 5
        end = (reach * math.cos(angle), reach * math.sin(angle), 0.05)
        shop.rod(body, (0.0, 0.0, 0.09), end, 0.025, "rubber")
    return []


def sofa(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """Sofas and armchairs: base, cushions, back and two arms."""
    depth, width, height = place.size
    finish = cloth(place.finish)
    seat = place.surface("seat").height
    arm = 0.17
    inner = width - 2 * arm
    shop.box(body, (0.0, 0.0, 0.17), (depth, width - 0.02, 0.22), finish)
    shop.box(
        body, (-depth / 2 + 0.11, 0.0, (height + 0.28) / 2), (0.22, inner, height - 0.28), finish
    )
    for side in (-1.0, 1.0):
        y = side * (width / 2 - arm / 2)
        shop.box(body, (0.0, y, 0.35), (depth - 0.01, arm, 0.56), finish)
    count = max(1, round(inner / 0.75))
    for i in range(count):
        y = -inner / 2 + (i + 0.5) * inner / count
        size = (depth - 0.23, inner / count - 0.01, seat - 0.28)
        shop.box(body, (0.105, y, (seat + 0.28) / 2), size, finish)
    for x in (-depth / 2 + 0.06, depth / 2 - 0.06):
        for side in (-1.0, 1.0):
            shop.box(body, (x, side * (width / 2 - 0.06), 0.03), (0.05, 0.05, 0.06), "brown")
    return []


def tv_stand(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """A low board with a television on it."""
    depth, width, height = place.size
    board = place.surface("top").height
    shop.box(
        body, (0.0, 0.0, (board + 0.06) / 2), (depth, width, board - 0.06), wood(place.finish)
    )
    shop.box(body, (0.0, 0.0, 0.03), (depth - 0.06, width - 0.06, 0.06), "rubber")
    for side in (-1.0, 0.0, 1.0):
        seam = (depth / 2, side * width / 3.0 if side else 0.0, (board + 0.06) / 2)
        shop.box(body, seam, (0.002, 0.006, board - 0.08), "rubber", solid=False)
    x = -depth / 2 + 0.09
    screen = min(width - 0.2, 1.3)
    low = board + 0.07
    shop.box(body, (x, 0.0, board + 0.01), (0.14, 0.4, 0.02), "anthracite")
    shop.box(body, (x, 0.0, board + 0.045), (0.03, 0.06, 0.05), "anthracite")
    shop.box(body, (x, 0.0, (low + height) / 2), (0.04, screen, height - low), "anthracite")
    shop.box(
        body, (x + 0.02, 0.0, (low + height) / 2), (0.004, screen - 0.03, height - low - 0.03),
        "screen", solid=False,
    )  # fmt: skip
    return []


def bed(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """Frame, mattress, blanket, pillows; the headboard is away from the side of use."""
    depth, width, height = place.size
    finish = wood(place.finish)
    top = place.surface("mattress").height
    shop.box(body, (0.0, 0.0, 0.20), (depth, width, 0.16), finish)
    for x in (-depth / 2 + 0.06, depth / 2 - 0.06):
        for side in (-1.0, 1.0):
            shop.box(body, (x, side * (width / 2 - 0.06), 0.06), (0.06, 0.06, 0.12), finish)
    shop.box(
        body, (-depth / 2 + 0.025, 0.0, height / 2 + 0.10), (0.05, width, height - 0.20), finish
    )
    shop.box(
        body, (0.02, 0.0, (top + 0.28) / 2), (depth - 0.08, width - 0.06, top - 0.28), "bedding"
    )
    blanket = (0.65 * depth, width - 0.02, 0.03)
    shop.box(body, (depth / 2 - 0.32 * depth - 0.02, 0.0, top), blanket, cloth("navy"))
    count = 2 if width > 1.2 else 1
    for i in range(count):
        y = (i - (count - 1) / 2) * width / 2
        shop.box(body, (-depth / 2 + 0.32, y, top + 0.05), (0.40, 0.62, 0.10), "bedding")
    return []


def plant(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """A pot, a stem and leaves."""
    depth, _, height = place.size
    radius, pot = 0.36 * depth, 0.28 * height
    shop.cylinder(body, (0.0, 0.0, pot / 2), radius, pot, place.finish)
    shop.cylinder(body, (0.0, 0.0, pot), 0.9 * radius, 0.01, "soil", solid=False)
    shop.cylinder(body, (0.0, 0.0, 0.5 * height), 0.015, 0.5 * height, "brown")
    for i in range(7):
        angle, level = 2.4 * i, (0.45 + 0.08 * i) * height
        reach = 0.5 * depth * (0.65 if i < 6 else 0.0)
        centre = (reach * math.cos(angle), reach * math.sin(angle), level)
        shop.ellipsoid(body, centre, (0.34 * depth, 0.34 * depth, 0.14 * height), "leaf")
    return []


def floor_lamp(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """Foot, pole and shade."""
    depth, _, height = place.size
    shop.cylinder(body, (0.0, 0.0, 0.0125), 0.40 * depth, 0.025, place.finish)
    shop.cylinder(body, (0.0, 0.0, height / 2), 0.012, height - 0.05, place.finish)
    shop.cylinder(body, (0.0, 0.0, height - 0.13), depth / 2, 0.26, "shade")
    return []


def carpet(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """A rug: too thin for a wheel to feel, so it is only seen."""
    depth, width, height = place.size
    shop.box(body, (0.0, 0.0, height / 2), (depth, width, height), rug(place.finish), solid=False)
    return []


def island(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """A block with a worktop that overhangs on the side people use."""
    depth, width, height = place.size
    size = (depth - 0.20, width - 0.04, height - 0.14)
    shop.box(body, (-0.10, 0.0, 0.10 + size[2] / 2), size, wood(place.finish))
    shop.box(body, (-0.10, 0.0, 0.05), (size[0] - 0.08, size[1] - 0.08, 0.10), "rubber")
    shop.box(body, (0.0, 0.0, height - 0.02), (depth, width, 0.04), "worktop")
    return []


def basket(shop: Workshop, body: Body, place: Place) -> list[Moving]:
    """Laundry baskets and bins: four walls and a floor."""
    depth, width, height = place.size
    board = 0.015
    shop.box(body, (0.0, 0.0, board / 2), (depth, width, board), place.finish)
    for side in (-1.0, 1.0):
        x, y = side * (depth - board) / 2, side * (width - board) / 2
        shop.box(body, (x, 0.0, height / 2), (board, width, height), place.finish)
        shop.box(body, (0.0, y, height / 2), (depth - 2 * board, board, height), place.finish)
    heap = "cloth_teal" if place.kind == "laundry_basket" else "black"
    fill = 0.75 * height if place.kind == "laundry_basket" else 0.5 * height
    size = (depth - 2 * board, width - 2 * board, fill)
    shop.box(body, (0.0, 0.0, board + fill / 2), size, heap)
    return []
