"""Open and close in MuJoCo, the axis unknown to the planner: six kinds, each in a bare room.

One piece of furniture of a drawn size and hinge side, a robot before it within 15 cm and 0.2 rad
of where it would be sent, skills as the node runs them. The robot's home model knows the front's
looks; how the part moves is wiped out of it. Seen handles err by 4 mm (one sigma), localisation
by 12 mm. Open: hinged 1.2 rad, sliding 75 % of the travel; closed: 0.05 rad, 15 mm, by the truth
of the simulator.
"""

from __future__ import annotations

from hearth_cli.bench import Figure, Options, Report, load

TARGET = 0.90


def run(options: Options) -> Report:
    """``--count N`` poses of each kind (default 20; ``--quick`` 1), ``--only KIND``."""
    trials = load(options.root, "_trials")
    trials.find_trials(options)
    from door_trials import KINDS, draw_trial, run_trial

    found = trials.run_trials(
        options,
        "doors",
        KINDS,
        lambda kind, seed: run_trial(draw_trial(kind, seed)),
        lambda sample: (
            f"{'open' if sample['open'] else 'NOT OPEN'}, "
            f"{'closed' if sample['closed'] else 'NOT CLOSED'} {sample['reason']}"
        ),
    )
    figures = [
        Figure(
            f"{kind}: {what}",
            sum(bool(s[what]) for s in samples) / len(samples),
            "",
            TARGET,
            "higher",
            len(samples),
        )
        for kind, samples in found.items()
        for what in ("open", "closed")
    ]
    every = [sample for samples in found.values() for sample in samples]
    share = sum(s["open"] and s["closed"] for s in every) / len(every)
    figures.append(Figure("opened and closed, all kinds", share, "", TARGET, "higher", len(every)))
    return Report(figures, every)
