"""The robot's skills over ROS actions: one thread a request, polled by the behaviour tree."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from action_msgs.msg import GoalStatus
from geometry_msgs.msg import PoseWithCovarianceStamped
from hearth_core.errors import HearthError
from hearth_core.frames import MAP
from hearth_core.home.model import Home
from hearth_core.outcome import Outcome
from hearth_nodekit.actions import ActionCaller, Canceled
from hearth_nodekit.appliance_topics import appliance_state
from hearth_nodekit.convert import from_outcome, pose2_to_pose
from hearth_nodekit.topics import AMCL_POSE
from nav2_msgs.action import NavigateToPose
from rclpy.node import Node

from hearth_interfaces.action import (
    CloseArticulated,
    FindObject,
    MoveTo,
    OpenArticulated,
    PickObject,
    PlaceObject,
)
from hearth_interfaces.msg import ApplianceState
from hearth_tasks.core.skills import (
    AskDoor,
    Close,
    ConfirmDoor,
    Find,
    Navigate,
    Open,
    Pick,
    Posture,
    Put,
    Request,
)
from hearth_tasks.door_visits import DoorVisits

TIMEOUTS: dict[type, float] = {
    Navigate: 180.0,
    Open: 200.0,
    Close: 200.0,
    Find: 90.0,
    Pick: 200.0,
    Put: 150.0,
    Posture: 60.0,
}
"""Longest time [s] of the robot's clock a skill may take before it is cancelled."""


class RosRunning:
    """A request in its thread."""

    def __init__(self, work: Callable[[RosRunning], Outcome], name: str) -> None:
        self._stop = threading.Event()
        self._outcome: Outcome | None = None
        self._message = name
        self._work = work
        threading.Thread(target=self._run, name=f"skill_{name}", daemon=True).start()

    def outcome(self) -> Outcome | None:
        """None while it runs."""
        return self._outcome

    def message(self) -> str:
        """Newest feedback as a sentence."""
        return self._message

    def cancel(self) -> None:
        """Ask it to stop."""
        self._stop.set()

    def should_stop(self) -> bool:
        """For the action caller."""
        return self._stop.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep; True when asked to stop."""
        return self._stop.wait(seconds)

    def say(self, message: str) -> None:
        """Set what it is doing."""
        self._message = message

    def _run(self) -> None:
        try:
            outcome = self._work(self)
        except Canceled as error:
            outcome = Outcome.canceled(str(error))
        except HearthError as error:
            outcome = Outcome.failure("skill_unavailable", str(error))
        except Exception as error:  # the tree must hear of it
            outcome = Outcome.failure("internal_error", repr(error))
        self._outcome = outcome


class Doors:
    """What refrigerators say of their doors, as the appliance bridge reports it."""

    def __init__(self, node: Node, home: Home) -> None:
        namespace = node.get_namespace().rstrip("/").rpartition("/")[0]
        self._states: dict[str, tuple[str, int]] = {}
        self._lock = threading.Lock()
        for place in home.places:
            if place.kind == "refrigerator":
                appliance_state(place.name).subscribe_in(node, namespace, self._on_state)

    def state(self, slug: str) -> str | None:
        """``OPEN``, ``CLOSE``, or None while the appliance has said nothing good."""
        with self._lock:
            value = self._states.get(slug)
        return None if value is None else value[0]

    def _on_state(self, message: ApplianceState) -> None:
        for item in message.properties:
            if item.name.endswith("doorState"):
                value = json.loads(item.value)
                with self._lock:
                    self._states[message.slug] = (str(value), int(item.quality))


class RosSkills:
    """Serves the port :class:`hearth_tasks.core.skills.Skills` from actions of the namespace."""

    def __init__(self, node: Node, home: Home) -> None:
        self._node = node
        self._doors = Doors(node, home)
        self._visits = DoorVisits(node)
        self._localized = False
        AMCL_POSE.subscribe(node, self._on_pose)
        self._navigate = ActionCaller(node, NavigateToPose, "navigate_to_pose")
        self._open = ActionCaller(node, OpenArticulated, "open_articulated")
        self._close = ActionCaller(node, CloseArticulated, "close_articulated")
        self._find = ActionCaller(node, FindObject, "find_object")
        self._pick = ActionCaller(node, PickObject, "pick_object")
        self._place = ActionCaller(node, PlaceObject, "place_object")
        self._move = ActionCaller(node, MoveTo, "move_to")

    def close(self) -> None:
        """Before the node is destroyed."""
        self._visits.close()

    def missing(self) -> list[str]:
        """What the robot still lacks: actions nobody serves yet, and where it is."""
        callers = {
            "navigate_to_pose": self._navigate,
            "open_articulated": self._open,
            "close_articulated": self._close,
            "find_object": self._find,
            "pick_object": self._pick,
            "place_object": self._place,
            "move_to": self._move,
        }
        missing = [name for name, caller in callers.items() if not caller.ready()]
        return missing if self._localized else [*missing, "localization"]

    def _on_pose(self, _: PoseWithCovarianceStamped) -> None:
        self._localized = True

    def start(self, request: Request) -> RosRunning:
        """Begin; never blocks."""
        return RosRunning(lambda running: self._perform(request, running), type(request).__name__)

    def _perform(self, request: Request, running: RosRunning) -> Outcome:
        match request:
            case Navigate():
                return self._drive(request, running)
            case AskDoor():
                return self._ask(request, running)
            case ConfirmDoor():
                return self._confirm(request, running)
            case _:
                caller, goal = self._goal(request)
                return self._skill(caller, goal, request, running)

    def _goal(self, request: Request) -> tuple[ActionCaller, Any]:
        """Which action to call, and with what."""
        match request:
            case Open(name):
                found: tuple[ActionCaller, Any] = (self._open, OpenArticulated.Goal(name=name))
            case Close(name):
                found = (self._close, CloseArticulated.Goal(name=name))
            case Find(label, place):
                found = (self._find, FindObject.Goal(label=label, places=[place]))
            case Pick(label, place):
                found = (self._pick, PickObject.Goal(label=label, place=place))
            case Put(place):
                found = (self._place, PlaceObject.Goal(place=place))
            case Posture(group, name):
                found = (self._move, MoveTo.Goal(group=group, posture=name))
            case _:
                raise TypeError(f"no action serves {type(request).__name__}")
        return found

    def _skill(
        self, caller: ActionCaller, goal: Any, request: Request, running: RosRunning
    ) -> Outcome:
        def on_feedback(feedback: Any) -> None:
            phase = getattr(feedback, "phase", "") or getattr(feedback, "looking_at", "")
            if phase:
                running.say(str(phase))

        _, result = caller.call(
            goal,
            timeout=TIMEOUTS[type(request)],
            should_stop=running.should_stop,
            on_feedback=on_feedback,
        )
        return from_outcome(result.outcome)

    def _drive(self, request: Navigate, running: RosRunning) -> Outcome:
        goal = NavigateToPose.Goal()
        goal.pose.header.frame_id = MAP
        goal.pose.pose = pose2_to_pose(request.pose)

        def on_feedback(feedback: NavigateToPose.Feedback) -> None:
            running.say(f"{feedback.distance_remaining:.1f} m to {request.where}")

        status, result = self._navigate.call(
            goal,
            timeout=TIMEOUTS[Navigate],
            should_stop=running.should_stop,
            on_feedback=on_feedback,
        )
        if status == GoalStatus.STATUS_SUCCEEDED:
            return Outcome.success(f"at {request.where}")
        code = int(result.error_code)
        said = str(getattr(result, "error_msg", "")) or f"navigation error {code}"
        return Outcome.failure(f"navigation_{code}", f"{request.where}: {said}")

    def _ask(self, request: AskDoor, running: RosRunning) -> Outcome:
        running.say(f"asks for leave to open {request.place}")
        clock = self._node.get_clock()
        end = clock.now().nanoseconds * 1e-9 + request.timeout
        return self._visits.ask(
            request.place, lambda: clock.now().nanoseconds * 1e-9 > end, running.wait
        )

    def _confirm(self, request: ConfirmDoor, running: RosRunning) -> Outcome:
        wanted = "OPEN" if request.opened else "CLOSE"
        clock = self._node.get_clock()
        end = clock.now().nanoseconds * 1e-9 + request.timeout
        while clock.now().nanoseconds * 1e-9 < end:
            if self._doors.state(request.place) == wanted:
                return Outcome.success(f"{request.place} reports {wanted}")
            if running.wait(0.05):
                raise Canceled("canceled")
        said = self._doors.state(request.place)
        return Outcome.failure(
            "appliance_disagrees",
            f"{request.place} reports {said or 'nothing'}, expected {wanted}",
        )
