"""Render things on furniture and write down what the classifier would see of them.

    PYTHONPATH=$PYTHONPATH:test python training/collect.py OUT.npz --homes 24 --views 12

Homes are generated ones and the apartment with seeds of their own (1000 and up: figures are made
on others). Sizes and colours of things, places, yaws, neighbours, light, exposure, colour of the
light and the robot's stand are drawn; labels come from the simulator and stay in this folder.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from apartment import HOMES, Studio
from hearth_core.geometry import Pose2, Transform
from hearth_core.home.catalogue import COLOURS, OBJECT_KINDS
from hearth_core.home.model import Home, ObjectSpec, Place
from hearth_perception.core.appearance import appearance, estimate_light
from hearth_perception.core.clusters import segment
from hearth_perception.core.depth import make_cloud
from hearth_perception.core.features import NAMES, features
from hearth_perception.core.geometric import fit_cluster, full_mask
from hearth_perception.core.places import shelves_of_home
from hearth_perception.core.view import BadViewError, View
from hearth_sim.core.assemble import read_home

BACKGROUND = "background"


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
        at = Pose2(-60.0, float(number))
        name = f"{kind.label}_{number // len(OBJECT_KINDS) + 1}"
        sizes = tuple(float(v) for v in size)
        specs.append(
            ObjectSpec(name, kind.label, "", "", room.name, at, sizes, colour)  # type: ignore[arg-type]
        )
    return tuple(specs)


def stage(
    studio: Studio, place: Place, height: float, rng: np.random.Generator
) -> list[ObjectSpec]:
    """Put some things on the surfaces of a place near ``height``; the rest goes far away."""
    surfaces = [s for s in place.surfaces if abs(s.height - height) < 0.4]
    chosen = list(rng.permutation(np.array(studio.home.objects, dtype=object)))
    count = int(rng.integers(6, 22))
    frame = studio.place_pose(place.name)
    spots: list[tuple[str, float, float, float]] = []
    shown = []
    for k, thing in enumerate(chosen):
        if k < count:
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
            near = any(
                s == surface.name and np.hypot(x - a, y - b) < r + other + 0.004
                for s, a, b, other in spots
            )
            if near:
                continue
            spots.append((surface.name, x, y, r))
            pose = frame @ Pose2(x, y, rng.uniform(-math.pi, math.pi))
            studio.move_thing(thing.name, pose.lift(surface.height + thing.size[2] / 2))
            shown.append(thing)
    gone = {t.name for t in studio.home.objects} - {t.name for t in shown}
    for number, name in enumerate(sorted(gone)):
        studio.move_thing(name, Transform(np.eye(3), np.array([-60.0, number, 1.0])))
    return shown


def relight(view: View, rng: np.random.Generator) -> View:
    """Another exposure and colour of light."""
    gain = rng.uniform(0.6, 1.25) * (1.0 + rng.uniform(-0.18, 0.18, 3))
    color = np.clip(view.color * gain, 0, 255).astype(np.uint8)
    return replace(view, color=color)


def label_of(points: np.ndarray, shown: list[ObjectSpec], studio: Studio) -> str | None:
    """Which thing a cluster is; None: more than one, or only partly one."""
    best, share = "", 0.0
    for thing in shown:
        local = studio.thing_pose(thing.name).inverse().apply(points.astype(float))
        inside = (np.abs(local) < np.array(thing.size) / 2 + [0.03, 0.035, 0.02]).all(axis=1)
        if inside.mean() > share:
            best, share = thing.kind, float(inside.mean())
    if share > 0.9:
        return best
    return BACKGROUND if share < 0.1 else None


def samples(
    view: View, studio: Studio, shown: list[ObjectSpec]
) -> Iterator[tuple[np.ndarray, str]]:
    """Features and labels of one view."""
    segmentation = segment(make_cloud(view), shelves_of_home(studio.home))
    light = estimate_light(view.color)
    for cluster in segmentation.clusters:
        label = label_of(cluster.points, shown, studio)
        if label is None:
            continue
        box, mask = full_mask(cluster, 2, view.depth.shape)
        fits = fit_cluster(view, segmentation, cluster, box, mask)
        if fits is None:
            continue
        look = appearance(view.color[box[1] : box[3], box[0] : box[2]][mask], light)
        yield features(cluster, fits, look), label


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--homes", type=int, default=24)
    parser.add_argument("--views", type=int, default=12)
    parser.add_argument("--first", type=int, default=1000)
    options = parser.parse_args()
    xs: list[np.ndarray] = []
    ys: list[str] = []
    groups: list[int] = []
    for number in range(options.homes):
        seed = options.first + number
        rng = np.random.default_rng(seed)
        nominal = read_home(HOMES / "apartment.yaml" if number % 2 else f"generated:{seed}")
        home = replace(nominal, objects=draw_objects(nominal, rng))
        studio = Studio(home, seed, rest=0.004)
        places = [p for p in home.places if p.surfaces and p.kind not in ("rug",)]
        fridges = [p for p in places if p.kind == "refrigerator"]
        for count in range(options.views):
            fridge = bool(fridges) and count % 3 == 0
            place = fridges[0] if fridge else places[int(rng.integers(len(places)))]
            for joint in place.joints:
                studio.set_door(f"{place.name}/{joint.name}", 0.0)
            if fridge:
                studio.set_door(f"{place.name}/door", rng.uniform(1.2, 2.0))
            height = float(rng.choice([s.height for s in place.surfaces]))
            shown = stage(studio, place, height, rng)
            frame = studio.place_pose(place.name)
            away = place.size[0] / 2 + rng.uniform(0.45, 1.4)
            side = rng.uniform(-0.3, 0.3) * min(1.5, place.size[1])
            studio.stand(frame @ Pose2(away, side, math.pi + rng.uniform(-0.15, 0.15)))
            target = frame.lift().apply(np.array([0.0, 0.3 * side, height + 0.05]))
            studio.look_at(tuple(target))
            view = relight(studio.view(), rng)
            try:
                for x, label in samples(view, studio, shown):
                    xs.append(x)
                    ys.append(label)
                    groups.append(number)
            except BadViewError:
                continue
        studio.close()
        print(number, home.name, len(ys), flush=True)  # noqa: T201
        np.savez_compressed(
            options.out, x=np.array(xs), y=np.array(ys), group=np.array(groups), names=NAMES
        )


if __name__ == "__main__":
    main()
