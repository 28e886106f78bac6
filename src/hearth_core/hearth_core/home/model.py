"""What a robot is told about a home: names, rooms, nominal poses and sizes.

Metres and radians; coordinates in the home frame, which is the map frame. A *place* is a
piece of furniture or an appliance. Its own frame has its origin in the middle of its
footprint on the floor, z up and +x pointing out of the side people use it from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from hearth_core.errors import UnknownNameError
from hearth_core.geometry import Pose2, Transform
from hearth_core.home.people import PersonSpec
from hearth_core.home.plane import Point, contains

if TYPE_CHECKING:
    from hearth_core.home.names import Target

Vec3 = tuple[float, float, float]


class JointKind(StrEnum):
    """How a part moves."""

    HINGED = "hinged"
    SLIDING = "sliding"


class Side(StrEnum):
    """Where a hinge is, as seen by someone standing in front; slides have none."""

    LEFT = "left"
    RIGHT = "right"
    BOTTOM = "bottom"
    TOP = "top"
    NONE = ""


class Orientation(StrEnum):
    """Which way the bar of a handle runs when its door is closed."""

    VERTICAL = "vertical"
    HORIZONTAL = "horizontal"


@dataclass(frozen=True)
class Rectangle:
    """Axis-aligned in the frame of its place [m]."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    @property
    def centre(self) -> Point:
        """Middle."""
        return (self.x_min + self.x_max) / 2, (self.y_min + self.y_max) / 2

    @property
    def size(self) -> Point:
        """Extents along x and y."""
        return self.x_max - self.x_min, self.y_max - self.y_min


@dataclass(frozen=True)
class Surface:
    """A level part of a place that carries things."""

    name: str
    height: float
    """Above the floor."""
    rectangle: Rectangle
    """In the place's frame."""
    clearance: float | None = None
    """Free height above it; None: open to the ceiling."""
    behind: str = ""
    """Joint that must be opened to reach it; empty: none."""


@dataclass(frozen=True)
class Handle:
    """A bar to pull by, with its joint closed."""

    centre: Vec3
    """Middle of the bar in the place's frame."""
    length: float
    orientation: Orientation
    diameter: float
    standoff: float
    """Gap between the bar's surface and the face behind it: room for fingers."""


@dataclass(frozen=True)
class Panel:
    """The moving front (door leaf, drawer front) as a box, with its joint closed."""

    centre: Vec3
    """In the place's frame."""
    size: Vec3
    """Along the place's axes: thickness (x), width (y), height (z)."""


@dataclass(frozen=True)
class Articulation:
    """A door or drawer. Positive motion opens; 0 is closed."""

    name: str
    kind: JointKind
    side: Side
    """Hinge side as seen from the front."""
    origin: Vec3
    """A point on the axis, in the place's frame."""
    axis: Vec3
    """Unit vector in the place's frame; right-handed rotation about it opens."""
    limit: float
    """Widest opening [rad or m]."""
    panel: Panel
    handle: Handle | None
    """None: nothing to hold (a flap pushed by its edge)."""
    latch_force: float = 0.0
    """Pull at the handle [N] that breaks it loose when closed (gasket, latch)."""


@dataclass(frozen=True)
class Place:
    """A piece of furniture or an appliance."""

    name: str
    kind: str
    room: str
    pose: Pose2
    size: Vec3
    """Depth (x), width (y), height (z) of the body, without handles."""
    surfaces: tuple[Surface, ...] = ()
    joints: tuple[Articulation, ...] = ()
    elevation: float = 0.0
    """Height of its lower side above the floor: wall cabinets, things on counters."""
    model: str = ""
    """Variant of the kind, e.g. ``bottom_freezer``."""
    finish: str = ""
    """Name of its material or colour; empty: the kind's usual one."""
    aliases: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    """What people allow beyond the usual: ``remote_heat``, to make it hot from afar."""

    @property
    def frame(self) -> Transform:
        """``home_from_place`` at floor level."""
        return self.pose.lift()

    def surface(self, name: str) -> Surface:
        """One of its surfaces by name.

        Raises:
            UnknownNameError: It has no such surface.
        """
        for surface in self.surfaces:
            if surface.name == name:
                return surface
        raise UnknownNameError(f"surface of {self.name}", name, [s.name for s in self.surfaces])

    def joint(self, name: str) -> Articulation:
        """One of its doors and drawers by name.

        Raises:
            UnknownNameError: It has no such joint.
        """
        for joint in self.joints:
            if joint.name == name:
                return joint
        raise UnknownNameError(f"joint of {self.name}", name, [j.name for j in self.joints])

    def footprint(self, margin: float = 0.0) -> tuple[Point, ...]:
        """Corners on the floor, counter-clockwise, grown by ``margin`` [m]."""
        depth, width = self.size[0] / 2 + margin, self.size[1] / 2 + margin
        corners = ((depth, -width), (depth, width), (-depth, width), (-depth, -width))
        return tuple(self.to_home(corner) for corner in corners)

    def to_home(self, point: Point) -> Point:
        """From the place's frame to the home frame."""
        pose = self.pose @ Pose2(point[0], point[1])
        return pose.x, pose.y

    def approach(self, distance: float, lateral: float = 0.0) -> Pose2:
        """Stand ``distance`` [m] before its front, facing it; ``lateral`` along its y."""
        return self.pose @ Pose2(self.size[0] / 2 + distance, lateral, math.pi)


@dataclass(frozen=True)
class Room:
    """A room; its polygon runs along the middle of its walls, counter-clockwise."""

    name: str
    kind: str
    polygon: tuple[Point, ...]
    floor: str = "wood"
    wall: str = "white"
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Leaf:
    """A door leaf standing open."""

    hinge: Side
    """Left or right, as seen from the doorway's first room."""
    into: str
    """The room it swings into."""
    opening: float
    """[rad]; 0 is shut."""


@dataclass(frozen=True)
class Doorway:
    """An opening in the wall between two rooms."""

    name: str
    between: tuple[str, str]
    position: Point
    """Its middle, on the centre line of the wall."""
    width: float
    direction: float
    """Heading [rad] of someone walking through it from the first room into the second."""
    height: float | None = 2.05
    """None: up to the ceiling (open plan)."""
    leaf: Leaf | None = None

    @property
    def pose(self) -> Pose2:
        """In its middle, x from the first room into the second."""
        return Pose2(self.position[0], self.position[1], self.direction)


@dataclass(frozen=True)
class ObjectSpec:
    """A loose thing and where it nominally is."""

    name: str
    kind: str
    place: str
    """Empty: on the floor of ``room``."""
    surface: str
    room: str
    pose: Pose2
    """Of its middle, in the frame of its place, or in the home frame on the floor."""
    size: Vec3
    """Full extents along its own axes."""
    colour: str = ""
    """Empty: the kind's usual colour."""


@dataclass(frozen=True)
class Lamp:
    """A ceiling lamp or a window that lights."""

    name: str
    position: Vec3
    intensity: float = 1.0
    """1: a well lit room."""
    temperature: float = 4000.0
    """Colour temperature [K]."""


@dataclass(frozen=True)
class Home:
    """The nominal model of one home."""

    name: str
    rooms: tuple[Room, ...]
    doorways: tuple[Doorway, ...]
    places: tuple[Place, ...]
    objects: tuple[ObjectSpec, ...]
    charger: Pose2
    """base_footprint of a robot that stands on its charger."""
    lamps: tuple[Lamp, ...] = ()
    wall_thickness: float = 0.10
    wall_height: float = 2.5
    source: str = ""
    """File it was read from."""
    people: tuple[PersonSpec, ...] = ()
    """Who walks about in the simulated home."""
    _places: Mapping[str, Place] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_places", {place.name: place for place in self.places})

    def room(self, name: str) -> Room:
        """A room by its exact name.

        Raises:
            UnknownNameError: There is no such room.
        """
        for room in self.rooms:
            if room.name == name:
                return room
        raise UnknownNameError("room", name, [room.name for room in self.rooms])

    def place(self, name: str) -> Place:
        """A place by its exact name; :meth:`resolve` takes what people say.

        Raises:
            UnknownNameError: There is no such place.
        """
        if name not in self._places:
            raise UnknownNameError("place", name, self._places)
        return self._places[name]

    def room_at(self, x: float, y: float) -> Room | None:
        """The room a point of the floor belongs to; None: outside."""
        for room in self.rooms:
            if contains(room.polygon, (x, y)):
                return room
        return None

    def resolve(self, text: str) -> Target:
        """What "the fridge", "dining table" or "refrigerator/shelf_2" mean here.

        Raises:
            UnknownNameError: Nothing here is called so.
            BadInputError: Several things are.
        """
        from hearth_core.home.names import resolve  # noqa: PLC0415 - it needs this module

        return resolve(self, text)

    def approach(self, name: str, distance: float = 0.5) -> Pose2:
        """Where base_footprint stands ``distance`` [m] before a place, facing it.

        Raises:
            UnknownNameError: Nothing here is called so.
        """
        place = self.resolve(name).place
        if place is None:
            raise UnknownNameError("place", name, self._places)
        return place.approach(distance)

    def places_in(self, room: str) -> tuple[Place, ...]:
        """Places of one room, in the order of the file."""
        return tuple(place for place in self.places if place.room == room)

    def object_pose(self, thing: ObjectSpec) -> Transform:
        """``home_from_object``: nominal pose of the middle of a loose thing."""
        half = thing.size[2] / 2
        if not thing.place:
            return thing.pose.lift(half)
        place = self.place(thing.place)
        height = place.surface(thing.surface).height
        return (place.pose @ thing.pose).lift(height + half)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """x_min, y_min, x_max, y_max of all rooms."""
        xs = [x for room in self.rooms for x, _ in room.polygon]
        ys = [y for room in self.rooms for _, y in room.polygon]
        return min(xs), min(ys), max(xs), max(ys)
