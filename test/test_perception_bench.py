"""The bench of perception, small: its figures within one and a half of the issue's."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("hearth_sim", reason="pictures come from the simulated homes")

from hearth_cli.bench import Options, load

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_detection_map_and_search_stay_near_their_figures() -> None:
    report = load(ROOT, "perception").run(Options(ROOT, True, None, None, ()))
    value = {figure.figure: figure.value for figure in report.figures}
    assert value["mAP50 of household classes"] > 0.85 / 1.5
    assert value["mAP50-95"] > 0.60 / 1.5
    assert value["graspable within 2.5 m: found"] > 0.95 / 1.5
    assert value["position within 1.5 m (median)"] < 15.0
    assert value["size within 1.5 m (median)"] < 7.5
    assert value["changes right (simulated detections)"] > 0.95 / 1.5
    assert value["claimed changes that are false"] < 0.02 * 1.5
    assert value["found, never seen, new homes"] > 0.95 / 1.5
    assert value["way over the shortest tour (worst)"] < 1.5 * 1.5
    assert value["stops too near to something"] == 0
