"""`hearth doctor`: what is installed and what does not work, each problem with its remedy."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from hearth_cli.checks import CHECKS, Finding, Level

_SIGN = {Level.GOOD: "ok     ", Level.NOTE: "note   ", Level.BAD: "PROBLEM"}


def report(finding: Finding) -> str:
    """One finding as lines for a terminal."""
    lines = [f"{_SIGN[finding.level]} {finding.what}: {finding.detail}"]
    if finding.remedy:
        lines.append(f"          -> {finding.remedy}")
    return "\n".join(lines)


def _findings(name: str) -> Iterator[Finding]:
    """What one check finds; what it found before it failed counts too."""
    try:
        yield from CHECKS[name]()
    except Exception as error:  # a doctor does not die of the disease
        text = f"the check itself failed: {type(error).__name__}: {error}"
        remedy = f"./hearth setup; if that does not help, report `./hearth doctor {name}`"
        yield Finding(Level.BAD, name, text, remedy)


def main(arguments: Sequence[str]) -> int:
    """Run all checks, or those named; 1 if there is a problem."""
    unknown = [name for name in arguments if name not in CHECKS]
    if unknown:
        print(f"hearth doctor: no check {unknown}; choose from {list(CHECKS)}", file=sys.stderr)
        return 2
    problems = 0
    for name in arguments or CHECKS:
        for finding in _findings(name):
            problems += finding.level is Level.BAD
            print(report(finding), flush=True)
    print(f"{problems} problem{'s' * (problems != 1)}.")
    return 1 if problems else 0
