"""ROS shell around the simulated world: the clock, the services of a simulator, the truth."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geometry_msgs.msg import Twist
from hearth_core.errors import BadInputError, HearthError
from hearth_nodekit.params import declare, param
from hearth_nodekit.qos import COMMAND
from hearth_nodekit.running import run
from hearth_nodekit.topics import CMD_VEL_MANIPULATION, CMD_VEL_NAV, SIM_PEOPLE, SIM_TRUTH
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rosgraph_msgs.msg import Clock as ClockMessage

from hearth_sim.convert import to_clock, to_people, to_truth
from hearth_sim.core import registry
from hearth_sim.core.assemble import home_builder, read_home
from hearth_sim.core.pacing import PaceLimits
from hearth_sim.core.physics_thread import PhysicsThread
from hearth_sim.core.record import Recorder
from hearth_sim.core.world import World
from hearth_sim.services import Services

CLOCK_PERIOD = 0.01
TRUTH_PERIOD = 0.1
APPLIANCE_PERIOD = 0.1
WATCH_PERIOD = 0.5
REPORT_EVERY = 20
SWITCH_INTERVAL = 0.0005
"""[s]."""


@dataclass(frozen=True)
class Config:
    """Parameters of the simulated world."""

    home: str = param("", "Home file, or generated:<seed>.")
    seed: int = param(-1, "Draws the scenario and the sensors' errors; -1: nominal.", low=-1)
    robots: tuple[str, ...] = param(("robot1",), "Names of the robots.")
    people: int = param(
        0, "People drawn from the seed, beside those of the home file.", low=0, high=20
    )
    factor: float = param(
        1.0, "Simulated seconds a second; 0: as fast as clients keep up.", low=0.0, high=100.0
    )
    max_factor: float = param(4.0, "Largest factor when factor is 0.", low=0.1, high=1000.0)
    hold_for_frames: bool = param(
        False, "Hold the clock while a wanted camera frame is older than 0.1 s; on if factor is 0."
    )
    viewer: bool = param(False, "Show MuJoCo's window.")
    record: str = param("", "Folder for overview.mp4 and head_camera.mp4; empty: no films.")
    record_rate: float = param(10.0, "Pictures a simulated second.", unit="Hz", low=1.0, high=50.0)
    appliance_cloud: str = param(
        "",
        "module:function called with (home, read_joint); what it returns is called as "
        "tick(now) every 0.1 s, and closed at the end. Empty: none.",
    )


class WorldNode(Node):
    """Owns simulated time: /clock, sim/* services and sim/truth/state."""

    def __init__(self, world: World | None = None, **options: Any) -> None:
        """``world``: used instead of the parameters' (tests)."""
        super().__init__("world", **options)
        config = declare(self, Config)
        self._failure: BaseException | None = None
        self._ticks = 0
        self._world = world or self._make_world(config)
        # Between batches of steps the physics thread queues for the interpreter: 5 ms, Python's
        # own interval, is half a batch.
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._physics = PhysicsThread(
            self._world,
            PaceLimits(factor=config.factor, ceiling=config.max_factor),
            hold_for_frames=config.hold_for_frames or config.factor == 0.0,
            on_failure=self._on_failure,
        )
        self._clock_publisher = self.create_publisher(ClockMessage, "/clock", COMMAND)
        self._truth_publisher = SIM_TRUTH.publisher(self)
        self._people_publisher = SIM_PEOPLE.publisher(self)
        self._world.add_cycle(CLOCK_PERIOD, self._publish_clock)
        self._world.add_cycle(TRUTH_PERIOD, self._publish_truth)
        self._watch_commands(self._world.robots)
        self._simulator_services = Services(self, self._physics)
        self._closing: list[Callable[[], None]] = []
        if config.appliance_cloud:
            self._start_cloud(config.appliance_cloud, read_home(config.home))
        if config.record:
            recorder = Recorder(
                self._world, Path(config.record), self._world.robots[0], config.record_rate
            )
            self._closing.append(recorder.close)
        if config.viewer:
            self._open_viewer()
        self.create_timer(WATCH_PERIOD, self._watch, clock=Clock(clock_type=ClockType.STEADY_TIME))
        registry.publish(self._world)
        self._physics.start()
        self.get_logger().info(
            f"{config.home}, seed {config.seed}, robots {list(self._world.robots)}: running"
        )

    def close(self) -> None:
        """Stop time, finish films."""
        registry.publish(None)
        self._physics.close()
        for close in self._closing:
            close()
        self._closing = []

    @staticmethod
    def _make_world(config: Config) -> World:
        if not config.home:
            raise BadInputError("parameter home is empty: give a home file or generated:<seed>")
        return World(home_builder(config.home, config.robots, people=config.people), config.seed)

    def _publish_clock(self, now: float) -> None:
        self._clock_publisher.publish(to_clock(now))

    def _publish_truth(self, _now: float) -> None:
        factor = self._physics.state().real_time_factor
        self._truth_publisher.publish(to_truth(self._world.truth(), factor))
        self._people_publisher.publish(to_people(self._world.people()))

    def _watch_commands(self, robots: Sequence[str]) -> None:
        """Listen to the streams the clock waits for: those of programs, not of people."""
        for robot in robots:
            namespace = f"{self.get_namespace().rstrip('/')}/{robot}"
            for topic in (CMD_VEL_NAV, CMD_VEL_MANIPULATION):
                stream = f"{robot}/{topic.name}"

                def arrived(message: Twist, stream: str = stream) -> None:
                    linear, angular = message.linear, message.angular
                    moving = bool(linear.x or linear.y or angular.z)
                    self._physics.command_arrived(stream, moving)

                topic.subscribe_in(self, namespace, arrived)

    def _start_cloud(self, entry: str, home: Any) -> None:
        module, _, function = entry.partition(":")
        try:
            make = getattr(importlib.import_module(module), function)
        except (ImportError, AttributeError, ValueError) as error:
            raise BadInputError(
                f"appliance_cloud {entry!r}: expected module:function ({error})"
            ) from error
        cloud = make(home, lambda name: self._world.articulations().get(name))
        if cloud is None:
            return
        tick = getattr(cloud, "tick", cloud)
        self._world.add_cycle(APPLIANCE_PERIOD, tick)
        if hasattr(cloud, "close"):
            self._closing.append(cloud.close)

    def _open_viewer(self) -> None:
        if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise HearthError(
                "viewer: there is no display here (DISPLAY is not set); start without viewer:=true"
                " and look at the films of record:=FOLDER"
            )
        from mujoco import viewer  # noqa: PLC0415  needs a display to import on some machines

        stage = self._world.stage
        window = viewer.launch_passive(stage.model, stage.data)

        def sync(_now: float) -> None:
            if window.is_running():
                window.sync()

        self._world.add_cycle(1.0 / 30.0, sync)
        self._closing.append(window.close)

    def _on_failure(self, error: BaseException) -> None:
        self._failure = error

    def _watch(self) -> None:
        """Say how it goes; a dead physics thread takes the process with it."""
        if self._failure is not None:
            raise HearthError(f"the simulation stopped: {self._failure!r}") from self._failure
        self._ticks += 1
        if self._ticks % REPORT_EVERY == 0:
            state = self._physics.state()
            factor = state.real_time_factor
            speed = "paused" if factor is None else f"real-time factor {factor:.2f}"
            self.get_logger().info(
                f"{self._world.now:.1f} s, {speed}, held for clients {state.held:.1f} s, "
                f"fell behind {state.lost:.1f} s, {state.frames} frames "
                f"({state.dropped_frames} dropped)"
            )


def make_node(**options: Any) -> Node:
    """Node for a container."""
    return WorldNode(**options)


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of ``ros2 run hearth_sim world``."""
    run(WorldNode, args)


if __name__ == "__main__":
    main()
