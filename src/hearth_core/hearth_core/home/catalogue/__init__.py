"""What robot and simulation know about kinds of things, before they see any.

``OBJECT_KINDS`` by household label, ``PLACE_KINDS`` (furniture and appliances) by name,
``ROOM_KINDS``, and the names of colours.
"""

from hearth_core.home.catalogue.appliances import APPLIANCES
from hearth_core.home.catalogue.furniture import FURNITURE
from hearth_core.home.catalogue.kinds import ObjectKind, PlaceKind, Shape, Variant
from hearth_core.home.catalogue.objects import COLOURS, OBJECT_KINDS

PLACE_KINDS: dict[str, PlaceKind] = {kind.name: kind for kind in (*FURNITURE, *APPLIANCES)}

ROOM_KINDS = (
    "living",
    "dining",
    "kitchen",
    "utility",
    "bedroom",
    "bathroom",
    "hall",
    "office",
    "storage",
)

__all__ = [
    "COLOURS",
    "OBJECT_KINDS",
    "PLACE_KINDS",
    "ROOM_KINDS",
    "ObjectKind",
    "PlaceKind",
    "Shape",
    "Variant",
]
