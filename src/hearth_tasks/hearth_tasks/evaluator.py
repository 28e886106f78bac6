"""The evaluator's ears: simulated truth over DDS into plain values. For episodes only."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field

import numpy as np
from hearth_core.geometry import Pose2
from hearth_nodekit.convert import from_pose, from_time
from hearth_nodekit.topics import SIM_TRUTH
from rclpy.node import Node

from hearth_interfaces.msg import SimTruth
from hearth_tasks.core.evaluation import HARD_CONTACT, Truth


@dataclass
class Ledger:
    """What happened to one robot so far, from truth."""

    path: list[tuple[float, float, float, float]] = field(default_factory=list)
    """Time [s], x, y [m], yaw [rad] of base_footprint in home."""
    contacts: dict[str, float] = field(default_factory=dict)
    """Largest force [N] by ``robot body | other body``."""
    hard_contacts: int = 0
    """Contact reports above :data:`HARD_CONTACT`."""
    real_time_factors: list[float] = field(default_factory=list)

    @property
    def driven(self) -> float:
        """Length of the path [m]."""
        if len(self.path) < 2:
            return 0.0
        points = np.array(self.path)[:, 1:3]
        return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


class TruthListener:
    """Keeps the newest truth and a ledger of one robot. Thread safe."""

    def __init__(self, node: Node, robot: str) -> None:
        """Listen on ``node``, which must live in the root namespace."""
        self._robot = robot
        self._lock = threading.Lock()
        self._newest: SimTruth | None = None
        self.ledger = Ledger()
        SIM_TRUTH.subscribe(node, self._on_truth)

    def truth(self) -> Truth | None:
        """The newest, None before the first."""
        with self._lock:
            message = self._newest
        return None if message is None else to_truth(message)

    def pose(self) -> Pose2 | None:
        """Where the robot really is."""
        with self._lock:
            return Pose2(*self.ledger.path[-1][1:]) if self.ledger.path else None

    def time(self) -> float | None:
        """Simulated time [s] of the newest truth."""
        with self._lock:
            return self.ledger.path[-1][0] if self.ledger.path else None

    def real_time_factor(self) -> float | None:
        """As the simulator measures it, newest."""
        with self._lock:
            factors = self.ledger.real_time_factors
            return factors[-1] if factors else None

    def _on_truth(self, message: SimTruth) -> None:
        with self._lock:
            self._newest = message
            ledger = self.ledger
            if self._robot in message.body_names:
                pose = message.poses[message.body_names.index(self._robot)]
                planar = from_pose(pose).planar()
                stamp = from_time(message.header.stamp)
                ledger.path.append((stamp, planar.x, planar.y, planar.yaw))
            ledger.real_time_factors.append(float(message.real_time_factor))
            for contact in message.contacts:
                key = f"{contact.robot_body} | {contact.other_body}"
                ledger.contacts[key] = max(ledger.contacts.get(key, 0.0), float(contact.force))
                ledger.hard_contacts += contact.force > HARD_CONTACT


def to_truth(message: SimTruth) -> Truth:
    """Plain values of a message."""
    speeds = {
        name: math.sqrt(t.linear.x**2 + t.linear.y**2 + t.linear.z**2)
        for name, t in zip(message.body_names, message.twists, strict=True)
    }
    return Truth(
        time=from_time(message.header.stamp),
        poses={
            name: from_pose(pose)
            for name, pose in zip(message.body_names, message.poses, strict=True)
        },
        speeds=speeds,
        joints=dict(zip(message.joint_names, message.joint_positions, strict=True)),
        supports={
            name: [part for part in parts.split(",") if part]
            for name, parts in zip(message.body_names, message.supports, strict=True)
        },
    )
