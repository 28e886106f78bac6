"""The quick benches of mapping and localisation stay within one and a half times their figures."""

from __future__ import annotations

from pathlib import Path

import pytest
from hearth_cli.bench import Figure, Options, load

ROOT = Path(__file__).resolve().parents[1]


def quick(name: str, *rest: str) -> dict[str, Figure]:
    """Figures by name and unit."""
    report = load(ROOT, name).run(Options(ROOT, True, None, None, rest))
    return {f"{item.figure} [{item.unit}]": item for item in report.figures}


@pytest.mark.slow
def test_mapping_homes_with_repeated_rooms_keeps_its_figures() -> None:
    figures = quick("slam", "--only", "homes")
    assert figures["homes: mean relation error [m]"].value < 1.5 * 0.025
    assert figures["homes: mean relation error [deg]"].value < 1.5 * 0.3
    assert figures["homes: false loops []"].value == 0
    assert figures["homes: false loops []"].n > 10  # there were loops to be wrong about
    assert figures["homes: CPU a scan [ms]"].value < 1.5 * 10.0


@pytest.mark.slow
def test_localisation_keeps_its_figures() -> None:
    figures = quick("localization")
    assert figures["following: RMSE [m]"].value < 1.5 * 0.03
    assert figures["following: p99 [m]"].value < 1.5 * 0.10
    assert figures["following: yaw RMSE [deg]"].value < 1.5 * 0.5
    assert figures["following: share of scans with a pose []"].value > 0.985
    assert figures["particle filter 2000 x 60, CPU p50 [ms]"].value < 1.5 * 1.5
    # The issue asks for 0.97; one and a half times the share that may fail.
    assert figures["start without a pose: right []"].value >= 0.955
    assert figures["start without a pose: wrong and confident []"].value < 0.04  # one of thirty
    assert figures["start without a pose: CPU p99 [ms]"].value < 1.5 * 250.0
    assert figures["kidnapping noticed: worst [s]"].value < 1.5 * 2.0
