"""Where the robot's own links are: ``tf`` kept as it came, decoded when somebody asks."""

from __future__ import annotations

from collections import deque

from hearth_core.frames import BASE_FOOTPRINT
from hearth_core.geometry import Transform
from hearth_nodekit.topics import TF_STATIC
from hearth_nodekit.transforms import TransformStore
from rclpy.node import Node
from rclpy.serialization import deserialize_message
from tf2_msgs.msg import TFMessage


class BodyFrames:
    """Hundreds of transforms a second arrive; few of them are ever wanted."""

    def __init__(self, node: Node) -> None:
        self._store = TransformStore(keep=2.0)
        self._raw: deque[bytes] = deque(maxlen=8)
        TF_STATIC.subscribe(node, self._on_static)

    def on_tf(self, data: bytes) -> None:
        """Take a serialized ``tf`` message of the robot's links."""
        self._raw.append(data)

    def base_from(self, frame: str, time: float | None = None) -> Transform:
        """``frame`` in base_footprint at ``time`` [s]; None: newest.

        Raises:
            TransformError: It is not known, or not for that time.
        """
        while self._raw:
            moved: TFMessage = deserialize_message(self._raw.popleft(), TFMessage)
            self._store.add(moved.transforms)
        return self._store.lookup(BASE_FOOTPRINT, frame, time, ahead=0.2)

    def _on_static(self, message: TFMessage) -> None:
        for item in message.transforms:
            self._store.add_static(item)
