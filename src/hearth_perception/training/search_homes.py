"""Finding things never seen in homes never seen, with rendered views and the robot's own eyes.

The search, the map of things and the pictures are the real ones; driving is a jump of the camera
to where the stand was wanted (a few centimetres beside it, and believed to be a little elsewhere),
and its length the way over the floor. What the robot drives through and what it meets there is
for ``./hearth sim`` to say.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from apartment import OPTICAL, Studio
from hearth_core.geometry import Pose2
from hearth_core.home.model import Home
from hearth_perception.core.detector import Detector
from hearth_perception.core.ego import Ego
from hearth_perception.core.explorer import found_for_sure
from hearth_perception.core.gaze import aim
from hearth_perception.core.ground import Ground
from hearth_perception.core.perceiver import Perceiver
from hearth_perception.core.search import Search
from hearth_perception.core.search_kernels import improve_tour
from hearth_perception.core.semantic_map import Track
from hearth_perception.core.spots import spots_of
from hearth_perception.core.view import View
from hearth_sim.core.assemble import read_home
from hearth_sim.core.home.occupancy import nominal_occupancy
from hearth_sim.core.home.scenario import scenario

OFF_AXIS = 0.35
BODY = 0.25
"""Half the edge of the base [m]."""


@dataclass(frozen=True)
class Hunt:
    """One search."""

    home: int
    label: str
    found: bool
    """The right thing, where it really is."""
    claimed: bool
    """The robot said that it had found it."""
    driven: float
    """[m]"""
    shortest: float
    """Shortest way from the start over all stands that show the whole home [m]."""
    stops: int
    views: int
    scrapes: int
    """Stops where the base's middle was nearer to something than half its edge."""
    seconds: float
    """CPU time."""


@dataclass
class Walker:
    """The robot in a rendered home, as :class:`hearth_perception.core.explorer.Explorer`."""

    studio: Studio
    perceiver: Perceiver
    truth: Ground
    label: str
    rng: np.random.Generator
    ego: Ego
    driven: float = 0.0
    stops: int = 0
    views: int = 0
    scrapes: int = 0
    _believed: Pose2 = field(default_factory=Pose2)
    _refuted: list[npt.NDArray[np.float64]] = field(default_factory=list)

    def put(self, pose: Pose2) -> None:
        """Stand somewhere, believing to stand a little beside it."""
        self.studio.stand(pose)
        x, y = self.rng.normal(0.0, 0.02, 2)
        turn = self.rng.normal(0.0, 0.01)
        self._believed = Pose2(pose.x + x, pose.y + y, pose.yaw + turn)

    def now(self) -> float:
        """The clock of the views [s]."""
        return self.studio.stamp

    def pose(self) -> Pose2:
        """Where the robot believes to be."""
        return self._believed

    def drive(self, pose: Pose2, *, watch: bool = True) -> bool:
        """Go there, if there is a way; nothing is seen on it."""
        del watch
        here = self.studio.base
        way = float(self.truth.ways((here.x, here.y), np.array([[pose.x, pose.y]]))[0])
        if not np.isfinite(way):
            return False
        self.driven += way
        self.stops += 1
        x, y = self.rng.normal(0.0, 0.03, 2)
        goal = Pose2(pose.x + x, pose.y + y, pose.yaw + self.rng.normal(0.0, 0.05))
        self.scrapes += bool(self.truth.clearance[self.truth.cell((goal.x, goal.y))] < BODY)
        self.put(goal)
        return True

    def look(self, point: npt.NDArray[np.float64]) -> bool:
        """One view, and two more where the thing might be in it."""
        local = self._believed.lift().inverse().apply(point)
        gaze = aim(self.studio.robot, self.studio.positions, local)
        if gaze.error > OFF_AXIS:
            return False
        self.studio.stand(self.studio.base, head_pan_joint=gaze.pan, head_tilt_joint=gaze.tilt)
        began = self.now()
        for _ in range(3):
            hint = self._view()
            if self.seen(began) or not hint:
                break
        return True

    def seen(self, since: float = 0.0) -> list[Track]:
        """Where the map has the thing since then [s]."""
        return found_for_sure(self.perceiver.things, self.label, since, refuted=self._refuted)

    def refute(self, position: npt.NDArray[np.float64]) -> None:
        """What is there [m] is not the thing."""
        self._refuted.append(position)

    def _view(self) -> bool:
        self.views += 1
        view = self.studio.view()
        error = self._believed.lift() @ self.studio.base.lift().inverse()
        believed = View(
            view.stamp, view.camera, error @ view.map_from_camera, view.color, view.depth
        )
        positions = self.studio.joint_positions()
        mask = self.ego.mask(believed, positions, OPTICAL, self.perceiver.stride)
        percept = self.perceiver.look(believed, mask)
        return any(self.label in s.scores for s in percept.sightings)


def ground_of(home: Home, nominal: Home) -> Ground:
    """What a map of the real home says, with the furniture that the robot was told of."""
    floor = nominal_occupancy(home)
    return Ground.make(floor.occupied, floor.origin, floor.resolution, nominal)


def hunts(number: int, count: int, detector: Detector) -> list[Hunt]:
    """Search for ``count`` kinds of things in home ``generated:<number>``."""
    rng = np.random.default_rng([number, 9])
    nominal = read_home(f"generated:{number}")
    studio = Studio(nominal, number, rest=0.3)
    try:
        drawn = scenario(nominal, number, 1)
        real = drawn.home
        ground, truth = ground_of(real, nominal), ground_of(real, real)
        open_things = [
            o
            for o in real.objects
            if not o.place or not real.place(o.place).surface(o.surface).behind
        ]
        kinds = sorted({o.kind for o in open_things})
        chosen = [str(k) for k in rng.permutation(kinds)[:count]]
        start = drawn.starts[0]
        return [_hunt(number, studio, nominal, ground, truth, k, start, detector) for k in chosen]
    finally:
        studio.close()


def _hunt(
    number: int,
    studio: Studio,
    nominal: Home,
    ground: Ground,
    truth: Ground,
    label: str,
    start: Pose2,
    detector: Detector,
) -> Hunt:
    began = time.process_time()
    rng = np.random.default_rng([number, len(label), ord(label[0])])
    perceiver = Perceiver(nominal, detector=detector)
    walker = Walker(studio, perceiver, truth, label, rng, Ego(studio.robot))
    walker.put(start)
    search = Search(nominal, ground, spots_of(nominal, ground, label))
    whole = shortest_tour(search, ground, start)
    end = search.run(walker)
    right = False
    track = end.track
    if track is not None:
        right = any(
            o.kind == label
            and np.linalg.norm(studio.thing_pose(o.name).translation - track.position) < 0.25
            for o in nominal.objects
        )
    return Hunt(
        number,
        label,
        right,
        end.found,
        walker.driven,
        whole,
        walker.stops,
        walker.views,
        walker.scrapes,
        time.process_time() - began,
    )


def shortest_tour(search: Search, ground: Ground, start: Pose2) -> float:
    """Shortest open way from the start over all stands, best of many improved orders [m]."""
    stands = search.tour(start)
    if not stands:
        return 0.0
    points = np.array([[s.pose.x, s.pose.y] for s in stands])
    ways = np.array([ground.ways(p, points) for p in points])
    first = ground.ways((start.x, start.y), points)
    rng = np.random.default_rng(0)
    least = np.inf
    for _ in range(12):
        order = improve_tour(rng.permutation(len(points)), ways, first, np.zeros(len(points)), 1.0)
        length = first[order[0]] + ways[order[:-1], order[1:]].sum()
        least = min(least, float(length))
    return least
