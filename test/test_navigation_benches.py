"""The quick navigation benches stay within 1.5 times what is asked (CPU time)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hearth_cli.bench import Figure, Options, load

ROOT = Path(__file__).resolve().parents[1]


def figures(name: str, *rest: str) -> dict[str, Figure]:
    report = load(ROOT, name).run(Options(ROOT, True, None, None, rest))
    return {figure.figure: figure for figure in report.figures}


def test_controller_and_monitor_are_fast_and_the_monitor_always_stops() -> None:
    found = figures("navigation_control")
    for figure in found.values():
        if figure.unit == "ms":
            assert figure.value <= 1.5 * figure.target, figure
    assert found["monitor stops from 0.5 m/s in time"].value == 1.0
    assert found["monitor leaves a way out"].value == 1.0
    assert found["MPPI, least clearance driven"].value > 0.0


def test_grid_search_is_optimal_without_any_data(tmp_path: Path) -> None:
    found = figures("navigation_planning", "--data", str(tmp_path))
    assert found["grid A* of optimal length"].value == 1.0
    assert not any(name.startswith("SE(2)") for name in found)


def test_a_bench_without_its_data_says_so(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="no BARN worlds"):
        figures("navigation_barn", "--data", str(tmp_path))


def test_nobody_is_touched_and_doors_are_waited_at() -> None:
    found = figures("navigation_people")
    assert found["encounters: contacts caused by the robot"].value == 0
    assert found["encounters: goal reached"].value == 1.0
    assert found["encounters: time over the empty time, mean"].value <= 1.5 * 1.4


def test_the_charger_is_met_to_millimetres_although_it_was_moved() -> None:
    found = figures("navigation_docking")
    for name in ("docking", "docking in the simulator"):
        assert found[f"{name}: charges at the first try"].value == 1.0
        assert found[f"{name}: lateral, p95"].value <= 8.0
        assert found[f"{name}: yaw, p95"].value <= 1.0
    assert found["undocking in the simulator"].value == 1.0
    assert found["contacts while docking, undocking"].value == 0


def test_navigation_is_active_soon_and_small() -> None:
    pytest.importorskip("rclpy", reason="needs ROS")
    found = figures("navigation_ready")
    assert found["navigation active, warm cache"].value <= 1.5 * 5.0
    assert found["navigation active, memory"].value <= 1.5 * 450.0
