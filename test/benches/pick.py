"""Pick in MuJoCo: one view, friction only, twelve shapes on tables and shelves, carried 2 m.

One thing of a drawn size and turn in a bare room, on a dining table, desk, sideboard, bookshelf or
rack; a robot before it within 15 cm and 0.2 rad of where it would be sent. Perception is the
robot's own on one rendered colour and depth image a look, nothing is kept from earlier ones. Held:
touched by nothing but the robot after 2 m. Bowl, plate, ball, book, slipper and remote control are
left out: they fit no grasp of the hand.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from hearth_cli.bench import Figure, Options, Report

TARGET = 0.90


def run(options: Options) -> Report:
    """``--count N`` poses of each shape (default 20; ``--quick`` 1), ``--only SHAPE``."""
    folder = str(options.root / "src" / "hearth_manipulation" / "test")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    from pick_trials import SHAPES, draw_pick, run_pick

    parser = argparse.ArgumentParser(prog="hearth bench pick")
    parser.add_argument("--count", type=int, default=1 if options.quick else 20)
    parser.add_argument("--only", choices=sorted(SHAPES), action="append")
    own = parser.parse_args(list(options.rest))
    seeds = options.seeds or tuple(range(own.count))
    figures: list[Figure] = []
    samples: list[dict[str, Any]] = []
    for shape in own.only or SHAPES:
        found = []
        for seed in seeds:
            sample = run_pick(draw_pick(shape, seed))
            found.append(sample)
            sys.stderr.write(
                f"{shape} {seed} on {sample['surface']}: "
                f"{'held' if sample['held'] else 'NOT HELD'} {sample['reason']}\n"
            )
        samples += found
        held = sum(bool(s["held"]) for s in found) / len(found)
        figures.append(Figure(f"{shape}: held", held, "", TARGET, "higher", len(found)))
    for what in ("lifted", "held"):
        share = sum(bool(s[what]) for s in samples) / len(samples)
        name = f"{what}, all shapes"
        figures.append(Figure(name, share, "", TARGET, "higher", len(samples)))
    honest = sum(s["told"] == s["lifted"] for s in samples) / len(samples)
    figures.append(Figure("told as it was", honest, "", float("nan"), "higher", len(samples)))
    return Report(figures, samples)
