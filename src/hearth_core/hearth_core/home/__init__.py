"""The nominal model of a home: what a robot is told before it has seen anything."""

from hearth_core.home.loader import load_home, parse_home
from hearth_core.home.model import (
    Articulation,
    Doorway,
    Handle,
    Home,
    JointKind,
    Lamp,
    Leaf,
    ObjectSpec,
    Orientation,
    Panel,
    Place,
    Rectangle,
    Room,
    Side,
    Surface,
)
from hearth_core.home.names import Target, canonical, object_label
from hearth_core.home.people import Manners, PersonSpec, Stop
from hearth_core.home.writer import describe, save_home

__all__ = [
    "Articulation",
    "Doorway",
    "Handle",
    "Home",
    "JointKind",
    "Lamp",
    "Leaf",
    "Manners",
    "ObjectSpec",
    "Orientation",
    "Panel",
    "PersonSpec",
    "Place",
    "Rectangle",
    "Room",
    "Side",
    "Stop",
    "Surface",
    "Target",
    "canonical",
    "describe",
    "load_home",
    "object_label",
    "parse_home",
    "save_home",
]
