"""Constraints as aims of the planner, and what is kept upright on the way."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from geometry_msgs.msg import Pose
from hearth_core.geometry import Transform
from hearth_nodekit.convert import from_pose
from moveit_msgs.msg import Constraints, OrientationConstraint, PositionConstraint
from shape_msgs.msg import SolidPrimitive

from hearth_manipulation.core.model import Group, RobotModel
from hearth_manipulation.core.move_group import Aim
from hearth_manipulation.core.targets import Target
from hearth_manipulation.moveit.codes import RequestError
from hearth_manipulation.moveit.frames import Frames, to_pose

FREE = 3.0
"""Rotation tolerances from this on mean that the rotation does not matter [rad]."""
FINEST = (1e-4, 1e-3)
"""Smaller tolerances than these are not asked of the inverse kinematics [m, rad]."""
AXES = np.eye(3)
Upright = tuple[str, tuple[float, float, float], float]


def group_of(model: RobotModel, name: str) -> Group:
    """A group by name.

    Raises:
        RequestError: ``unknown_group``, with the choices.
    """
    if name not in model.groups:
        raise RequestError("unknown_group", f"no group {name!r}; known: {sorted(model.groups)}")
    return model.groups[name]


def link_of(model: RobotModel, name: str, group: Group) -> str:
    """A link by name; empty: the group's tip.

    Raises:
        RequestError: ``unknown_link``, with the choices.
    """
    if not name:
        return group.tips[0]
    if name not in model.links:
        raise RequestError("unknown_link", f"no link {name!r}; known: {list(model.links)}")
    return name


def to_aim(message: Constraints, model: RobotModel, group: Group, frames: Frames) -> Aim:
    """What a set of goal constraints asks for.

    Raises:
        RequestError: ``bad_goal``, ``not_supported``, ``unknown_link`` or ``bad_frame``.
    """
    if message.visibility_constraints:
        raise RequestError("not_supported", "visibility constraints are not planned for")
    joints = {}
    for item in message.joint_constraints:
        if item.joint_name not in group.joints:
            raise RequestError(
                "bad_goal",
                f"joint {item.joint_name!r} is not in group {group.name!r}: {list(group.joints)}",
            )
        if not all(
            map(math.isfinite, (item.position, item.tolerance_above, item.tolerance_below))
        ):
            raise RequestError("bad_goal", f"the goal of {item.joint_name} is not finite")
        joints[item.joint_name] = (item.position, item.tolerance_below, item.tolerance_above)
    positions = {link_of(model, c.link_name, group): c for c in message.position_constraints}
    turns = {link_of(model, c.link_name, group): c for c in message.orientation_constraints}
    only_turned = sorted(turns.keys() - positions.keys())
    if only_turned:
        raise RequestError(
            "not_supported", f"a goal that turns {only_turned[0]} must also say where it shall be"
        )
    tips, any_rotation = {}, set()
    for link, constraint in positions.items():
        target, free = _target(constraint, turns.get(link), frames)
        tips[link] = target
        if free:
            any_rotation.add(link)
    if not joints and not tips:
        raise RequestError("bad_goal", "the goal has no constraints")
    if len(tips) > 1 and any_rotation:
        raise RequestError("not_supported", "several tips need an orientation each")
    return Aim(joints, tips, frozenset(any_rotation))


def to_upright(
    message: Constraints, model: RobotModel, group: Group, frames: Frames
) -> Upright | None:
    """The axis that path constraints keep upright; None: there are none.

    Raises:
        RequestError: ``not_supported``: other constraints than a link's orientation with one axis
            free, that axis being vertical.
    """
    others = (
        message.joint_constraints, message.position_constraints, message.visibility_constraints
    )  # fmt: skip
    if any(others) or len(message.orientation_constraints) > 1:
        raise RequestError(
            "not_supported", "on the way, one orientation constraint is kept and nothing else"
        )
    if not message.orientation_constraints:
        return None
    constraint = message.orientation_constraints[0]
    link = link_of(model, constraint.link_name, group)
    wanted = frames(constraint.header.frame_id) @ _turn(constraint)
    tolerances = _tolerances(constraint)
    free = [k for k in range(3) if tolerances[k] >= FREE]
    for k in free or range(3):
        # Turning about a vertical axis of the link does not matter: that axis stays upright.
        vertical = float(wanted.rotation[2, k])
        if len(free) == 1 and abs(abs(vertical) - 1.0) < 0.02:
            axis = math.copysign(1.0, vertical) * AXES[k]
            kept = min(tolerances[j] for j in range(3) if j != k)
            return link, (float(axis[0]), float(axis[1]), float(axis[2])), max(kept, 0.01)
    raise RequestError(
        "not_supported",
        "on the way, orientations are kept that leave the turn about the vertical axis free: one "
        f"axis with a tolerance of {FREE:g} rad or more, and that axis vertical",
    )


def _target(
    position: PositionConstraint, turn: OrientationConstraint | None, frames: Frames
) -> tuple[Target, bool]:
    """A tip's target, and whether its rotation does not matter."""
    middle, reach = _region(position)
    where = frames(position.header.frame_id) @ middle
    target = Target(where, None, max(reach, FINEST[0]))
    offset = position.target_point_offset
    shift = np.array([offset.x, offset.y, offset.z])
    if turn is None:
        if np.any(shift):
            raise RequestError("not_supported", "a point beside a tip needs an orientation, too")
        return target, True
    tolerances = _tolerances(turn)
    wanted = frames(turn.header.frame_id) @ _turn(turn)
    free = [k for k in range(3) if tolerances[k] >= FREE]
    fixed = [tolerances[k] for k in range(3) if k not in free]
    pose = Transform(wanted.rotation, where.translation - wanted.rotation @ shift)
    target = replace(target, pose=pose, rotation_tolerance=max(min(fixed, default=0.0), FINEST[1]))
    if len(free) == 1:
        x, y, z = (float(v) for v in AXES[free[0]])
        return replace(target, free_axis=(x, y, z)), False
    return target, len(free) > 1


def _region(constraint: PositionConstraint) -> tuple[Transform, float]:
    """Middle of the region and how far from it every point still is inside [m]."""
    region = constraint.constraint_region
    if len(region.primitives) != 1 or len(region.primitive_poses) != 1 or region.meshes:
        raise RequestError("not_supported", "a position is one primitive with its pose")
    shape = region.primitives[0]
    sizes = {
        SolidPrimitive.BOX: (3, lambda d: 0.5 * min(d)),
        SolidPrimitive.SPHERE: (1, lambda d: d[0]),
        SolidPrimitive.CYLINDER: (2, lambda d: min(0.5 * d[0], d[1])),
    }
    if shape.type not in sizes:
        raise RequestError("not_supported", f"no regions of shape {shape.type} (box, sphere, "
                           "cylinder)")  # fmt: skip
    count, reach = sizes[shape.type]
    size = list(shape.dimensions)
    if len(size) != count or not all(math.isfinite(v) and v >= 0.0 for v in size):
        raise RequestError("bad_goal", f"a region with the dimensions {size}")
    return to_pose(region.primitive_poses[0]), float(reach(size))


def _turn(constraint: OrientationConstraint) -> Transform:
    try:
        return from_pose(Pose(orientation=constraint.orientation))
    except ValueError as error:
        raise RequestError("bad_goal", str(error)) from error


def _tolerances(constraint: OrientationConstraint) -> tuple[float, float, float]:
    found = (
        constraint.absolute_x_axis_tolerance,
        constraint.absolute_y_axis_tolerance,
        constraint.absolute_z_axis_tolerance,
    )
    if not all(math.isfinite(value) and value >= 0.0 for value in found):
        raise RequestError("bad_goal", f"orientation tolerances {found}")
    return found
