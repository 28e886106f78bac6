"""Drives an unknown home until no border to the unknown is left: a client of navigate_to_pose."""

from __future__ import annotations

import math
import time as wall
from collections.abc import Callable
from dataclasses import dataclass

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
    reason: str = ""
    """Why it is incomplete: ``borders_left`` or ``not_driving``."""


class Explorer:
    """One exploration; :meth:`run` blocks a thread of its own."""

    def __init__(
        self,
        node: Node,
        caller: ActionCaller,
        pose: Callable[[], Pose2 | None],
        find_views: Callable[[list[View]], list[View]],
        tell: Callable[[int, View], None],
        should_stop: Callable[[], bool],
    ) -> None:
        """Prepare.

        Args:
            node: Owner; its clock counts.
            caller: Of ``navigate_to_pose``.
            pose: base_footprint in map now; None: not known yet.
            find_views: Viewpoints, given those that have been tried.
            tell: Called with the number of viewpoints and the one that is driven to.
            should_stop: Asked all the time; True ends exploring.
        """
        self._node = node
        self._caller = caller
        self._pose = pose
        self._find_views = find_views
        self._tell = tell
        self._should_stop = should_stop
        self._seen: list[View] = []
        self._failed: list[View] = []

    def run(self, longest: float) -> Explored:
        """Explore; after ``longest`` [s] end with what there is.

        Raises:
            Canceled: ``should_stop`` said so; the robot stands.
        """
        while self._pose() is None:
            self._pause(0.1)
        began, count = self._now(), 0
        while True:
            self._pause(0.0)
            views = self._find_views(self._seen)
            if not views:
                return Explored(True, count, f"{count} viewpoints, no border left")
            if self._now() - began > longest:
                message = f"{len(views)} borders left after {longest:.0f} s"
                return Explored(False, count, message, "borders_left")
            count += 1
            self._tell(count, views[0])
            try:
                self._visit(views[0])
            except ActionFailed as error:
                return Explored(False, count, str(error), "not_driving")

    def _now(self) -> float:
        return float(self._node.get_clock().now().nanoseconds) * 1e-9

    def _pause(self, seconds: float) -> None:
        if self._should_stop():
            raise Canceled("exploring was stopped")
        wall.sleep(seconds)

    def _visit(self, view: View) -> None:
        """Drive to a viewpoint until it is reached, or its border is known anyway."""
        self._node.get_logger().info(
            f"looks at a border of {view.length:.1f} m at "
            f"({view.border[0]:.1f}, {view.border[1]:.1f}), {view.cost:.1f} m away"
        )
        checked = wall.monotonic()

        def enough() -> bool:
            nonlocal checked
            if self._should_stop():
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
        goal.pose = to_pose_stamped(view.pose, self._now())
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
                wall.sleep(0.5)
            failed = any(math.dist(view.border, other.border) < 0.3 for other in self._failed)
            (self._seen if failed or not result.error_code else self._failed).append(view)
        except Canceled:
            self._pause(0.0)
            here = self._pose()
            if here is not None and here.distance(view.pose) < 0.5:
                self._seen.append(view)
