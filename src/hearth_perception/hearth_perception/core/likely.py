"""Where things usually are, before anything was seen: common sense, never certainty."""

from __future__ import annotations

from hearth_core.home.catalogue import OBJECT_KINDS

FLOOR = "floor"
GROUPS: dict[str, tuple[str, ...]] = {
    "eating": ("mug", "glass", "bowl", "plate", "apple", "croissant"),
    "stores": ("can", "bottle", "box", "milk_carton", "yogurt"),
    "cleaning": ("sponge", "detergent"),
    "leisure": ("remote_control", "book"),
    "play": ("ball", "toy_block"),
    "wear": ("slipper",),
}
ROOMS: dict[str, dict[str, float]] = {
    "eating": {"kitchen": 4.0, "dining": 4.0, "living": 2.0, "bathroom": 0.3},
    "stores": {"kitchen": 4.0, "utility": 2.0, "dining": 2.0, "bathroom": 0.3},
    "cleaning": {"kitchen": 3.0, "utility": 4.0, "bathroom": 3.0, "bedroom": 0.3},
    "leisure": {"living": 3.0, "bedroom": 3.0, "study": 3.0, "kitchen": 0.5, "bathroom": 0.2},
    "play": {"living": 2.0, "bedroom": 3.0, "kitchen": 0.5},
    "wear": {"bedroom": 3.0, "hall": 3.0, "living": 1.5, "kitchen": 0.3},
}
"""Weight by kind of room; 1 where nothing is said."""
ON_FLOOR = {"play": 3.0, "wear": 4.0, "leisure": 0.3}
"""Weight of a piece of floor against a piece of furniture; 0.02 where nothing is said."""


def group_of(label: str) -> str:
    """What a class is used for; empty: not known (a class of a user's model)."""
    return next((group for group, labels in GROUPS.items() if label in labels), "")


def weight(label: str, room_kind: str, *, floor: bool) -> float:
    """How likely a class is in a square metre of such a room, up to a factor.

    Args:
        label: Class.
        room_kind: Kind of the room.
        floor: On the floor instead of on furniture.
    """
    group = group_of(label)
    room = ROOMS.get(group, {}).get(room_kind, 1.0)
    if not floor:
        return room
    known = label in OBJECT_KINDS
    return room * ON_FLOOR.get(group, 0.02 if known else 0.3)
