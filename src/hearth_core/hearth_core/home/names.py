"""What people call things: aliases, articles, spaces and underscores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hearth_core.errors import BadInputError, UnknownNameError
from hearth_core.home.catalogue import OBJECT_KINDS, PLACE_KINDS
from hearth_core.home.model import Articulation, Home, Place, Room, Surface

ARTICLES = ("the_", "a_", "an_", "my_", "some_")


@dataclass(frozen=True)
class Target:
    """What a name means in one home; exactly what it names is not None."""

    name: str
    """Canonical: ``kitchen``, ``dining_table``, ``refrigerator/shelf_2``."""
    room: Room
    place: Place | None = None
    surface: Surface | None = None
    joint: Articulation | None = None


def canonical(text: str) -> str:
    """Lower case, underscores, no article: ``The Dining Table`` -> ``dining_table``."""
    name = "_".join(text.replace("-", " ").replace("_", " ").lower().split())
    for article in ARTICLES:
        name = name.removeprefix(article)
    return name


def resolve(home: Home, text: str) -> Target:
    """See :meth:`Home.resolve`."""
    head, _, tail = canonical(text).partition("/")
    place = _find_place(home, head)
    if place is not None:
        room = home.room(place.room)
        if not tail:
            return Target(place.name, room, place)
        for surface in place.surfaces:
            if surface.name == tail:
                return Target(f"{place.name}/{tail}", room, place, surface)
        for joint in place.joints:
            if joint.name == tail:
                return Target(f"{place.name}/{tail}", room, place, joint=joint)
        parts = [s.name for s in place.surfaces] + [j.name for j in place.joints]
        raise UnknownNameError(f"surface or joint of {place.name}", tail, parts)
    if not tail:
        for room in home.rooms:
            if head == room.name or head in map(canonical, room.aliases):
                return Target(room.name, room)
        of_kind = [room for room in home.rooms if head in {room.kind, f"{room.kind}_room"}]
        if len(of_kind) == 1:
            return Target(of_kind[0].name, of_kind[0])
    known = [p.name for p in home.places] + [room.name for room in home.rooms]
    raise UnknownNameError("place or room", text, known)


def object_label(text: str) -> str:
    """Household class that people mean: ``the milk`` -> ``milk_carton``.

    Raises:
        UnknownNameError: No kind of object is called so.
    """
    name = canonical(text)
    for candidate in (name, name.removesuffix("s"), name.rstrip("0123456789").rstrip("_")):
        if candidate in OBJECT_KINDS:
            return candidate
        for kind in OBJECT_KINDS.values():
            if candidate in kind.aliases:
                return kind.label
    raise UnknownNameError("kind of object", text, OBJECT_KINDS)


def _find_place(home: Home, name: str) -> Place | None:
    for place in home.places:
        if name == place.name:
            return place
    said = [p for p in home.places if name in map(canonical, p.aliases)]
    return _only(name, said or [p for p in home.places if name in _words(p.kind)])


def _words(kind: str) -> Iterable[str]:
    known = PLACE_KINDS.get(kind)
    return (kind, *known.aliases) if known else (kind,)


def _only(name: str, places: list[Place]) -> Place | None:
    if len(places) > 1:
        raise BadInputError(f"{name!r} may be any of {sorted(p.name for p in places)}")
    return places[0] if places else None
