"""Nav2's actions that cannot work here: clients find them, and are told why not."""

from __future__ import annotations

from typing import Any

from hearth_core.errors import BadInputError
from hearth_core.outcome import Outcome
from hearth_nodekit.actions import ActiveGoal, ThreadedActionServer
from nav2_msgs.action import FollowGPSWaypoints
from rclpy.node import Node

from hearth_navigation.journeys import refused

_NO_GPS = "a home has no satellite positions: the map is not tied to the earth"


class Unsupported:
    """Serves the actions; every goal is refused with Nav2's code and a sentence."""

    def __init__(self, node: Node) -> None:
        self._servers = [
            ThreadedActionServer(node, FollowGPSWaypoints, "follow_gps_waypoints", _no_gps),
        ]

    def close(self) -> None:
        """Ask all work to stop."""
        for server in self._servers:
            server.close()


def _no_gps(_: ActiveGoal) -> tuple[Outcome, Any]:
    result = FollowGPSWaypoints.Result()
    return refused(result, BadInputError(_NO_GPS), FollowGPSWaypoints.Result.UNKNOWN)
