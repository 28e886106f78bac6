"""Of the bench of doors: a drawer of which nothing is known but its looks opens and closes."""

from __future__ import annotations

from pathlib import Path

from hearth_cli.bench import Options, load

ROOT = Path(__file__).parents[1]


def test_a_drawer_is_opened_and_closed_without_knowing_how_it_moves() -> None:
    options = Options(ROOT, quick=True, seeds=None, plots=None, rest=("--only", "drawer"))
    report = load(ROOT, "doors").run(options)
    assert {figure.figure: figure.value for figure in report.figures} == {
        "drawer: open": 1.0,
        "drawer: closed": 1.0,
        "opened and closed, all kinds": 1.0,
    }
