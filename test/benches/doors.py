"""Open and close in MuJoCo, the axis unknown to the planner: six kinds, each in a bare room.

One piece of furniture of a drawn size and hinge side, a robot before it within 15 cm and 0.2 rad
of where it would be sent, skills as the node runs them. The robot's home model knows the front's
looks; how the part moves is wiped out of it. Seen handles err by 4 mm (one sigma), localisation
by 12 mm. Open: hinged 1.2 rad, sliding 75 % of the travel; closed: 0.05 rad, 15 mm, by the truth
of the simulator.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from hearth_cli.bench import Figure, Options, Report

TARGET = 0.90


def run(options: Options) -> Report:
    """``--count N`` poses of each kind (default 20; ``--quick`` 1), ``--only KIND``."""
    folder = str(options.root / "src" / "hearth_manipulation" / "test")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    from door_trials import KINDS, draw_trial, run_trial

    parser = argparse.ArgumentParser(prog="hearth bench doors")
    parser.add_argument("--count", type=int, default=1 if options.quick else 20)
    parser.add_argument("--only", choices=sorted(KINDS), action="append")
    own = parser.parse_args(list(options.rest))
    seeds = options.seeds or tuple(range(own.count))
    figures: list[Figure] = []
    samples: list[dict[str, Any]] = []
    both = 0
    for kind in own.only or list(KINDS):
        found = []
        for seed in seeds:
            sample = run_trial(draw_trial(kind, seed))
            found.append(sample)
            sys.stderr.write(
                f"{kind} {seed}: {'open' if sample['open'] else 'NOT OPEN'}, "
                f"{'closed' if sample['closed'] else 'NOT CLOSED'} {sample['reason']}\n"
            )
        samples += found
        both += sum(s["open"] and s["closed"] for s in found)
        for what in ("open", "closed"):
            share = sum(bool(s[what]) for s in found) / len(found)
            figures.append(Figure(f"{kind}: {what}", share, "", TARGET, "higher", len(found)))
    share = both / len(samples)
    figures.append(
        Figure("opened and closed, all kinds", share, "", TARGET, "higher", len(samples))
    )
    return Report(figures, samples)
