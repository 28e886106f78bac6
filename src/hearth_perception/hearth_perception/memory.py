"""Keeps the semantic map in a file from run to run."""

from __future__ import annotations

import time as wall
from pathlib import Path

from hearth_core.errors import HearthError
from rclpy.node import Node

from hearth_perception.core.memory_file import load_map, save_map
from hearth_perception.core.perceiver import Perceiver


class Memory:
    """Reads the map at the start and writes it at the end; without a file it does nothing."""

    def __init__(self, node: Node, file: str, perceiver: Perceiver) -> None:
        """A file that cannot be read is reported and left alone; the map then starts empty."""
        self._node = node
        self._path = Path(file) if file else None
        self._perceiver = perceiver
        if self._path is None or not self._path.exists():
            return
        now = float(node.get_clock().now().nanoseconds) * 1e-9
        try:
            home = perceiver.home.name
            count = load_map(perceiver.things, self._path, home=home, now=now, wall=wall.time())
            node.get_logger().info(f"{count} things remembered from {self._path}")
        except HearthError as error:
            node.get_logger().error(str(error))
            self._path = None

    def save(self, now: float) -> None:
        """Write the map; ``now`` [s] of the robot's clock."""
        if self._path is None:
            return
        home = self._perceiver.home.name
        try:
            save_map(self._perceiver.things, self._path, home=home, now=now, wall=wall.time())
        except OSError as error:
            self._node.get_logger().error(f"{self._path}: {error}")
