"""MoveIt's services: plans, kinematics, validity, the planning scene; in threads of their own."""

from __future__ import annotations

import threading
import time as wall
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped
from hearth_core.errors import HearthError
from hearth_core.frames import ODOM
from hearth_nodekit.convert import to_pose as to_pose_message
from hearth_nodekit.late_service import LateService
from hearth_nodekit.transforms import TransformListener
from moveit_msgs.msg import Constraints, ContactInformation, MotionPlanRequest, RobotState
from moveit_msgs.srv import (
    ApplyPlanningScene,
    GetCartesianPath,
    GetMotionPlan,
    GetPlanningScene,
    GetPositionFK,
    GetPositionIK,
    GetStateValidity,
)
from rclpy.node import Node

from hearth_manipulation.core.context import Context
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.model import Group, RobotModel
from hearth_manipulation.core.move_group import Aim, MoveGroup, Request
from hearth_manipulation.core.scene import Scene
from hearth_manipulation.core.scene_keeper import SceneKeeper
from hearth_manipulation.core.targets import Target
from hearth_manipulation.core.timing import Trajectory
from hearth_manipulation.moveit.codes import RequestError, code_of, success
from hearth_manipulation.moveit.frames import Frames
from hearth_manipulation.moveit.goals import group_of, link_of, to_aim, to_upright
from hearth_manipulation.moveit.scenes import apply_scene, to_message
from hearth_manipulation.moveit.states import to_configuration, to_robot_trajectory, to_state

STEP = 0.01
"""Between points of a Cartesian path where the client does not say [m]."""
PLANNING = 5.0
"""Planning time where the client does not say [s]."""
_KINDS = {
    "link": ContactInformation.ROBOT_LINK,
    "thing": ContactInformation.WORLD_OBJECT,
    "seen": ContactInformation.WORLD_OBJECT,
}


@dataclass(frozen=True, eq=False)
class Planned:
    """A plan as both the service and the action give it."""

    group: Group
    scene: Scene
    start: Array
    trajectory: Trajectory
    path: Array


class MoveItServices:
    """Serves MoveIt's services on one node. Work runs in threads; none of it moves anything."""

    def __init__(
        self,
        node: Node,
        context: Context,
        keeper: SceneKeeper,
        transforms: TransformListener,
        joints: Collection[str],
    ) -> None:
        """``joints``: all names the robot's description has."""
        self._node = node
        self._context = context
        self.keeper = keeper
        self._transforms = transforms
        self._joints = frozenset(joints)
        self._changing = threading.Lock()
        for kind, name, work in (
            (GetMotionPlan, "plan_kinematic_path", self._plan),
            (GetPositionIK, "compute_ik", self._inverse),
            (GetPositionFK, "compute_fk", self._forward),
            (GetCartesianPath, "compute_cartesian_path", self._cartesian),
            (GetStateValidity, "check_state_validity", self._validity),
            (GetPlanningScene, "get_planning_scene", self._scene),
            (ApplyPlanningScene, "apply_planning_scene", self._apply),
        ):
            LateService(node, kind, name, self._guarded(kind, work))

    def plan(self, request: MotionPlanRequest) -> Planned:
        """Plan what a request asks for.

        Raises:
            HearthError: Why not; see ``codes``.
        """
        move_group = MoveGroup(self.keeper.planner())
        model = move_group.planner.model
        group = group_of(model, request.group_name)
        start, frames = self._start(request.start_state, model)
        if not request.goal_constraints:
            raise RequestError("bad_goal", "the request has no goal constraints")
        speed = _speed(request)
        planned = Request(
            group=group,
            start=start,
            aims=[to_aim(goal, model, group, frames) for goal in request.goal_constraints],
            upright=to_upright(request.path_constraints, model, group, frames),
            speed=speed,
            seconds=request.allowed_planning_time or PLANNING,
            attempts=request.num_planning_attempts or 1,
        )
        if request.trajectory_constraints.constraints or request.reference_trajectories:
            raise RequestError("not_supported", "reference trajectories are not followed")
        scene = self.keeper.scene()
        trajectory, path = move_group.plan(planned, scene)
        return Planned(group, scene, start, trajectory, path)

    def state(self, q: Array) -> RobotState:
        """State message of a configuration, now."""
        stamp = self._node.get_clock().now().nanoseconds * 1e-9
        return to_state(self._context.model, q, stamp)

    def change_scene(self, message: Any) -> None:
        """Apply a scene message, one client at a time.

        Raises:
            HearthError: What could not be done.
        """
        with self._changing:
            model = self._context.planner.model
            frames = Frames(model, self._context.mover.configuration(), self._transforms)
            self.keeper.scene()
            apply_scene(message, self.keeper, frames)

    def _guarded(self, kind: Any, work: Callable[[Any, Any], None]) -> Callable[[Any], Any]:
        """A service that always answers, with the code that fits."""

        def answer(request: Any) -> Any:
            response = kind.Response()
            try:
                work(request, response)
            except Exception as error:  # the client must hear of it, whatever it is
                self._fail(kind.__name__, response, error)
            return response

        return answer

    def _fail(self, name: str, response: Any, error: Exception) -> None:
        known = isinstance(error, HearthError)
        text = str(error) if known else repr(error)
        self._node.get_logger().log(f"{name}: {text}", 20 if known else 40)
        if hasattr(response, "error_code"):
            response.error_code = code_of(error)
        elif hasattr(response, "motion_plan_response"):
            response.motion_plan_response.error_code = code_of(error)
        # The others can only say no: success, valid and scene are empty.

    def _start(self, state: RobotState, model: RobotModel) -> tuple[Array, Frames]:
        q = to_configuration(state, model, self._context.mover.configuration(), self._joints)
        return q, Frames(model, q, self._transforms)

    def _plan(self, request: GetMotionPlan.Request, response: GetMotionPlan.Response) -> None:
        begin = wall.monotonic()
        asked = request.motion_plan_request
        response.motion_plan_response.group_name = asked.group_name
        planned = self.plan(asked)
        answer = response.motion_plan_response
        answer.trajectory_start = self.state(planned.start)
        answer.trajectory = to_robot_trajectory(planned.trajectory)
        answer.planning_time = wall.monotonic() - begin
        answer.error_code = success()

    def _inverse(self, request: GetPositionIK.Request, response: GetPositionIK.Response) -> None:
        asked = request.ik_request
        move_group = MoveGroup(self.keeper.planner())
        model = move_group.planner.model
        group = group_of(model, asked.group_name)
        seed, frames = self._start(asked.robot_state, model)
        tips: dict[str, Target] = {}
        if asked.ik_link_names:
            if len(asked.ik_link_names) != len(asked.pose_stamped_vector):
                raise RequestError("bad_goal", "as many poses as links are needed")
            pairs = list(zip(asked.ik_link_names, asked.pose_stamped_vector, strict=True))
        else:
            pairs = [(asked.ik_link_name, asked.pose_stamped)]
        for name, stamped in pairs:
            pose = frames.pose(stamped.header.frame_id, stamped.pose)
            tips[link_of(model, name, group)] = Target(pose, None, 5e-4, 2e-3)
        bounds: dict[str, tuple[float, float, float]] = {}
        if asked.constraints != Constraints():
            aim = to_aim(asked.constraints, model, group, frames)
            if aim.tips:
                raise RequestError("not_supported", "only joints constrain inverse kinematics")
            bounds = dict(aim.joints)
        aim = Aim({}, tips)
        if bounds:
            aim = Aim(bounds, tips)
        scene = self.keeper.scene() if asked.avoid_collisions else None
        try:
            q = move_group.inverse(group, aim, seed, scene)
        except HearthError as error:
            if getattr(error, "reason", "") == "goal_in_collision":
                raise RequestError("unreachable", str(error)) from error
            raise
        response.solution = self.state(q)
        response.error_code = success()

    def _forward(self, request: GetPositionFK.Request, response: GetPositionFK.Response) -> None:
        model = self.keeper.planner().model
        q, frames = self._start(request.robot_state, model)
        asked_from = frames(request.header.frame_id).inverse()
        unknown = [name for name in request.fk_link_names if name not in model.links]
        if unknown or not request.fk_link_names:
            raise RequestError("unknown_link", f"no links {unknown}; known: {list(model.links)}")
        for name in request.fk_link_names:
            stamped = PoseStamped(pose=to_pose_message(asked_from @ model.pose(q, name)))
            stamped.header.frame_id = request.header.frame_id or ODOM
            stamped.header.stamp = self._node.get_clock().now().to_msg()
            response.pose_stamped.append(stamped)
        response.fk_link_names = list(request.fk_link_names)
        response.error_code = success()

    def _cartesian(
        self, request: GetCartesianPath.Request, response: GetCartesianPath.Response
    ) -> None:
        planner = self.keeper.planner()
        group = group_of(planner.model, request.group_name)
        start, frames = self._start(request.start_state, planner.model)
        tip = link_of(planner.model, request.link_name, group)
        if to_upright(request.path_constraints, planner.model, group, frames) is not None:
            raise RequestError("not_supported", "a straight way keeps no other constraints")
        waypoints = [frames.pose(request.header.frame_id, pose) for pose in request.waypoints]
        step = request.max_step if request.max_step > 0.0 else STEP
        scene = self.keeper.scene()
        path, fraction, why = MoveGroup(planner).cartesian(
            group, tip, start, waypoints, scene if request.avoid_collisions else None,
            max(min(step, 0.05), 1e-3),
        )  # fmt: skip
        if len(path) > 1:
            trajectory = planner.timed(group.joints, path, None, _speed(request))
            response.solution = to_robot_trajectory(trajectory)
        response.start_state = self.state(start)
        response.fraction = float(fraction)
        response.error_code = success()
        response.error_code.message = why

    def _validity(
        self, request: GetStateValidity.Request, response: GetStateValidity.Response
    ) -> None:
        planner = self.keeper.planner()
        q, _ = self._start(request.robot_state, planner.model)
        joints = planner.model.dofs[3:]  # the base stands, on the floor
        if request.group_name:
            joints = group_of(planner.model, request.group_name).joints
        if request.constraints != Constraints():
            raise RequestError("not_supported", "constraints of a state are not evaluated")
        for contact in MoveGroup(planner).contacts(joints, q, self.keeper.scene()):
            found = ContactInformation(
                contact_body_1=contact.link,
                body_type_1=ContactInformation.ROBOT_LINK,
                contact_body_2=contact.other,
                body_type_2=_KINDS[contact.kind],
            )
            found.header.frame_id = ODOM
            response.contacts.append(found)
        indices = planner.model.indices(joints)
        limits = planner.model.lower[indices] - 1e-3, planner.model.upper[indices] + 1e-3
        inside = bool(np.all((q[indices] >= limits[0]) & (q[indices] <= limits[1])))
        response.valid = inside and not response.contacts

    def _scene(
        self, request: GetPlanningScene.Request, response: GetPlanningScene.Response
    ) -> None:
        model = self.keeper.planner().model
        scene = self.keeper.scene()
        message = to_message(self.keeper, scene, model, request.components.components)
        attached = message.robot_state.attached_collision_objects
        message.robot_state = self.state(self._context.mover.configuration())
        message.robot_state.attached_collision_objects = attached
        response.scene = message

    def _apply(
        self, request: ApplyPlanningScene.Request, response: ApplyPlanningScene.Response
    ) -> None:
        self.change_scene(request.scene)
        response.success = True


def _speed(request: Any) -> float:
    """Fraction of the limits a request asks for; zero: all of them, as MoveIt has it.

    Raises:
        RequestError: ``bad_goal``: outside 0..1, or a Cartesian speed limit.
    """
    if request.max_cartesian_speed > 0.0:
        raise RequestError(
            "not_supported", "speeds of a link are not limited, those of joints are"
        )
    found = []
    for value in (request.max_velocity_scaling_factor, request.max_acceleration_scaling_factor):
        if not 0.0 <= value <= 1.0:
            raise RequestError("bad_goal", f"a scaling factor of {value}: possible are 0 to 1")
        found.append(value or 1.0)
    return float(min(found))
