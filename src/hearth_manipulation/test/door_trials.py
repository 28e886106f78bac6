"""One piece of furniture in a bare room, and a robot before it that opens and closes a part.

The robot's home model says what the front looks like (panel, handle), not how it moves: axis,
hinge side and kind of joint are wiped out of it. Truth only says whether it worked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from arm_scenes import model, semantics
from depth_eye import DepthEye
from harness import SimBody, TruthEyes, make_world
from hearth_core.errors import HearthError
from hearth_core.geometry import Pose2
from hearth_core.home import Home, JointKind, parse_home
from hearth_core.home.catalogue import PLACE_KINDS
from hearth_core.home.model import Articulation, Side
from hearth_manipulation.core import skill_close, skill_open
from hearth_manipulation.core.context import Context

KINDS = {
    "refrigerator": "refrigerator",
    "oven": "oven",
    "dishwasher": "dishwasher",
    "washer": "washing_machine",
    "drawer": "dresser",
    "cupboard": "cupboard",
}
"""Name in the table -> kind of the catalogue."""
LOWEST = 0.30
"""Handles nearer to the floor than this are not asked for: the arms end above them [m]."""
OPEN_ANGLE, OPEN_SHARE = 1.2, 0.75
"""What counts as open: hinged at least so far [rad], sliding this share of its travel."""
SHUT_ANGLE, SHUT_TRAVEL = 0.05, 0.015
"""What counts as closed [rad], [m]."""


@dataclass(frozen=True)
class Trial:
    """A home with one place, the part asked for, and where the robot starts."""

    kind: str
    seed: int
    home: Home
    part: str
    start: Pose2


def draw_trial(kind: str, seed: int) -> Trial:
    """Size, hinge side, part and start of one trial."""
    rng = np.random.default_rng([seed, sorted(KINDS).index(kind)])
    entry = PLACE_KINDS[KINDS[kind]]
    size = [
        round(usual * (1.0 + share * float(rng.uniform(-1.0, 1.0))), 3)
        for usual, share in zip(entry.size, entry.spread, strict=True)
    ]
    item: dict[str, Any] = {
        "kind": entry.name,
        "at": [2.5, 0.09 + size[0] / 2.0],
        "facing": "north",
        "size": size,
        "hinge": str(rng.choice(["left", "right"])),
    }
    if entry.models != ("",):
        item["model"] = str(rng.choice(entry.models))
    home = parse_home(
        {
            "name": "bare_room",
            "charger": {"at": [0.6, 4.3], "facing": "east"},
            "rooms": [{"name": "room", "kind": "kitchen", "rectangle": [0.0, 0.0, 5.0, 5.0]}],
            "places": [item],
        }
    )
    place = home.places[0]
    able = [
        joint
        for joint in place.joints
        if joint.handle is not None and joint.handle.centre[2] > LOWEST
    ]
    joint = able[int(rng.integers(len(able)))]
    assert joint.handle is not None
    lateral = float(joint.handle.centre[1] + rng.uniform(-0.2, 0.2))
    start = place.approach(0.75 + float(rng.uniform(-0.1, 0.15)), lateral)
    start = start @ Pose2(0.0, 0.0, float(rng.uniform(-0.2, 0.2)))
    return Trial(kind, seed, home, f"{place.name}/{joint.name}", start)


def blinded(home: Home) -> Home:
    """The home as the robot knows it: how its parts move is wiped out."""

    def blind(joint: Articulation) -> Articulation:
        return replace(
            joint, kind=JointKind.SLIDING, side=Side.NONE, origin=joint.panel.centre,
            axis=(1.0, 0.0, 0.0), limit=9.9, latch_force=0.0,
        )  # fmt: skip

    places = tuple(
        replace(place, joints=tuple(blind(joint) for joint in place.joints))
        for place in home.places
    )
    return replace(home, places=places)


class BlindEyes(TruthEyes):
    """Sees handles, but not about what they turn; its head turns to what it looks at."""

    def __init__(self, body: SimBody, home: Home, seed: int, camera: DepthEye) -> None:
        super().__init__(body, home, seed, noise=0.004)
        self._camera = camera

    def look(self, point: np.ndarray) -> None:
        self._camera.look(point)
        super().look(point)

    def door(self, name: str) -> Any:
        seen = super().door(name)
        return None if seen is None else replace(seen, hinge=None)


def run_trial(trial: Trial, say: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Open the part, look at the truth, close it, look again."""
    begin = time.process_time()
    world, real = make_world(trial.home, trial.seed, trial.start)
    body = SimBody(world, Pose2())
    body.pause(0.3)
    robot = model()
    camera = DepthEye(body, robot)
    eyes = BlindEyes(body, real, trial.seed, camera)
    phases: list[str] = []

    def report(phase: str, _progress: float, opening: float | None = None) -> None:
        text = phase if opening is None else f"{phase} {opening:.2f}"
        if not phases or phases[-1].split()[0] != phase:
            phases.append(text)
            say(f"    {world.now:6.1f} s {text}")
        phases[-1] = text

    context = Context(body, eyes, blinded(trial.home), robot, semantics(), report)
    camera.serve(context)
    place_name, _, joint_name = trial.part.partition("/")
    joint = trial.home.place(place_name).joint(joint_name)
    sliding = joint.kind is JointKind.SLIDING
    result: dict[str, Any] = {
        "kind": trial.kind, "seed": trial.seed, "part": trial.part,
        "open": False, "closed": False, "reason": "", "told": "",
    }  # fmt: skip

    def truth() -> float:
        return float(world.articulations()[trial.part])

    enough = OPEN_SHARE * joint.limit if sliding else OPEN_ANGLE
    shut = SHUT_TRAVEL if sliding else SHUT_ANGLE
    try:
        result["told"] = f"{skill_open.open_door(context, trial.part, 0.0):.3f}"
        result["open_at"] = world.now
    except HearthError as error:
        result["reason"] = f"open: {getattr(error, 'reason', type(error).__name__)}: {error}"
    result["opening"] = truth()
    result["open"] = result["opening"] >= enough
    if result["open"]:
        try:
            skill_close.close_door(context, trial.part)
        except HearthError as error:
            result["reason"] = f"close: {getattr(error, 'reason', type(error).__name__)}: {error}"
        result["left"] = truth()
        result["closed"] = result["left"] <= shut
    result["time"] = world.now
    result["cpu"] = time.process_time() - begin
    world.close()
    return result
