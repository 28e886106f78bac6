"""The robot's body: hardware behind the ports as topics, controllers and safety behaviour.

Controllers and sensors run in the hardware's own thread (in simulation: the physics thread);
goals, commands and services come in the executor's.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from geometry_msgs.msg import Twist
from hearth_core.health import Health, Level
from hearth_core.ports import RobotHardware
from hearth_nodekit.convert import to_twist
from hearth_nodekit.params import declare, param
from hearth_nodekit.reporting import report_health
from hearth_nodekit.running import run
from hearth_nodekit.topics import (
    CMD_VEL,
    CMD_VEL_MANIPULATION,
    CMD_VEL_NAV,
    CMD_VEL_TELEOP,
)
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from std_msgs.msg import Bool
from std_srvs.srv import SetBool

from hearth_drivers.cameras import CameraPublisher
from hearth_drivers.core.gripper import GripperSettings
from hearth_drivers.core.loading import load_factory, parse_options
from hearth_drivers.core.odometry import OdometrySettings
from hearth_drivers.core.trajectory import Tolerances
from hearth_drivers.core.velocity_gate import GateLimits, Source, Velocity, VelocityGate
from hearth_drivers.groups import HandDriver, make_drivers
from hearth_drivers.sensing import SensorPublishers
from hearth_drivers.serving import GripperServer, MotionServer, TargetReader, TrajectoryServer
from hearth_drivers.topics import EMERGENCY_STOP, EMERGENCY_STOPPED, STOP_REQUEST

_COMMANDS = {
    Source.TELEOP: CMD_VEL_TELEOP,
    Source.MANIPULATION: CMD_VEL_MANIPULATION,
    Source.NAVIGATION: CMD_VEL_NAV,
}


@dataclass(frozen=True)
class BaseConfig:
    """Limits of the velocity gate."""

    linear: float = param(0.8, "Largest speed.", unit="m/s", low=0.01, high=2.0)
    angular: float = param(1.5, "Largest yaw rate.", unit="rad/s", low=0.01, high=4.0)
    linear_acceleration: float = param(1.0, "Speeding up.", unit="m/s2", low=0.05, high=10.0)
    linear_braking: float = param(2.0, "Slowing down.", unit="m/s2", low=0.05, high=10.0)
    angular_acceleration: float = param(3.0, "Turning.", unit="rad/s2", low=0.05, high=20.0)
    timeout: float = param(0.3, "Age at which a command expires.", unit="s", low=0.02, high=2.0)


@dataclass(frozen=True)
class JointConfig:
    """Tolerances of trajectories that do not bring their own (hands have none)."""

    path_tolerance: float = param(0.5, "Largest error on the way.", unit="rad", low=0.0)
    goal_tolerance: float = param(0.05, "Largest error at the end.", unit="rad", low=0.0)
    goal_time: float = param(2.0, "Time to settle after the end.", unit="s", low=0.0, high=60.0)


@dataclass(frozen=True)
class HandConfig:
    """How hands grip."""

    thumb_opposition: float = param(0.9, "Thumb opposition, of its range.", low=0.0, high=1.0)
    thumb_flexion: float = param(0.37, "Thumb of a closed hand, of its range.", low=0.0, high=1.0)
    finger_flexion: float = param(0.83, "Closed fingers, of range.", low=0.0, high=1.0)
    speed: float = param(0.5, "Fraction of the velocity limits.", low=0.05, high=1.0)
    fingertip_lever: float = param(0.09, "Flexion axis to fingertip.", unit="m", low=0.01)


@dataclass(frozen=True)
class Config:
    """Parameters of the body."""

    base: BaseConfig
    joints: JointConfig
    hand: HandConfig
    hardware: str = param(
        "hearth_drivers.fakes:make_hardware", "Factory of the hardware, 'module:function'."
    )
    hardware_options: tuple[str, ...] = param(("",), "Options of the factory, 'key=value'.")
    control_rate: float = param(100.0, "Controllers and joint_states.", unit="Hz", low=20.0)
    base_rate: float = param(50.0, "Gate, odometry, IMU, touch.", unit="Hz", low=10.0)
    camera_rate: float = param(5.0, "Frames while somebody looks.", unit="Hz", low=0.1, high=60.0)


class BodyNode(Node):
    """One robot's drivers; see the package's README for topics and actions."""

    def __init__(self, hardware: RobotHardware | None = None, **options: Any) -> None:
        """``hardware``: used instead of the parameter's (tests)."""
        super().__init__("body", **options)
        config = declare(self, Config)
        self._hardware = hardware or self._make_hardware(config)
        self._gate = VelocityGate(GateLimits(**vars(config.base)))
        self._gate_lock = threading.Lock()
        self._now = self._hardware.base.read().stamp
        self._closed = False
        self._cycles = 0
        tolerances = Tolerances(
            config.joints.path_tolerance, config.joints.goal_tolerance, config.joints.goal_time
        )
        self._drivers = make_drivers(
            self._hardware, tolerances, GripperSettings(**vars(config.hand))
        )
        self._servers: list[MotionServer] = []
        for driver in self._drivers.values():
            self._servers.append(TrajectoryServer(self, driver))
            TargetReader(self, driver)
            if isinstance(driver, HandDriver):
                self._servers.append(GripperServer(self, driver))
        self._serve_base()
        self._sensors = SensorPublishers(self, self._hardware, OdometrySettings())
        self._cameras = [
            CameraPublisher(self, port, config.camera_rate)
            for port in self._hardware.cameras.values()
        ]
        # Wall time: who looks and who listens changes while simulated time stands still, too.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(0.2, self._on_poll, clock=steady)
        self.create_timer(0.1, self._on_feedback, clock=steady)
        report_health(self, self._health)
        self._hardware.add_cycle(1.0 / config.control_rate, self._on_control)
        self._hardware.add_cycle(1.0 / config.base_rate, self._on_base)
        self._hardware.add_cycle(1.0, self._on_second)

    def close(self) -> None:
        """Stop the base and hold the joints before leaving."""
        if self._closed:
            return
        self._closed = True
        self._stop(engaged=True, message="the body shuts down")
        self._hardware.base.command(0.0, 0.0, 0.0)
        self._cmd_vel.publish(to_twist(0.0, 0.0, 0.0))
        for camera in self._cameras:
            camera.close()
        self._hardware.close()

    def _make_hardware(self, config: Config) -> RobotHardware:
        robot = self.get_namespace().rstrip("/").rsplit("/", 1)[-1]
        made: RobotHardware = load_factory(config.hardware)(
            robot, parse_options(config.hardware_options)
        )
        return made

    def _serve_base(self) -> None:
        self._cmd_vel = CMD_VEL.publisher(self)
        self._cmd_vel_message = Twist()
        for source, topic in _COMMANDS.items():
            topic.subscribe(self, partial(self._on_command, source))
        self._stopped = EMERGENCY_STOPPED.publisher(self)
        self._stopped.publish(Bool(data=False))
        STOP_REQUEST.subscribe(self, self._on_stop_request)
        name, service = EMERGENCY_STOP
        self.create_service(service, name, self._on_stop_service)

    # In the executor's thread.

    def _on_command(self, source: Source, message: Twist) -> None:
        with self._gate_lock:
            velocity = Velocity(message.linear.x, message.linear.y, message.angular.z)
            self._gate.accept(source, velocity, self._now)

    def _on_stop_request(self, message: Bool) -> None:
        if message.data:
            self._stop(engaged=True, message="emergency stop")

    def _on_stop_service(
        self, request: SetBool.Request, response: SetBool.Response
    ) -> SetBool.Response:
        self._stop(engaged=request.data, message="emergency stop")
        response.success = True
        response.message = "stopped" if request.data else "released"
        return response

    def _stop(self, *, engaged: bool, message: str) -> None:
        with self._gate_lock:
            self._gate.stop(engaged)
        for driver in self._drivers.values():
            driver.stop(engaged, message)
        self._stopped.publish(Bool(data=engaged))

    def _on_poll(self) -> None:
        for camera in self._cameras:
            camera.poll()

    def _on_feedback(self) -> None:
        for server in self._servers:
            server.publish_feedback()

    def _health(self) -> Health:
        with self._gate_lock:
            health = self._gate.health()
        failures = sum(driver.failures for driver in self._drivers.values())
        values = {**health.values, "control_cycles": self._cycles, "failed_motions": failures}
        if not self._cycles:
            return Health(Level.ERROR, "the hardware calls no control cycles", values)
        return Health(health.level, health.message, values)

    # In the hardware's thread.

    def _on_control(self, now: float) -> None:
        if self._closed:
            return
        self._cycles += 1
        for driver in self._drivers.values():
            driver.tick(now)
        self._sensors.publish_joints()

    def _on_base(self, now: float) -> None:
        if self._closed:
            return
        with self._gate_lock:
            self._now = now
            velocity = self._gate.update(now)
        self._hardware.base.command(velocity.vx, velocity.vy, velocity.wz)
        message = self._cmd_vel_message
        message.linear.x, message.linear.y = velocity.vx, velocity.vy
        message.angular.z = velocity.wz
        self._cmd_vel.publish(message)
        self._sensors.publish_odometry()
        self._sensors.publish_body()

    def _on_second(self, now: float) -> None:
        if self._closed:
            return
        self._sensors.publish_battery()
        for camera in self._cameras:
            camera.publish_idle_info(now)


def make_node(**options: Any) -> Node:
    """The body, for a container."""
    return BodyNode(**options)


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of ``ros2 run hearth_drivers body``."""
    run(make_node, args)


if __name__ == "__main__":
    main()
