"""The chore on two seeds, as ``hearth bench chore --quick`` runs it, judged from truth."""

from __future__ import annotations

import json

import pytest
from deployments import ROOT
from hearth_cli.bench import main


@pytest.mark.slow
def test_the_milk_comes_to_the_table() -> None:
    """Two seeds cannot show 16 of 20; two failures of two would deny it (4 % by chance)."""
    assert main(["chore", "--quick"]) == 0
    lines = (ROOT / "bench" / "chore.jsonl").read_text().splitlines()
    episodes = [json.loads(line) for line in lines]
    assert [episode["seed"] for episode in episodes] == [0, 1]
    assert any(episode["success"] for episode in episodes), [e["verdict"] for e in episodes]
    assert all(episode["duration_s"] > 60.0 for episode in episodes if episode["success"])
    figures = json.loads((ROOT / "bench" / "chore.json").read_text())["figures"]
    assert {figure["figure"] for figure in figures} >= {"chore success", "CPU (median)"}
