"""One style and complete types, everywhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CODE = ["src", "test"]
PACKAGES = sorted(path.parent.name for path in (ROOT / "src").glob("*/setup.py"))
LONGEST = 400  # lines of a module; the aim is 250


def run(*command: str) -> str:
    """What a tool found: nothing if it is content."""
    result = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return "" if result.returncode == 0 else result.stdout + result.stderr


def test_ruff_finds_nothing() -> None:
    found = run("ruff", "check", "--output-format", "concise", *CODE)
    assert not found, found


def test_everything_is_formatted() -> None:
    found = run("ruff", "format", "--check", *CODE)
    assert not found, found


@pytest.mark.slow
def test_types_are_complete() -> None:
    packages = [word for package in PACKAGES for word in ("-p", package)]
    cache = str(ROOT / ".hearth" / "mypy")
    found = run("mypy", "--cache-dir", cache, "--no-error-summary", *packages)
    assert not found, found


def test_modules_are_short_enough_to_read() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in (ROOT / "src").glob("*/hearth_*/**/*.py")
        if (count := len(path.read_text().splitlines())) > LONGEST
    }
    assert not long


def test_every_silenced_rule_has_a_reason() -> None:
    """A `noqa` or `type: ignore` names its rule, so that it hides nothing else."""
    bare = re.compile(r"#\s*(noqa(?!:\s*[A-Z]+\d)|type:\s*ignore(?!\[))")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in CODE
        for path in (ROOT / folder).glob("**/*.py")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if bare.search(line) and path != Path(__file__)
    ]
    assert not found


def test_nothing_names_a_machine() -> None:
    """No path of somebody's machine and no package registry's host is in what git holds."""
    files = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    secret = re.compile(r"(?<![\w.])/(work|root|home/\w+)/|(pypi\.org|pythonhosted|npmjs\.)")
    found = [
        f"{name}:{number}: {line.strip()[:80]}"
        for name in filter(None, files)
        if (ROOT / name).suffix in {".py", ".md", ".sh", ".yaml", ".toml", ".in", ".lock", ".xml"}
        for number, line in enumerate((ROOT / name).read_text().splitlines(), start=1)
        if secret.search(line) and name != "test/test_style.py"
    ]
    assert not found
