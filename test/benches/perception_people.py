"""People for the bench of perception: position and motion against the simulator's truth.

A robot stands in a room of a home it was never tuned on; one person walks to and fro before it,
another stands there for a while. The head camera is rendered at 5 Hz, the lidar runs at 10 Hz
through the navigator's own tracker, and both meet in perception's fusion. The robot believes to
stand 2 cm and 0.6 degrees (one sigma) beside where it stands. Somebody counts as visible when
the line from the camera to their chest is free in the rendered depth.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

os.environ.setdefault("MUJOCO_GL", "egl")

import numpy as np
from hearth_cli.bench import Figure
from hearth_core.geometry import Pose2, Transform
from hearth_core.home import Home, PersonSpec, Stop
from hearth_description.core.model import find_model, load_urdf
from hearth_navigation.core.field import Field, distances
from hearth_navigation.core.people import PeopleTracker
from hearth_perception.core.depth import make_cloud
from hearth_perception.core.ego import Ego
from hearth_perception.core.people.known import known_space
from hearth_perception.core.people.tracker import PeopleFusion
from hearth_perception.core.people.upright import find_bodies
from hearth_perception.core.people.watch import looks_through
from hearth_perception.core.view import View, project
from hearth_sim.core.assemble import read_home
from hearth_sim.core.home.occupancy import nominal_occupancy
from hearth_sim.core.home.scenario import scenario
from hearth_sim.core.world import World

NAN = float("nan")
OPTICAL = "head_camera_color_optical_frame"
SECONDS, VIEW, SCAN = 12.0, 0.2, 0.1
SETTLED = 1.0
"""A person is judged from this long after they came into view [s]."""


@dataclass(frozen=True)
class Sample:
    """One person at one moment."""

    home: int
    person: str
    camera: bool
    """The head camera sees them."""
    told: bool
    position_error: float
    """[m]; nan: not told."""
    velocity_error: float
    """[m/s]."""
    speed: float
    distance: float


def people_figures(
    seeds: tuple[int, ...], say: Callable[[str], None]
) -> tuple[list[Figure], list[dict[str, Any]]]:
    """Figures over a scene in every home of ``seeds``, and one without anybody."""
    samples: list[Sample] = []
    seconds: list[float] = []
    false = minutes = 0.0
    for number in seeds:
        for count in (2, 0):
            scene = Scene.draw(number, count)
            if scene is None:
                say(f"people of home {number}: no room to stand before somebody")
                break
            more, wrong, cpu = scene.run()
            samples += more
            false += wrong
            minutes += SECONDS / 60.0
            seconds += cpu
            if count:
                told = sum(s.told for s in more if s.camera)
                say(f"people of home {number}: {told}/{sum(s.camera for s in more)} told")
            else:
                say(f"nobody in home {number}: {wrong} told")
    seen = [s for s in samples if s.camera]
    right = [s for s in seen if s.told]
    walking = [s for s in right if s.speed > 0.3]
    standing = [s for s in right if s.speed < 0.05]
    away = np.array([s.position_error for s in right])
    figures = [
        Figure(
            "people in the camera's view told",
            len(right) / max(1, len(seen)),
            "",
            NAN,
            "higher",
            len(seen),
        ),
        Figure("person's position (median)", _median(away), "m", NAN, "lower", len(away)),
        Figure("person's position (p90)", _p90(away), "m", NAN, "lower", len(away)),
        Figure(
            "walking person's velocity error (median)",
            _median(np.array([s.velocity_error for s in walking])),
            "m/s",
            NAN,
            "lower",
            len(walking),
        ),
        Figure(
            "standing person's speed error (p90)",
            _p90(np.array([s.velocity_error for s in standing])),
            "m/s",
            NAN,
            "lower",
            len(standing),
        ),
        Figure(
            "people told who are not there, a minute",
            false / max(1e-9, minutes),
            "1/min",
            NAN,
            "lower",
            round(60 * minutes),
        ),
        Figure(
            "CPU of a view's search for people",
            1e3 * _median(np.array(seconds)),
            "ms",
            NAN,
            "lower",
            len(seconds),
        ),
    ]
    rows = [
        {
            "part": "people",
            "home": s.home,
            "person": s.person,
            "camera": s.camera,
            "told": s.told,
            "position_error": s.position_error if s.told else None,
            "velocity_error": s.velocity_error if s.told else None,
            "speed": s.speed,
            "distance": s.distance,
        }
        for s in samples
    ]
    return figures, rows


@dataclass
class Scene:
    """A robot that stands and looks, and people."""

    number: int
    home: Home
    world: World
    base: Pose2
    error: Pose2
    """``believed_from_true`` of the robot's pose."""

    @classmethod
    def draw(cls, number: int, count: int) -> Scene | None:
        """A spot to look from, and spots before it to walk between; None: there is none."""
        rng = np.random.default_rng([number, 47])
        home = read_home(f"generated:{number}")
        floor = nominal_occupancy(home)
        clear = floor.clearance()
        rows, columns = np.nonzero(clear > 0.45)

        def free(pose: Pose2, room: float = 0.42) -> bool:
            value = floor.at(clear, (pose.x, pose.y))
            return value is not None and float(value) > room

        for _ in range(400):
            k = int(rng.integers(len(rows)))
            x, y = floor.point(int(rows[k]), int(columns[k]))
            base = Pose2(x, y, float(rng.uniform(-math.pi, math.pi)))
            spots = [
                base @ Pose2(float(rng.uniform(1.3, 3.2)), float(rng.uniform(-1.0, 1.0)))
                for _ in range(12)
            ]
            line = [free(base @ Pose2(d, 0.0), 0.3) for d in np.arange(0.5, 2.6, 0.2)]
            spots = [s for s in spots if free(s)]
            apart = [
                (a, b, c)
                for a in spots
                for b in spots
                for c in spots
                if a.distance(b) > 1.0 and c.distance(a) > 0.7 and c.distance(b) > 0.7
            ]
            if all(line) and apart:
                break
        else:
            return None
        a, b, c = apart[0]
        error = Pose2(*rng.normal(0.0, 0.02, 2), float(rng.normal(0.0, 0.01)))
        people = (
            PersonSpec("walker", (Stop((a.x, a.y), 0.5), Stop((b.x, b.y), 0.5)), 0.8),
            PersonSpec("stander", (Stop((c.x, c.y), 60.0), Stop((a.x, a.y), 1.0)), 0.8),
        )[:count]
        full = replace(home, people=people)
        world = World.make(full, seed=number, starts={"robot1": base})
        return cls(number, home, world, base, error)

    def run(self) -> tuple[list[Sample], int, list[float]]:
        """Samples of everybody, people told who are nowhere (by distinct number), CPU times."""
        world, robot = self.world, load_urdf(find_model())
        ego, known = Ego(robot), known_space(self.home)
        floor = nominal_occupancy(scenario(self.home, self.number).home)
        mapped = Field(distances(floor.occupied, floor.resolution), floor.resolution, floor.origin)
        lidar, fusion = PeopleTracker(), PeopleFusion()
        scans: list[Any] = []
        world.hardware("robot1").listen_scan(scans.append)
        mount = robot.pose({}, "lidar_link").planar()
        samples: list[Sample] = []
        false: set[int] = set()
        seconds: list[float] = []
        self._since: dict[str, float] = {}
        for step in range(1, round(SECONDS / SCAN) + 1):
            world.advance(SCAN)
            now = world.now
            true_base = self._base()
            believed = true_base @ self.error
            if scans:
                at = believed @ mount
                lidar.update(now, at.apply(_points(scans[-1])), (at.x, at.y), mapped)
                fusion.lidar(now, [p.at(now - p.seen) for p in lidar.people])
            if step % round(VIEW / SCAN):
                continue
            view, real = self._view(believed @ true_base.inverse())
            cloud = make_cloud(view, ignore=ego.mask(view, self._joints(), OPTICAL, 2))
            begin = time.process_time()
            bodies = find_bodies(view, cloud, known)
            fusion.camera(now, bodies, partial(looks_through, view))
            seconds.append(time.process_time() - begin)
            more, used = self._judge(fusion, real, true_base)
            samples += more
            false |= {w.number for w in fusion.people} - used
        world.close()
        return samples, len(false), seconds

    def _judge(
        self, fusion: PeopleFusion, real: View, base: Pose2
    ) -> tuple[list[Sample], set[int]]:
        """Samples of who is in the camera's view, and the numbers that stand for somebody."""
        now, samples, used = self.world.now, [], set()
        for name, person in self.world.people().people.items():
            offs = [
                (math.hypot(w.state[0] - person.x, w.state[1] - person.y), w)
                for w in fusion.people
            ]
            used |= {w.number for off, w in offs if off < 0.6}
            off, best = min(offs, key=lambda pair: pair[0], default=(math.inf, None))
            if not self._visible(real, person.x, person.y):
                self._since.pop(name, None)
                continue
            if now - self._since.setdefault(name, now) < SETTLED:
                continue
            told = best is not None and off < 0.6
            vx, vy = best.state[2:] if told and best is not None else (NAN, NAN)
            samples.append(
                Sample(
                    self.number,
                    name,
                    True,
                    told,
                    off if told else NAN,
                    math.hypot(vx - person.vx, vy - person.vy),
                    math.hypot(person.vx, person.vy),
                    math.hypot(person.x - base.x, person.y - base.y),
                )
            )
        return samples, used

    def _base(self) -> Pose2:
        body = self.world.stage.data.body(f"robot1/{self._root()}")
        return Transform(body.xmat.reshape(3, 3).copy(), body.xpos.copy()).planar()

    def _root(self) -> str:
        bound = self.world.stage.robots["robot1"]
        return str(self.world.stage.model.body(bound.body).name).partition("/")[2]

    def _joints(self) -> dict[str, float]:
        bound = self.world.stage.robots["robot1"]
        return {
            handle.name: float(self.world.stage.data.qpos[adr])
            for group in bound.groups.values()
            for handle, adr in zip(group.handles, group.qpos, strict=True)
        }

    def _view(self, error: Pose2) -> tuple[View, View]:
        """As the robot believes it was taken, and as it was."""
        world = self.world
        frame = world.render("robot1/head_camera", 640, 480)
        camera = world.hardware("robot1").cameras["head_camera"].color
        number = world.stage.robots["robot1"].cameras["head_camera"]
        data = world.stage.data
        rotation = data.cam_xmat[number].reshape(3, 3) @ np.diag([1.0, -1.0, -1.0])
        pose = Transform(rotation, data.cam_xpos[number].copy())
        real = View(world.now, camera, pose, frame.color, frame.depth)
        return replace(real, map_from_camera=error.lift() @ pose), real

    @staticmethod
    def _visible(view: View, x: float, y: float) -> bool:
        """Whether the camera sees the chest of who stands there."""
        chest = np.array([[x, y, z] for z in (0.95, 1.1, 1.25)])
        pixels, depth = project(view.camera, view.map_from_camera.inverse(), chest)
        count = 0
        for (u, v), z in zip(pixels, depth, strict=True):
            if not (0.4 < z < 4.2 and 8 <= u < view.camera.width - 8):
                continue
            if not 0 <= v < view.camera.height:
                continue
            count += abs(float(view.depth[int(v), int(u)]) - z) < 0.3
        return count >= 2


def _points(scan: Any) -> np.ndarray:
    """In the lidar's frame [m], shape (N, 2)."""
    angles = scan.angle_min + scan.angle_increment * np.arange(len(scan.ranges))
    good = np.isfinite(scan.ranges)
    ways = np.column_stack([np.cos(angles[good]), np.sin(angles[good])])
    return np.asarray(scan.ranges[good, None] * ways, float)


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if len(values) else NAN


def _p90(values: np.ndarray) -> float:
    return float(np.percentile(values, 90)) if len(values) else NAN
