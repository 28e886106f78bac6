"""What Nav2's clients ask its lifecycle nodes, answered for nodes that have no lifecycle.

Here everything starts by itself and is active as soon as there is a map. Clients wait for that;
they cannot configure, pause or shut down anything, and are told so.
"""

from __future__ import annotations

from collections.abc import Callable

from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import GetState
from nav2_msgs.srv import ManageLifecycleNodes
from rclpy.node import Node
from std_srvs.srv import Trigger

NODES = (
    "amcl",
    "behavior_server",
    "bt_navigator",
    "controller_server",
    "docking_server",
    "map_server",
    "planner_server",
    "smoother_server",
    "waypoint_follower",
)
MANAGERS = ("lifecycle_manager_localization", "lifecycle_manager_navigation")
_HARMLESS = (
    ManageLifecycleNodes.Request.STARTUP,
    ManageLifecycleNodes.Request.RESUME,
    ManageLifecycleNodes.Request.CONFIGURE,
)


class LifecycleFacade:
    """Serves ``<node>/get_state``, ``<manager>/manage_nodes`` and ``<manager>/is_active``."""

    def __init__(self, node: Node, active: Callable[[], bool]) -> None:
        self._node = node
        self._active = active
        for name in (*NODES, node.get_name()):
            node.create_service(GetState, f"{name}/get_state", self._on_get_state)
        for name in MANAGERS:
            node.create_service(ManageLifecycleNodes, f"{name}/manage_nodes", self._on_manage)
            node.create_service(Trigger, f"{name}/is_active", self._on_is_active)

    def _on_get_state(self, _: GetState.Request, response: GetState.Response) -> GetState.Response:
        active = self._active()
        response.current_state.id = (
            State.PRIMARY_STATE_ACTIVE if active else State.PRIMARY_STATE_INACTIVE
        )
        response.current_state.label = "active" if active else "inactive"
        return response

    def _on_manage(
        self, request: ManageLifecycleNodes.Request, response: ManageLifecycleNodes.Response
    ) -> ManageLifecycleNodes.Response:
        response.success = request.command in _HARMLESS and self._active()
        if request.command not in _HARMLESS:
            self._node.get_logger().warning(
                f"manage_nodes: command {request.command} refused; nothing here can be paused, "
                "reset or shut down this way"
            )
        return response

    def _on_is_active(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = self._active()
        response.message = "active" if response.success else "there is no map yet"
        return response
