"""Pick in MuJoCo: one view, friction only, twelve shapes on tables and shelves, carried 2 m.

One thing of a drawn size and turn in a bare room, on a dining table, desk, sideboard, bookshelf or
rack; a robot before it within 15 cm and 0.2 rad of where it would be sent. Perception is the
robot's own on one rendered colour and depth image a look, nothing is kept from earlier ones. Held:
touched by nothing but the robot after 2 m. Bowl, plate, ball, book, slipper and remote control are
left out: they fit no grasp of the hand.
"""

from __future__ import annotations

from hearth_cli.bench import Figure, Options, Report, load

TARGET = 0.90


def run(options: Options) -> Report:
    """``--count N`` poses of each shape (default 20; ``--quick`` 1), ``--only SHAPE``."""
    trials = load(options.root, "_trials")
    trials.find_trials(options)
    from pick_trials import SHAPES, draw_pick, run_pick

    found = trials.run_trials(
        options,
        "pick",
        SHAPES,
        lambda shape, seed: run_pick(draw_pick(shape, seed)),
        lambda sample: (
            f"on {sample['surface']}: "
            f"{'held' if sample['held'] else 'NOT HELD'} {sample['reason']}"
        ),
    )
    figures = []
    for shape, samples in found.items():
        held = sum(bool(s["held"]) for s in samples) / len(samples)
        figures.append(Figure(f"{shape}: held", held, "", TARGET, "higher", len(samples)))
    every = [sample for samples in found.values() for sample in samples]
    for what in ("lifted", "held"):
        share = sum(bool(s[what]) for s in every) / len(every)
        figures.append(Figure(f"{what}, all shapes", share, "", TARGET, "higher", len(every)))
    honest = sum(s["told"] == s["lifted"] for s in every) / len(every)
    figures.append(Figure("told as it was", honest, "", float("nan"), "higher", len(every)))
    return Report(figures, every)
