"""The quick manipulation benches stay within 1.5 times what is asked (CPU time)."""

from __future__ import annotations

from pathlib import Path

from hearth_cli.bench import Figure, Options, load

ROOT = Path(__file__).resolve().parents[1]


def quick(name: str, *rest: str) -> dict[str, Figure]:
    """Figures of a quick run by name."""
    options = Options(ROOT, quick=True, seeds=None, plots=None, rest=rest)
    return {item.figure: item for item in load(ROOT, name).run(options).figures}


def late(figures: dict[str, Figure]) -> list[str]:
    """Figures with a target that are more than 1.5 times over (times) or not reached."""
    found = []
    for name, item in figures.items():
        if item.target != item.target:
            continue
        if item.unit == "ms":
            bad = item.value > 1.5 * item.target
        elif item.better == "higher":
            bad = 1.0 - item.value > 1.5 * (1.0 - item.target) + 1.0 / item.n
        else:
            bad = item.value > item.target
        if bad:
            found.append(f"{name}: {item.value} against {item.target}")
    return found


def test_other_robots_are_planned_for() -> None:
    assert not late(quick("manipulation_robots"))
