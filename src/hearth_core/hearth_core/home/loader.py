"""Read home files (the format is in ``config/homes/README.md``).

Metres; headings are ``east`` (+x), ``north`` (+y), ``west``, ``south`` or degrees from east.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import yaml

from hearth_core.errors import FileFormatError
from hearth_core.geometry import Pose2
from hearth_core.home.catalogue import COLOURS, OBJECT_KINDS, PLACE_KINDS, ROOM_KINDS, Variant
from hearth_core.home.document import Item, Table
from hearth_core.home.model import (
    Doorway,
    Home,
    Lamp,
    Leaf,
    ObjectSpec,
    Place,
    Room,
    Side,
    Surface,
)
from hearth_core.home.people import Manners, PersonSpec, Stop
from hearth_core.home.plane import Point, area, centroid, contains, distance_to_segment, edges

FLOORS = ("wood", "parquet", "tiles", "dark_tiles", "stone", "carpet", "concrete")
WALLS = ("white", "cream", "sage", "sky", "clay", "grey")
HINGES = ("left", "right")
FLOOR = "floor"
PERMISSIONS = ("remote_heat",)
RESERVED = frozenset({"world", "floor", "charger", "robot"})
"""Names that mean something else to the simulated world and its truth."""
SIZE_FACTORS = (0.4, 3.0)
"""A place is this many times its kind's usual size, each way, at least and at most."""


def load_home(path: str | Path) -> Home:
    """Read a home file.

    Raises:
        FileFormatError: It cannot be read, or says something a home file may not say.
    """
    file = str(path)
    try:
        document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise FileFormatError(file, "", error.strerror or str(error)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FileFormatError(file, "", f"not YAML: {' '.join(str(error).split())}") from error
    return parse_home(document, file)


def parse_home(document: object, file: str = "<home>") -> Home:
    """Make a home of a parsed document; ``file`` names it in errors.

    Raises:
        FileFormatError: The document says something a home file may not say.
    """
    table = Item(file, "", document).table(
        ("name", "rooms", "charger"),
        ("doors", "places", "objects", "lamps", "people", "wall_thickness", "wall_height"),
    )
    thickness = _number(table, "wall_thickness", 0.10, 0.04, 0.5)
    rooms = tuple(_room(item) for item in table["rooms"].items(least=1))
    _unique(table["rooms"].items(), [room.name for room in rooms])
    doors = tuple(_doorway(item, rooms, thickness) for item in table.each("doors"))
    _unique(list(table.each("doors")), [door.name for door in doors])
    places = tuple(_place(item, rooms) for item in table.each("places"))
    _unique(list(table.each("places")), [place.name for place in places])
    objects: list[ObjectSpec] = []
    for item in table.each("objects"):
        objects.append(_object(item, rooms, places, objects))
    people = tuple(_person(item, rooms, doors, places) for item in table.each("people"))
    _unique(list(table.each("people")), [person.name for person in people])
    charger = table["charger"].table(("at", "facing"))
    return Home(
        name=table["name"].name(),
        rooms=rooms,
        doorways=doors,
        places=places,
        objects=tuple(objects),
        charger=_pose(charger),
        lamps=tuple(_lamp(item) for item in table.each("lamps")),
        wall_thickness=thickness,
        wall_height=_number(table, "wall_height", 2.5, 2.0, 5.0),
        source=file,
        people=people,
    )


def _number(table: Table, key: str, default: float, low: float, high: float) -> float:
    item = table.get(key)
    return default if item is None else item.number(low, high)


def _pose(table: Table) -> Pose2:
    x, y = table["at"].point()
    return Pose2(x, y, table["facing"].heading())


def _unique(items: list[Item], names: Iterable[str]) -> None:
    seen: set[str] = set()
    for item, name in zip(items, names, strict=True):
        if name in RESERVED:
            item.refuse(f"the name {name!r} is reserved, like {sorted(RESERVED)}")
        if name in seen:
            item.refuse(f"the name {name!r} is taken; taken: {sorted(seen)}")
        seen.add(name)


def _words(table: Table, key: str) -> tuple[str, ...]:
    return tuple(item.text() for item in table.each(key))


def _choice(table: Table, key: str, choices: Iterable[str], default: str) -> str:
    item = table.get(key)
    return default if item is None else item.choice(choices)


def _room(item: Item) -> Room:
    table = item.table(("name", "kind"), ("rectangle", "polygon", "floor", "wall", "aliases"))
    if ("rectangle" in table) == ("polygon" in table):
        item.refuse("give either 'rectangle' [x_min, y_min, x_max, y_max] or 'polygon'")
    if "rectangle" in table:
        x0, y0, x1, y1 = table["rectangle"].numbers(4)
        polygon: tuple[Point, ...] = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
        if x1 <= x0 or y1 <= y0:
            table["rectangle"].refuse("expected [x_min, y_min, x_max, y_max] in this order")
    else:
        polygon = tuple(corner.point() for corner in table["polygon"].items(least=3))
        if abs(area(polygon)) < 0.5:
            table["polygon"].refuse(f"encloses {abs(area(polygon)):.2f} m2; needs at least 0.5")
        if area(polygon) < 0.0:
            polygon = tuple(reversed(polygon))
    return Room(
        table["name"].name(),
        table["kind"].choice(ROOM_KINDS),
        polygon,
        _choice(table, "floor", FLOORS, "wood"),
        _choice(table, "wall", WALLS, "white"),
        _words(table, "aliases"),
    )


def _doorway(item: Item, rooms: tuple[Room, ...], thickness: float) -> Doorway:
    table = item.table(("between", "at"), ("name", "width", "height", "open", "leaf"))
    by_name = {room.name: room for room in rooms}
    between = table["between"].items(least=2)
    if len(between) != 2:
        table["between"].refuse(f"a door is between two rooms, not {len(between)}")
    first, second = (by_name[name.choice(by_name)] for name in between)
    at = table["at"].point()
    for room in (first, second):
        gap = min(distance_to_segment(at, a, b) for a, b in edges(room.polygon))
        if gap > thickness / 2:
            table["at"].refuse(f"{list(at)} is {gap:.2f} m from the nearest wall of {room.name!r}")
    direction = _direction(table["at"], at, first, second)
    height: float | None = _number(table, "height", 2.05, 1.8, 5.0)
    if "open" in table:
        if not isinstance(table["open"].value, bool):
            table["open"].refuse(f"expected true or false, got {table['open'].value!r}")
        height = None if table["open"].value else height
    leaf = None
    if "leaf" in table:
        part = table["leaf"].table(("hinge", "into"), ("opening",))
        leaf = Leaf(
            Side(part["hinge"].choice(HINGES)),
            part["into"].choice((first.name, second.name)),
            math.radians(_number(part, "opening", 90.0, 0.0, 170.0)),
        )
    return Doorway(
        table["name"].name() if "name" in table else f"{first.name}_{second.name}",
        (first.name, second.name),
        at,
        _number(table, "width", 0.85, 0.5, 6.0),
        direction,
        height,
        leaf,
    )


def _direction(item: Item, at: Point, first: Room, second: Room) -> float:
    """Heading of the wall's normal that points from the first room into the second."""
    start, end = min(edges(first.polygon), key=lambda edge: distance_to_segment(at, *edge))
    # Rooms are counter-clockwise, so their inside is to the left of every edge.
    normal = math.atan2(end[1] - start[1], end[0] - start[0]) - math.pi / 2
    probe = (at[0] + 0.2 * math.cos(normal), at[1] + 0.2 * math.sin(normal))
    if not contains(second.polygon, probe):
        item.refuse(f"no wall here is shared by {first.name!r} and {second.name!r}")
    return (normal + math.pi) % (2.0 * math.pi) - math.pi


def _place(item: Item, rooms: tuple[Room, ...]) -> Place:
    table = item.table(
        ("kind", "at", "facing"),
        ("name", "size", "elevation", "model", "hinge", "finish", "aliases", "permissions"),
    )
    kind = PLACE_KINDS[table["kind"].choice(PLACE_KINDS)]
    pose = _pose(table)
    room = next((r for r in rooms if contains(r.polygon, (pose.x, pose.y))), None)
    if room is None:
        names = sorted(r.name for r in rooms)
        table["at"].refuse(f"{[pose.x, pose.y]} lies in none of the rooms {names}")
    depth, width, height = kind.size
    if "size" in table:
        low, high = SIZE_FACTORS
        depth, width, height = (
            item.number(round(low * usual, 4), round(high * usual, 4))
            for item, usual in zip(table["size"].exactly(3), kind.size, strict=True)
        )
    size = (depth, width, height)
    elevation = _number(table, "elevation", kind.elevation, 0.0, 3.0)
    model = _choice(table, "model", kind.models, kind.models[0])
    layout = kind.layout(
        size, elevation, Variant(model, Side(_choice(table, "hinge", HINGES, "left")))
    )
    return Place(
        table["name"].name() if "name" in table else kind.name,
        kind.name,
        room.name,
        pose,
        size,
        layout.surfaces,
        layout.joints,
        elevation,
        model,
        _choice(table, "finish", COLOURS, kind.finishes[0]),
        _words(table, "aliases"),
        tuple(item.choice(PERMISSIONS) for item in table.each("permissions")),
    )


def _object(
    item: Item, rooms: tuple[Room, ...], places: tuple[Place, ...], before: list[ObjectSpec]
) -> ObjectSpec:
    table = item.table(("kind", "where", "at"), ("name", "turned", "size", "colour"))
    kind = OBJECT_KINDS[table["kind"].choice(OBJECT_KINDS)]
    taken = {thing.name for thing in before}
    name = table["name"].name() if "name" in table else _numbered(kind.label, taken)
    if name in taken | RESERVED:
        table["name"].refuse(f"the name {name!r} is taken; taken: {sorted(taken | RESERVED)}")
    x, y = table["at"].point()
    pose = Pose2(x, y, table["turned"].heading() if "turned" in table else 0.0)
    width, depth, height = kind.size
    if "size" in table:
        width, depth, height = table["size"].numbers(3, 0.005, 1.0)
    size = (width, depth, height)
    colour = _choice(table, "colour", COLOURS, kind.colours[0])
    if table["where"].value == FLOOR:
        room = next((r for r in rooms if contains(r.polygon, (x, y))), None)
        if room is None:
            table["at"].refuse(f"{[x, y]} lies in none of the rooms")
        return ObjectSpec(name, kind.label, "", "", room.name, pose, size, colour)
    place, surface = _support(table["where"], places)
    spot = surface.rectangle
    if not (spot.x_min <= x <= spot.x_max and spot.y_min <= y <= spot.y_max):
        bounds = f"x {spot.x_min:.3f}..{spot.x_max:.3f}, y {spot.y_min:.3f}..{spot.y_max:.3f}"
        table["at"].refuse(f"{[x, y]} is not on {place.name}/{surface.name} ({bounds})")
    if surface.clearance is not None and height > surface.clearance:
        table["where"].refuse(
            f"{name!r} is {height:.3f} m high, {place.name}/{surface.name} has room "
            f"for {surface.clearance:.3f}"
        )
    return ObjectSpec(name, kind.label, place.name, surface.name, place.room, pose, size, colour)


def _support(item: Item, places: tuple[Place, ...]) -> tuple[Place, Surface]:
    head, _, tail = item.text().partition("/")
    able = {place.name: place for place in places if place.surfaces}
    if head not in able:
        item.refuse(f"nothing lies on {head!r}; known: {sorted([*able, FLOOR])}")
    place = able[head]
    by_name = {surface.name: surface for surface in place.surfaces}
    if not tail:
        return place, place.surfaces[0]
    if tail not in by_name:
        item.refuse(f"{head!r} has no surface {tail!r}; known: {sorted(by_name)}")
    return place, by_name[tail]


def _numbered(label: str, taken: set[str]) -> str:
    number = 1
    while f"{label}_{number}" in taken:
        number += 1
    return f"{label}_{number}"


def _lamp(item: Item) -> Lamp:
    table = item.table(("name", "at"), ("intensity", "temperature"))
    x, y, z = table["at"].numbers(3)
    return Lamp(
        table["name"].name(),
        (x, y, z),
        _number(table, "intensity", 1.0, 0.0, 10.0),
        _number(table, "temperature", 4000.0, 1000.0, 20000.0),
    )


def _person(
    item: Item, rooms: tuple[Room, ...], doors: tuple[Doorway, ...], places: tuple[Place, ...]
) -> PersonSpec:
    table = item.table(("name", "route"), ("speed", "manners"))
    spots = {
        "room": {room.name: centroid(room.polygon) for room in rooms},
        "door": {door.name: door.position for door in doors},
        "place": {place.name: before(place) for place in places},
    }
    return PersonSpec(
        table["name"].name(),
        tuple(_stop(stop, spots) for stop in table["route"].items(least=1)),
        _number(table, "speed", 0.9, 0.1, 2.0),
        Manners(_choice(table, "manners", [str(kind) for kind in Manners], "attentive")),
    )


def before(place: Place) -> Point:
    """Where people stand who use a place."""
    pose = place.approach(0.4)
    return pose.x, pose.y


def _stop(item: Item, spots: dict[str, dict[str, Point]]) -> Stop:
    table = item.table((), ("at", *spots, "wait"))
    given = [key for key in ("at", *spots) if key in table]
    if len(given) != 1:
        item.refuse(f"give one of 'at' [x, y], 'room', 'door' and 'place', got {given}")
    key = given[0]
    at = table["at"].point() if key == "at" else spots[key][table[key].choice(spots[key])]
    return Stop(at, _number(table, "wait", 0.0, 0.0, 3600.0))
