"""Everything the world does for one robot between two batches of steps."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import mujoco
import numpy as np
from hearth_core.geometry import Pose2
from hearth_core.ports import BaseReading, BatteryReading, ImuReading, Scan, TouchReading

from hearth_core import frames
from hearth_sim.core.ports import SimBase, SimCamera, SimGroup
from hearth_sim.core.sensors_body import Battery, Imu, touch
from hearth_sim.core.sensors_lidar import Lidar, LidarConfig
from hearth_sim.core.sensors_odometry import WheelOdometry
from hearth_sim.core.stage import BoundRobot, Snapshot, Stage

AddCycle = Callable[[float, Callable[[float], None]], None]
RemoveCycle = Callable[[Callable[[float], None]], None]


class RobotIo:
    """Ports, sensors and latches of one robot; outlives resets of the world."""

    def __init__(
        self,
        name: str,
        stage: Stage,
        snapshot: Callable[[], Snapshot],
        add_cycle: AddCycle,
        remove_cycle: RemoveCycle,
    ) -> None:
        self.name = name
        self.add_cycle = add_cycle
        self.remove_cycle = remove_cycle
        self._snapshot = snapshot
        self.bound: BoundRobot = stage.robots[name]
        self.groups = {
            group: SimGroup(bound, snapshot) for group, bound in self.bound.groups.items()
        }
        self.base = SimBase(self._odometry_reading)
        self.cameras = {
            handle.name: SimCamera(
                name, handle, float(stage.model.cam_fovy[self.bound.cameras[handle.name]])
            )
            for handle in self.bound.handles.cameras
        }
        self._scan_listeners: list[Callable[[Scan], None]] = []

    def start(self, stage: Stage, seed: int, now: float) -> None:
        """Power on in a new world: sensors draw their errors from the seed."""
        self.bound = stage.robots[self.name]
        self._stage = stage
        for group, port in self.groups.items():
            port.rebind(self.bound.groups[group])
        self.base.command(0.0, 0.0, 0.0)
        streams = np.random.SeedSequence([seed & 0xFFFFFFFF, zlib.crc32(self.name.encode())])
        odometry, lidar, imu, battery = (np.random.default_rng(s) for s in streams.spawn(4))
        pose = self.pose()
        self._odometry = WheelOdometry(odometry, pose)
        self._lidar = Lidar(lidar, frames.LIDAR, LidarConfig())
        self._imu = Imu(imu, pose.yaw, now)
        self._battery = Battery(float(battery.uniform(0.6, 0.95)))
        self._odometry.update(now, pose, (0.0, 0.0, 0.0))

    def pose(self) -> Pose2:
        """True pose of base_footprint in the home, as of the last kinematics."""
        return self._stage.body_pose(self.bound.body).planar()

    def listen_scan(self, callback: Callable[[Scan], None]) -> None:
        """Call back with every revolution; without listeners no ray is cast."""
        if not self._scan_listeners:
            self.add_cycle(1.0 / LidarConfig().rate, self._scan)
        self._scan_listeners = [*self._scan_listeners, callback]

    def apply(self) -> None:
        """Write latched commands into the model."""
        for group in self.groups.values():
            group.apply(self._stage)
        self.bound.drive(self._stage.data, *self.base.target)

    def update(self, state: Snapshot) -> None:
        """Look at the state after a batch of steps; kinematics are up to date."""
        pose = self.pose()
        self._odometry.update(state.stamp, pose, self.base.target)
        power = 0.0
        for group in self.bound.groups.values():
            power += float(np.abs(state.effort[group.dof] * state.qvel[group.dof]).sum())
        speed = self._odometry.reading
        power += 60.0 * abs(speed.vx) + 60.0 * abs(speed.vy) + 15.0 * abs(speed.wz)
        self._battery.update(state.stamp, power, pose, self._stage.home.charger)

    def imu(self) -> ImuReading:
        """Newest inertial reading."""
        state, bound = self._snapshot(), self.bound
        return self._imu.read(
            state.stamp,
            state.sensors[bound.orientation],
            state.sensors[bound.gyro],
            state.sensors[bound.accelerometer],
        )

    def battery(self) -> BatteryReading:
        """Newest battery reading."""
        return self._battery.read(self._snapshot().stamp)

    def touch(self) -> TouchReading:
        """Newest fingertip pressures."""
        state = self._snapshot()
        return touch(state.stamp, state.sensors, self.bound.touch)

    def _odometry_reading(self) -> BaseReading:
        return self._odometry.reading

    def _scan(self, now: float) -> None:
        model: mujoco.MjModel = self._stage.model
        scan = self._lidar.scan(now, model, self._stage.data, self.bound.lidar, self.bound.geoms)
        for callback in self._scan_listeners:
            callback(scan)
