"""``hearth bench NAME``: measure, print a table, write ``bench/NAME.json`` and ``.jsonl``.

A bench is a module ``test/benches/NAME.py`` with ``run(options) -> Report``; adding one is
adding a file. The exit status is 0 when it ran, whatever the figures; gates are CI's.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import platform
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from hearth_core.errors import HearthError, UnknownNameError

from hearth_cli.main import clone_root
from hearth_cli.simulation import commit_of


@dataclass(frozen=True)
class Figure:
    """One measured number and what it should be."""

    figure: str
    value: float
    unit: str
    target: float
    better: str
    """``lower`` or ``higher``."""
    n: int

    @property
    def met(self) -> bool:
        """Whether the target is reached."""
        return self.value <= self.target if self.better == "lower" else self.value >= self.target


@dataclass(frozen=True)
class Report:
    """What a bench found."""

    figures: list[Figure]
    samples: list[dict[str, Any]] = field(default_factory=list)
    """Raw episodes or samples, one line each in ``bench/NAME.jsonl``."""


@dataclass(frozen=True)
class Options:
    """What every bench is given."""

    root: Path
    quick: bool
    seeds: tuple[int, ...] | None
    plots: Path | None
    rest: tuple[str, ...]
    """Arguments of the bench's own."""


def main(arguments: Sequence[str]) -> int:
    """Run one bench."""
    for number in (signal.SIGINT, signal.SIGTERM):  # also where the shell had them ignored
        signal.signal(number, signal.default_int_handler)
    root = clone_root()
    known = available(root)
    parser = argparse.ArgumentParser(
        prog="hearth bench", description=f"Benches: {', '.join(known) or 'none'}"
    )
    parser.add_argument("name", help="which bench")
    parser.add_argument("--quick", action="store_true", help="fewer samples, for CI")
    parser.add_argument("--seed", "--seeds", dest="seeds", type=seed_list, metavar="A-B,C")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="pictures go there")
    options, rest = parser.parse_known_args(arguments)
    try:
        if options.name not in known:
            raise UnknownNameError("bench", options.name, known)
        report = load(root, options.name).run(
            Options(root, options.quick, options.seeds, options.plots, tuple(rest))
        )
    except HearthError as error:
        sys.stderr.write(f"hearth bench: {error}\n")
        return 2
    sys.stdout.write(table(report.figures))
    write(root, options.name, options.seeds, report)
    return 0


def available(root: Path) -> list[str]:
    """Names of the benches of a clone."""
    folder = root / "test" / "benches"
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def load(root: Path, name: str) -> ModuleType:
    """Import a bench by its name, or (``_name``) what benches share."""
    path = root / "test" / "benches" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"hearth_bench_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    if not name.startswith("_"):
        cast("Callable[..., Report]", module.run)
    return module


def seed_list(text: str) -> tuple[int, ...]:
    """Read ``0-19``, ``3`` or ``1,5,7-9``.

    Raises:
        argparse.ArgumentTypeError: It has another form.
    """
    seeds: list[int] = []
    try:
        for part in text.split(","):
            first, _, last = part.partition("-")
            seeds += range(int(first), int(last or first) + 1)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: expected 3, 0-19 or 1,5,7-9") from None
    if not seeds:
        raise argparse.ArgumentTypeError(f"{text!r} names no seed")
    return tuple(seeds)


def table(figures: Sequence[Figure]) -> str:
    """The figures for people."""
    lines = [f"{'figure':<52} {'value':>10} {'target':>10} {'unit':<8} {'n':>6}"]
    for item in figures:
        sign = "<=" if item.better == "lower" else ">="
        target = "" if math.isnan(item.target) else f"{sign} {item.target:g}"
        mark = "" if math.isnan(item.target) or item.met else "  short"
        lines.append(
            f"{item.figure:<52} {item.value:>10.4g} {target:>10} {item.unit:<8} {item.n:>6}{mark}"
        )
    return "\n".join(lines) + "\n"


def write(root: Path, name: str, seeds: tuple[int, ...] | None, report: Report) -> None:
    """Write ``bench/NAME.json`` and, with samples, ``bench/NAME.jsonl``."""
    folder = root / "bench"
    folder.mkdir(exist_ok=True)
    document = {
        "commit": commit_of(root),
        "machine": f"{platform.machine()} {_processor()}",
        "seed": list(seeds) if seeds else None,
        "figures": [
            {key: None if value != value else value for key, value in asdict(item).items()}  # noqa: PLR0124 - NaN has no place in JSON
            for item in report.figures
        ],
    }
    (folder / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")
    if report.samples:
        lines = (json.dumps(sample, ensure_ascii=False) for sample in report.samples)
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n")


def _processor() -> str:
    """The processor's name, as the kernel gives it."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return f"{names[0]} x{len(names)}" if names else platform.processor()
