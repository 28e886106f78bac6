"""The doctor sees what is broken, says what to do, and survives its own checks."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hearth_cli.checks import Finding, Level

from hearth_cli import checks, doctor


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with an empty cache, which the checks look at."""
    monkeypatch.setattr(checks, "clone_root", lambda: tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "requirements").mkdir()
    return tmp_path


def lock(clone: Path, *pins: str) -> None:
    text = "".join(f"{pin} \\\n    --hash=sha256:00\n" for pin in pins)
    (clone / "requirements" / "environment.lock").write_text(text)


def bad(findings: Iterator[Finding]) -> list[Finding]:
    found = [finding for finding in findings if finding.level is Level.BAD]
    assert all(finding.remedy for finding in found)
    return found


def test_packages_that_are_missing_or_of_another_version_are_named(clone: Path) -> None:
    lock(clone, "numpy==0.0.1", "no-such-package==1.0")
    (finding,) = bad(checks.packages())
    assert "pinned 0.0.1" in finding.detail
    assert "no-such-package is missing" in finding.detail
    assert finding.remedy == "rm -r .hearth/venv && ./hearth setup"


def test_files_of_a_package_that_are_gone_are_named(tmp_path: Path) -> None:
    info = tmp_path / "x-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: x\nVersion: 1.0\n")
    (info / "RECORD").write_text("x/__init__.py,,\nx/lost.py,,\nx/__pycache__/a.pyc,,\n")
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "__init__.py").write_text("")
    assert checks.lost_files(importlib.metadata.PathDistribution(info)) == ["x/lost.py"]


@pytest.mark.parametrize("check", [checks.graphics, checks.middleware])
@pytest.mark.parametrize(
    ("error", "remedy"),
    [("ModuleNotFoundError: No module named 'x'", "./hearth setup"), ("no device", "")],
)
def test_a_library_that_does_not_load_is_not_blamed_on_the_machine(
    check: object, error: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 1, "", error)

    monkeypatch.setattr(checks, "_python", fail)
    monkeypatch.setattr(checks, "_TALKER", "")
    (finding,) = bad(check())  # type: ignore[operator]
    assert error in finding.detail
    assert ("./hearth setup" in finding.remedy) == bool(remedy)


def test_a_type_that_differs_is_named(clone: Path) -> None:
    names = {"a_msgs/msg/A": "RIHS01_1", "a_msgs/msg/B": "RIHS01_2"}
    (clone / "test" / "data").mkdir(parents=True)
    (clone / "test" / "data" / "type_hashes.json").write_text(json.dumps(names))
    folder = clone / ".hearth" / "interfaces" / "share" / "a_msgs" / "msg"
    folder.mkdir(parents=True)
    hashes = [{"type_name": "a_msgs/msg/A", "hash_string": "RIHS01_other"}]
    (folder / "A.json").write_text(json.dumps({"type_hashes": hashes}))
    (finding,) = bad(checks.types())
    assert "2 of 2 differ or are missing: ['a_msgs/msg/A']" in finding.detail


def test_a_folder_for_kernels_that_cannot_be_used_is_said(clone: Path) -> None:
    (clone / "cache").write_text("a file")
    (finding,) = checks.kernels()
    assert finding.level is Level.NOTE
    assert "for this clone alone" in finding.detail
    (clone / "cache").unlink()
    (clone / "cache" / "hearth" / "kernels").mkdir(parents=True)
    (finding,) = checks.kernels()
    assert finding.level is Level.GOOD


def test_a_check_that_fails_is_a_problem_and_keeps_what_it_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks() -> Iterator[Finding]:
        yield Finding(Level.BAD, "x", "found before", "do this")
        raise RuntimeError("broken")

    monkeypatch.setattr(doctor, "CHECKS", {"breaks": breaks})
    assert doctor.main([]) == 1
    shown = capsys.readouterr().out
    assert "found before" in shown
    assert "RuntimeError: broken" in shown
    assert "2 problems." in shown
    assert doctor.main(["nonsense"]) == 2
    assert "choose from ['breaks']" in capsys.readouterr().err
