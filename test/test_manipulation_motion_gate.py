"""The quick benches of live checks, servo and start-up stay within 1.5 times what is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from hearth_cli.bench import Figure, Options, load

ROOT = Path(__file__).resolve().parents[1]


def figures(name: str) -> dict[str, Figure]:
    pytest.importorskip("rclpy", reason="needs ROS")
    report = load(ROOT, name).run(Options(ROOT, True, None, None, ()))
    return {figure.figure: figure for figure in report.figures}


def test_an_arm_stops_before_what_enters_its_path() -> None:
    found = figures("manipulation_live")
    contacts = found["live check: contacts where stopping was possible"]
    assert contacts.n >= 5
    assert contacts.value == 0.0
    assert found["live check: sensor to braking, p99"].value <= 1.5 * 100.0
    assert found["live check: one check, median"].value <= 1.5 * 50.0


def test_servo_keeps_limits_and_distance_at_100_hz() -> None:
    found = figures("manipulation_servo")
    assert found["servo: largest share of a limit"].value <= 1.0 + 1e-6
    assert found["servo: least distance to things"].value >= 19.0
    assert found["servo: cycles held back by things"].value > 0.02
    assert found["servo: a cycle, median"].value <= 10.0


def test_the_node_is_ready_soon() -> None:
    assert figures("manipulation_ready")["node ready, warm cache"].value <= 1.5 * 3.0
