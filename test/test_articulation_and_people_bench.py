"""Doors and people of the bench of perception, small: within one and a half of the issue's."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("hearth_sim", reason="pictures come from the simulated homes")

from hearth_cli.bench import Options, load

ROOT = Path(__file__).resolve().parents[1]


def figures(*arguments: str) -> dict[str, float]:
    report = load(ROOT, "perception").run(Options(ROOT, True, None, None, arguments))
    return {figure.figure: figure.value for figure in report.figures}


@pytest.mark.slow
def test_doors_stay_near_their_figures() -> None:
    value = figures("--only", "doors", "--homes", "3", "--doors", "1")
    assert value["door within 3 deg and handle 15 mm"] > 0.95 / 1.5
    assert value["angle of hinged doors within 3 deg"] > 0.95 / 1.5
    assert value["handle (median)"] < 15.0


@pytest.mark.slow
def test_people_are_told_where_they_are_and_nobody_where_nobody_is() -> None:
    value = figures("--only", "people", "--homes", "1")
    assert value["people in the camera's view told"] > 0.8
    assert value["person's position (median)"] < 0.15
    assert value["standing person's speed error (p90)"] < 0.4
