"""What must hold of a running simulated deployment, seen from outside."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from deployments import ROOT, Running
from hearth_cli.deployment import Deployment
from hearth_cli.domains import reserve_domain
from hearth_core.frames import GROUPS
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from hearth_nodekit.transforms import TransformError, TransformListener
from rclpy.node import Node

from hearth_interfaces.action import DoTask

HERE = Path(__file__).parent


def test_a_cyclonedds_participant_reads_odom_joints_and_tf(running: Running) -> None:
    peer = subprocess.run(
        [sys.executable, str(HERE / "cyclone_peer.py"), str(running.domain), running.robot, "30"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    heard = json.loads(peer.stdout)
    assert all(count >= 20 for count in heard["counts"].values()), heard["counts"]
    assert heard["finite"]
    assert {"odom->base_footprint", "map->odom"} <= set(heard["frames"])
    assert {joint for group in GROUPS.values() for joint in group} <= set(heard["joints"])
    assert heard["stamps"] == sorted(heard["stamps"])


def test_no_node_of_the_deployment_hears_truth(running: Running) -> None:
    node: Node = running.ears.nodes["root"]
    topics = [name for name, _ in node.get_topic_names_and_types() if "/truth" in name]
    assert "/sim/truth/state" in topics
    listeners = {
        (info.node_namespace, info.node_name)
        for topic in topics
        for info in node.get_subscriptions_info_by_topic(topic)
    }
    assert listeners == {("/", "evaluator")}


def test_only_the_clock_is_absolute(running: Running) -> None:
    node: Node = running.ears.nodes["root"]
    ros = ("/clock", "/rosout", "/parameter_events")
    allowed = (*ros, "/sim/", "/appliances", "/bridge/", "/robot1/")
    others = [
        name
        for name, _ in node.get_topic_names_and_types()
        if not name.startswith(allowed) and name != "/diagnostics"
    ]
    assert others == []


def test_every_link_of_the_model_is_connected_to_the_map(running: Running) -> None:
    with isolated_context(running.domain) as context:
        node = Node("frames", namespace="/robot1", context=context)
        transforms = TransformListener(node)
        with Spinner(context, node):
            _check_frames(transforms)
        node.destroy_node()


def _check_frames(transforms: TransformListener) -> None:
    wanted = ("lidar_link", "head_camera_color_optical_frame", "right_grasp_frame")

    def connected() -> bool:
        try:
            return all(transforms.lookup("map", frame) is not None for frame in wanted)
        except TransformError:
            return False

    assert wait_until(connected, 15.0)
    height = transforms.lookup("base_footprint", "head_camera_color_optical_frame").translation[2]
    assert 0.9 < height < 1.45


@pytest.mark.parametrize(
    ("task", "choice"),
    [
        ("bring the unicorn from the refrigerator to the dining table", "milk_carton"),
        ("bring the milk from the refrigerator to the moon", "dining_table"),
        ("dance", "bring the milk"),
    ],
)
def test_unknown_tasks_are_refused_with_the_choices_and_nothing_moves(
    running: Running, task: str, choice: str
) -> None:
    watcher = running.ears.watchers["robot1"]
    before = watcher.truth.pose()
    watcher.send(task)
    assert wait_until(lambda: watcher.result is not None, 20.0)
    result: DoTask.Result | None = watcher.result
    assert result is not None
    assert result.outcome.code == 2
    assert choice in result.outcome.message
    after = watcher.truth.pose()
    assert before is not None
    assert after is not None
    assert before.distance(after) < 0.01


def test_two_runs_at_once_have_domains_of_their_own() -> None:
    first, second = reserve_domain(), reserve_domain()
    try:
        assert first.number != second.number
    finally:
        first.close()
        second.close()


def test_ctrl_c_ends_every_process_within_five_seconds(tmp_path: Path) -> None:
    domain = reserve_domain()
    deployment = Deployment(
        ROOT / "launch" / "sim.launch.yaml", {"seed": 2}, tmp_path / "launch.log", domain.number
    )
    try:
        root = psutil.Process(deployment.pid)
        assert wait_until(lambda: len(root.children(recursive=True)) >= 5, 30.0)
        children = root.children(recursive=True)
        began = time.monotonic()
        deployment.interrupt()
        _, alive = psutil.wait_procs([root, *children], timeout=6.0)
        assert not alive, [process.cmdline() for process in alive]
        assert time.monotonic() - began < 5.0
    finally:
        deployment.stop()
        domain.close()
