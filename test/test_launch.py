"""The project's launch files, and a deployment's life, with real nodes on DDS."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hearth_cli.domains import reserve_domain
from hearth_cli.launch import Launcher, Plan, ProcessSpec, read_launch_file
from hearth_cli.launch.launcher import EventKind
from hearth_cli.launch.shared_memory import FOLDER, segments_of
from hearth_nodekit.container import parse_arguments
from rclpy.utilities import remove_ros_args

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "launch").glob("*.launch.yaml"))

TALKER = """
import rclpy
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import String
rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
node = rclpy.create_node("talker")
publisher = node.create_publisher(String, "chatter", 1)
node.create_timer(0.1, lambda: publisher.publish(String(data="hello")))
print("ready", flush=True)
try:
    rclpy.spin(node)
except KeyboardInterrupt:
    print("stopped", flush=True)
    node.destroy_node()
    rclpy.shutdown()
"""


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_a_launch_file_of_ours_starts_something_and_documents_itself(
    file: Path, tmp_path: Path
) -> None:
    plan = read_launch_file(file, {}, tmp_path)
    assert plan.processes
    assert file.read_text().startswith("# "), "say in the first line what it starts"


def test_every_robot_gets_its_own_namespace(tmp_path: Path) -> None:
    plan = read_launch_file(ROOT / "launch" / "robot.launch.yaml", {"robot": "anna"}, tmp_path)
    for process in plan.processes:
        assert "__ns:=/anna" in process.command or "@/anna" in " ".join(process.command)


@pytest.mark.parametrize("name", ["sim", "description"])
def test_measured_mounts_reach_the_description(name: str, tmp_path: Path) -> None:
    file = ROOT / "launch" / f"{name}.launch.yaml"
    for given, expected in (("/some/where/calibration.yaml",) * 2, ("", "")):
        plan = read_launch_file(file, {"calibration": given} if given else {}, tmp_path)
        (hosting,) = (
            process.command
            for process in plan.processes
            if any("robot_state_publisher" in word for word in process.command)
        )
        hosted = parse_arguments(remove_ros_args([*hosting])[hosting.index("--node") :])
        publisher = next(spec for spec in hosted if spec.called == "robot_state_publisher")
        assert dict(publisher.parameters)["calibration"] == expected


@pytest.fixture
def talkers(tmp_path: Path) -> Iterator[tuple[Launcher, list[str]]]:
    """Two real nodes, the second respawned, on a domain of their own."""
    domain = reserve_domain()
    environment = {**os.environ, "ROS_DOMAIN_ID": str(domain.number)}
    command = (sys.executable, "-c", TALKER)
    specs = [
        ProcessSpec(
            f"talker-{number}", command, environment, show_stdout=True, respawn=number == 2
        )
        for number in (1, 2)
    ]
    lines: list[str] = []
    launcher = Launcher(
        Plan(specs),
        on_line=lambda name, _s, text: lines.append(f"{name} {text}"),
        log_folder=tmp_path,
    )
    with launcher:
        yield launcher, lines
    domain.close()


def until(condition: Callable[[], bool], timeout: float = 20.0) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.05)


def test_a_killed_node_is_started_again_and_its_shared_memory_freed(
    talkers: tuple[Launcher, list[str]],
) -> None:
    launcher, lines = talkers
    until(lambda: lines.count("talker-1 ready") == lines.count("talker-2 ready") == 1)
    time.sleep(2.5)  # one look of the launcher at who holds what
    first = launcher.pids()["talker-2"]
    held = segments_of(first)
    own = {name for name in held if "port" not in name}
    assert own, "Fast DDS uses shared memory"
    os.kill(first, signal.SIGKILL)
    until(lambda: lines.count("talker-2 ready") == 2)
    assert launcher.pids()["talker-2"] != first
    assert not [name for name in own if (FOLDER / name).exists()]
    assert launcher.pids()["talker-1"], "the other one goes on"
    deaths = [e for e in launcher.events if e.kind is EventKind.EXITED]
    assert ["SIGKILL" in death.text for death in deaths] == [True]


def test_a_stop_lets_nodes_finish_and_leaves_nothing(talkers: tuple[Launcher, list[str]]) -> None:
    launcher, lines = talkers
    until(lambda: lines.count("talker-1 ready") == lines.count("talker-2 ready") == 1)
    held = {name for pid in launcher.pids().values() for name in segments_of(pid)}
    begin = time.monotonic()
    launcher.stop()
    assert launcher.wait(6.0)
    assert time.monotonic() - begin < 5.0
    assert {"talker-1 stopped", "talker-2 stopped"} <= set(lines)
    assert not [name for name in held if "port" not in name and (FOLDER / name).exists()]
