"""A client that knows nothing but moveit_msgs plans, asks and moves a (fake) robot."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS")

from action_msgs.msg import GoalStatus
from geometry_msgs.msg import Point, Pose, PoseStamped
from hearth_description.core.model import find_model
from hearth_drivers.body_node import BodyNode
from hearth_drivers.fakes import FakeRobot
from hearth_manipulation.manipulation_node import make_node
from hearth_nodekit.actions import ActionCaller, Canceled, ServiceCaller
from hearth_nodekit.convert import to_time
from hearth_nodekit.qos import SENSOR_WRITER
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from moveit_msgs.action import ExecuteTrajectory, MoveGroup
from moveit_msgs.msg import (
    CollisionObject,
    Constraints,
    JointConstraint,
    MotionPlanRequest,
    OrientationConstraint,
    PlanningScene,
    PositionConstraint,
    RobotState,
)
from moveit_msgs.msg import MoveItErrorCodes as Codes
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
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from shape_msgs.msg import Mesh, MeshTriangle, SolidPrimitive

HOME = str(find_model().parents[1] / "config" / "homes" / "apartment.yaml")
TIP = "left_grasp_frame"
ELBOW = "left_elbow_joint"


@dataclass
class Client:
    """Only moveit_msgs in and out."""

    node: Node
    hardware: FakeRobot

    def call(self, kind: Any, name: str, request: Any) -> Any:
        return ServiceCaller(self.node, kind, name).call(request, timeout=60.0)

    def act(self, kind: Any, name: str, goal: Any, **more: Any) -> tuple[int, Any]:
        return ActionCaller(self.node, kind, name).call(goal, timeout=60.0, **more)

    def elbow(self) -> float:
        port = self.hardware.groups["left_arm"]
        return float(port.read().position[list(port.names).index(ELBOW)])

    def pose(self, state: RobotState | None = None) -> Pose:
        request = GetPositionFK.Request(fk_link_names=[TIP])
        request.robot_state = state or RobotState()
        answer = self.call(GetPositionFK, "compute_fk", request)
        assert answer.error_code.val == Codes.SUCCESS, answer.error_code.message
        return answer.pose_stamped[0].pose

    def change(self, *objects: CollisionObject) -> bool:
        scene = PlanningScene(is_diff=True)
        scene.world.collision_objects = list(objects)
        request = ApplyPlanningScene.Request(scene=scene)
        return bool(self.call(ApplyPlanningScene, "apply_planning_scene", request).success)

    def plan(self, request: MotionPlanRequest) -> Any:
        asked = GetMotionPlan.Request(motion_plan_request=request)
        return self.call(GetMotionPlan, "plan_kinematic_path", asked).motion_plan_response


@pytest.fixture(scope="module")
def robot() -> Iterator[Client]:
    with isolated_context() as context:
        hardware = FakeRobot(1000.0)
        asker = Node("asker", namespace="/robot1", context=context)
        # The robot's clock, so that a machine that is slow makes nothing look old.
        clock = asker.create_publisher(Clock, "/clock", SENSOR_WRITER)
        hardware.add_cycle(0.01, lambda now: clock.publish(Clock(clock=to_time(now))))
        sim_time = Parameter("use_sim_time", value=True)
        body = BodyNode(
            hardware, namespace="/robot1", context=context, parameter_overrides=[sim_time]
        )
        node = make_node(
            namespace="/robot1",
            context=context,
            parameter_overrides=[Parameter("home", value=HOME), sim_time],
        )
        with Spinner(context, body, node, asker):
            hardware.run(speed=1.0)
            client = Client(asker, hardware)
            assert wait_until(lambda: not node._body.missing())
            yield client
            node.close()
            body.close()
        for item in (node, body, asker):
            item.destroy_node()


@pytest.fixture
def client(robot: Client) -> Iterator[Client]:
    yield robot
    whole = ApplyPlanningScene.Request(scene=PlanningScene(is_diff=False))
    assert robot.call(ApplyPlanningScene, "apply_planning_scene", whole).success


def to_joints(group: str = "left_arm", **values: float) -> MotionPlanRequest:
    goal = Constraints(
        joint_constraints=[
            JointConstraint(joint_name=name, position=value, tolerance_above=0.01,
                            tolerance_below=0.01, weight=1.0)
            for name, value in values.items()
        ]
    )  # fmt: skip
    return MotionPlanRequest(
        group_name=group, goal_constraints=[goal], allowed_planning_time=2.0,
        max_velocity_scaling_factor=0.6, max_acceleration_scaling_factor=0.6,
    )  # fmt: skip


def box(name: str, x: float, y: float, z: float, size: float = 0.1) -> CollisionObject:
    item = CollisionObject(id=name, operation=CollisionObject.ADD)
    item.header.frame_id = "odom"
    item.primitives = [SolidPrimitive(type=SolidPrimitive.BOX, dimensions=[size] * 3)]
    item.primitive_poses = [Pose(position=Point(x=x, y=y, z=z))]
    return item


def at(pose: Pose, dx: float = 0.0, dz: float = 0.0) -> Pose:
    p = pose.position
    return Pose(position=Point(x=p.x + dx, y=p.y, z=p.z + dz), orientation=pose.orientation)


def end_of(answer: Any) -> RobotState:
    """The state at the end of a plan."""
    state, end = answer.trajectory_start, answer.trajectory.joint_trajectory
    values = dict(zip(state.joint_state.name, state.joint_state.position, strict=True))
    values |= dict(zip(end.joint_names, end.points[-1].positions, strict=True))
    state.joint_state.name, state.joint_state.position = list(values), list(values.values())
    return state


def code(message: Codes) -> tuple[int, str]:
    return message.val, message.message


def test_a_plan_ends_where_it_was_asked_to_and_moves_nothing(client: Client) -> None:
    before = client.elbow()
    answer = client.plan(to_joints(left_elbow_joint=0.9))
    assert code(answer.error_code) == (Codes.SUCCESS, "")
    trajectory = answer.trajectory.joint_trajectory
    assert trajectory.points[-1].positions[trajectory.joint_names.index(ELBOW)] == pytest.approx(
        0.9, abs=0.011
    )
    assert trajectory.points[0].velocities == pytest.approx([0.0] * 7)
    assert client.elbow() == pytest.approx(before, abs=0.01)


@pytest.mark.parametrize(
    ("request_", "value", "words"),
    [
        (to_joints("tail", left_elbow_joint=0.1), Codes.INVALID_GROUP_NAME, "left_arm"),
        (to_joints(right_elbow_joint=0.1), Codes.INVALID_GOAL_CONSTRAINTS, "right_elbow"),
        (to_joints(left_elbow_joint=9.0), Codes.GOAL_STATE_INVALID, "limits"),
        (to_joints(left_elbow_joint=math.nan), Codes.INVALID_GOAL_CONSTRAINTS, "finite"),
        (to_joints(), Codes.INVALID_GOAL_CONSTRAINTS, "no constraints"),
        (MotionPlanRequest(group_name="left_arm"), Codes.INVALID_GOAL_CONSTRAINTS, ""),
    ],
)  # fmt: skip
def test_bad_requests_are_refused_with_code_and_sentence(
    client: Client, request_: MotionPlanRequest, value: int, words: str
) -> None:
    answer = client.plan(request_)
    assert answer.error_code.val == value, answer.error_code.message
    assert words in answer.error_code.message
    assert not answer.trajectory.joint_trajectory.points


def test_forward_and_inverse_kinematics_agree(client: Client) -> None:
    there = at(client.pose(), dx=0.03, dz=0.04)
    request = GetPositionIK.Request()
    request.ik_request.group_name = "left_arm"
    request.ik_request.pose_stamped = PoseStamped(pose=there)
    request.ik_request.pose_stamped.header.frame_id = "odom"
    answer = client.call(GetPositionIK, "compute_ik", request)
    assert code(answer.error_code) == (Codes.SUCCESS, "")
    back = client.call(
        GetPositionFK,
        "compute_fk",
        GetPositionFK.Request(fk_link_names=[TIP], robot_state=answer.solution),
    )
    got = back.pose_stamped[0].pose.position
    for axis in "xyz":
        assert getattr(got, axis) == pytest.approx(getattr(there.position, axis), abs=1e-3)
    request.ik_request.pose_stamped.pose.position.z = 4.0
    answer = client.call(GetPositionIK, "compute_ik", request)
    assert answer.error_code.val == Codes.NO_IK_SOLUTION
    request.ik_request.pose_stamped.header.frame_id = "narnia"
    answer = client.call(GetPositionIK, "compute_ik", request)
    assert answer.error_code.val == Codes.FRAME_TRANSFORM_FAILURE


def test_a_pose_goal_is_planned_for(client: Client) -> None:
    there = at(client.pose(), dx=0.05, dz=0.1)
    region = PositionConstraint(link_name=TIP, weight=1.0)
    region.header.frame_id = "odom"
    region.constraint_region.primitives = [
        SolidPrimitive(type=SolidPrimitive.SPHERE, dimensions=[0.005])
    ]
    region.constraint_region.primitive_poses = [Pose(position=there.position)]
    turn = OrientationConstraint(link_name=TIP, orientation=there.orientation, weight=1.0)
    turn.header.frame_id = "odom"
    turn.absolute_x_axis_tolerance = turn.absolute_y_axis_tolerance = 0.02
    turn.absolute_z_axis_tolerance = 0.02
    request = to_joints()
    request.goal_constraints = [
        Constraints(position_constraints=[region], orientation_constraints=[turn])
    ]
    answer = client.plan(request)
    assert code(answer.error_code) == (Codes.SUCCESS, "")
    got = client.pose(end_of(answer)).position
    away = math.dist((got.x, got.y, got.z), (there.position.x, there.position.y, there.position.z))
    assert away < 0.006


def test_things_of_a_client_stand_in_the_scene_and_in_the_way(client: Client) -> None:
    p = client.pose().position
    answer = client.call(GetStateValidity, "check_state_validity", GetStateValidity.Request())
    assert answer.valid, answer.contacts
    mesh = CollisionObject(id="pyramid", operation=CollisionObject.ADD)
    corners = [(0.0, 0.0), (0.1, 0.0), (0.1, 0.1), (0.0, 0.1)]
    vertices = [Point(x=x, y=y, z=0.0) for x, y in corners] + [Point(x=0.05, y=0.05, z=0.1)]
    faces = [(0, 1, 2), (0, 2, 3), (0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4)]
    mesh.meshes = [
        Mesh(vertices=vertices, triangles=[MeshTriangle(vertex_indices=list(f)) for f in faces])
    ]
    mesh.mesh_poses = [Pose(position=Point(x=5.0))]
    assert client.change(box("parcel", p.x, p.y, p.z), mesh)
    answer = client.call(GetStateValidity, "check_state_validity", GetStateValidity.Request())
    assert not answer.valid
    assert "parcel" in {contact.contact_body_2 for contact in answer.contacts}
    planned = client.plan(to_joints(left_elbow_joint=0.9))
    assert planned.error_code.val == Codes.START_STATE_IN_COLLISION
    assert "parcel" in planned.error_code.message
    scene = client.call(GetPlanningScene, "get_planning_scene", GetPlanningScene.Request()).scene
    found = {item.id: item for item in scene.world.collision_objects}
    assert {"parcel", "pyramid", "floor"} <= found.keys()
    assert list(found["parcel"].primitives[0].dimensions) == pytest.approx([0.1] * 3)
    assert client.change(CollisionObject(id="parcel", operation=CollisionObject.REMOVE))
    answer = client.call(GetStateValidity, "check_state_validity", GetStateValidity.Request())
    assert answer.valid
    assert not client.change(CollisionObject(id="parcel", operation=CollisionObject.REMOVE))


def test_a_straight_way_says_how_much_of_it_can_be_followed(client: Client) -> None:
    bent = RobotState(is_diff=True)
    bent.joint_state.name = [ELBOW, "left_shoulder_pitch_joint", "left_shoulder_roll_joint"]
    bent.joint_state.position = [1.4, -0.3, 0.3]
    here = client.pose(bent)
    request = GetCartesianPath.Request(
        group_name="left_arm", link_name=TIP, max_step=0.01, avoid_collisions=True,
        start_state=bent,
    )  # fmt: skip
    request.header.frame_id = "odom"
    request.waypoints = [at(here, dz=0.05), at(here, dx=0.04, dz=0.05)]
    answer = client.call(GetCartesianPath, "compute_cartesian_path", request)
    assert answer.error_code.val == Codes.SUCCESS
    assert answer.fraction == pytest.approx(1.0), answer.error_code.message
    assert len(answer.solution.joint_trajectory.points) > 5
    request.waypoints = [at(here, dz=3.0)]
    answer = client.call(GetCartesianPath, "compute_cartesian_path", request)
    assert 0.0 < answer.fraction < 0.5
    assert "unreachable" in answer.error_code.message


def test_move_action_moves_both_arms_at_once(client: Client) -> None:
    right = client.hardware.groups["right_arm"]
    goal = MoveGroup.Goal()
    goal.request = to_joints("arms", left_elbow_joint=0.5, right_elbow_joint=0.6)
    status, result = client.act(MoveGroup, "move_action", goal)
    assert code(result.error_code) == (Codes.SUCCESS, "")
    assert status == GoalStatus.STATUS_SUCCEEDED
    assert client.elbow() == pytest.approx(0.5, abs=0.06)
    index = list(right.names).index("right_elbow_joint")
    assert right.read().position[index] == pytest.approx(0.6, abs=0.06)


def test_a_planned_trajectory_is_executed_once_and_not_from_elsewhere(client: Client) -> None:
    planned = client.plan(to_joints(left_elbow_joint=1.0))
    goal = ExecuteTrajectory.Goal(trajectory=planned.trajectory)
    status, result = client.act(ExecuteTrajectory, "execute_trajectory", goal)
    assert code(result.error_code) == (Codes.SUCCESS, "")
    assert client.elbow() == pytest.approx(1.0, abs=0.06)
    status, result = client.act(ExecuteTrajectory, "execute_trajectory", goal)
    assert status == GoalStatus.STATUS_ABORTED
    assert result.error_code.val == Codes.START_STATE_INVALID
    goal.trajectory.joint_trajectory.points[1].time_from_start.sec = 99
    _, result = client.act(ExecuteTrajectory, "execute_trajectory", goal)
    assert result.error_code.val == Codes.INVALID_MOTION_PLAN


def test_cancelling_stops_on_the_way_and_says_preempted(client: Client) -> None:
    begin = client.elbow()
    target = 0.1 if begin > 0.8 else 1.6
    goal = MoveGroup.Goal(request=to_joints(left_elbow_joint=target))
    goal.request.max_velocity_scaling_factor = 0.2
    with pytest.raises(Canceled):
        client.act(
            MoveGroup,
            "move_action",
            goal,
            should_stop=lambda: abs(client.elbow() - begin) > 0.1,
        )
    rest = client.elbow()
    assert abs(rest - target) > 0.2


def test_something_that_comes_into_the_way_stops_the_motion(client: Client) -> None:
    begin = client.elbow()
    target = 0.1 if begin > 0.8 else 1.6
    planned = client.plan(to_joints(left_elbow_joint=target))
    p = client.pose(end_of(planned)).position  # of the hand at the end
    goal = MoveGroup.Goal(request=to_joints(left_elbow_joint=target))
    goal.request.max_velocity_scaling_factor = 0.15
    changed: list[bool] = []

    def come() -> bool:
        if not changed and abs(client.elbow() - begin) > 0.05:
            changed.append(client.change(box("cat", p.x, p.y, p.z)))
        return False

    status, result = client.act(MoveGroup, "move_action", goal, should_stop=come)
    assert changed == [True]
    assert status == GoalStatus.STATUS_ABORTED
    wanted = Codes.MOTION_PLAN_INVALIDATED_BY_ENVIRONMENT_CHANGE
    assert result.error_code.val == wanted, result.error_code.message
    assert "cat" in result.error_code.message
    assert abs(client.elbow() - target) > 0.2
