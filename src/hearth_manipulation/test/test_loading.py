"""Any robot through one loader; files that cannot be used are refused by name."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hearth_core.errors import FileFormatError, UnknownNameError
from hearth_manipulation.core.loading import load_robot
from hearth_manipulation.core.planning import Planner, PlanningError, Target
from hearth_manipulation.core.scene import Scene, Thing

MASS = (
    '<inertial><mass value="1"/>'
    '<inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial>'
)
BOX = (
    '<collision><origin xyz="0 0 0.15"/>'
    '<geometry><box size="0.06 0.06 0.28"/></geometry></collision>'
)
LIMIT = '<limit lower="-2" upper="2" velocity="2" effort="1"/>'


def arm_text(*, mass: str = MASS, limit: str = LIMIT) -> str:
    """Three links in a row on a root, turning about y, x and y."""
    links = "".join(f'<link name="l{i}">{mass}{BOX}</link>' for i in range(1, 4))
    joints = "".join(
        f'<joint name="j{i}" type="revolute"><parent link="l{i - 1}"/><child link="l{i}"/>'
        f'<origin xyz="0 0 {0.0 if i == 1 else 0.3}"/><axis xyz="{axis}"/>{limit}</joint>'
        for i, axis in ((1, "0 1 0"), (2, "1 0 0"), (3, "0 1 0"))
    )
    return f'<robot name="arm"><link name="l0"/>{links}{joints}</robot>'


def write(folder: Path, text: str, name: str = "arm.urdf") -> Path:
    """Put a file down."""
    path = folder / name
    path.write_text(text)
    return path


def test_a_strange_arm_plans_around_a_box(tmp_path: Path) -> None:
    srdf = (
        '<robot name="arm"><group name="g"><chain base_link="l0" tip_link="l3"/></group>'
        '<group name="h"><group name="g"/></group></robot>'
    )
    model = load_robot(write(tmp_path, arm_text()), write(tmp_path, srdf, "arm.srdf"))
    group = model.group("h")
    assert group.joints == ("j1", "j2", "j3")
    assert group.tips == ("l3",)
    start, goal = model.neutral(), model.neutral()
    start[3:], goal[3:] = (-1.2, 0.0, 0.0), (1.2, 0.0, 0.0)
    pose = model.pose(model.neutral(), "l3")
    box = Thing("box", "box", np.array([0.1, 0.4, 0.3]), pose)
    planner = Planner(model)
    path = planner.plan(group.joints, start, [goal], Scene().with_things([box]), seed=1)
    assert len(path) > 2
    again = planner.plan(group.joints, start, [goal], Scene().with_things([box]), seed=1)
    assert np.array_equal(path, again)
    for a, b in pairwise(path):
        for f in np.linspace(0.0, 1.0, 50):
            q = a + f * (b - a)
            assert planner.collision(group.joints, q, Scene().with_things([box])) is None
    with pytest.raises(UnknownNameError, match=r"no group 'arm'; known: \['g', 'h'\]"):
        model.group("arm")


def test_solving_reaches_the_pose_and_says_when_nothing_does(tmp_path: Path) -> None:
    model = load_robot(write(tmp_path, arm_text()))
    joints = model.group("all").joints
    wanted = model.neutral()
    wanted[3:] = (0.7, -0.4, 0.9)
    pose = model.pose(wanted, "l3")
    planner = Planner(model)
    q = planner.solve(joints, {"l3": Target(pose)}, model.neutral())
    assert np.allclose(model.pose(q, "l3").translation, pose.translation, atol=0.002)
    far = Target(type(pose)(pose.rotation, pose.translation + 5.0))
    with pytest.raises(PlanningError) as refusal:
        planner.solve(joints, {"l3": far}, model.neutral())
    assert refusal.value.reason == "unreachable"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (arm_text(mass=""), "nothing of it has <inertial>"),
        (arm_text(limit=""), "moves but has no <limit>"),
        (arm_text(limit='<limit lower="1" upper="1" velocity="1"/>'), "lower 1.0 >= upper 1.0"),
        (arm_text().replace("l0", "lost", 1), "no link 'l0'"),
        (arm_text().replace("0 1 0", "0 0 0"), "axis is zero"),
        ("<robot", "not XML"),
    ],
)
def test_files_that_cannot_be_used_are_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(FileFormatError, match=problem):
        load_robot(write(tmp_path, text))


def test_a_massless_arm_may_be_asked_for(tmp_path: Path) -> None:
    assert len(load_robot(write(tmp_path, arm_text(mass="")), massless=True).dofs) == 6


def test_goals_outside_limits_are_named(tmp_path: Path) -> None:
    model = load_robot(write(tmp_path, arm_text()))
    goal = model.neutral()
    goal[4] = 3.0
    with pytest.raises(PlanningError, match=r"j2 = 3.000 is outside its limits"):
        Planner(model).plan(model.group("all").joints, model.neutral(), [goal], Scene())


def test_a_maker_s_xacro_files_load_with_packages_and_arguments(tmp_path: Path) -> None:
    """As drivers come: URDF and SRDF include a macro of another package, with arguments."""
    space = 'xmlns:xacro="http://www.ros.org/wiki/xacro"'
    parts = tmp_path / "arm_parts"
    parts.mkdir()
    inner = arm_text(limit='<limit lower="-${reach}" upper="${reach}" velocity="2" effort="1"/>')
    inner = inner.removeprefix('<robot name="arm">').removesuffix("</robot>")
    macro = f'<xacro:macro name="arm" params="reach">{inner}</xacro:macro>'
    write(parts, f"<robot {space}>{macro}</robot>", "arm.xacro")
    urdf = write(
        tmp_path,
        f'<robot name="arm" {space}><xacro:include filename="$(find arm_parts)/arm.xacro"/>'
        '<xacro:arm reach="$(arg reach)"/></robot>',
        "arm.urdf.xacro",
    )
    srdf = write(
        tmp_path,
        f'<robot name="arm" {space}><group name="$(arg group)">'
        '<chain base_link="l0" tip_link="l3"/></group></robot>',
        "arm.srdf.xacro",
    )
    arguments = {"reach": "1.5", "group": "manipulator"}
    model = load_robot(urdf, srdf, packages={"arm_parts": parts}, arguments=arguments)
    group = model.group("manipulator")
    assert group.joints == ("j1", "j2", "j3")
    assert np.allclose(model.upper[model.indices(group.joints)], 1.5)
    with pytest.raises(FileFormatError, match=r"arm_parts.* name its folder in packages"):
        load_robot(urdf, srdf, arguments=arguments)
    with pytest.raises(FileFormatError, match=r"argument reach; give it in arguments"):
        load_robot(urdf, srdf, packages={"arm_parts": parts})
