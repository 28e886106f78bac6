"""Household objects and the names of colours."""

from __future__ import annotations

from hearth_core.home.catalogue.kinds import ObjectKind, Shape

COLOURS: dict[str, tuple[float, float, float]] = {
    "white": (0.93, 0.93, 0.92),
    "ivory": (0.90, 0.87, 0.78),
    "grey": (0.52, 0.53, 0.55),
    "steel": (0.66, 0.68, 0.70),
    "anthracite": (0.20, 0.21, 0.23),
    "black": (0.06, 0.06, 0.07),
    "blue": (0.10, 0.28, 0.72),
    "navy": (0.10, 0.15, 0.35),
    "teal": (0.10, 0.48, 0.50),
    "green": (0.12, 0.50, 0.20),
    "olive": (0.42, 0.44, 0.20),
    "yellow": (0.92, 0.77, 0.12),
    "orange": (0.92, 0.46, 0.08),
    "red": (0.78, 0.10, 0.09),
    "brown": (0.42, 0.27, 0.15),
    "beige": (0.80, 0.71, 0.58),
    "oak": (0.72, 0.55, 0.36),
    "walnut": (0.38, 0.25, 0.16),
    "pine": (0.83, 0.69, 0.47),
    "pink": (0.86, 0.55, 0.60),
    "purple": (0.42, 0.22, 0.50),
    "golden": (0.80, 0.52, 0.20),
}
"""sRGB, 0..1."""

_ALL = (
    ObjectKind(
        "milk_carton", Shape.BOX, (0.070, 0.070, 0.200), 0.75, ("white",), ("milk",), 0.8, True
    ),
    ObjectKind(
        "bottle",
        Shape.CYLINDER,
        (0.072, 0.072, 0.240),
        0.60,
        ("green", "teal", "brown"),
        ("water", "water_bottle"),
        0.7,
        True,
    ),
    ObjectKind("mug", Shape.CYLINDER, (0.082, 0.082, 0.095), 0.32, ("red", "blue", "ivory"), ()),
    ObjectKind("glass", Shape.CYLINDER, (0.068, 0.068, 0.130), 0.22, ("teal",), ("tumbler",)),
    ObjectKind("bowl", Shape.OTHER, (0.150, 0.150, 0.065), 0.30, ("ivory", "navy"), ()),
    ObjectKind("plate", Shape.OTHER, (0.220, 0.220, 0.022), 0.45, ("white", "teal"), ("dish",)),
    ObjectKind(
        "can",
        Shape.CYLINDER,
        (0.066, 0.066, 0.115),
        0.36,
        ("red", "steel", "orange"),
        ("soda", "soda_can", "cola"),
        0.7,
        True,
    ),
    ObjectKind(
        "box",
        Shape.BOX,
        (0.060, 0.140, 0.170),
        0.35,
        ("orange", "yellow", "purple"),
        ("cereal", "cereal_box"),
        0.7,
        True,
    ),
    ObjectKind("apple", Shape.SPHERE, (0.078, 0.078, 0.078), 0.18, ("red", "green"), ("fruit",)),
    ObjectKind("croissant", Shape.OTHER, (0.070, 0.130, 0.050), 0.07, ("golden",), ("pastry",)),
    ObjectKind("sponge", Shape.BOX, (0.070, 0.105, 0.035), 0.03, ("yellow", "green"), ()),
    ObjectKind(
        "remote_control",
        Shape.BOX,
        (0.045, 0.170, 0.022),
        0.12,
        ("black",),
        ("remote", "tv_remote"),
    ),
    ObjectKind("book", Shape.BOX, (0.150, 0.210, 0.030), 0.40, ("navy", "olive", "brown"), ()),
    ObjectKind("toy_block", Shape.BOX, (0.060, 0.060, 0.060), 0.08, ("blue", "red"), ("toy",)),
    ObjectKind("ball", Shape.SPHERE, (0.120, 0.120, 0.120), 0.15, ("orange", "green"), ()),
    ObjectKind("slipper", Shape.OTHER, (0.260, 0.095, 0.070), 0.15, ("grey", "navy"), ("shoe",)),
    ObjectKind(
        "detergent",
        Shape.BOX,
        (0.080, 0.130, 0.230),
        0.90,
        ("blue", "purple"),
        ("detergent_bottle",),
    ),
    ObjectKind(
        "yogurt", Shape.CYLINDER, (0.075, 0.075, 0.090), 0.20, ("pink", "ivory"), (), 0.7, True
    ),
)

OBJECT_KINDS: dict[str, ObjectKind] = {kind.label: kind for kind in _ALL}
