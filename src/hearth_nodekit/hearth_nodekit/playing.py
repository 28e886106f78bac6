"""Plays a bag's messages to nodes, and records what nodes say, where ``ros2 bag`` is missing."""

from __future__ import annotations

import time as wall
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from hearth_core.errors import BadInputError
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock

from hearth_nodekit.bags import BagWriter, message_type, read_bag, topics_of
from hearth_nodekit.convert import to_time

CLOCK_PERIOD = 0.01
"""Between two messages on ``/clock``, in the bag's time [s]."""


def qos_of(latched: bool, depth: int = 50) -> QoSProfile:
    """Reliable; kept for late readers or not."""
    durability = DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE
    return QoSProfile(
        depth=1 if latched else depth,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=durability,
    )


class BagPlayer:
    """Publishes the messages of a bag at their pace, with ``/clock``."""

    def __init__(self, node: Node, bag: Path, topics: Collection[str] | None = None) -> None:
        """Offer the bag's topics; readers may join before :meth:`play`.

        Raises:
            BadInputError: No bag, none of the topics, or a type that is not installed.
        """
        self._node, self._bag = node, bag
        there = topics_of(bag)
        chosen = sorted(set(there) if topics is None else set(there) & set(topics))
        chosen = [name for name in chosen if name != "/clock"]
        if not chosen:
            raise BadInputError(
                f"{bag} has none of {sorted(topics or [])}; it has {sorted(there)}"
            )
        latched: dict[str, bool] = {}
        for recorded in read_bag(bag, chosen):
            latched.setdefault(recorded.topic, recorded.latched)
            if len(latched) == len(chosen):
                break
        self.publishers: dict[str, Any] = {
            name: node.create_publisher(
                message_type(there[name][0]), name, qos_of(latched.get(name, False))
            )
            for name in chosen
        }
        self._clock = node.create_publisher(Clock, "/clock", qos_of(False, 10))

    def play(
        self,
        rate: float = 1.0,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> int:
        """Publish everything once, in the calling thread; how many messages were sent.

        Args:
            rate: Bag seconds a second of wall clock.
            should_stop: Asked between messages.

        Raises:
            BadInputError: ``rate`` is not positive.
        """
        if not rate > 0.0:
            raise BadInputError(f"rate {rate}: expected more than 0 bag seconds a second")
        first: float | None = None
        began = wall.monotonic()
        told = 0.0
        count = 0
        for recorded in read_bag(self._bag, list(self.publishers)):
            if first is None:
                first = told = recorded.stamp
                self._tell(told)
            while told + CLOCK_PERIOD <= recorded.stamp:
                told += CLOCK_PERIOD
                ahead = (told - first) / rate - (wall.monotonic() - began)
                if ahead > 0.0:
                    wall.sleep(ahead)
                self._tell(told)
                if should_stop():
                    return count
            self.publishers[recorded.topic].publish(recorded.data)
            count += 1
        return count

    def _tell(self, stamp: float) -> None:
        self._clock.publish(Clock(clock=to_time(stamp)))


class BagRecorder:
    """Writes every message of some topics into a bag, as they come."""

    def __init__(self, node: Node, writer: BagWriter, topics: Collection[str]) -> None:
        """``topics``: absolute names; those nobody offers yet are taken when somebody does."""
        self._node, self._writer = node, writer
        self._waiting = set(topics)
        self.counts: dict[str, int] = dict.fromkeys(topics, 0)
        self._subscriptions: list[Any] = []
        node.create_timer(0.2, self.poll)

    def poll(self) -> None:
        """Subscribe to what has appeared."""
        for name in sorted(self._waiting):
            offers = self._node.get_publishers_info_by_topic(name)
            if not offers:
                continue
            self._waiting.discard(name)
            kind = offers[0].topic_type
            latched = all(
                o.qos_profile.durability == DurabilityPolicy.TRANSIENT_LOCAL for o in offers
            )
            qos = qos_of(latched)
            if any(o.qos_profile.reliability != ReliabilityPolicy.RELIABLE for o in offers):
                qos.reliability = ReliabilityPolicy.BEST_EFFORT

            def take(
                data: bytes, name: str = name, kind: str = kind, kept: bool = latched
            ) -> None:
                stamp = self._node.get_clock().now().nanoseconds * 1e-9
                self._writer.write_bytes(name, kind, data, stamp, kept)
                self.counts[name] += 1

            self._subscriptions.append(
                self._node.create_subscription(message_type(kind), name, take, qos, raw=True)
            )
