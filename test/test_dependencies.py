"""What a package imports, it declares: for rosdep in its package.xml, or for pip in robot.in."""

from __future__ import annotations

import ast
import re
import sys
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src"
PACKAGES = sorted(path.parent.name for path in SRC.glob("*/setup.py"))
# Imported names that are not their rosdep key's; other Python libraries are python3-NAME.
KEYS = {"cv2": "python3-opencv", "yaml": "python3-yaml"}
# Distributions that bring a module of another name.
PIP = {"awsiot": "thinqconnect", "awscrt": "thinqconnect"}
# Keys without an apt package on the robot's Ubuntu 24.04: pip brings them.
NOT_IN_APT = {"python3-numba"}


@cache
def from_pip() -> frozenset[str]:
    text = (ROOT / "requirements" / "robot.in").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^([A-Za-z][\w-]*)", text, re.MULTILINE))


def declared(package: str) -> set[str]:
    root = ET.parse(SRC / package / "package.xml").getroot()
    return {str(element.text) for element in root if element.tag.endswith("depend")}


def imported(package: str) -> dict[str, Path]:
    """Top-level modules that a package imports, and a file that does so."""
    found: dict[str, Path] = {}
    for path in (SRC / package / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            found.update({name.partition(".")[0]: path for name in names})
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_declares_what_it_imports(package: str) -> None:
    keys = declared(package)
    built_in = set(sys.stdlib_module_names) | {package, "setuptools", "distutils"}
    for module, path in imported(package).items():
        key = KEYS.get(module, f"python3-{module}")
        brought = {module, key} & keys or PIP.get(module, module) in from_pip()
        where = path.relative_to(ROOT)
        known = module in built_in or brought
        assert known, f"{where} imports {module}: neither in package.xml nor in robot.in"


def test_what_apt_lacks_comes_by_pip() -> None:
    script = (ROOT / "docker" / "install_dependencies.sh").read_text(encoding="utf-8")
    for key in NOT_IN_APT:
        assert key.removeprefix("python3-") in from_pip()
        assert re.search(rf"--skip-keys[ =]\S*{key}", script)


def test_the_robot_and_the_pip_environment_agree_on_versions() -> None:
    lock = (ROOT / "requirements" / "environment.lock").read_text(encoding="utf-8")
    for line in (ROOT / "requirements" / "robot.in").read_text(encoding="utf-8").splitlines():
        if "==" in line:
            assert f"\n{line.strip()} " in lock, line
