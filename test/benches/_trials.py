"""Trials of skills in MuJoCo: which kinds and seeds are asked for, run and told one by one."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from typing import Any

from hearth_cli.bench import Options

Sample = dict[str, Any]


def find_trials(options: Options) -> None:
    """Let the harness of manipulation's tests be imported."""
    folder = str(options.root / "src" / "hearth_manipulation" / "test")
    if folder not in sys.path:
        sys.path.insert(0, folder)


def run_trials(
    options: Options,
    bench: str,
    kinds: Iterable[str],
    trial: Callable[[str, int], Sample],
    tell: Callable[[Sample], str],
) -> dict[str, list[Sample]]:
    """Samples by kind.

    Args:
        options: Of the bench; ``--count N`` seeds of each kind (default 20; ``--quick`` 1) unless
            seeds were given, ``--only KIND``.
        bench: Its name.
        kinds: All there are.
        trial: Runs one kind with one seed.
        tell: A line for people about how it went.
    """
    known = list(kinds)
    parser = argparse.ArgumentParser(prog=f"hearth bench {bench}")
    parser.add_argument("--count", type=int, default=1 if options.quick else 20)
    parser.add_argument("--only", choices=sorted(known), action="append")
    own = parser.parse_args(list(options.rest))
    found: dict[str, list[Sample]] = {}
    for kind in own.only or known:
        for seed in options.seeds or tuple(range(own.count)):
            sample = trial(kind, seed)
            found.setdefault(kind, []).append(sample)
            sys.stderr.write(f"{kind} {seed}: {tell(sample)}\n")
    return found
