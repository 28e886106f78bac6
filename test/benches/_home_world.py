"""A home in the simulator with the robot's navigation around it, without ROS.

Physics, wheels, lidar, depth camera and the velocity gate are the deployment's; only messages
are missing. The map is drawn from scans of the home as it was when it was mapped (nothing moved,
nothing on the floor) at true poses. Truth is read for judging only.
"""

from __future__ import annotations

import math
import time

import mujoco
import numpy as np
import numpy.typing as npt
from hearth_core.geometry import Pose2, Transform
from hearth_core.home import Home
from hearth_core.ports import Frame, Scan
from hearth_drivers.core.odometry import OdometryModel, OdometrySettings
from hearth_drivers.core.velocity_gate import GateLimits, Source, Velocity, VelocityGate
from hearth_navigation.core.canvas import Canvas, CanvasConfig
from hearth_navigation.core.depth_layer import DepthView
from hearth_navigation.core.driving import Driving
from hearth_navigation.core.driving_config import DrivingConfig
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.grid import Grid
from hearth_navigation.core.keyframes import Keyframe
from hearth_navigation.core.localizer import Localizer
from hearth_navigation.core.odometry import OdometryBuffer
from hearth_navigation.core.relocalizer import Beams
from hearth_navigation.core.scan import beam_angles, free_lengths, to_points
from hearth_navigation.core.semantics import furniture_mask
from hearth_sim.core.home.occupancy import nominal_occupancy
from hearth_sim.core.world import World

Array = npt.NDArray[np.float64]
PERIOD, RESOLUTION = 0.05, 0.025
DEPTH_RATE = 5.0
"""Pictures a second while driving, as ``body`` makes them."""


class _Geometry:
    """Where lidar and camera sit, as a calibrated robot knows it."""

    def __init__(self, world: World) -> None:
        stage = world.stage
        bound, data = stage.robots["robot1"], stage.data
        base = stage.body_pose(bound.body)
        rotation = data.site_xmat[bound.lidar].reshape(3, 3).copy()
        lidar = base.inverse() @ Transform(rotation, data.site_xpos[bound.lidar].copy())
        self.lidar, self.height = lidar.planar(), float(lidar.translation[2])
        self._base, self._camera = bound.body, bound.cameras["head_camera"]
        self._stage = stage

    def camera(self) -> Transform:
        """The head camera's optical frame in base_footprint (the joints hold still)."""
        data = self._stage.data
        rotation = data.cam_xmat[self._camera].reshape(3, 3) @ np.diag([1.0, -1.0, -1.0])
        at = Transform(rotation, data.cam_xpos[self._camera].copy())
        return self._stage.body_pose(self._base).inverse() @ at


def to_beams(scan: Scan, lidar: Pose2) -> tuple[Beams, Array]:
    """As :mod:`hearth_navigation.messages` does with messages."""
    angles = beam_angles(scan.angle_min, scan.angle_increment, len(scan.ranges))
    points = to_points(scan.ranges, angles, lidar, scan.range_min, scan.range_max)
    lengths = free_lengths(scan.ranges, scan.range_min, scan.range_max)
    ranges = scan.ranges.astype(np.float64)
    return Beams(points, ranges, angles, lidar, scan.range_max), lengths


def survey(home: Home, seed: int) -> Grid:
    """The map that scans from everywhere in the home give, each with 1 cm of noise."""
    world = World.make(home)
    geometry, stage = _Geometry(world), world.stage
    random = np.random.default_rng(seed)
    floor = nominal_occupancy(home, 0.05, clutter=False)
    there = floor.reachable(0.3, (home.charger.x, home.charger.y))
    cells = np.argwhere(there)
    cells = cells[(cells % 10 == 0).all(axis=1)]
    start = Pose2(*floor.point(*map(int, cells[0])), 0.0)
    canvas = Canvas(start, CanvasConfig(resolution=RESOLUTION, reach=8.0))
    angles = beam_angles(-math.pi, math.tau / 360, 360)
    directions = np.stack([np.cos(angles), np.sin(angles), np.zeros(360)], axis=1)
    own, model = stage.robots["robot1"].geoms, stage.model
    model.geom_group[own] = 5
    seen = np.array([1, 1, 1, 1, 1, 0], np.uint8)
    for row, column in cells:
        x, y = floor.point(int(row), int(column))
        geoms, found = np.zeros(360, np.int32), np.zeros(360)
        mujoco.mj_multiRay(
            model, stage.data, np.array([x, y, geometry.height]), directions.ravel(), seen, 1, -1,
            geoms, found, None, 360, 13.0,
        )  # fmt: skip
        ranges = np.where(found < 0.0, np.inf, found + random.normal(0.0, 0.01, 360))
        single = ranges.astype(np.float32)
        points = to_points(single, angles, Pose2(), 0.15, 12.0)
        beams = Beams(points, ranges, angles, Pose2(), 12.0)
        canvas.draw(Keyframe(Pose2(x, y, 0.0), beams, free_lengths(single, 0.15, 12.0)))
    return canvas.finished()


class HomeWorld:
    """The simulator, and the robot's own software in its cycles."""

    def __init__(
        self,
        home: Home,
        seed: int,
        known: Grid,
        footprint: Footprint,
        start: Pose2 | None = None,
        people: int = 0,
    ) -> None:
        """``start``: of the robot; None: as the scenario draws it. ``people`` walk about."""
        starts = None if start is None else {"robot1": start}
        self.world = World.make(home, seed, people=people, starts=starts)
        self._io = self.world.hardware("robot1")
        self._geometry = _Geometry(self.world)
        self.odometry, self._wheels = OdometryBuffer(), OdometryModel(OdometrySettings())
        self.driving = Driving(DrivingConfig(), footprint, self.odometry)
        self.driving.set_grid(known, furniture_mask(known, home))
        self.localizer = Localizer(known)
        self.localizer.set_pose(self.pose)
        self._gate = VelocityGate(GateLimits())
        self._scan: Scan | None = None
        self._frame: Frame | None = None
        self._ticks = 0
        self.cpu = 0.0
        """Of navigation [s]."""
        self.driven = 0.0
        """Way of the base in truth [m]."""
        self._last = self.pose
        self._io.listen_scan(self._on_scan)
        self._camera = self._io.cameras["head_camera"]
        self._camera.listen(self._on_frame)
        self.world.add_cycle(0.02, self._on_base)

    @property
    def pose(self) -> Pose2:
        """Truth."""
        stage = self.world.stage
        return stage.body_pose(stage.robots["robot1"].body).planar()

    @property
    def charges(self) -> bool:
        """What the battery says."""
        return self._io.battery().charging

    def look(self, on: bool) -> None:
        """Ask for depth pictures, as the navigator does while it drives."""
        self._camera.want(False, on, DEPTH_RATE)

    def contacts(self) -> list[str]:
        """What the robot has touched since the last call, but the floor with its wheels."""
        return [
            f"{item.robot_body} on {item.other_body} {item.force:.1f} N"
            for item in self.world.truth().contacts
        ]

    def tick(self) -> None:
        """One control period: physics, then navigation."""
        self.world.advance(PERIOD)
        here = self.pose
        self.driven += here.distance(self._last)
        self._last = here
        began = time.thread_time()
        self._navigate(self.world.now)
        self.cpu += time.thread_time() - began

    def _on_scan(self, scan: Scan) -> None:
        self._scan = scan

    def _on_frame(self, frame: Frame) -> None:
        self._frame = frame

    def _on_base(self, now: float) -> None:
        velocity = self._gate.update(now)
        self._io.base.command(velocity.vx, velocity.vy, velocity.wz)
        estimate = self._wheels.update(self._io.base.read())
        speed = (estimate.vx, estimate.vy, estimate.wz)
        self.odometry.add(estimate.stamp, estimate.pose, speed)

    def _navigate(self, now: float) -> None:
        scan, self._scan = self._scan, None
        if scan is not None:
            odom = self.odometry.at(scan.stamp)
            if odom is None:
                self._scan = scan  # it waits for its odometry, as in the node
            else:
                beams, lengths = to_beams(scan, self._geometry.lidar)
                estimate = self.localizer.update(scan.stamp, odom, beams)
                if estimate.map_from_odom is not None:
                    self.driving.on_localization(scan.stamp, estimate.map_from_odom)
                self.driving.on_scan(scan.stamp, odom, beams, lengths)
        frame, self._frame = self._frame, None
        if frame is not None and frame.depth is not None:
            odom, model = self.odometry.at(frame.stamp), self._camera.depth
            if odom is not None and model is not None:
                focal, centre = (model.fx, model.fy), (model.cx, model.cy)
                view = DepthView(frame.depth, focal, centre, self._geometry.camera())
                self.driving.on_depth(frame.stamp, odom, view)
        command = self.driving.cycle(now)
        if command is not None:
            self._gate.accept(Source.NAVIGATION, Velocity(*command), now)
        self.driving.plan(now)
