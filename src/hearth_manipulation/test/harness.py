"""A robot in MuJoCo without ROS: skills run in it as they run in the node, in one thread.

Perception is replaced by truth with noise, for tests of manipulation only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import mujoco
import numpy as np
from hearth_core.geometry import Pose2, Transform
from hearth_core.home import Home, Orientation
from hearth_core.ports import Scan
from hearth_description.core.model import find_model, load_urdf
from hearth_description.core.postures import Semantics, load_srdf
from hearth_drivers.core.gripper import GripperSettings
from hearth_drivers.core.joint_controller import Ending, Result
from hearth_drivers.core.trajectory import Goal, GoalRefusedError, Tolerances, Waypoint
from hearth_drivers.groups import HandDriver, make_drivers
from hearth_manipulation.core.furniture import moved
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.ports import Door, KeptOut, SeenSurface, Sighting
from hearth_manipulation.core.timing import Trajectory
from hearth_sim.core.home import add_home
from hearth_sim.core.home.scenario import scenario
from hearth_sim.core.robot.build import add_robot
from hearth_sim.core.stage import Assembly
from hearth_sim.core.world import World

LEVEL = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Of a level bar: x out of the face, z along the bar, in its place's frame."""


def make_world(home: Home, seed: int, start: Pose2) -> tuple[World, Home]:
    """A world with one robot at ``start`` (home frame) and the home as it really is."""
    model = load_urdf(find_model())
    drawn = scenario(home, seed)

    def build(_seed: int) -> Assembly:
        spec = mujoco.MjSpec()
        spec.compiler.degree = False
        built = add_home(spec, home, replace(drawn, starts=(start,)))
        return Assembly(spec, built, {"robot1": add_robot(spec, model, "robot1", start)})

    return World(build, seed), drawn.home


class SimMotion:
    """A motion of a driver."""

    def __init__(self) -> None:
        self.result: Result | None = None
        self.cancel: Callable[[], None] = lambda: None

    def done(self) -> bool:
        return self.result is not None

    def problem(self) -> str:
        if self.result is None or self.result.ending is Ending.SUCCEEDED:
            return ""
        return f"{self.result.ending.name}: {self.result.message}"

    def finish(self, result: Result) -> None:
        self.result = result


class SimBody:
    """The ports of a simulated robot as a skill's body; waiting moves the world on."""

    def __init__(self, world: World, start: Pose2, robot: str = "robot1") -> None:
        self.world = world
        self.hardware = world.hardware(robot)
        self.start = start
        # The body node's tolerances.
        self.drivers = make_drivers(
            self.hardware, Tolerances(path=0.5, goal=0.03, goal_time=2.0), GripperSettings()
        )
        self._velocity = (0.0, 0.0, 0.0)
        self._commanded = -1.0
        self._points: Array | None = None
        self.on_tick: Callable[[], None] = lambda: None
        self.stop_at: float | None = None
        world.add_cycle(0.01, self._cycle)
        self.hardware.listen_scan(self._scan)
        self._lidar = load_urdf(find_model()).pose({}, "lidar_link").planar()

    def _cycle(self, now: float) -> None:
        for driver in self.drivers.values():
            driver.tick(now)
        if now - self._commanded > 0.3:
            self._velocity = (0.0, 0.0, 0.0)
        self.hardware.base.command(*self._velocity)

    def _scan(self, scan: Scan) -> None:
        angles = scan.angle_min + scan.angle_increment * np.arange(len(scan.ranges))
        ranges = np.asarray(scan.ranges, float)
        keep = np.isfinite(ranges)
        points = np.stack([ranges * np.cos(angles), ranges * np.sin(angles)], axis=1)[keep]
        self._points = self._lidar.apply(points)

    def now(self) -> float:
        return self.world.now

    def pause(self, seconds: float) -> None:
        from hearth_manipulation.core.ports import Stopped

        self.world.advance(seconds)
        self.on_tick()
        if self.stop_at is not None and self.world.now >= self.stop_at:
            raise Stopped("canceled")

    def joints(self) -> Mapping[str, float]:
        found = {}
        for port in self.hardware.groups.values():
            names, reading = port.read_all()
            found |= dict(zip(names, (float(p) for p in reading.position), strict=True))
        return found

    def base(self) -> Pose2:
        reading = self.hardware.base.read()
        return Pose2(reading.x, reading.y, reading.yaw)

    def touch(self) -> Mapping[str, float]:
        return self.hardware.touch().force

    def follow(self, group: str, trajectory: Trajectory) -> SimMotion:
        motion = SimMotion()
        points = [
            Waypoint(float(t), p.tolist(), v.tolist())
            for t, p, v in zip(
                trajectory.times, trajectory.positions, trajectory.velocities, strict=True
            )
        ]
        driver = self.drivers[group]
        try:
            number = driver.follow(Goal(trajectory.joints, points), motion.finish)
        except GoalRefusedError as error:
            motion.finish(Result(Ending.FAILED, error.code, str(error)))
        else:
            motion.cancel = lambda: driver.cancel(number)
        return motion

    def grip(self, side: str, opening: float, effort: float) -> SimMotion:
        motion = SimMotion()
        driver = self.drivers[f"{side}_hand"]
        assert isinstance(driver, HandDriver)
        number = driver.grip(opening, effort, motion.finish)
        motion.cancel = lambda: driver.cancel(number)
        return motion

    def drive(self, vx: float, vy: float, wz: float) -> None:
        self._velocity, self._commanded = (vx, vy, wz), self.world.now

    def obstacles(self) -> Array | None:
        return self._points


def as_seen(pose: Transform, size: Array) -> tuple[Transform, Array]:
    """Pose and size of the upright body that perception makes of a thing, standing or lying."""
    up = int(np.argmax(np.abs(pose.rotation[2])))
    if up == 2:
        return pose, size
    level = [i for i in range(3) if i != up]
    x = pose.rotation[:, level[0]] * np.array([1.0, 1.0, 0.0])
    x /= np.linalg.norm(x)
    z = np.array([0.0, 0.0, 1.0])
    rotation = np.stack([x, np.cross(z, x), z], axis=1)
    return Transform(rotation, pose.translation), size[[*level, up]]


class TruthEyes:
    """Perception with the accuracy asked for, from the world's truth. Tests only."""

    def __init__(self, body: SimBody, home: Home, seed: int, noise: float = 0.004) -> None:
        self.body = body
        self.home = home
        self.noise = noise
        self._random = np.random.default_rng(seed)
        self.looked: Array | None = None
        self.people: list[KeptOut] = []
        # Localisation errs by a constant of a centimetre or two.
        dx, dy = self._random.normal(0.0, 0.012, 2)
        self._slip = Pose2(float(dx), float(dy), float(self._random.normal(0.0, 0.006)))

    def _odom_from_home(self) -> Transform:
        truth = self.body.world.truth().bodies["robot1"].home_from_body
        return self.body.base().lift() @ truth.planar().lift().inverse()

    def _err(self) -> Array:
        return self._random.normal(0.0, self.noise, 3)

    def look(self, point: Array) -> None:
        self.looked = point
        self.body.pause(0.4)

    def odom_from_map(self) -> Transform:
        return self._odom_from_home() @ self._slip.lift()

    def things(self, newer_than: float | None = None) -> list[Sighting]:
        odom_from_home = self._odom_from_home()
        truth = self.body.world.truth()
        found = []
        for spec in self.home.objects:
            state = truth.bodies.get(spec.name)
            if state is None:
                continue
            pose = odom_from_home @ state.home_from_body
            pose = Transform(pose.rotation, pose.translation + self._err())
            shape = (
                "box" if spec.kind in {"milk_carton", "box", "detergent", "sponge"} else "cylinder"
            )
            pose, size = as_seen(pose, np.array(spec.size))
            found.append(
                Sighting(
                    f"{spec.name}", spec.kind, pose, size, shape,
                    self.body.now(), f"{spec.place}/{spec.surface}",
                )
            )  # fmt: skip
        return found

    def door(self, name: str) -> Door | None:
        place_name, _, joint_name = name.partition("/")
        place = self.home.place(place_name)
        joint = place.joint(joint_name or place.joints[0].name)
        if joint.handle is None:
            return None
        opening = self.body.world.articulations()[f"{place_name}/{joint.name}"]
        odom_from_place = self._odom_from_home() @ place.frame
        turned = odom_from_place @ moved(joint, opening)
        centre = np.array(joint.handle.centre) + self._err()
        level = joint.handle.orientation is Orientation.HORIZONTAL
        handle = turned @ Transform(LEVEL if level else np.eye(3), centre)
        axis = np.array([joint.origin[0], joint.origin[1], joint.handle.centre[2]])
        axis[:2] += self._random.normal(0.0, 0.01, 2)
        flip = np.diag([1.0, -1.0, -1.0]) if joint.axis[2] < 0 else np.eye(3)
        hinge = odom_from_place @ Transform(flip, axis)
        size = np.array([joint.handle.diameter, joint.handle.diameter, joint.handle.length])
        seen = opening + float(self._random.normal(0.0, 0.01))
        return Door(handle, size, None if level else hinge, seen)

    def surfaces(self, place: str) -> list[SeenSurface]:
        odom_from_home = self._odom_from_home()
        item = self.home.place(place)
        found = []
        for surface in item.surfaces:
            x, y = surface.rectangle.centre
            pose = (
                odom_from_home
                @ item.frame
                @ Transform(np.eye(3), np.array([x, y, surface.height]))
            )
            found.append(SeenSurface(place, pose, np.array(surface.rectangle.size)))
        return found

    def keep_out(self) -> list[KeptOut]:
        return self.people


def load_semantics() -> Semantics:
    """Postures of the robot."""
    return load_srdf(load_urdf(find_model()))
