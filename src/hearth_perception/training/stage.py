"""Puts things on furniture and the robot before it: what is photographed, in which home."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from apartment import HOMES, Studio
from hearth_core.geometry import Pose2, Transform
from hearth_core.home.catalogue import COLOURS, OBJECT_KINDS
from hearth_core.home.model import Home, ObjectSpec, Place
from hearth_sim.core.assemble import read_home
from hearth_sim.core.home.occupancy import Floor, nominal_occupancy

FAR_AWAY = -60.0
"""Things that are not wanted stand out there [m]."""
NO_STAGE = {"rug"}


def draw_objects(home: Home, rng: np.random.Generator) -> tuple[ObjectSpec, ...]:
    """Two of every kind far outside, of drawn sizes and colours."""
    room = home.rooms[0]
    specs = []
    for number, kind in enumerate([*OBJECT_KINDS.values()] * 2):
        size = np.array(kind.size) * rng.uniform(0.88, 1.14) * rng.uniform(0.95, 1.05, 3)
        if kind.size[0] == kind.size[1]:
            size[1] = size[0]
        colour = "" if rng.random() < 0.2 else str(rng.choice(kind.colours))
        if kind.label != "milk_carton" and rng.random() < 0.35:
            colour = str(rng.choice(list(COLOURS)))
        at = Pose2(FAR_AWAY, float(number))
        name = f"spare_{kind.label}_{number // len(OBJECT_KINDS) + 1}"
        sizes = tuple(float(v) for v in size)
        specs.append(
            ObjectSpec(name, kind.label, "", "", room.name, at, sizes, colour)  # type: ignore[arg-type]
        )
    return tuple(specs)


def clutter(
    studio: Studio,
    place: Place,
    height: float,
    spares: list[ObjectSpec],
    rng: np.random.Generator,
) -> None:
    """Put some spare things on the surfaces of a place near ``height``; the rest goes away."""
    put_away(studio, spares)
    surfaces = [s for s in place.surfaces if abs(s.height - height) < 0.4]
    frame = studio.place_pose(place.name)
    spots: list[tuple[str, float, float, float]] = []
    for thing in rng.permutation(np.array(spares, dtype=object))[: int(rng.integers(6, 22))]:
        surface = surfaces[int(rng.integers(len(surfaces)))]
        if surface.clearance is not None and surface.clearance < thing.size[2] + 0.01:
            continue
        r = float(np.hypot(*thing.size[:2])) / 2
        rect = surface.rectangle
        x0, x1 = rect.x_min + r, rect.x_max - r
        y0, y1 = rect.y_min + r, rect.y_max - r
        if x0 >= x1 or y0 >= y1:
            continue
        x, y = rng.uniform(x0, x1), rng.uniform(y0, y1)
        if any(
            s == surface.name and np.hypot(x - a, y - b) < r + other + 0.004
            for s, a, b, other in spots
        ):
            continue
        spots.append((surface.name, x, y, r))
        pose = frame @ Pose2(x, y, rng.uniform(-math.pi, math.pi))
        studio.move_thing(thing.name, pose.lift(surface.height + thing.size[2] / 2))


def put_away(studio: Studio, things: list[ObjectSpec]) -> None:
    """Out of sight."""
    for number, thing in enumerate(things):
        studio.move_thing(thing.name, Transform(np.eye(3), np.array([FAR_AWAY, number, 1.0])))


@dataclass
class Set:
    """One home with spare things, and where a robot may stand in it."""

    home: Home
    """What robots know: nominal, without the spare things."""
    studio: Studio
    own: dict[str, Transform]
    """Where the home's own things rest."""
    spares: list[ObjectSpec]
    floor: Floor

    @classmethod
    def make(cls, number: int, apartment: bool = False) -> Set:
        """Build home ``generated:<number>`` (or the apartment, drawn with seed ``number``)."""
        rng = np.random.default_rng(number)
        nominal = read_home(HOMES / "apartment.yaml" if apartment else f"generated:{number}")
        spares = draw_objects(nominal, rng)
        full = replace(nominal, objects=(*nominal.objects, *spares))
        studio = Studio(full, number, rest=0.004)
        own = {o.name: studio.thing_pose(o.name) for o in nominal.objects}
        floor = nominal_occupancy(nominal)
        return cls(nominal, studio, own, list(spares), floor)

    def shut_doors(self) -> None:
        """Close everything."""
        for place in self.home.places:
            for joint in place.joints:
                self.studio.set_door(f"{place.name}/{joint.name}", 0.0)

    def compose(self, rng: np.random.Generator, natural: bool) -> None:
        """One scene: what stands where, which door is open, from where it is seen.

        Args:
            rng: Draws it.
            natural: The home's own things where the scenario left them; else spare things
                crowd one place.
        """
        home, studio = self.home, self.studio
        with studio.together():
            self.shut_doors()
            used = {o.place for o in home.objects if o.place}
            places = [p for p in home.places if p.surfaces and p.kind not in NO_STAGE]
            if natural:
                places = [p for p in places if p.name in used] or places
            place = places[int(rng.integers(len(places)))]
            fridges = [p for p in places if p.kind == "refrigerator"]
            if fridges and rng.random() < 0.25:
                place = fridges[0]
            surfaces = place.surfaces
            if natural:
                filled = {o.surface for o in home.objects if o.place == place.name}
                surfaces = tuple(s for s in surfaces if s.name in filled) or surfaces
            surface = surfaces[int(rng.integers(len(surfaces)))]
            if place.kind == "refrigerator":
                studio.set_door(f"{place.name}/door", rng.uniform(1.2, 2.0))
            elif surface.behind:
                joint = place.joint(surface.behind)
                studio.set_door(f"{place.name}/{joint.name}", 0.85 * joint.limit)
            if natural:
                put_away(studio, self.spares)
                for name, pose in self.own.items():
                    studio.move_thing(name, pose)
            else:
                put_away(studio, list(home.objects))
                clutter(studio, place, surface.height, self.spares, rng)
        self._stand(place, surface.height, rng)

    def _stand(self, place: Place, height: float, rng: np.random.Generator) -> None:
        """Somewhere a robot could stand, 0.45 to 2 m before the place, looking at it."""
        frame = self.studio.place_pose(place.name)
        clear = self.floor.clearance()
        for attempt in range(40):
            reach = 0.45 + (1.6 * rng.random() ** 1.5 if attempt < 39 else 0.2)
            side = rng.uniform(-0.45, 0.45) * min(1.5, place.size[1]) * (1.0 + reach)
            stand = frame @ Pose2(place.size[0] / 2 + reach, side if attempt < 39 else 0.0)
            free = self.floor.at(clear, (stand.x, stand.y))
            if attempt == 39 or (free is not None and float(free) > 0.25):
                break
        target = frame @ Pose2(0.0, rng.uniform(-0.3, 0.3) * place.size[1])
        yaw = math.atan2(target.y - stand.y, target.x - stand.x) + rng.uniform(-0.2, 0.2)
        self.studio.stand(Pose2(stand.x, stand.y, yaw))
        self.studio.look_at((target.x, target.y, height + rng.uniform(0.0, 0.12)))

    def close(self) -> None:
        """Free the simulation."""
        self.studio.close()
