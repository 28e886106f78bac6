"""People and the arms' keep-out on their topics, while somebody reads them."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
from geometry_msgs.msg import Point, PoseWithCovariance, TwistWithCovariance
from hearth_core.frames import MAP
from hearth_core.geometry import Pose2
from hearth_core.home.model import Home
from hearth_description.core.model import RobotModel
from hearth_nodekit.convert import from_time, to_pose, to_time
from hearth_nodekit.topics import KEEP_OUT, PEOPLE, TRACKED_PEOPLE
from rclpy.node import Node
from vision_msgs.msg import Detection3DArray

from hearth_interfaces.msg import KeepOut, Person, PersonArray
from hearth_perception.core.people.hands import RADIUS, ArmWatch, Near
from hearth_perception.core.people.known import known_space
from hearth_perception.core.people.tracker import PeopleFusion, Walker
from hearth_perception.core.people.upright import find_bodies
from hearth_perception.core.people.watch import looks_through
from hearth_perception.core.perceiver import Perceiver, Percept


class PeopleTopics:
    """Feeds the fusion with views and with the lidar's people, and publishes."""

    def __init__(self, node: Node, home: Home) -> None:
        """The navigator's people are read only while the result is."""
        self._node = node
        self._home = home
        self._known = known_space(home)
        self._poses: dict[str, Pose2] = {}
        self._fusion = PeopleFusion()
        self._arms: ArmWatch | None = None
        self._lock = threading.Lock()
        self._people = TRACKED_PEOPLE.publisher(node)
        self._keep_out = KEEP_OUT.publisher(node)
        self._lidar: Any = None

    @property
    def wanted(self) -> bool:
        """Whether anybody reads."""
        readers = self._people, self._keep_out
        return any(p.get_subscription_count() > 0 for p in readers)

    def poll(self) -> None:
        """A few times a second, in the executor's thread."""
        if self.wanted and self._lidar is None:
            self._lidar = PEOPLE.subscribe(self._node, self._on_lidar)
        elif not self.wanted and self._lidar is not None:
            self._node.destroy_subscription(self._lidar)
            self._lidar = None
            with self._lock:
                self._fusion.reset()

    def see(
        self,
        percept: Percept,
        perceiver: Perceiver,
        model: RobotModel | None,
        positions: Mapping[str, float],
    ) -> None:
        """Take a view, in the watcher's thread."""
        if not self.wanted:
            return
        view, cloud = percept.view, percept.segmentation.cloud
        if perceiver.poses != self._poses:
            self._poses = dict(perceiver.poses)
            self._known = known_space(self._home, self._poses)
        bodies = find_bodies(view, cloud, self._known)
        with self._lock:
            self._fusion.camera(view.stamp, bodies, lambda x, y: looks_through(view, x, y))
            people = [(float(w.state[0]), float(w.state[1])) for w in self._fusion.people]
            self._tell(view.stamp)
        if self._keep_out.get_subscription_count() == 0 or model is None or not positions:
            return
        if self._arms is None or self._arms.model is not model:
            self._arms = ArmWatch(model, self._home)
        things = [(t.position, t.size) for t in perceiver.things.tracks if t.existence > 0.3]
        near = self._arms.look(view, cloud, self._known, positions, people, things)
        self._keep_out.publish(to_keep_out(near, view.stamp))

    def _on_lidar(self, message: Detection3DArray) -> None:
        stamp = from_time(message.header.stamp)
        spots = [
            (float(d.bbox.center.position.x), float(d.bbox.center.position.y))
            for d in message.detections
        ]
        with self._lock:
            self._fusion.lidar(stamp, spots)
            self._tell(stamp)

    def _tell(self, stamp: float) -> None:
        if self._people.get_subscription_count() > 0:
            self._people.publish(to_people(self._fusion.people, stamp))


def to_people(walkers: list[Walker], stamp: float) -> PersonArray:
    """Message of everybody."""
    message = PersonArray(people=[_person(walker, stamp) for walker in walkers])
    message.header.frame_id = MAP
    message.header.stamp = to_time(stamp)
    return message


def _person(walker: Walker, stamp: float) -> Person:
    x, y, vx, vy = (float(v) for v in walker.state)
    heading = math.atan2(vy, vx) if walker.speed > 0.15 else 0.0
    pose, twist = np.zeros((6, 6)), np.zeros((6, 6))
    pose[:2, :2], twist[:2, :2] = walker.covariance[:2, :2], walker.covariance[2:, 2:]
    pose[5, 5] = math.pi**2 if walker.speed <= 0.15 else 0.2
    message = Person(
        id=str(walker.number),
        pose=PoseWithCovariance(
            pose=to_pose(Pose2(x, y, heading).lift()), covariance=pose.reshape(-1)
        ),
        twist=TwistWithCovariance(covariance=twist.reshape(-1)),
        probability=float(walker.probability),
        height=float("nan") if walker.height is None else float(walker.height),
        by_camera=stamp - walker.by_camera < 1.0,
        by_lidar=stamp - walker.by_lidar < 1.0,
        last_seen=to_time(walker.seen),
    )
    message.twist.twist.linear.x, message.twist.twist.linear.y = vx, vy
    return message


def to_keep_out(near: Near, stamp: float) -> KeepOut:
    """Message of what is near the arms."""
    message = KeepOut(radius=RADIUS, reason=near.sentence())
    message.centres = [Point(x=float(x), y=float(y), z=float(z)) for x, y, z in near.centres]
    message.header.frame_id = MAP
    message.header.stamp = to_time(stamp)
    return message
