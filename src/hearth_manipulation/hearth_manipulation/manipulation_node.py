"""ROS shell of manipulation: skills as actions, one at a time, in threads of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from geometry_msgs.msg import Point, PoseStamped
from hearth_core.errors import HearthError, UnknownNameError
from hearth_core.frames import MAP, ODOM
from hearth_core.geometry import Transform
from hearth_core.health import Health, Level
from hearth_core.home import load_home
from hearth_core.outcome import Outcome
from hearth_description.core.model import parse_urdf
from hearth_description.core.postures import load_srdf
from hearth_nodekit.actions import ActiveGoal, Canceled, ThreadedActionServer
from hearth_nodekit.convert import to_pose
from hearth_nodekit.params import declare, param
from hearth_nodekit.qos import LATCHED
from hearth_nodekit.reporting import report_health
from hearth_nodekit.running import run
from hearth_nodekit.topics import CARRYING, ROBOT_DESCRIPTION, Topic
from hearth_nodekit.transforms import TransformListener
from rclpy.node import Node
from std_msgs.msg import String
from visualization_msgs.msg import Marker, MarkerArray

from hearth_interfaces.action import (
    CloseArticulated,
    MoveTo,
    OpenArticulated,
    PickObject,
    PlaceObject,
)
from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.mover import MotionError
from hearth_manipulation.core.planning import PlanningError
from hearth_manipulation.core.ports import Stopped
from hearth_manipulation.core.skill_close import close_door
from hearth_manipulation.core.skill_move import move_to
from hearth_manipulation.core.skill_open import open_door
from hearth_manipulation.core.skill_pick import pick
from hearth_manipulation.core.skill_place import put
from hearth_manipulation.ros_body import RosBody
from hearth_manipulation.ros_eyes import RosEyes

MARKERS = Topic("manipulation_markers", MarkerArray, LATCHED)


@dataclass(frozen=True)
class Config:
    """Parameters of manipulation."""

    home: str = param("", "Home file (config/homes/*.yaml): nominal furniture and doors.")
    model: str = param("cloid", "Robot model whose SRDF gives the postures.")
    speed: float = param(0.5, "Fraction of the joints' velocity limits.", low=0.05, high=1.0)


class ManipulationNode(Node):
    """pick_object, place_object, open_articulated, close_articulated, move_to."""

    def __init__(self, **options: Any) -> None:
        super().__init__("manipulation", **options)
        self._config = declare(self, Config)
        if not self._config.home:
            raise UnknownNameError("home file", "", ["config/homes/*.yaml (parameter home)"])
        self._home = load_home(self._config.home)
        self._context: Context | None = None
        self._problem = "no robot_description yet"
        self._report: Callable[[str, float, float | None], None] = lambda *_: None
        self._turn = threading.Lock()
        self._transforms = TransformListener(self)
        self._body = RosBody(self, self._transforms)
        self._eyes = RosEyes(self, self._transforms, self._body)
        self._carrying = CARRYING.publisher(self)
        self._markers = MARKERS.publisher(self)
        self._say_carrying()
        ROBOT_DESCRIPTION.subscribe(self, self._on_description)
        self._servers = [
            ThreadedActionServer(self, kind, name, self._work(kind, skill))
            for kind, name, skill in (
                (OpenArticulated, "open_articulated", self._open),
                (CloseArticulated, "close_articulated", self._close),
                (PickObject, "pick_object", self._pick),
                (PlaceObject, "place_object", self._place),
                (MoveTo, "move_to", self._move),
            )
        ]
        report_health(self, self._health)

    def close(self) -> None:
        """Ask the running skill to stop; the base stands."""
        for server in self._servers:
            server.close()
        self._body.drive(0.0, 0.0, 0.0)

    def _on_description(self, message: String) -> None:
        if self._context is not None:
            return
        try:
            description = parse_urdf(message.data)
            semantics = _semantics(self._config.model, description)
            model = RobotModel.from_description(description, semantics.disabled)
        except HearthError as error:
            self._problem = str(error)
            self.get_logger().error(f"robot_description: {error}")
            return
        context = Context(self._body, self._eyes, self._home, model, semantics, self._on_report)
        context.mover.speed = self._config.speed
        context.mover.on_path = self._show
        self._context = context
        self._problem = ""

    def _on_report(self, phase: str, progress: float, opening: float | None = None) -> None:
        self._report(phase, progress, opening)

    def _work(
        self, kind: Any, skill: Callable[[Context, Any, Any], Outcome]
    ) -> Callable[[ActiveGoal], tuple[Outcome, Any]]:
        """Wrap a skill: one at a time, every error an outcome, everything stopped at the end."""
        has_opening = hasattr(kind.Feedback(), "opening")
        has_phase = hasattr(kind.Feedback(), "phase")

        def work(goal: ActiveGoal) -> tuple[Outcome, Any]:
            result = kind.Result()
            context = self._context
            if context is None:
                return Outcome.refusal("not_ready", self._problem), result
            if not self._turn.acquire(blocking=False):
                return Outcome.refusal("busy", "another manipulation skill is running"), result

            def report(phase: str, progress: float, opening: float | None) -> None:
                fields: dict[str, Any] = {"progress": float(progress)}
                if has_phase:
                    fields["phase"] = phase
                if has_opening and opening is not None:
                    fields["opening"] = float(opening)
                goal.feedback(**fields)

            self._report = report
            self._body.begin(lambda: goal.cancel_requested)
            self._eyes.should_stop = lambda: goal.cancel_requested
            try:
                return skill(context, goal.request, result), result
            except (Stopped, Canceled) as error:
                raise Canceled(str(error)) from error
            except SkillError as error:
                make = Outcome.refusal if error.refused else Outcome.failure
                return make(error.reason, str(error)), result
            except (PlanningError, MotionError) as error:
                return Outcome.failure(error.reason, str(error)), result
            except HearthError as error:
                return Outcome.failure("unavailable", f"{type(error).__name__}: {error}"), result
            finally:
                self._body.halt()
                self._report = lambda *_: None
                self._say_carrying()
                self._turn.release()

        return work

    def _open(self, context: Context, request: Any, result: Any) -> Outcome:
        result.opening = float(open_door(context, request.name, request.opening, request.side))
        return Outcome.success(f"{request.name} is open {result.opening:.2f} rad")

    def _close(self, context: Context, request: Any, result: Any) -> Outcome:
        result.opening = float(close_door(context, request.name, request.side))
        return Outcome.success(f"{request.name} is closed")

    def _pick(self, context: Context, request: Any, result: Any) -> Outcome:
        side, thing = pick(context, request.object_id, request.label, request.place, request.side)
        result.side, result.object_id = side, thing.id
        return Outcome.success(f"the {side} hand holds {thing.id}")

    def _place(self, context: Context, request: Any, result: Any) -> Outcome:
        pose = None
        if request.pose.header.frame_id:
            try:
                pose = self._eyes.pose_in_odom(request.pose)
            except ValueError as error:
                return Outcome.refusal("bad_pose", str(error))
        stands = put(context, request.side, request.place, pose)
        result.pose = PoseStamped(pose=to_pose(context.eyes.odom_from_map().inverse() @ stands))
        result.pose.header.frame_id = MAP
        result.pose.header.stamp = self.get_clock().now().to_msg()
        return Outcome.success("it stands there")

    @staticmethod
    def _move(context: Context, request: Any, _result: Any) -> Outcome:
        move_to(context, request.group, request.posture, request.speed)
        return Outcome.success(f"{request.group} is in posture {request.posture}")

    def _say_carrying(self) -> None:
        held = {} if self._context is None else self._context.held
        text = ",".join(f"{side}:{thing.id}" for side, thing in sorted(held.items()))
        self._carrying.publish(String(data=text))

    def _show(self, path: Array, tip: str) -> None:
        """Markers of a planned path: the way of a grasp frame."""
        context = self._context
        if context is None:
            return
        marker = Marker(ns="plan", type=Marker.LINE_STRIP, action=Marker.ADD)
        marker.header.frame_id = ODOM
        marker.scale.x = 0.008
        marker.color.g = marker.color.a = 1.0
        marker.pose = to_pose(Transform.identity())
        for q in path[:: max(1, len(path) // 40)]:
            x, y, z = context.planner.model.pose(np.asarray(q), tip).translation
            marker.points.append(Point(x=float(x), y=float(y), z=float(z)))
        self._markers.publish(MarkerArray(markers=[marker]))

    def _health(self) -> Health:
        if self._context is None:
            return Health(Level.ERROR, self._problem)
        holding = {side: thing.id for side, thing in self._context.held.items()}
        busy = self._turn.locked()
        values = {"busy": busy, **{f"holds_{side}": name for side, name in holding.items()}}
        if not self._body.ready():
            return Health(Level.WARN, "no joint states or no odometry", values)
        return Health(Level.OK, "working" if busy else "ready", values)


def _semantics(name: str, description: Any) -> Any:
    from hearth_description.core.model import SUFFIX, find_model

    path = find_model(name)
    return load_srdf(description, path.with_name(path.name.removesuffix(SUFFIX) + ".srdf"))


def make_node(**options: Any) -> Node:
    """For the container."""
    return ManipulationNode(**options)


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of ``ros2 run hearth_manipulation manipulation``."""
    run(make_node, args)


if __name__ == "__main__":
    main()


