"""The push channel comes back, in real time; limits are three times the issue's (shared CPUs)."""

from pathlib import Path

from hearth_cli.bench import Options, load

ROOT = Path(__file__).parents[1]
SLACK = 3.0


def test_cuts_black_holes_and_lost_sessions_are_healed() -> None:
    bench = load(ROOT, "appliances_cloud")
    found = bench.figures(Options(ROOT, quick=True, seeds=None, plots=None, rest=()))
    assert {figure.figure.partition(",")[0].strip() for figure in found} >= {
        "reconnect after a 2 s cut",
        "black hole that forgot its connections",
        "lost session healed",
    }
    for figure in found:
        if figure.unit == "s":
            assert figure.value <= SLACK * figure.target, figure
        elif "lost" in figure.figure:
            assert figure.value == 0, figure
