"""Packages point down only, and cores know no ROS."""

from __future__ import annotations

import ast
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src"
LEVELS = {
    "hearth_core": 0,
    "hearth_interfaces": 0,
    "hearth_description": 0,
    "hearth_nodekit": 1,
    "hearth_drivers": 2,
    "hearth_perception": 2,
    "hearth_navigation": 2,
    "hearth_manipulation": 2,
    "hearth_appliances": 2,
    "hearth_tasks": 3,
    "hearth_sim": 3,
    "hearth_cli": 4,
    "hearth_bringup": 4,
}
# Level 3 reaches level 2 over topics, services and actions; but the simulator stands in for
# hardware and cloud, so that it imports the fakes that drivers and appliances ship. A command
# draws maps and benches measure cores, so that level 4 may import cores and nothing else of 2.
FAKES = {"hearth_drivers.fakes", "hearth_appliances.fakes", "hearth_appliances.simulator"}
SAME_LEVEL = {
    ("hearth_description", "hearth_core"),  # the model is made of core's geometry and frames
    ("hearth_nodekit", "hearth_nodekit"),
}
ROS = {"rclpy", "launch", "launch_ros", "tf2_ros", "ament_index_python"}
MODULES = sorted(path for package in LEVELS for path in (SRC / package / package).glob("**/*.py"))
CORES = [path for path in MODULES if "core" in path.parts[path.parts.index("src") + 3 :]] + [
    path for path in MODULES if path.is_relative_to(SRC / "hearth_core" / "hearth_core")
]


def imports(path: Path) -> set[str]:
    """Dotted names of everything `path` imports, wherever in the file it does so."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, f"{path}: relative imports hide where things come from"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def forbidden(path: Path) -> set[str]:
    package = path.relative_to(SRC).parts[0]
    level = LEVELS[package]
    bad = set()
    for name in imports(path):
        other = name.split(".")[0]
        if other == package or other not in LEVELS:
            if other.startswith("hearth_") and other != package:
                bad.add(f"{name} (unknown package)")
            continue
        below = LEVELS[other]
        fake = package == "hearth_sim" and any(name.startswith(fake) for fake in FAKES)
        core = level == 4 and name.startswith(f"{other}.core.")
        shell = package == "hearth_description" and path.name.endswith("_node.py")
        if below == 2 and level > 2:
            allowed = fake or core
        elif shell and below <= 1:
            allowed = True
        else:
            allowed = below < level or (package, other) in SAME_LEVEL
        if not allowed:
            bad.add(name)
    return bad


def test_every_package_has_a_level() -> None:
    found = {path.parent.name for path in SRC.glob("*/package.xml")}
    assert found == set(LEVELS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SRC)))
def test_a_module_imports_from_below_only(path: Path) -> None:
    assert not forbidden(path)


@pytest.mark.parametrize("path", CORES, ids=lambda path: str(path.relative_to(SRC)))
def test_a_core_knows_no_ros(path: Path) -> None:
    roots = {name.split(".")[0] for name in imports(path)}
    assert not roots & ROS
    assert not {name for name in roots if name.endswith(("_msgs", "_interfaces", "_nodekit"))}


@pytest.mark.parametrize("package", sorted(LEVELS))
def test_a_manifest_names_what_the_code_imports(package: str) -> None:
    root = ET.parse(SRC / package / "package.xml").getroot()
    assert root.get("format") == "3"
    assert root.findtext("name") == package
    depends = {
        node.text
        for tag in ("depend", "exec_depend", "build_depend", "buildtool_depend", "test_depend")
        for node in root.findall(tag)
    }
    used = {
        name.split(".")[0]
        for path in MODULES
        if path.relative_to(SRC).parts[0] == package
        for name in imports(path)
    }
    packages = {
        name for name in used - {package} if name.startswith("hearth_") or name.endswith("_msgs")
    }
    packages |= used & {"rclpy", "ament_index_python", "std_srvs", "simulation_interfaces"}
    assert packages <= depends


def test_wall_clock_and_sleep_stay_out_of_cores() -> None:
    """Time is an argument there; warm-ups and benches measure and are not logic."""
    offenders = []
    for path in CORES:
        if path.stem in {"warmup"} or "hearth_cli" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "time"
                and node.func.attr in {"time", "sleep"}
            ):
                offenders.append(f"{path.relative_to(SRC)}:{node.lineno}")
    assert not offenders
