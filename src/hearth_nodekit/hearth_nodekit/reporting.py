"""Publish a component's Health as ROS diagnostics (REP 107)."""

from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from hearth_core.health import Health
from rclpy.node import Node

from hearth_nodekit.topic import DIAGNOSTICS


def report_health(node: Node, probe: Callable[[], Health], period: float = 1.0) -> None:
    """Publish ``probe()`` on ``diagnostics`` every ``period`` [s] of node time.

    The status name is the fully qualified node name, so that two robots running the same
    node stay apart on one dashboard.
    """
    publisher = DIAGNOSTICS.publisher(node)

    def publish() -> None:
        message = DiagnosticArray(status=[to_status(node.get_fully_qualified_name(), probe())])
        message.header.stamp = node.get_clock().now().to_msg()
        publisher.publish(message)

    node.create_timer(period, publish)


def to_status(name: str, health: Health) -> DiagnosticStatus:
    """Convert one Health to its message."""
    values = [KeyValue(key=key, value=str(value)) for key, value in health.values.items()]
    level = bytes([health.level])
    return DiagnosticStatus(name=name, level=level, message=health.message, values=values)
