"""What every skill works with: body, eyes, home, planner, and what is known around the robot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from hearth_core.errors import HearthError
from hearth_core.frames import SIDES, grasp_frame
from hearth_core.geometry import Pose2, Transform
from hearth_core.home.model import Home
from hearth_description.core.postures import Semantics

from hearth_manipulation.core.courses import Course, Trail
from hearth_manipulation.core.doors import Swing
from hearth_manipulation.core.driving import Driver
from hearth_manipulation.core.furniture import near_things
from hearth_manipulation.core.grasps import Hand
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.live import PERSON, LiveScene
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.mover import Mover, arm
from hearth_manipulation.core.planning import Planner
from hearth_manipulation.core.ports import Body, Eyes, Report, Sighting
from hearth_manipulation.core.scene import Scene, SeenSurfaces, Thing
from hearth_manipulation.core.spheres import Solid, cover

REACH = 1.6
"""Furniture farther from the base than this is not looked at [m]."""


class SkillError(HearthError):
    """A skill cannot go on; ``refused`` when nothing has moved."""

    def __init__(self, reason: str, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.refused = refused


@dataclass(frozen=True, eq=False)
class Held:
    """What a hand holds."""

    id: str
    label: str
    size: Array
    """Full extents along its own axes [m]."""
    shape: str
    in_grasp: Transform
    """``grasp_frame_from_thing`` when it was gripped."""


@dataclass(eq=False)
class Context:
    """One robot at work. Skills change ``held`` and ``openings`` as they learn."""

    body: Body
    eyes: Eyes
    home: Home
    model: RobotModel
    semantics: Semantics
    report: Report
    hand: Hand = field(default_factory=Hand)
    held: dict[str, Held] = field(default_factory=dict)
    openings: dict[str, dict[str, float]] = field(default_factory=dict)
    """How far doors and drawers are open as the robot last knew, by place and joint."""
    seen_places: dict[str, Transform] = field(default_factory=dict)
    """``map_from_place`` of places whose true pose was measured (their doors' handles)."""

    swings: dict[str, Swing] = field(default_factory=dict)
    """Doors as last seen, in map, by ``place/joint``."""
    courses: dict[str, Course] = field(default_factory=dict)
    """Ways of bars that were pulled, from closed, in map, by ``place/joint``."""
    trails: dict[str, Trail] = field(default_factory=dict)
    """What these were told from, in map."""
    first_seen: dict[str, Transform] = field(default_factory=dict)
    """Poses of handles (map) before their parts were moved, by ``place/joint``."""
    first_openings: dict[str, float] = field(default_factory=dict)
    """How far these were open then [rad]."""
    felt: set[str] = field(default_factory=set)
    """Parts whose way was learned by moving them, by ``place/joint``."""
    guessed: set[str] = field(default_factory=set)
    """Parts of which only the looks are known, taken to be hinged opposite to their handle."""

    watch: Callable[[Scene], Callable[[], SeenSurfaces | None]] | None = None
    """Given what is known, tells what the depth camera sees come in; None: nobody looks."""

    _meets: bool = False
    """Whether people's hands are what it goes to."""

    def __post_init__(self) -> None:
        self.planner = Planner(self.model)
        self.mover = Mover(self.body, self.planner)
        self.mover.live = self.live_scene
        self.driver = Driver(self.body)

    def hold(self, side: str, held: Held | None) -> None:
        """Remember what a hand holds now, and plan with it."""
        if held is None:
            self.held.pop(side, None)
        else:
            self.held[side] = held
        model = self.model
        for holder, thing in self.held.items():
            kind = "box" if thing.shape in {"box", "other"} else "cylinder"
            size = thing.size
            if kind == "cylinder":
                size = np.array([0.5 * max(thing.size[0], thing.size[1]), thing.size[2]])
            centers, radius = cover(Solid(kind, size, thing.in_grasp), 0.008, 0.012)
            touching = [name for name in model.links if _of_hand(name, holder)]
            model = model.attach(grasp_frame(holder), centers, radius, touching)
        self.planner = Planner(model)
        self.mover.planner = self.planner

    def postures(self, name: str, joints: Iterable[str]) -> dict[str, float]:
        """A named posture's values for some joints."""
        values = self.semantics.posture(name)
        return {joint: values[joint] for joint in joints if joint in values}

    def seeds(self, side: str) -> list[Array]:
        """Configurations from which inverse kinematics starts: now and ready postures."""
        now = self.mover.configuration()
        found = [now]
        for posture in ("reach_ready", "carry"):
            q = now.copy()
            for name, value in self.postures(posture, arm(side)).items():
                q[self.model.dof(name)] = value
            found.append(q)
        return found

    def place_frame(self, name: str) -> Transform:
        """``odom_from_place``: as seen, else from the home model."""
        odom_from_map = self.eyes.odom_from_map()
        seen = self.seen_places.get(name)
        return odom_from_map @ (self.home.place(name).frame if seen is None else seen)

    def motions(self) -> dict[str, Transform]:
        """How parts have moved since they were closed (odom), of those whose way was learned."""
        odom_from_map = self.eyes.odom_from_map()
        found: dict[str, Transform] = {}
        for name in self.felt | self.guessed:
            place, _, joint = name.partition("/")
            opening = self.openings.get(place, {}).get(joint, 0.0)
            if name in self.courses:
                found[name] = self.courses[name].moved_by(odom_from_map).motion(opening)
            elif name in self.swings:
                swing = self.swings[name].moved_by(odom_from_map.planar())
                found[name] = swing.motion(opening)
        return found

    def scene(
        self,
        *,
        without: Sequence[str] = (),
        things: bool = True,
        people: bool = True,
        around: Pose2 | None = None,
    ) -> Scene:
        """The world around the robot in odom.

        Args:
            without: Names of solids to leave out (ids of objects, ``refrigerator/door``, ...).
            things: Whether objects seen by perception stand in it.
            people: Whether what people near the arms take up is kept free.
            around: Where; None: the base.
        """
        odom_from_map = self.eyes.odom_from_map()
        base = around or self.body.base()
        seen = {name: odom_from_map @ pose for name, pose in self.seen_places.items()}
        solids = near_things(
            self.home, odom_from_map, (base.x, base.y), REACH, self.openings, seen, self.motions()
        )
        if things:
            held = {item.id for item in self.held.values()}
            solids += [as_solid(thing) for thing in self.eyes.things() if thing.id not in held]
        if people:
            solids += self.people()
        floor = Transform(np.eye(3), np.array([base.x, base.y, -0.05]))
        solids.append(Thing("floor", "box", np.array([6.0, 6.0, 0.1]), floor))
        return Scene().with_things(solids).without(without)

    def people(self) -> list[Thing]:
        """Balls that people take up near the arms, as solids of the scene."""
        if self._meets:
            return []
        return [
            Thing(
                f"{PERSON}{number}", "sphere", np.full(3, 2.0 * ball.radius),
                Transform(np.eye(3), np.asarray(ball.centre, float)),
            )
            for number, ball in enumerate(self.eyes.keep_out())
        ]  # fmt: skip

    @contextmanager
    def meeting(self) -> Iterator[None]:
        """While hands are meant to meet, people near the arms stop nothing."""
        self._meets = True
        try:
            yield
        finally:
            self._meets = False

    def live_scene(self, planned: Scene | None) -> LiveScene:
        """The world while something moves that was planned in ``planned``.

        None: it touches on purpose; then it stops for people only.
        """
        if planned is None:
            return LiveScene(Scene(), (), tuple, as_solid, people=self.people)
        known = {thing.id for thing in self.eyes.things()}
        known |= {item.id for item in self.held.values()}
        entered = None if self.watch is None else self.watch(planned)
        return LiveScene(planned, known, self.eyes.things, as_solid, entered, people=self.people)

    def may_stand(self, scene: Scene) -> Standing:
        """Check of base poses against the lidar and the scene."""
        return Standing(self, scene)

    def other(self, side: str) -> str:
        """The other side."""
        return SIDES[1 - SIDES.index(side)]

    def holding_side(self, wanted: str = "") -> str:
        """The hand that holds something.

        Raises:
            SkillError: ``nothing_held``, or ``which_hand`` when both do and none is named.
        """
        if wanted and wanted not in self.held:
            raise SkillError("nothing_held", f"the {wanted} hand holds nothing", refused=True)
        if not self.held:
            raise SkillError("nothing_held", "neither hand holds anything", refused=True)
        if not wanted and len(self.held) > 1:
            raise SkillError("which_hand", "both hands hold something: say which", refused=True)
        return wanted or next(iter(self.held))

    def free_side(self, wanted: str = "") -> str:
        """A hand that holds nothing.

        Raises:
            SkillError: ``hand_not_free`` or ``unknown_side``.
        """
        if wanted and wanted not in SIDES:
            raise SkillError(
                "unknown_side", f"no side {wanted!r}; known: {list(SIDES)}", refused=True
            )
        free = [side for side in SIDES if side not in self.held]
        if wanted:
            if wanted not in free:
                holds = self.held[wanted].label
                raise SkillError("hand_not_free", f"the {wanted} hand holds {holds}", refused=True)
            return wanted
        if not free:
            raise SkillError("hand_not_free", "both hands hold something", refused=True)
        return free[-1]


class Standing:
    """Whether the base may stand somewhere near."""

    def __init__(self, context: Context, scene: Scene) -> None:
        self._context = context
        self._scene = scene.without(["floor"])
        self._now = context.body.base()
        points = context.body.obstacles()
        self._points = np.zeros((0, 2)) if points is None else self._now.apply(points)
        self._q = context.mover.configuration()

    def __call__(self, base: Pose2) -> bool:
        """Whether base_footprint may stand at ``base`` (odom)."""
        half = self._context.driver.limits.half_length
        local = base.inverse().apply(self._points)
        if np.any(np.all(np.abs(local) < half, axis=1)):
            return False
        q = self._q.copy()
        q[:3] = base.x, base.y, base.yaw
        joints = ("base_x", "base_y", "base_yaw")
        return self._context.planner.collision(joints, q, self._scene) is None


def as_solid(thing: Sighting) -> Thing:
    """A seen object as a solid of the scene."""
    shape = "cylinder" if thing.shape == "cylinder" else "box"
    return Thing(thing.id, shape, np.asarray(thing.size, float), thing.pose)


def _of_hand(link: str, side: str) -> bool:
    parts = ("palm", "hand", "thumb", "index", "middle", "ring", "little", "grasp", "wrist")
    return link.startswith(f"{side}_") and any(part in link for part in parts)


def values_of(names: Iterable[str], value: float) -> Mapping[str, float]:
    """The same value for several joints."""
    return dict.fromkeys(names, value)
