"""Loose things: bodies with free joints, made so that fingers can hold them and eyes tell them.

The body's origin is the middle of the thing's box, z up when it stands as usual. Solid geoms
carry the mass; bands, labels and lids are only seen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mujoco
from hearth_core.geometry import Transform
from hearth_core.home import ObjectSpec
from hearth_core.home.catalogue import OBJECT_KINDS

from hearth_sim.core.home.workshop import Body, Workshop

TORSION, ROLL = 0.008, 0.0002
"""Torsional and rolling friction [m]: contact patches, not points."""


def add_object(shop: Workshop, thing: ObjectSpec, pose: Transform) -> str:
    """Add one loose thing at ``home_from_object`` and return its body's name."""
    x, y, z, w = pose.quaternion()
    body = shop.spec.worldbody.add_body(
        name=thing.name, pos=list(pose.translation), quat=[w, x, y, z]
    )
    body.add_joint(name=thing.name, type=mujoco.mjtJoint.mjJNT_FREE, damping=[0.0, 0.0, 0.0])
    OBJECT_BUILDERS[thing.kind](_Thing(shop, body, thing))
    return thing.name


class _Thing:
    """The tools of a workshop with the physics of one loose thing."""

    def __init__(self, shop: Workshop, body: Body, spec: ObjectSpec) -> None:
        self.shop, self.body, self.spec = shop, body, spec
        self.kind = OBJECT_KINDS[spec.kind]
        self.size = spec.size
        nominal = self.kind.size
        volume = spec.size[0] * spec.size[1] * spec.size[2]
        self.mass = self.kind.mass * volume / (nominal[0] * nominal[1] * nominal[2])
        self.colour = spec.colour or self.kind.colours[0]

    def solid(self, share: float, roll: float = ROLL, condim: int = 4) -> dict[str, Any]:
        """Fields of a geom that touches and carries ``share`` of the mass."""
        return {
            "mass": share * self.mass,
            "contype": 1,
            "conaffinity": 1,
            "condim": condim,
            "friction": [self.kind.friction, TORSION, roll],
        }


_SEEN = {"solid": False}


def _milk_carton(t: _Thing) -> None:
    width, depth, height = t.size
    body_height = 0.84 * height
    low = -height / 2
    t.shop.box(
        t.body,
        (0, 0, low + body_height / 2),
        (width, depth, body_height),
        t.colour,
        **t.solid(0.96),
    )
    top = low + body_height
    x, y, gable = width / 2, depth / 2, 0.12 * height
    roof = [(dx, dy, 0.0) for dx in (-x, x) for dy in (-y, y)]
    roof += [(dx, dy, gable) for dx in (-x, x) for dy in (-0.004, 0.004)]
    t.shop.hull(t.body, (0, 0, top), roof, t.colour, **t.solid(0.03))
    fin = 0.04 * height
    t.shop.box(
        t.body, (0, 0, height / 2 - fin / 2), (width, 0.006, fin), t.colour, **t.solid(0.01)
    )
    band = (width + 0.001, depth + 0.001, 0.34 * height)
    t.shop.box(t.body, (0, 0, low + 0.33 * height), band, "blue", **_SEEN)
    line = (width + 0.001, depth + 0.001, 0.03 * height)
    t.shop.box(t.body, (0, 0, low + 0.60 * height), line, "blue", **_SEEN)
    t.shop.cylinder(t.body, (0, 0.25 * depth, top + 0.6 * gable), 0.014, 0.016, "red", **_SEEN)


def _bottle(t: _Thing) -> None:
    width, _, height = t.size
    r, low = width / 2, -height / 2
    trunk, shoulder = 0.62 * height, 0.14 * height
    t.shop.cylinder(t.body, (0, 0, low + trunk / 2), r, trunk, t.colour, **t.solid(0.8))
    ring = [(rr * c, rr * s, z) for rr, z in ((r, 0.0), (0.42 * r, shoulder)) for c, s in _CIRCLE]
    t.shop.hull(t.body, (0, 0, low + trunk), ring, t.colour, **t.solid(0.12))
    neck = height - trunk - shoulder
    t.shop.cylinder(
        t.body, (0, 0, height / 2 - neck / 2), 0.42 * r, neck, t.colour, **t.solid(0.08)
    )
    t.shop.cylinder(t.body, (0, 0, height / 2 - 0.012), 0.46 * r, 0.0235, "white", **_SEEN)
    t.shop.cylinder(t.body, (0, 0, low + 0.5 * trunk), r + 0.0005, 0.4 * trunk, "ivory", **_SEEN)


_CIRCLE = [
    (1.0, 0.0), (0.924, 0.383), (0.707, 0.707), (0.383, 0.924),
    (0.0, 1.0), (-0.383, 0.924), (-0.707, 0.707), (-0.924, 0.383),
    (-1.0, 0.0), (-0.924, -0.383), (-0.707, -0.707), (-0.383, -0.924),
    (0.0, -1.0), (0.383, -0.924), (0.707, -0.707), (0.924, -0.383),
]  # fmt: skip


def _mug(t: _Thing) -> None:
    width, _, height = t.size
    r = width / 2
    t.shop.cylinder(t.body, (0, 0, 0), r, height, t.colour, **t.solid(0.9))
    t.shop.cylinder(t.body, (0, 0, height / 2), 0.88 * r, 0.001, "brown", **_SEEN)
    reach, thick = r + 0.028, 0.011
    for z in (-0.26 * height, 0.26 * height):
        bar = (0, (r + reach) / 2 - 0.004, z)
        t.shop.box(t.body, bar, (thick, reach - r + 0.008, thick), t.colour, **t.solid(0.03))
    grip = (0, reach - thick / 2, 0)
    t.shop.box(t.body, grip, (thick, thick, 0.52 * height + thick), t.colour, **t.solid(0.04))


def _glass(t: _Thing) -> None:
    width, _, height = t.size
    t.shop.cylinder(t.body, (0, 0, 0), width / 2, height, t.colour, **t.solid(1.0))
    t.shop.cylinder(t.body, (0, 0, height / 2), 0.9 * width / 2, 0.001, "navy", **_SEEN)


def _cone(t: _Thing, low: float, high: float, share: float, z: tuple[float, float]) -> None:
    ring = [(rr * c, rr * s, zz) for rr, zz in ((low, z[0]), (high, z[1])) for c, s in _CIRCLE]
    t.shop.hull(t.body, (0, 0, 0), ring, t.colour, **t.solid(share))


def _bowl(t: _Thing) -> None:
    width, _, height = t.size
    r = width / 2
    _cone(t, 0.5 * r, 0.99 * r, 1.0, (-height / 2, height / 2))
    t.shop.cylinder(t.body, (0, 0, height / 2), 0.86 * r, 0.001, "grey", **_SEEN)
    t.shop.cylinder(t.body, (0, 0, height / 2 + 0.0005), 0.45 * r, 0.001, "anthracite", **_SEEN)


def _plate(t: _Thing) -> None:
    width, _, height = t.size
    r = width / 2
    _cone(t, 0.62 * r, 0.99 * r, 1.0, (-height / 2, height / 2))
    t.shop.cylinder(t.body, (0, 0, height / 2), 0.66 * r, 0.001, "ivory", **_SEEN)


def _can(t: _Thing) -> None:
    width, _, height = t.size
    r = width / 2
    t.shop.cylinder(t.body, (0, 0, 0), r, height, t.colour, **t.solid(1.0))
    for side in (-1, 1):
        t.shop.cylinder(
            t.body, (0, 0, side * (height / 2 - 0.002)), r + 0.0005, 0.005, "steel", **_SEEN
        )
    t.shop.cylinder(t.body, (0, 0, 0.1 * height), r + 0.0005, 0.12 * height, "white", **_SEEN)


def _box(t: _Thing) -> None:
    width, depth, height = t.size
    t.shop.box(t.body, (0, 0, 0), t.size, t.colour, **t.solid(1.0))
    label = (width + 0.001, 0.7 * depth, 0.3 * height)
    t.shop.box(t.body, (0, 0, 0.12 * height), label, "ivory", **_SEEN)
    t.shop.box(
        t.body, (0, 0, -0.25 * height), (width + 0.001, 0.5 * depth, 0.08 * height), "red", **_SEEN
    )


def _apple(t: _Thing) -> None:
    r = t.size[2] / 2
    # Real apples have flat spots: rolling friction keeps them where they are put.
    t.shop.sphere(t.body, (0, 0, 0), r, t.colour, **t.solid(1.0, roll=0.004, condim=6))
    t.shop.cylinder(t.body, (0, 0, r + 0.003), 0.003, 0.014, "brown", **_SEEN)


def _ball(t: _Thing) -> None:
    r = t.size[2] / 2
    t.shop.sphere(t.body, (0, 0, 0), r, t.colour, **t.solid(1.0, roll=0.004, condim=6))
    t.shop.cylinder(t.body, (0, 0, 0), r + 0.0005, 0.12 * r, "white", **_SEEN)


def _croissant(t: _Thing) -> None:
    width, length, height = t.size
    r = height / 2
    for side in (-1.0, 1.0):
        t.shop.rod(
            t.body,
            (0.12 * width, -side * 0.1 * length, 0.0),
            (-0.35 * width, side * length / 2, -0.25 * r),
            0.75 * r,
            t.colour,
            **t.solid(0.3),
        )
    size = (0.85 * width, 0.5 * length, height)
    t.shop.ellipsoid(t.body, (0.06 * width, 0, 0), size, t.colour, **t.solid(0.3, roll=0.002))
    # Baked on a tray: its flat underside keeps it from rocking.
    low = 0.15 * height
    base = (0.6 * width, 0.45 * length, low)
    t.shop.box(t.body, (0.04 * width, 0, low / 2 - r), base, t.colour, **t.solid(0.1, roll=0.002))
    for y in (-0.14, 0.0, 0.14):
        stripe = (0.87 * width, 0.02, 1.0 * height)
        t.shop.ellipsoid(t.body, (0.06 * width, y * length, 0.001), stripe, "brown", **_SEEN)


def _sponge(t: _Thing) -> None:
    width, depth, height = t.size
    t.shop.box(t.body, (0, 0, 0), t.size, t.colour, **t.solid(1.0))
    top = (width + 0.001, depth + 0.001, 0.25 * height)
    t.shop.box(t.body, (0, 0, 0.376 * height), top, "green", **_SEEN)


def _remote_control(t: _Thing) -> None:
    width, depth, height = t.size
    t.shop.box(t.body, (0, 0, 0), t.size, t.colour, **t.solid(1.0))
    for i in range(5):
        y = (-0.3 + 0.13 * i) * depth
        t.shop.box(t.body, (0, y, height / 2), (0.6 * width, 0.010, 0.002), "grey", **_SEEN)
    t.shop.cylinder(t.body, (0, 0.4 * depth, height / 2), 0.007, 0.003, "red", **_SEEN)


def _book(t: _Thing) -> None:
    width, depth, height = t.size
    t.shop.box(t.body, (0, 0, 0), t.size, t.colour, **t.solid(1.0))
    pages = (width - 0.004, depth + 0.001, 0.7 * height)
    t.shop.box(t.body, (0.0025, 0, 0), pages, "ivory", **_SEEN)
    title = (0.6 * width, 0.25 * depth, 0.001)
    t.shop.box(t.body, (0, 0.15 * depth, height / 2), title, "golden", **_SEEN)


def _toy_block(t: _Thing) -> None:
    t.shop.box(t.body, (0, 0, 0), t.size, t.colour, **t.solid(1.0))
    x, y, z = (0.6 * extent for extent in t.size)
    t.shop.box(t.body, (0, 0, 0), (t.size[0] + 0.001, y, z), "yellow", **_SEEN)
    t.shop.box(t.body, (0, 0, 0), (x, t.size[1] + 0.001, z), "yellow", **_SEEN)


def _slipper(t: _Thing) -> None:
    length, width, height = t.size
    sole = 0.3 * height
    t.shop.box(
        t.body, (0, 0, -height / 2 + sole / 2), (length, width, sole), t.colour, **t.solid(0.7)
    )
    hood = (0.5 * length, 0.95 * width, 0.7 * height)
    t.shop.box(t.body, (0.25 * length, 0, 0.15 * height), hood, t.colour, **t.solid(0.3))


def _detergent(t: _Thing) -> None:
    width, depth, height = t.size
    trunk = 0.8 * height
    t.shop.box(
        t.body, (0, 0, -height / 2 + trunk / 2), (width, depth, trunk), t.colour, **t.solid(0.95)
    )
    cap = height - trunk
    t.shop.cylinder(
        t.body, (0, 0.15 * depth, height / 2 - cap / 2), 0.024, cap, "white", **t.solid(0.05)
    )
    label = (width + 0.001, 0.7 * depth, 0.35 * height)
    t.shop.box(t.body, (0, 0, -0.1 * height), label, "ivory", **_SEEN)


def _yogurt(t: _Thing) -> None:
    width, _, height = t.size
    r = width / 2
    _cone(t, 0.78 * r, 0.97 * r, 1.0, (-height / 2, height / 2))
    t.shop.cylinder(t.body, (0, 0, height / 2 - 0.001), r, 0.003, "steel", **_SEEN)
    t.shop.cylinder(t.body, (0, 0, -0.05 * height), 0.92 * r, 0.25 * height, "purple", **_SEEN)


OBJECT_BUILDERS: dict[str, Callable[[_Thing], None]] = {
    "milk_carton": _milk_carton,
    "bottle": _bottle,
    "mug": _mug,
    "glass": _glass,
    "bowl": _bowl,
    "plate": _plate,
    "can": _can,
    "box": _box,
    "apple": _apple,
    "croissant": _croissant,
    "sponge": _sponge,
    "remote_control": _remote_control,
    "book": _book,
    "toy_block": _toy_block,
    "ball": _ball,
    "slipper": _slipper,
    "detergent": _detergent,
    "yogurt": _yogurt,
}
