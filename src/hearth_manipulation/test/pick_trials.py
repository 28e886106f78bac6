"""One thing on one piece of furniture in a bare room: seen in one view, picked, carried 2 m.

Perception is the robot's own on one rendered colour and depth image a look; nothing is kept from
earlier looks. The thing is held by friction alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from arm_scenes import description, model, semantics
from harness import SimBody, TruthEyes, make_world
from hearth_core.errors import HearthError
from hearth_core.frames import HEAD_JOINTS
from hearth_core.geometry import Pose2, Transform
from hearth_core.home import Home, parse_home
from hearth_core.home.catalogue import OBJECT_KINDS
from hearth_manipulation.core import skill_pick
from hearth_manipulation.core.context import Context
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.ports import Sighting
from hearth_manipulation.core.timing import Trajectory
from hearth_perception.core.gaze import aim
from hearth_perception.core.perceiver import Perceiver
from hearth_perception.core.view import View

SHAPES = (
    "milk_carton", "bottle", "mug", "glass", "can", "box",
    "detergent", "apple", "yogurt", "toy_block", "sponge", "croissant",
)  # fmt: skip
"""Of the catalogue; bowl, plate, ball, book, slipper and remote control fit no grasp."""
PLACES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "table": ({"kind": "dining_table"}, ("top",)),
    "desk": ({"kind": "desk"}, ("top",)),
    "sideboard": ({"kind": "cupboard"}, ("top",)),
    "bookshelf": ({"kind": "bookshelf"}, ("shelf_2", "shelf_3", "shelf_4")),
    "rack": ({"kind": "storage_rack"}, ("shelf_2", "shelf_3")),
}
CARRY = 2.0
"""How far the thing is carried [m]."""


@dataclass(frozen=True)
class PickTrial:
    """A home with one thing, and where the robot starts."""

    shape: str
    seed: int
    home: Home
    surface: str
    start: Pose2


def draw_pick(shape: str, seed: int) -> PickTrial:
    """Furniture, spot, size, turn and start of one trial."""
    rng = np.random.default_rng([seed, SHAPES.index(shape), 77])
    item, surfaces = PLACES[str(rng.choice(list(PLACES)))]
    surface_name = str(rng.choice(surfaces))
    document: dict[str, Any] = {
        "name": "bare_room",
        "charger": {"at": [0.6, 4.3], "facing": "east"},
        "rooms": [{"name": "room", "kind": "living", "rectangle": [0.0, 0.0, 5.0, 5.0]}],
        "places": [{**item, "at": [2.5, 0.6], "facing": "north"}],
    }
    place = parse_home(document).places[0]
    surface = place.surface(surface_name)
    size = np.array(OBJECT_KINDS[shape].size) * rng.uniform(0.93, 1.07)
    rect = surface.rectangle
    depth = 0.5 * float(max(size[:2])) + float(rng.uniform(0.03, 0.15))
    margin = 0.25
    x = max(rect.x_max - depth, 0.5 * (rect.x_min + rect.x_max))
    y = float(rng.uniform(rect.y_min + margin, rect.y_max - margin))
    document["places"][0]["at"] = [2.5, 0.08 + 0.5 * place.size[0]]
    document["objects"] = [
        {
            "kind": shape, "where": f"{place.name}/{surface_name}", "at": [x, y],
            "turned": float(np.degrees(rng.uniform(-np.pi, np.pi))),
            "size": [round(float(v), 4) for v in size],
        }
    ]  # fmt: skip
    home = parse_home(document)
    lateral = y + float(rng.uniform(-0.15, 0.15))
    start = home.places[0].approach(0.55 + float(rng.uniform(-0.08, 0.1)), lateral)
    start = start @ Pose2(0.0, 0.0, float(rng.uniform(-0.2, 0.2)))
    return PickTrial(shape, seed, home, f"{place.name}/{surface_name}", start)


class OneViewEyes(TruthEyes):
    """Things as the robot's perception sees them in one rendered view."""

    def __init__(self, body: SimBody, home: Home, nominal: Home, seed: int) -> None:
        super().__init__(body, home, seed)
        self.nominal = nominal
        self._seen: list[Sighting] = []

    def look(self, point: Array) -> None:
        base = self.body.base().lift()
        joints = dict(self.body.joints())
        gaze = aim(description(), joints, base.inverse().apply(np.asarray(point, float)))
        end = np.array([[gaze.pan, gaze.tilt]])
        motion = self.body.follow(
            "head", Trajectory(tuple(HEAD_JOINTS), np.array([0.8]), end, np.zeros_like(end))
        )
        while not motion.done():
            self.body.pause(0.05)
        self.body.pause(0.3)
        self._take_view()

    def _take_view(self) -> None:
        world = self.body.world
        frame = world.render("robot1/head_camera", 640, 480)
        assert frame.color is not None
        assert frame.depth is not None
        camera = self.body.hardware.cameras["head_camera"].color
        map_from_odom = self.odom_from_map().inverse()
        odom_from_camera = self.body.base().lift() @ description().pose(
            dict(self.body.joints()), camera.frame
        )
        view = View(world.now, camera, map_from_odom @ odom_from_camera, frame.color, frame.depth)
        seen = Perceiver(self.nominal).look(view).sightings
        odom_from_map = map_from_odom.inverse()
        self._seen = []
        for number, item in enumerate(seen):
            c, s = np.cos(item.shape.yaw), np.sin(item.shape.yaw)
            turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
            self._seen.append(
                Sighting(
                    f"{item.label}_{number}", item.label,
                    odom_from_map @ Transform(turn, item.shape.middle),
                    np.asarray(item.shape.size, float), item.nominal.value, world.now, item.place,
                )
            )  # fmt: skip

    def things(self, newer_than: float | None = None) -> list[Sighting]:
        return [s for s in self._seen if newer_than is None or s.stamp > newer_than]


def run_pick(trial: PickTrial, say: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Look, pick, carry, and ask the truth."""
    begin = time.process_time()
    world, real = make_world(trial.home, trial.seed, trial.start)
    body = SimBody(world, Pose2())
    body.pause(0.3)
    eyes = OneViewEyes(body, real, trial.home, trial.seed)
    phases: list[str] = []

    def report(phase: str, _progress: float, _opening: float | None = None) -> None:
        if not phases or phases[-1] != phase:
            phases.append(phase)
            say(f"    {world.now:6.1f} s {phase}")

    context = Context(body, eyes, trial.home, model(), semantics(), report)
    name = real.objects[0].name
    at = world.truth().bodies[name].home_from_body.translation.copy()
    result: dict[str, Any] = {
        "shape": trial.shape, "seed": trial.seed, "surface": trial.surface,
        "lifted": False, "held": False, "told": False, "reason": "",
    }  # fmt: skip

    def aloft() -> bool:
        state = world.truth().bodies[name]
        return "robot1" in state.touches and set(state.touches) <= {"robot1"}

    try:
        # Where it roughly is somebody said: within 5 cm.
        rough = eyes.odom_from_map() @ Transform(np.eye(3), at + eyes._random.normal(0.0, 0.03, 3))
        eyes.look(rough.translation)
        near = [
            s
            for s in eyes.things()
            if np.linalg.norm(s.pose.translation - rough.translation) < 0.2
        ]
        if not near:
            result["reason"] = "not seen"
        else:
            result["label"] = near[0].label
            result["size"] = [round(float(v), 3) for v in near[0].size]
            side, _ = skill_pick.pick(context, near[0].id)
            result["told"] = True
            result["side"] = side
            result["lifted"] = aloft()
            base = body.base()
            for part in (0.5, 1.0):
                context.driver.to(
                    base @ Pose2(-CARRY * part, 0.0, 0.0), tolerance=0.05, turn_tolerance=0.1,
                    speed=2.0,
                )  # fmt: skip
            body.pause(1.0)
            result["held"] = aloft()
    except HearthError as error:
        result["reason"] = f"{getattr(error, 'reason', type(error).__name__)}: {error}"
    result["time"] = world.now
    result["cpu"] = time.process_time() - begin
    world.close()
    return result
