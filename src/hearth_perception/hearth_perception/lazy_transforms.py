"""Transforms that are read only while somebody looks.

A robot publishes hundreds of transforms a second; decoding them for a camera at rest would be
most of what perception costs.
"""

from __future__ import annotations

import math
import time as wall
from typing import Any

from hearth_nodekit.topics import TF, TF_STATIC
from hearth_nodekit.transforms import TransformStore
from rclpy.node import Node
from tf2_msgs.msg import TFMessage


class LazyTransforms(TransformStore):
    """``tf_static`` always, ``tf`` while open; closed, nothing moving is known."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        self._node = node
        self._subscription: Any = None
        self._since = math.inf
        TF_STATIC.subscribe(node, self._on_static)

    def set_open(self, wanted: bool) -> None:
        """Begin or stop reading ``tf``; in the executor's thread."""
        if wanted and self._subscription is None:
            self._subscription = TF.subscribe(self._node, self._on_moving)
            self._since = wall.monotonic()
        elif not wanted and self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None
            with self._changed:
                self._moving.clear()  # interpolating across the gap would be a lie

    @property
    def settled(self) -> bool:
        """Whether ``tf`` has been read long enough that what is missing is really missing."""
        return wall.monotonic() - self._since > 2.0

    def _on_static(self, message: TFMessage) -> None:
        for item in message.transforms:
            self.add_static(item)

    def _on_moving(self, message: TFMessage) -> None:
        self.add(message.transforms)
