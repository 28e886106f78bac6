"""What a topic contract is. The contracts: ``topics`` and ``appliance_topics``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription

from hearth_nodekit.qos import EVENT, SENSOR_READER, SENSOR_WRITER


@dataclass(frozen=True)
class Topic:
    """One topic, relative to the robot's namespace."""

    name: str
    type: type[Any]
    qos: QoSProfile
    reader_qos: QoSProfile | None = None
    """What readers ask for, when less than what writers offer (REP 2003 for sensors)."""

    def __post_init__(self) -> None:
        if self.name.startswith("/"):
            raise ValueError(f"topic {self.name!r} must be relative: namespaces select the robot")

    def publisher(self, node: Node) -> Publisher:
        """Create the sending end."""
        return node.create_publisher(self.type, self.name, self.qos)

    def subscribe(self, node: Node, callback: Callable[[Any], None]) -> Subscription:
        """Create the receiving end."""
        return node.create_subscription(
            self.type, self.name, callback, self.reader_qos or self.qos
        )

    def subscribe_in(
        self, node: Node, namespace: str, callback: Callable[[Any], None]
    ) -> Subscription:
        """Create the receiving end in another namespace than the node's (the home's)."""
        name = f"{namespace.rstrip('/')}/{self.name}"
        return node.create_subscription(self.type, name, callback, self.reader_qos or self.qos)


def sensor(name: str, message_type: type[Any]) -> Topic:
    """Raw sensor data: offered reliably, read with best effort (REP 2003)."""
    return Topic(name, message_type, SENSOR_WRITER, SENSOR_READER)


DIAGNOSTICS = Topic("diagnostics", DiagnosticArray, EVENT)
"""Every node's health; here, so that whoever only reports loads no other message types."""
