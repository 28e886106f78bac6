"""A fake robot with its body and manipulation nodes, and a client that knows moveit_msgs only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from geometry_msgs.msg import Pose
from hearth_description.core.model import find_model
from hearth_drivers.body_node import BodyNode
from hearth_drivers.fakes import FakeRobot
from hearth_manipulation.manipulation_node import make_node
from hearth_nodekit.actions import ActionCaller, ServiceCaller
from hearth_nodekit.convert import to_time
from hearth_nodekit.qos import SENSOR_WRITER
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from moveit_msgs.msg import CollisionObject, MotionPlanRequest, PlanningScene, RobotState
from moveit_msgs.msg import MoveItErrorCodes as Codes
from moveit_msgs.srv import ApplyPlanningScene, GetMotionPlan, GetPositionFK
from rclpy.node import Node
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock

HOME = str(find_model().parents[1] / "config" / "homes" / "apartment.yaml")
TIP = "left_grasp_frame"
ELBOW = "left_elbow_joint"


@dataclass
class Client:
    """Only moveit_msgs in and out."""

    node: Node
    hardware: FakeRobot
    callers: dict[str, Any] = field(default_factory=dict)

    def call(self, kind: Any, name: str, request: Any) -> Any:
        if name not in self.callers:
            self.callers[name] = ServiceCaller(self.node, kind, name)
        return self.callers[name].call(request, timeout=60.0)

    def act(self, kind: Any, name: str, goal: Any, **more: Any) -> tuple[int, Any]:
        if name not in self.callers:
            self.callers[name] = ActionCaller(self.node, kind, name)
        return self.callers[name].call(goal, timeout=60.0, **more)

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


@contextmanager
def fake_robot(prepare: Callable[[Node], None] = lambda _: None) -> Iterator[Client]:
    """All of it, spinning; servo_node steers the left arm.

    ``prepare`` is given the client's node before it spins.
    """
    with isolated_context() as context:
        hardware = FakeRobot(1000.0)
        asker = Node("asker", namespace="/robot1", context=context)
        prepare(asker)
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
            parameter_overrides=[
                Parameter("home", value=HOME),
                Parameter("servo.group", value="left_arm"),
                sim_time,
            ],
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
