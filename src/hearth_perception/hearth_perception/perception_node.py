"""ROS shell of perception: head camera in, objects, surfaces and doors out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hearth_core.errors import HearthError, UnknownNameError
from hearth_core.frames import MAP, SIDES, grasp_frame
from hearth_core.health import Health, Level
from hearth_core.home import load_home
from hearth_core.home.names import object_label
from hearth_core.outcome import Code, Outcome
from hearth_description.core.model import parse_urdf
from hearth_nodekit.actions import ActionFailed, ActiveGoal, Busy, Canceled, ThreadedActionServer
from hearth_nodekit.convert import to_image, to_outcome
from hearth_nodekit.late_service import LateService
from hearth_nodekit.params import declare, param
from hearth_nodekit.reporting import report_health
from hearth_nodekit.running import run
from hearth_nodekit.topics import (
    CARRYING,
    DETECTIONS,
    OBJECT_MARKERS,
    OBJECTS,
    ROBOT_DESCRIPTION,
    SURFACES,
    image,
)
from hearth_nodekit.transforms import TransformError
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_msgs.msg import String

from hearth_interfaces.action import FindObject, LookAt
from hearth_interfaces.srv import FindObjects, GetArticulation
from hearth_perception.articulation_answer import fill
from hearth_perception.base import Base
from hearth_perception.change_topic import ChangeTopic
from hearth_perception.core.back_ends import make_detector
from hearth_perception.core.draw import annotate, draw_door
from hearth_perception.core.perceiver import Perceiver
from hearth_perception.core.ranking import ranking
from hearth_perception.core.semantic_map import Rules, SemanticMap
from hearth_perception.felt_topic import FeltTopic
from hearth_perception.head import Head
from hearth_perception.lazy_transforms import LazyTransforms
from hearth_perception.memory import Memory
from hearth_perception.messages import (
    to_detections,
    to_markers,
    to_surfaces,
    to_world_object,
    to_world_objects,
)
from hearth_perception.people_topics import PeopleTopics
from hearth_perception.skills import Skills
from hearth_perception.watcher import Look, Watcher

ANNOTATED = image("head_camera/annotated/image_raw")


@dataclass(frozen=True)
class Config:
    """Parameters of perception."""

    home: str = param("", "Home file (config/homes/*.yaml): nominal places and surfaces.")
    camera: str = param("head_camera", "Camera whose colour and depth are read.")
    detector: str = param(
        "household",
        "Who names things: household (learnt), catalogue (sizes and colours only), geometric "
        "(no names), onnx (a model of your own), markers (labelled things).",
    )
    model: str = param(
        "",
        "household: another network (empty: the shipped one); onnx: the model, its card "
        "beside it (model.onnx, model.yaml).",
    )
    markers: str = param(
        "", "Labelled things: 'family:number=class' with commas, apriltag_36h11:7=milk_carton."
    )
    rate: float = param(
        2.0, "Views a second while anybody is interested.", unit="Hz", low=0.1, high=15.0
    )
    always: bool = param(False, "Keep looking with no request running.")
    linger: float = param(
        2.0, "Keep looking this long after a request.", unit="s", low=0.0, high=600.0
    )
    stride: int = param(2, "Pixels per cell of the working grid.", low=1, high=8)
    reach: float = param(3.5, "Farthest surface that is looked for.", unit="m", low=0.5, high=8.0)
    image_timeout: float = param(
        10.0, "Longest wait for an image (wall clock).", unit="s", low=0.5, high=60.0
    )
    head_speed: float = param(
        1.2, "Speed of the head when looking at something.", unit="rad/s", low=0.1, high=4.0
    )
    drive: bool = param(
        True, "find_object drives the base (navigate_to_pose) to what it cannot see from here."
    )
    memory: str = param(
        "", "File the semantic map is kept in from run to run; empty: it is not kept."
    )
    forget_half_life: float = param(
        1800.0, "Existence of an unseen thing halves in this time.", unit="s", low=1.0, high=1e6
    )


class PerceptionNode(Node):
    """Head camera -> objects, surfaces, detections; look_at, find_object, get_articulation."""

    def __init__(self, **options: Any) -> None:
        super().__init__("perception", **options)
        config = declare(self, Config)
        if not config.home:
            raise UnknownNameError(
                "home file", config.home, ["config/homes/*.yaml (parameter home)"]
            )
        self._config = config
        rules = Rules(half_life=config.forget_half_life)
        perceiver = Perceiver(
            load_home(config.home),
            detector=make_detector(config.detector, config.model, config.markers),
            things=SemanticMap(rules),
            stride=config.stride,
            reach=config.reach,
        )
        self._memory = Memory(self, config.memory, perceiver)
        self._transforms = LazyTransforms(self)
        self._watcher = Watcher(
            self,
            config.camera,
            perceiver,
            self._transforms,
            rate=config.rate,
            linger=config.linger,
            on_look=self._publish,
        )
        head = Head(self, self._watcher, self._transforms, config.head_speed)
        self._skills = Skills(
            self,
            self._watcher,
            head,
            timeout=config.image_timeout,
            reach=config.reach,
            base=Base(self, self._transforms, perceiver.home) if config.drive else None,
        )
        self._objects = OBJECTS.publisher(self)
        self._surfaces = SURFACES.publisher(self)
        self._detections = DETECTIONS.publisher(self)
        self._markers = OBJECT_MARKERS.publisher(self)
        self._annotated = ANNOTATED.publisher(self)
        self._changes = ChangeTopic(self)
        self._people = PeopleTopics(self, perceiver.home)
        FeltTopic(self, self._watcher)
        self._carrying = ""
        ROBOT_DESCRIPTION.subscribe(self, self._on_description)
        CARRYING.subscribe(self, self._on_carrying)
        LateService(self, GetArticulation, "get_articulation", self._get_articulation)
        LateService(self, FindObjects, "find_objects", self._find_objects)
        self._servers = (
            ThreadedActionServer(self, LookAt, "look_at", self._look_at, busy=Busy.PREEMPT),
            ThreadedActionServer(self, FindObject, "find_object", self._find_object),
        )
        # Wall clock: the camera must also be let go when the simulated clock stands.
        self.create_timer(0.1, self._poll, clock=Clock(clock_type=ClockType.STEADY_TIME))
        report_health(self, self._health, period=0.3)  # a frozen camera is told within 1 s

    def close(self) -> None:
        """Stop looking."""
        for server in self._servers:
            server.close()
        self._watcher.poll(math.inf, False)
        self._watcher.close()
        self._memory.save(self._skills.now())

    def _poll(self) -> None:
        lazy = (self._detections, self._annotated)
        wanted = self._config.always or any(p.get_subscription_count() > 0 for p in lazy)
        self._people.poll()
        wanted = wanted or self._people.wanted
        self._watcher.poll(self._skills.now(), wanted)

    def _on_description(self, message: String) -> None:
        try:
            self._watcher.set_model(parse_urdf(message.data))
        except HearthError as error:
            self.get_logger().error(f"robot_description: {error}")

    def _on_carrying(self, message: String) -> None:
        """``left:milk_carton_1``: that thing is in a hand; empty: nothing is."""
        before, self._carrying = self._carrying, message.data
        if before == self._carrying:
            return
        side, _, name = self._carrying.partition(":")
        things = self._watcher.perceiver.things
        with self._watcher.lock:
            old_side = before.partition(":")[0]
            if old_side in SIDES and old_side != side:
                things.release(old_side, self._hand(old_side))
            if side in SIDES:
                things.carry(name, side)
        self._watcher.held_hands = (side,) if side in SIDES else ()

    def _hand(self, side: str) -> np.ndarray | None:
        try:
            return self._transforms.lookup(MAP, grasp_frame(side)).translation
        except TransformError:
            return None

    def _publish(self, look: Look) -> None:
        """In the watcher's thread, after every view."""
        percept = look.percept
        stamp = percept.view.stamp
        perceiver = self._watcher.perceiver
        positions = self._watcher.intake.positions(stamp)
        self._people.see(percept, perceiver, self._watcher.model, positions)
        with self._watcher.lock:
            tracks = [t for t in perceiver.things.tracks if t.existence > 0.2 or t.carried]
            areas = perceiver.surfaces.areas()
            objects = to_world_objects(tracks, stamp)
            surfaces = to_surfaces(areas, stamp)
            changes = list(perceiver.things.changes)
            markers = None
            if self._markers.get_subscription_count() > 0:
                markers = to_markers(tracks, areas, stamp)
        self._objects.publish(objects)
        self._surfaces.publish(surfaces)
        self._changes.tell(changes, stamp)
        self._detections.publish(to_detections(percept.sightings, stamp))
        if markers is not None:
            self._markers.publish(markers)
        if self._annotated.get_subscription_count() > 0:
            picture = annotate(percept)
            for seen_at, door in perceiver.doors.values():
                if abs(seen_at - stamp) < 1.0:
                    draw_door(picture, percept.view, door)
            frame = percept.view.camera.frame
            self._annotated.publish(to_image(picture, "rgb8", frame, stamp))

    def _look_at(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        request = goal.request
        try:
            if request.place:
                target, frame = self._skills.place_target(request.place), MAP
            elif request.target.header.frame_id:
                point = request.target.point
                target = np.array([point.x, point.y, point.z])
                frame = request.target.header.frame_id
            else:
                return Outcome.refusal("no_target", "give a place, or a target with a frame"), None
            outcome = self._skills.look_at(
                target,
                frame,
                lambda: goal.cancel_requested,
                lambda error: goal.feedback(error=float(error)),
            )
        except Canceled:
            raise
        except (HearthError, ActionFailed) as error:
            return _failed(error), None
        goal.check()
        return outcome, None

    def _find_object(self, goal: ActiveGoal) -> tuple[Outcome, Any]:
        request = goal.request
        result = FindObject.Result(frame_id=MAP)
        try:
            label = object_label(request.label)
            places = [self._watcher.perceiver.home.resolve(p).name for p in request.places]
            found = self._skills.find(
                label,
                places,
                lambda: goal.cancel_requested,
                lambda place: goal.feedback(looking_at=place),
            )
        except Canceled:
            raise
        except (HearthError, ActionFailed) as error:
            return _failed(error), result
        goal.check()
        result.searched = list(found.searched)
        if found.track is not None:
            result.object = to_world_object(found.track)
        return found.outcome, result

    def _get_articulation(self, request: GetArticulation.Request) -> GetArticulation.Response:
        response = GetArticulation.Response()
        try:
            place, joint = self._watcher.perceiver.resolve_door(request.name)
            read = self._skills.read_door(place, joint, float(request.max_age))
        except HearthError as error:
            response.outcome = to_outcome(_failed(error))
            return response
        if read is None:
            outcome = Outcome.failure(
                "not_in_view", f"{place}/{joint} is not in the camera's view"
            )
            response.outcome = to_outcome(outcome)
            return response
        stamp, seen = read
        fill(response, stamp, seen, self._watcher.perceiver.door(place, joint))
        return response

    def _find_objects(self, request: FindObjects.Request) -> FindObjects.Response:
        response = FindObjects.Response()
        try:
            label = object_label(request.label) if request.label else ""
            home = self._watcher.perceiver.home
            place = home.resolve(request.place).name if request.place else ""
        except HearthError as error:
            response.outcome = to_outcome(_failed(error))
            return response
        now = self._skills.now()
        with self._watcher.lock:
            tracks = self._watcher.perceiver.things.find(label, place, request.max_age, now)
            response.candidates = to_world_objects(tracks, now)
        if tracks:
            response.outcome = to_outcome(Outcome.success(ranking(tracks, label, now)))
        else:
            wanted = f"{label or 'anything'} in {place or 'the home'}"
            response.outcome = to_outcome(Outcome.failure("not_found", f"have not seen {wanted}"))
        return response

    def _health(self) -> Health:
        watcher = self._watcher
        values: dict[str, float | int | str | bool] = {
            "views": watcher.frames,
            "latency": round(watcher.latency, 3),
            "objects": len(watcher.perceiver.things.tracks),
            "looking": watcher.intake.open,
        }
        broken = watcher.intake.problem(self._skills.now())
        if broken:
            return Health(Level.ERROR, f"{self._config.camera}: {broken}", values)
        if watcher.problem:
            return Health(Level.ERROR, watcher.problem, values)
        if watcher.model is None:
            return Health(Level.WARN, "no robot_description: own arms are not left out", values)
        return Health(Level.OK, "looking" if watcher.intake.open else "at rest", values)


def _failed(error: Exception) -> Outcome:
    """Refused when the name was wrong, failed otherwise."""
    if isinstance(error, UnknownNameError):
        return Outcome(Code.REFUSED, "unknown_name", str(error))
    reason = {
        "NoViewError": "no_view",
        "HeadError": "head_failed",
        "TransformError": "no_transform",
    }
    return Outcome.failure(reason.get(type(error).__name__, "perception_failed"), str(error))


def make_node(**options: Any) -> Node:
    """The node, for a container."""
    return PerceptionNode(**options)


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of ``ros2 run hearth_perception perception``."""
    run(make_node, args)


if __name__ == "__main__":
    main()
