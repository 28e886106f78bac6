"""Robots written as files, to try what reads any robot: a six-axis arm, a torso with two arms.

Joints stand where the makers of the UR5 and of Baxter put them (their published dimensions);
shapes are plain cylinders from joint to joint.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HALF = math.pi / 2.0
INERTIA = (
    '<inertial><mass value="1.5"/>'
    '<inertia ixx="0.01" iyy="0.01" izz="0.01" ixy="0" ixz="0" iyz="0"/></inertial>'
)
Three = tuple[float, float, float]


@dataclass(frozen=True)
class SampleJoint:
    """A revolute joint of a chain; its link reaches to the next one."""

    name: str
    xyz: Three
    """In the link before [m]."""
    rpy: Three
    axis: Three
    lower: float
    upper: float
    velocity: float
    radius: float
    """Of its link [m]."""


_Z = (0.0, 0.0, 1.0)
_Y = (0.0, 1.0, 0.0)
_UR5 = (
    SampleJoint("shoulder_pan", (0.0, 0.0, 0.0892), (0.0, 0.0, 0.0), _Z, -6.28, 6.28, 3.15, 0.06),
    SampleJoint(
        "shoulder_lift", (0.0, 0.1358, 0.0), (0.0, HALF, 0.0), _Y, -6.28, 6.28, 3.15, 0.06
    ),
    SampleJoint("elbow", (0.0, -0.1197, 0.425), (0.0, 0.0, 0.0), _Y, -3.14, 3.14, 3.15, 0.05),
    SampleJoint("wrist_1", (0.0, 0.0, 0.3922), (0.0, HALF, 0.0), _Y, -6.28, 6.28, 3.2, 0.04),
    SampleJoint("wrist_2", (0.0, 0.093, 0.0), (0.0, 0.0, 0.0), _Z, -6.28, 6.28, 3.2, 0.04),
    SampleJoint("wrist_3", (0.0, 0.0, 0.0947), (0.0, 0.0, 0.0), _Y, -6.28, 6.28, 3.2, 0.035),
)
_BAXTER = (
    SampleJoint("s0", (0.056, 0.0, 0.011), (0.0, 0.0, 0.0), _Z, -1.7, 1.7, 2.0, 0.07),
    SampleJoint("s1", (0.069, 0.0, 0.2704), (-HALF, 0.0, 0.0), _Z, -2.147, 1.047, 2.0, 0.07),
    SampleJoint("e0", (0.102, 0.0, 0.0), (HALF, 0.0, HALF), _Z, -3.054, 3.054, 2.0, 0.06),
    SampleJoint("e1", (0.069, 0.0, 0.2624), (-HALF, -HALF, 0.0), _Z, -0.05, 2.618, 2.0, 0.06),
    SampleJoint("w0", (0.1036, 0.0, 0.0), (HALF, 0.0, HALF), _Z, -3.059, 3.059, 4.0, 0.05),
    SampleJoint("w1", (0.01, 0.0, 0.2707), (-HALF, -HALF, 0.0), _Z, -1.57, 2.094, 4.0, 0.05),
    SampleJoint("w2", (0.116, 0.0, 0.0), (HALF, 0.0, HALF), _Z, -3.059, 3.059, 4.0, 0.045),
)


def write_six_axis_arm(folder: Path) -> tuple[Path, Path]:
    """Write an arm with the UR5's joints; returns its URDF and SRDF (group ``manipulator``)."""
    urdf = _robot(
        "six_axis", _link("base_link", (0.0, 0.0, 0.06), 0.07), _chain("", "base_link", _UR5, 0.08)
    )
    srdf = '<group name="manipulator"><chain base_link="base_link" tip_link="tool"/></group>'
    return _write(folder, "six_axis", urdf, srdf)


def write_two_arms(folder: Path) -> tuple[Path, Path]:
    """Write a torso with Baxter's two arms; returns its URDF and SRDF.

    Groups: ``left_arm``, ``right_arm``, and ``both_arms`` made of them.
    """
    text = _link("base_link", (0.0, 0.0, -0.6), 0.15)
    groups = ""
    for side, sign in (("left", 1.0), ("right", -1.0)):
        mount = f"{side}_mount"
        text += _link(mount, None, 0.0) + _fixed(
            "base_link", mount, (0.064, sign * 0.259, 0.1296), (0.0, 0.0, sign * 0.785)
        )
        text += _chain(f"{side}_", mount, _BAXTER, 0.15)
        groups += (
            f'<group name="{side}_arm"><chain base_link="{mount}" tip_link="{side}_tool"/></group>'
        )
    groups += '<group name="both_arms"><group name="left_arm"/><group name="right_arm"/></group>'
    return _write(folder, "two_arms", _robot("two_arms", text), groups)


def _chain(prefix: str, root: str, joints: Sequence[SampleJoint], tool: float) -> str:
    text, parent = "", root
    for joint, following in zip(joints, [*joints[1:], None], strict=True):
        child = f"{prefix}{joint.name}_link"
        end = (0.0, 0.0, tool) if following is None else following.xyz
        text += _link(child, end, joint.radius)
        text += (
            f'<joint name="{prefix}{joint.name}_joint" type="revolute"><parent link="{parent}"/>'
            f'<child link="{child}"/>{_origin(joint.xyz, joint.rpy)}'
            f'<axis xyz="{_words(joint.axis)}"/><limit lower="{joint.lower}" '
            f'upper="{joint.upper}" velocity="{joint.velocity}" effort="50"/></joint>'
        )
        parent = child
    tip = f"{prefix}tool"
    return text + _link(tip, None, 0.0) + _fixed(parent, tip, (0.0, 0.0, tool), (0.0, 0.0, 0.0))


def _link(name: str, end: Three | None, radius: float) -> str:
    """A link whose cylinder reaches from its joint to ``end`` [m]; None: no shape."""
    if end is None:
        return f'<link name="{name}"/>'
    way = np.array(end)
    length = float(np.linalg.norm(way))
    pitch, yaw = math.acos(way[2] / length), math.atan2(way[1], way[0])
    x, y, z = (float(v) for v in 0.5 * way)
    return (
        f'<link name="{name}">{INERTIA}<collision>{_origin((x, y, z), (0.0, pitch, yaw))}'
        f'<geometry><cylinder radius="{radius}" length="{length + radius:.4f}"/></geometry>'
        "</collision></link>"
    )


def _fixed(parent: str, child: str, xyz: Three, rpy: Three) -> str:
    return (
        f'<joint name="{child}_fixed" type="fixed"><parent link="{parent}"/>'
        f'<child link="{child}"/>{_origin(xyz, rpy)}</joint>'
    )


def _origin(xyz: Three, rpy: Three) -> str:
    return f'<origin xyz="{_words(xyz)}" rpy="{_words(rpy)}"/>'


def _words(values: Three) -> str:
    return " ".join(f"{value:.6g}" for value in values)


def _robot(name: str, *parts: str) -> str:
    return f'<robot name="{name}">{"".join(parts)}</robot>'


def _write(folder: Path, name: str, urdf: str, groups: str) -> tuple[Path, Path]:
    paths = folder / f"{name}.urdf", folder / f"{name}.srdf"
    paths[0].write_text(urdf)
    paths[1].write_text(_robot(name, groups))
    return paths
