"""The thread that moves the world: pace, pause, step, reset, failure."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hearth_core.errors import HearthError
from hearth_sim.core import registry
from hearth_sim.core.fakes import fake_builder
from hearth_sim.core.pacing import PaceLimits
from hearth_sim.core.physics_thread import PhysicsThread
from hearth_sim.core.world import World
from hearth_sim.hardware import make_hardware

START = Callable[..., PhysicsThread]


@pytest.fixture
def start() -> Iterator[START]:
    threads: list[PhysicsThread] = []

    def make(factor: float = 0.0, **options: object) -> PhysicsThread:
        world = World(fake_builder())
        threads.append(PhysicsThread(world, PaceLimits(factor=factor), **options))  # type: ignore[arg-type]
        return threads[-1]

    yield make
    for thread in threads:
        thread.close()


def reach(thread: PhysicsThread, simulated: float, patience: float = 20.0) -> None:
    deadline = time.monotonic() + patience
    while thread.world.now < simulated:
        assert time.monotonic() < deadline, f"stuck at {thread.world.now} s"
        time.sleep(0.002)


def test_real_time_is_real_time(start: START) -> None:
    thread = start(factor=2.0)
    thread.start()
    reach(thread, 0.2)
    wall, sim = time.monotonic(), thread.world.now
    reach(thread, sim + 2.0)
    # Never faster; slower only if the machine is (the pacer's own tests are exact).
    assert time.monotonic() - wall > 0.85
    assert thread.state().real_time_factor is not None


def test_pause_step_and_reset(start: START) -> None:
    thread = start()
    thread.start()
    thread.pause(True).result(5.0)
    now = thread.world.now
    assert thread.state().paused
    thread.step(50).result(5.0)
    assert thread.world.now == pytest.approx(now + 0.1)
    thread.reset(seed=3, restart_time=True).result(5.0)
    assert thread.world.now == 0.0
    thread.pause(False).result(5.0)
    reach(thread, 0.5)


def test_a_streaming_client_that_stops_holds_the_clock(start: START) -> None:
    thread = start(factor=0.0)
    arrivals: list[float] = []

    def client(now: float) -> None:
        if now <= 1.0:
            thread.command_arrived("robot1/cmd_vel_nav", moving=True)
            arrivals.append(now)

    thread.world.add_cycle(0.05, client)
    thread.start()
    reach(thread, 1.01)
    begin = time.monotonic()
    reach(thread, 3.0)
    assert time.monotonic() - begin > 0.4
    assert 0.3 < thread.state().held < 2.0


def test_a_failing_cycle_is_reported_and_ends_the_thread(start: START) -> None:
    failures: list[BaseException] = []
    ended = threading.Event()

    def on_failure(error: BaseException) -> None:
        failures.append(error)
        ended.set()

    thread = start(on_failure=on_failure)

    def broken(now: float) -> None:
        if now > 0.1:
            raise ValueError("controller bug")

    thread.world.add_cycle(0.01, broken)
    thread.start()
    assert ended.wait(10.0)
    assert "controller bug" in str(failures[0])


def test_hardware_is_found_in_the_process_and_unknown_robots_are_named() -> None:
    world = World(fake_builder())
    registry.publish(world)
    try:
        assert make_hardware("robot1", {}) is world.hardware("robot1")
        with pytest.raises(HearthError, match="robot1"):
            make_hardware("robot9", {})
        with pytest.raises(HearthError, match="colour"):
            make_hardware("robot1", {"colour": "red"})
    finally:
        registry.publish(None)
    with pytest.raises(HearthError, match="host hearth_sim/world"):
        registry.find(timeout=0.05)
