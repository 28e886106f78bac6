"""The workspace is an ordinary colcon workspace; so is what it installs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {path.parent.name for path in (ROOT / "src").glob("*/package.xml")}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace's install folder, built from a copy: colcon writes beside sources."""
    folder = tmp_path_factory.mktemp("colcon")
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("src", "launch", "config", "urdf"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    shutil.copy(ROOT / "colcon.meta", folder)
    result = subprocess.run(
        ["colcon", "build", "--base-paths", "src", "--event-handlers", "console_direct-"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    return folder / "install"


@pytest.mark.slow
def test_every_package_is_built_and_found(built: Path) -> None:
    for package in PACKAGES:
        index = built / package / "share/ament_index/resource_index/packages" / package
        assert index.is_file()
        assert (built / package / "share" / package / "package.xml").is_file()


@pytest.mark.slow
def test_launch_files_and_configuration_are_installed(built: Path) -> None:
    share = built / "hearth_bringup" / "share" / "hearth_bringup"
    for folder in ("launch", "config"):
        source = {path.relative_to(ROOT) for path in (ROOT / folder).glob("**/*.yaml")}
        assert source == {path.relative_to(share) for path in (share / folder).glob("**/*.yaml")}


@pytest.mark.slow
def test_installed_executables_start(built: Path) -> None:
    command = f". {built}/setup.bash && {built}/hearth_cli/lib/hearth_cli/hearth --help"
    env = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "HEARTH_ROOT"}}
    env["PYTHONPATH"] = os.pathsep.join(
        entry for entry in os.environ["PYTHONPATH"].split(os.pathsep) if "/src/" not in entry
    )
    result = subprocess.run(
        ["bash", "-c", command], env=env, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "usage: ./hearth" in result.stdout
