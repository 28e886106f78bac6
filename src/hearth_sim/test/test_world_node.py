"""The world as others see it over ROS: clock, truth, services; one process, own domain."""

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS")

from geometry_msgs.msg import Twist
from hearth_core.errors import BadInputError, HearthError
from hearth_core.geometry import Pose2
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from hearth_nodekit.topics import CMD_VEL_NAV, SIM_TRUTH
from hearth_sim.core import registry
from hearth_sim.core.fakes import fake_builder
from hearth_sim.core.world import World
from hearth_sim.world_node import WorldNode
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from simulation_interfaces.msg import Result, SimulationState
from simulation_interfaces.srv import (
    GetSimulationState,
    GetSimulatorFeatures,
    ResetSimulation,
    SetSimulationState,
    StepSimulation,
)

from hearth_interfaces.msg import SimTruth

APARTMENT = str(Path(__file__).parents[3] / "config" / "homes" / "apartment.yaml")


def seconds(clock: Clock) -> float:
    return float(clock.clock.sec) + clock.clock.nanosec * 1e-9


class Home:
    """A small world at ten times real time, and somebody who listens."""

    def __init__(self, context: Context, factor: float = 10.0) -> None:
        starts = {"robot1": Pose2(-0.7), "robot2": Pose2(0.7)}
        self.node = WorldNode(
            World(fake_builder(starts)),
            context=context,
            parameter_overrides=[
                Parameter("factor", value=factor),
                Parameter("max_factor", value=1000.0),
            ],
        )
        self.probe = Node("probe", context=context)
        self.clocks: list[float] = []
        self.truths: list[SimTruth] = []
        self.probe.create_subscription(
            Clock, "/clock", lambda m: self.clocks.append(seconds(m)), 100
        )
        SIM_TRUTH.subscribe(self.probe, self.truths.append)

    def call(self, kind: Any, name: str, request: Any) -> Any:
        client = self.probe.create_client(kind, f"/sim/{name}")
        assert client.wait_for_service(10.0)
        future = client.call_async(request)
        assert wait_until(future.done)
        return future.result()

    def set_state(self, state: int) -> Any:
        request = SetSimulationState.Request(state=SimulationState(state=state))
        return self.call(SetSimulationState, "set_simulation_state", request)


@pytest.fixture
def home() -> Iterator[Home]:
    with isolated_context() as context:
        made = Home(context)
        with Spinner(context, made.node, made.probe):
            yield made
            made.node.close()


def test_the_clock_ticks_every_ten_simulated_milliseconds(home: Home) -> None:
    assert wait_until(lambda: len(home.clocks) > 200)
    ticks = [b - a for a, b in pairwise(home.clocks)]
    assert min(ticks) == pytest.approx(0.01)
    assert sum(tick < 0.015 for tick in ticks) > 0.9 * len(ticks)


def test_truth_says_where_everything_is_ten_times_a_second(home: Home) -> None:
    assert wait_until(lambda: len(home.truths) > 20)
    first, last = home.truths[10], home.truths[-1]
    assert first.header.frame_id == "home"
    assert list(first.body_names) == ["ball", "block", "robot1", "robot2"]
    assert first.poses[2].position.x == pytest.approx(-0.7, abs=0.01)
    assert first.supports[0] == "table"
    assert list(first.joint_names) == ["cabinet/door"]
    stamps = [t.header.stamp.sec + t.header.stamp.nanosec * 1e-9 for t in (first, last)]
    assert stamps[1] - stamps[0] == pytest.approx(0.1 * (len(home.truths) - 11), abs=0.25)
    assert 0.5 < last.real_time_factor <= 10.5


def test_pauses_steps_resets_and_goes_on(home: Home) -> None:
    assert wait_until(lambda: len(home.clocks) > 10)
    playing, paused = SimulationState.STATE_PLAYING, SimulationState.STATE_PAUSED
    steps = StepSimulation.Request(steps=50)
    refused = home.call(StepSimulation, "step_simulation", steps)
    assert refused.result.result == Result.RESULT_INCORRECT_STATE
    assert home.set_state(paused).result.result == Result.RESULT_OK
    again = home.set_state(paused).result
    assert again.result == SetSimulationState.Response.ALREADY_IN_TARGET_STATE
    state = home.call(GetSimulationState, "get_simulation_state", GetSimulationState.Request())
    assert state.state.state == paused
    before = registry.find().now
    assert home.call(StepSimulation, "step_simulation", steps).result.result == Result.RESULT_OK
    assert registry.find().now == pytest.approx(before + 0.1)
    request = ResetSimulation.Request()
    assert home.call(ResetSimulation, "reset_simulation", request).result.result == 1
    assert registry.find().now == 0.0
    assert home.set_state(playing).result.result == Result.RESULT_OK
    assert wait_until(lambda: registry.find().now > 1.0)
    stopped = home.set_state(SimulationState.STATE_QUITTING).result
    assert stopped.result == Result.RESULT_FEATURE_UNSUPPORTED
    assert "paused" in stopped.error_message


def test_says_what_it_can_do(home: Home) -> None:
    request = GetSimulatorFeatures.Request()
    features = home.call(GetSimulatorFeatures, "get_simulator_features", request).features
    assert features.SIMULATION_STATE_PAUSE in features.features
    assert features.SPAWNING not in features.features


def test_the_clock_waits_for_a_streaming_client_that_is_late() -> None:
    with isolated_context() as context:
        home = Home(context, factor=0.0)
        stream = home.probe.create_publisher(Twist, f"/robot1/{CMD_VEL_NAV.name}", 1)
        sent: list[float] = []

        def follow(now: Clock) -> None:
            """A client at 20 Hz of simulated time that dies at 4 s."""
            time = seconds(now)
            if time < 4.0 and (not sent or time - sent[-1] >= 0.05 - 1e-6):
                sent.append(time)
                moving = Twist()
                moving.linear.x = 0.1
                stream.publish(moving)

        home.probe.create_subscription(Clock, "/clock", follow, 100)
        with Spinner(context, home.node, home.probe):
            assert wait_until(lambda: len(home.clocks) > 0 and home.clocks[-1] > 6.0, 40.0)
            home.node.close()
        gaps = [b - a for a, b in pairwise(sent[20:])]
        # Unheld, this world runs at some fifty times real time: gaps would be seconds.
        assert max(gaps) <= 0.15


def test_refuses_what_it_cannot_do() -> None:
    with isolated_context() as context:
        with pytest.raises(BadInputError, match="home"):
            WorldNode(context=context)
        for name, value, match in (
            ("appliance_cloud", "hearth_sim.nothing:make", "module:function"),
            ("viewer", True, "display"),
        ):
            with pytest.MonkeyPatch.context() as patch:
                patch.delenv("DISPLAY", raising=False)
                patch.delenv("WAYLAND_DISPLAY", raising=False)
                with pytest.raises(HearthError, match=match):
                    WorldNode(
                        World(fake_builder()),
                        context=context,
                        parameter_overrides=[
                            Parameter("home", value=APARTMENT),
                            Parameter(name, value=value),
                        ],
                    )


def test_ticks_a_cloud_with_the_doors_it_may_read() -> None:
    with isolated_context() as context:
        node = WorldNode(
            World(fake_builder()),
            context=context,
            parameter_overrides=[
                Parameter("factor", value=10.0),
                Parameter("home", value=APARTMENT),
                Parameter("appliance_cloud", value=f"{__name__}:make_cloud"),
            ],
        )
        with Spinner(context, node):
            assert wait_until(lambda: len(CLOUD) >= 5)
            node.close()
        times = [time for time, _ in CLOUD]
        assert times[1] - times[0] == pytest.approx(0.1)
        assert all(math.isclose(door or 0.0, 0.0, abs_tol=1e-3) for _, door in CLOUD)


CLOUD: list[tuple[float, float | None]] = []


def make_cloud(_home: object, read_joint: Any) -> Any:
    return lambda now: CLOUD.append((now, read_joint("cabinet/door")))
