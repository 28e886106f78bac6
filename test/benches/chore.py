"""The chore over seeds: start pose, milk, jitter and light drawn; judged from truth."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from dataclasses import asdict
from pathlib import Path

from hearth_cli.bench import Figure, Options, Report
from hearth_cli.maps import find_map
from hearth_cli.sim import CHORE, read_home
from hearth_cli.simulation import Quiet, Settings, StopFlag, run_episode
from hearth_core.errors import HearthError
from hearth_tasks.core.statistics import wilson_interval
from hearth_tasks.episode import EpisodeRecord


def run(options: Options) -> Report:
    """One episode a seed, as fast as the machine goes unless ``--real-time``."""
    parser = argparse.ArgumentParser(prog="hearth bench chore")
    parser.add_argument("--home", default=str(options.root / "config/homes/apartment.yaml"))
    parser.add_argument("--task", default=CHORE)
    parser.add_argument("--real-time", action="store_true")
    parser.add_argument("--map", type=Path)
    own = parser.parse_args(list(options.rest))
    seeds = options.seeds or (tuple(range(2)) if options.quick else tuple(range(20)))
    home, home_file = read_home(own.home, options.root)
    map_file = find_map(options.root, home, home_file, own.map, print, StopFlag())
    lines = options.root / "bench" / "chore.jsonl"
    lines.parent.mkdir(exist_ok=True)
    lines.write_text("")
    records: list[EpisodeRecord] = []
    for seed in seeds:
        folder = options.root / ".hearth" / "runs" / "bench" / f"{home.name}-{seed}"
        settings = Settings(
            root=options.root,
            home_file=home_file,
            home=home,
            map=map_file,
            seed=seed,
            task=own.task,
            folder=folder,
            factor=1.0 if own.real_time else 0.0,
        )
        try:
            record = run_episode(settings, Quiet())
        except HearthError as error:  # an episode that never began is a failed episode
            record = EpisodeRecord(home.name, seed, own.task, "robot1", verdict=str(error))
        records.append(record)
        with lines.open("a") as file:
            file.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")
        _print_line(record, records)
    return Report(_figures(records), [asdict(record) for record in records])


def _print_line(record: EpisodeRecord, records: list[EpisodeRecord]) -> None:
    wins = sum(r.success for r in records)
    sys.stdout.write(
        f"seed {record.seed:4d}  {'ok  ' if record.success else 'FAIL'}"
        f"  {record.duration_s:6.1f} s  x{record.real_time_factor:.2f}"
        f"  {record.cpu_cores:.2f} cores  {wins}/{len(records)}"
        f"  {'' if record.success else record.verdict + ' | ' + record.message}\n"
    )
    sys.stdout.flush()


def _figures(records: list[EpisodeRecord]) -> list[Figure]:
    n, wins = len(records), sum(r.success for r in records)
    low, high = wilson_interval(wins, n)
    done = [r for r in records if r.duration_s > 0.0] or records
    nan = float("nan")
    return [
        Figure("chore success", wins / n, "", 0.8, "higher", n),
        Figure("chore success, Wilson 95 % low", low, "", nan, "higher", n),
        Figure("chore success, Wilson 95 % high", high, "", nan, "higher", n),
        Figure(
            "duration (median)",
            statistics.median(r.duration_s for r in done),
            "s",
            nan,
            "lower",
            len(done),
        ),
        Figure(
            "real-time factor (median)",
            statistics.median(r.real_time_factor for r in done),
            "",
            1.5,
            "higher",
            len(done),
        ),
        Figure(
            "CPU (median)",
            statistics.median(r.cpu_cores for r in done),
            "cores",
            nan,
            "lower",
            len(done),
        ),
        Figure(
            "ready for a task (median)",
            statistics.median(r.ready_s for r in done),
            "s",
            20.0,
            "lower",
            len(done),
        ),
        Figure(
            "robot and evaluator disagree",
            sum(r.disagreement for r in records),
            "",
            0.0,
            "lower",
            n,
        ),
    ]
