"""Navigation: every part's bench in one table (SLAM, localisation, planning, control, BARN)."""

from __future__ import annotations

import sys
import traceback

from hearth_cli.bench import Options, Report, available, load
from hearth_core.errors import HearthError

PARTS = ("slam", "localization")
"""And every ``navigation_*``."""


def run(options: Options) -> Report:
    """Run the parts one after the other; one that cannot run is named and left out."""
    names = available(options.root)
    chosen = [name for name in names if name in PARTS or name.startswith("navigation_")]
    figures, samples = [], []
    for name in chosen:
        sys.stdout.write(f"--- {name}\n")
        sys.stdout.flush()
        try:
            report = load(options.root, name).run(options)
        except HearthError as error:
            sys.stdout.write(f"{name} is left out: {error}\n")
            continue
        except Exception:  # the other parts' figures are worth having
            sys.stdout.write(f"{name} broke:\n{traceback.format_exc()}")
            continue
        figures += report.figures
        samples += [{"bench": name, **sample} for sample in report.samples]
    if not figures:
        raise HearthError(f"none of {', '.join(chosen)} gave a figure")
    return Report(figures, samples)
