"""Drives an unknown home until no border to the unknown is left: a client of navigate_to_pose."""

from __future__ import annotations

import math
import threading
import time as wall
from collections.abc import Callable
from dataclasses import dataclass

from geometry_msgs.msg import PoseStamped
from hearth_core.geometry import Pose2
from hearth_nodekit.actions import ActionCaller, ActionFailed, Canceled
from nav2_msgs.action import NavigateToPose
from rclpy.node import Node

from hearth_navigation.core.frontier import View
from hearth_navigation.messages import to_pose_stamped


@dataclass(frozen=True)
class Explored:
    """How exploring ended."""

    complete: bool
    """No border was left that can be reached."""
    views: int
    """Viewpoints driven to."""
    message: str


class Explorer:
    """One exploration in a thread of its own."""

    def __init__(
        self,
        node: Node,
        now: Callable[[], float],
        pose: Callable[[], Pose2 | None],
        find_views: Callable[[list[View]], list[View]],
        done: Callable[[Explored], None],
        longest: float,
    ) -> None:
        """Begin.

        Args:
            node: Owner.
            now: Its clock [s].
            pose: base_footprint in map now.
            find_views: Viewpoints, given those that have been tried.
            done: Called once at the end, in the thread.
            longest: Time [s] after which exploring ends with what there is.
        """
        self._node = node
        self._now = now
        self._pose = pose
        self._find_views = find_views
        self._done = done
        self._longest = longest
        self._stop = threading.Event()
        self._seen: list[View] = []
        self._failed: list[View] = []
        self._caller = ActionCaller(node, NavigateToPose, "navigate_to_pose")
        self._thread = threading.Thread(target=self._run, name="exploring", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop driving."""
        self._stop.set()
        self._thread.join(5.0)

    def _run(self) -> None:
        while self._pose() is None:
            if self._stop.wait(0.1):
                return
        began, count = self._now(), 0
        try:
            while not self._stop.is_set():
                views = self._find_views(self._seen)
                if not views:
                    break
                if self._now() - began > self._longest:
                    message = f"borders left after {self._longest:.0f} s: {len(views)}"
                    self._done(Explored(False, count, message))
                    return
                count += 1
                self._visit(views[0])
        except ActionFailed as error:
            self._done(Explored(False, count, str(error)))
            return
        if not self._stop.is_set():
            self._done(Explored(True, count, f"{count} viewpoints"))

    def _visit(self, view: View) -> None:
        """Drive to a viewpoint until it is reached, or its border is known anyway."""
        self._node.get_logger().info(
            f"looks at a border of {view.length:.1f} m at "
            f"({view.border[0]:.1f}, {view.border[1]:.1f}), {view.cost:.1f} m away"
        )
        checked = wall.monotonic()

        def enough() -> bool:
            nonlocal checked
            if self._stop.is_set():
                return True
            here = self._pose()
            if here is not None and here.distance(view.pose) < 0.2:
                return True
            if wall.monotonic() - checked < 2.0:
                return False
            found = self._find_views(self._seen)
            checked = wall.monotonic()
            return not any(
                math.dist(item.border, view.border) < 0.6 and item.length > 0.5 * view.length
                for item in found
            )

        goal = NavigateToPose.Goal()
        goal.pose = _stamped(view.pose, self._now())
        try:
            try:
                _, result = self._caller.call(goal, timeout=90.0, should_stop=enough)
            except ActionFailed as error:
                if not self._caller.ready():
                    raise
                self._node.get_logger().info(f"given up: {error}")
                self._seen.append(view)
                return
            if result.error_code:
                # Perhaps the navigator has not yet seen the map this view was chosen on.
                self._node.get_logger().info(f"not reached: {result.error_msg}")
                self._stop.wait(0.5)
            failed = any(math.dist(view.border, other.border) < 0.3 for other in self._failed)
            (self._seen if failed or not result.error_code else self._failed).append(view)
        except Canceled:
            here = self._pose()
            if here is not None and here.distance(view.pose) < 0.5:
                self._seen.append(view)


def _stamped(pose: Pose2, stamp: float) -> PoseStamped:
    return to_pose_stamped(pose, stamp)
