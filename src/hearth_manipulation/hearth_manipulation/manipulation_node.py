"""ROS shell of the manipulation skills: actions in, controllers and base velocities out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from geometry_msgs.msg import Point, PoseStamped
from hearth_core.errors import HearthError
from hearth_core.frames import GROUPS, LIDAR, MAP, ODOM, SIDES
from hearth_core.geometry import Transform
from hearth_core.health import Health, Level
from hearth_core.home import load_home
from hearth_core.outcome import Outcome
from hearth_description.core.model import find_model, load_urdf
from hearth_description.core.postures import load_srdf
from hearth_nodekit.actions import ActiveGoal, Canceled, ThreadedActionServer, Work
from hearth_nodekit.convert import from_pose, to_pose
from hearth_nodekit.params import declare, param
from hearth_nodekit.qos import LATCHED
from hearth_nodekit.reporting import report_health
from hearth_nodekit.running import run
from hearth_nodekit.topic import Topic
from hearth_nodekit.topics import CARRYING
from hearth_nodekit.transforms import TransformListener
from rclpy.node import Node
from std_msgs.msg import String
from visualization_msgs.msg import Marker, MarkerArray

from hearth_interfaces.action import (
    Carry,
    CloseArticulated,
    Handover,
    MoveTo,
    OpenArticulated,
    PickObject,
    PlaceObject,
    PressButton,
)
from hearth_manipulation.core import (
    skill_carry,
    skill_close,
    skill_handover,
    skill_open,
    skill_pick,
    skill_place,
    skill_posture,
    skill_press,
)
from hearth_manipulation.core.context import Context, SkillError
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.mover import MotionError
from hearth_manipulation.core.planning import PlanningError
from hearth_manipulation.core.ports import Stopped
from hearth_manipulation.core.robot_groups import make_model
from hearth_manipulation.core.scene_keeper import SceneKeeper
from hearth_manipulation.core.servo import ServoSettings
from hearth_manipulation.moveit.facade import MoveItServices
from hearth_manipulation.moveit.frames import Frames
from hearth_manipulation.moveit.goals import group_of
from hearth_manipulation.moveit.moving import MoveItActions
from hearth_manipulation.ros_body import RosBody
from hearth_manipulation.ros_depth import DepthReader, RosSight
from hearth_manipulation.ros_eyes import RosEyes
from hearth_manipulation.ros_felt import FeltParts
from hearth_manipulation.ros_servo import ServoServer

MARKERS = Topic("manipulation_markers", MarkerArray, LATCHED)


@dataclass(frozen=True)
class ServoConfig:
    """How an arm is steered by hand."""

    group: str = param("right_arm", "Joints that servo_node steers; arms have one each besides.")
    linear: float = param(0.4, "Largest speed of the tip.", unit="m/s", low=0.01, high=1.0)
    angular: float = param(1.5, "Largest turn of the tip.", unit="rad/s", low=0.01, high=4.0)
    joints: float = param(0.6, "Joint speeds, of their limits.", low=0.05, high=1.0)
    margin: float = param(0.02, "Distance kept to things.", unit="m", low=0.0, high=0.3)


@dataclass(frozen=True)
class Config:
    """Parameters of the manipulation node."""

    servo: ServoConfig
    home: str = param("", "Home file: names, nominal places.")
    model: str = param("cloid", "Robot model, by name.")
    depth_camera: str = param("head_camera", "Camera whose depth is planned with.")
    depth_in_scene: bool = param(
        True, "Whether MoveIt's clients, servo and skills plan with what the depth camera sees."
    )
    watch_depth: bool = param(
        True, "Whether skills' motions, too, stop for what the camera sees come in their way."
    )


class ManipulationNode(Node):
    """Serves the skills; one runs at a time, since there is one base."""

    def __init__(self, **options: Any) -> None:
        super().__init__("manipulation", **options)
        config = declare(self, Config)
        description = load_urdf(find_model(config.model))
        semantics = load_srdf(description)
        self._body = RosBody(self, description.pose({}, LIDAR).planar())
        self._transforms = TransformListener(self)
        self._eyes = RosEyes(self, self._transforms)
        self._work = Context(
            self._body,
            self._eyes,
            load_home(config.home),
            make_model(description, semantics),
            semantics,
            lambda *_: None,
        )
        self._carrying = CARRYING.publisher(self)
        self._markers = MARKERS.publisher(self)
        self._felt = FeltParts(self, self._work, self._body.now)
        self._work.mover.on_path = self._show
        self._tell_carrying()
        self._turn = threading.Lock()
        depth = DepthReader(self, self._work.model, self._transforms, config.depth_camera)
        sight = RosSight(self._eyes, depth, lambda: self._work.planner.model, self._body.now)
        if config.watch_depth:
            self._work.watch = sight.watch
        if config.depth_in_scene:
            self._work.mover.seen = sight.unknown
        keeper = SceneKeeper(self._work, sight if config.depth_in_scene else None)
        services = MoveItServices(self, self._work, keeper, self._transforms, description.joints)
        self._moveit = MoveItActions(self, self._work, services, self._turn, self._obey)
        self._servos = self._make_servos(keeper, config)
        self._servers = [
            ThreadedActionServer(self, kind, name, self._skill(kind, work))
            for kind, name, work in (
                (PickObject, "pick_object", self._pick),
                (PlaceObject, "place_object", self._place),
                (OpenArticulated, "open_articulated", self._open),
                (CloseArticulated, "close_articulated", self._close),
                (MoveTo, "move_to", self._move),
                (PressButton, "press_button", self._press),
                (Handover, "handover", self._hand_over),
                (Carry, "carry", self._carry),
            )
        ]
        report_health(self, self._health)

    def close(self) -> None:
        """Stop base and arms."""
        for server in self._servers:
            server.close()
        self._moveit.close()
        for servo in self._servos:
            servo.close()
        self._body.drive(0.0, 0.0, 0.0)

    def _make_servos(self, keeper: SceneKeeper, config: Config) -> list[ServoServer]:
        """One servo an arm; the one that MoveIt's clients find is a parameter."""
        settings = ServoSettings(
            config.servo.linear, config.servo.angular, config.servo.joints, config.servo.margin
        )
        group = group_of(self._work.model, config.servo.group)
        arms = [self._work.model.groups[f"{side}_arm"] for side in SIDES]
        others = [(f"{arm.name}_servo", arm) for arm in arms if arm.name != group.name]
        return [
            ServoServer(
                self, self._work, keeper, self._turn,
                lambda q: Frames(self._work.model, q, self._transforms), name, one, settings,
            )
            for name, one in (("servo_node", group), *others)
        ]  # fmt: skip

    def _skill(self, kind: Any, work: Callable[[ActiveGoal], Any]) -> Work:
        """Run ``work`` alone, with the goal's feedback and cancelling, and name every end."""
        known = frozenset(kind.Feedback.get_fields_and_field_types())

        def run_skill(goal: ActiveGoal) -> tuple[Outcome, Any]:
            if not self._turn.acquire(blocking=False):
                return Outcome.refusal("busy", "another skill is running"), None
            try:
                self._obey(lambda: goal.cancel_requested)
                self._work.report = _reporter(goal, known)
                return Outcome.success(), work(goal)
            except SkillError as error:
                make = Outcome.refusal if error.refused else Outcome.failure
                return make(error.reason, str(error)), None
            except (MotionError, PlanningError) as error:
                return Outcome.failure(error.reason, str(error)), None
            except Stopped as error:
                raise Canceled(str(error)) from error
            except HearthError as error:
                return Outcome.failure(type(error).__name__, str(error)), None
            finally:
                self._body.drive(0.0, 0.0, 0.0)
                self._tell_carrying()
                self._obey(lambda: False)  # a cancelled goal stops nobody after it
                self._turn.release()

        return run_skill

    def _obey(self, should_stop: Callable[[], bool]) -> None:
        self._body.should_stop = self._eyes.should_stop = should_stop

    def _pick(self, goal: ActiveGoal) -> PickObject.Result:
        ask = goal.request
        side, thing = skill_pick.pick(self._work, ask.object_id, ask.label, ask.place, ask.side)
        return PickObject.Result(side=side, object_id=thing.id)

    def _place(self, goal: ActiveGoal) -> PlaceObject.Result:
        ask = goal.request
        pose = self._in_odom(ask.pose) if ask.pose.header.frame_id else None
        put = skill_place.put(self._work, ask.side, ask.place, pose)
        return PlaceObject.Result(pose=self._in_map(put))

    def _open(self, goal: ActiveGoal) -> OpenArticulated.Result:
        ask = goal.request
        self._work.report = self._felt.following(ask.name, self._work.report)
        opening = skill_open.open_door(self._work, ask.name, ask.opening, ask.side)
        return OpenArticulated.Result(opening=opening)

    def _close(self, goal: ActiveGoal) -> CloseArticulated.Result:
        ask = goal.request
        self._work.report = self._felt.following(ask.name, self._work.report)
        opening = skill_close.close_door(self._work, ask.name, ask.side)
        return CloseArticulated.Result(opening=opening)

    def _move(self, goal: ActiveGoal) -> MoveTo.Result:
        ask = goal.request
        skill_posture.move_to(self._work, ask.group, ask.posture, ask.speed)
        return MoveTo.Result()

    def _press(self, goal: ActiveGoal) -> PressButton.Result:
        ask = goal.request
        if not ask.button.header.frame_id:
            raise SkillError("bad_pose", "the button's pose names no frame", refused=True)
        done = skill_press.press(self._work, self._in_odom(ask.button), ask.travel, ask.side)
        return PressButton.Result(felt=done.felt, travel=done.travel)

    def _hand_over(self, goal: ActiveGoal) -> Handover.Result:
        ask = goal.request
        meet = None
        if ask.meet.header.frame_id:
            point = ask.meet.point
            pose = PoseStamped(header=ask.meet.header)
            pose.pose.position, pose.pose.orientation.w = point, 1.0
            meet = self._in_odom(pose).translation
        with self._work.meeting():
            if ask.take:
                side = skill_handover.take(self._work, ask.label, ask.side, meet, ask.timeout)
            else:
                side = skill_handover.give(self._work, ask.side, meet, ask.timeout)
        return Handover.Result(side=side, done=True)

    def _carry(self, goal: ActiveGoal) -> Carry.Result:
        ask = goal.request
        return Carry.Result(tilt=skill_carry.carry(self._work, ask.side, ask.posture))

    def _in_odom(self, stamped: PoseStamped) -> Transform:
        """A pose given in some frame.

        Raises:
            SkillError: ``bad_pose``.
            TransformError: The frame is not known.
        """
        try:
            odom_from_frame = self._transforms.lookup(ODOM, stamped.header.frame_id)
            return odom_from_frame @ from_pose(stamped.pose)
        except ValueError as error:
            raise SkillError("bad_pose", str(error), refused=True) from error

    def _in_map(self, odom_from_thing: Transform) -> PoseStamped:
        message = PoseStamped(pose=to_pose(self._transforms.lookup(MAP, ODOM) @ odom_from_thing))
        message.header.frame_id = MAP
        message.header.stamp = self.get_clock().now().to_msg()
        return message

    def _tell_carrying(self) -> None:
        held = self._work.held
        text = ",".join(f"{side}:{item.id}" for side, item in sorted(held.items()))
        self._carrying.publish(String(data=text))

    def _show(self, path: Array, tip: str) -> None:
        """Mark the way of a grasp frame along a path that is about to be driven."""
        marker = Marker(ns="way", type=Marker.LINE_STRIP, action=Marker.ADD)
        marker.header.frame_id = ODOM
        marker.scale.x, marker.color.g, marker.color.a = 0.008, 1.0, 1.0
        model = self._work.planner.model
        for q in path[:: max(1, len(path) // 40)]:
            x, y, z = model.pose(q, tip).translation
            marker.points.append(Point(x=float(x), y=float(y), z=float(z)))
        self._markers.publish(MarkerArray(markers=[marker]))

    def _health(self) -> Health:
        missing = self._body.missing()
        if missing:
            return Health(Level.WARN, f"waiting for {', '.join(missing)}")
        return Health(Level.OK, "ready", {"groups": len(GROUPS)})


def _reporter(goal: ActiveGoal, known: frozenset[str]) -> Callable[..., None]:
    """Feedback with the fields this action's feedback has."""

    def report(phase: str, progress: float, opening: float | None = None) -> None:
        fields: dict[str, Any] = {"progress": float(progress)}
        if "phase" in known:
            fields["phase"] = phase
        if "opening" in known and opening is not None:
            fields["opening"] = float(opening)
        goal.feedback(**fields)

    return report


make_node = ManipulationNode


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of ``ros2 run hearth_manipulation manipulation``."""
    run(ManipulationNode, args)


if __name__ == "__main__":
    main()
