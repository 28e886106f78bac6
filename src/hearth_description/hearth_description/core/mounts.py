"""Puts measured mounts of sensors into the robot's description."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path

import yaml
from hearth_core.errors import FileFormatError, UnknownNameError
from hearth_core.geometry import Transform


def read_mounts(file: Path) -> dict[str, Transform]:
    """Origins of joints by name, as ``./hearth calibrate`` writes them.

    Raises:
        FileFormatError: Unreadable, unknown keys, or not three numbers each.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise FileFormatError(str(file), "", f"cannot be read: {error}") from error
    if not isinstance(content, dict) or set(content) != {"joints"}:
        raise FileFormatError(str(file), "", "expected one key, 'joints'")
    mounts = {}
    for name, origin in (content["joints"] or {}).items():
        where = f"joints.{name}"
        if not isinstance(origin, dict) or set(origin) != {"xyz", "rpy"}:
            raise FileFormatError(str(file), where, "expected xyz and rpy")
        numbers = [origin["xyz"], origin["rpy"]]
        if not all(
            isinstance(n, list) and len(n) == 3 and all(isinstance(v, int | float) for v in n)
            for n in numbers
        ):
            raise FileFormatError(str(file), where, f"{origin}; expected three numbers each")
        xyz, rpy = ((float(a), float(b), float(c)) for a, b, c in numbers)
        mounts[str(name)] = Transform.from_xyz_rpy(xyz, rpy)
    return mounts


def remount(urdf: str, mounts: Mapping[str, Transform]) -> str:
    """URDF text with other origins of some fixed joints.

    Raises:
        UnknownNameError: No such fixed joint.
    """
    root = ET.fromstring(urdf)
    fixed = {str(j.get("name")): j for j in root.findall("joint") if j.get("type") == "fixed"}
    for name, origin in mounts.items():
        if name not in fixed:
            raise UnknownNameError("fixed joint", name, fixed)
        node = fixed[name].find("origin")
        if node is None:
            node = ET.SubElement(fixed[name], "origin")
        node.set("xyz", " ".join(f"{v:.6f}" for v in origin.translation))
        node.set("rpy", " ".join(f"{v:.6f}" for v in origin.rpy()))
    return ET.tostring(root, encoding="unicode")
