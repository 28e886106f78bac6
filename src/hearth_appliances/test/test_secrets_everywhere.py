"""The token is nowhere but where it belongs, and the search for it finds one that is."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS")

from hearth_appliances.measure.secrets_scan import PLACES, count, in_process, scan
from hearth_appliances.simulator.fixture import TOKEN


def test_a_bridge_leaves_its_token_nowhere(tmp_path: Path) -> None:
    assert scan(tmp_path) == dict.fromkeys(PLACES, 0)


def test_the_search_finds_a_token_that_was_left_lying_around(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"\x00binary" + TOKEN.encode() + b"\xff" + TOKEN.encode())
    assert count([path, tmp_path]) == 2
    program = [sys.executable, "-c", "print(flush=True); input()", TOKEN]
    with subprocess.Popen(program, stdin=-1, stdout=-1) as child:
        assert child.stdout is not None
        child.stdout.readline()  # before it runs, it may not have its arguments yet
        found = in_process(child.pid)
        child.communicate(b"\n")
    assert found == 1
