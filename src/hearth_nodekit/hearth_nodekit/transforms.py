"""Transforms over time: who is where, seen from whom, when.

One subscription a process decodes ``tf``; lookups interpolate. A transform that is not
known is an error, never the identity.
"""

import bisect
import threading
import time as wall
from collections import deque

from geometry_msgs.msg import TransformStamped
from hearth_core.errors import HearthError
from hearth_core.geometry import Transform, interpolate
from rclpy.node import Node
from tf2_msgs.msg import TFMessage

from hearth_nodekit.convert import from_time, from_transform, to_transform_stamped
from hearth_nodekit.topics import TF, TF_STATIC


class TransformError(HearthError):
    """A transform is unknown, or not known for that time."""


class _History:
    """Newest transforms of one moving frame, in order of time."""

    def __init__(self, parent: str) -> None:
        self.parent = parent
        self.items: deque[tuple[float, TransformStamped]] = deque()

    def add(self, stamp: float, message: TransformStamped, keep: float) -> None:
        if self.items and stamp < self.items[-1][0]:
            if self.items[-1][0] - stamp > keep:
                self.items.clear()  # the clock was reset
            else:
                return  # late duplicates add nothing
        self.items.append((stamp, message))
        while stamp - self.items[0][0] > keep:
            self.items.popleft()

    def at(self, child: str, time: float | None, ahead: float) -> Transform:
        stamp, newest = self.items[-1]
        if time is None or stamp <= time <= stamp + ahead:
            return from_transform(newest.transform)
        if time > stamp:
            raise TransformError(
                f"{self.parent} -> {child}: asked for {time:.3f} s, newest is {stamp:.3f} s"
            )
        index = bisect.bisect_left(self.items, time, key=lambda item: item[0])
        after_stamp, after = self.items[index]
        if index == 0:
            if after_stamp == time:
                return from_transform(after.transform)
            raise TransformError(
                f"{self.parent} -> {child}: asked for {time:.3f} s, oldest is {after_stamp:.3f} s"
            )
        before_stamp, before = self.items[index - 1]
        fraction = (time - before_stamp) / (after_stamp - before_stamp)
        return interpolate(
            from_transform(before.transform), from_transform(after.transform), fraction
        )


class TransformStore:
    """The tree of frames without ROS: add transforms, look them up. Thread safe."""

    def __init__(self, keep: float = 10.0) -> None:
        """Remember ``keep`` seconds of every moving frame."""
        self._keep = keep
        self._static: dict[str, tuple[str, Transform]] = {}
        self._moving: dict[str, _History] = {}
        self._changed = threading.Condition()

    def add_static(self, message: TransformStamped) -> None:
        """Take a transform that holds for ever."""
        with self._changed:
            self._static[message.child_frame_id] = (
                message.header.frame_id,
                from_transform(message.transform),
            )
            self._changed.notify_all()

    def add(self, messages: list[TransformStamped]) -> None:
        """Take transforms of moving frames (decoded only when looked up)."""
        with self._changed:
            for message in messages:
                child, parent = message.child_frame_id, message.header.frame_id
                history = self._moving.get(child)
                if history is None or history.parent != parent:
                    history = self._moving[child] = _History(parent)
                history.add(from_time(message.header.stamp), message, self._keep)
            self._changed.notify_all()

    def lookup(
        self, target: str, source: str, time: float | None = None, ahead: float = 0.05
    ) -> Transform:
        """``target_from_source`` at ``time`` [s], or the newest of each link when None.

        Args:
            target: Frame to express things in.
            source: Frame things are given in.
            time: Moment [s] of the robot's clock.
            ahead: How far [s] past the newest transform it still counts as that one.

        Raises:
            TransformError: A frame is unknown, the two are not connected, or the time is
                outside what is remembered.
        """
        with self._changed:
            return self._lookup(target, source, time, ahead)

    def wait(
        self, target: str, source: str, time: float | None, timeout: float, ahead: float = 0.0
    ) -> Transform:
        """As :meth:`lookup`, waiting up to ``timeout`` wall seconds. Not for executor callbacks.

        Raises:
            TransformError: It is still not known then.
        """
        deadline = wall.monotonic() + timeout
        with self._changed:
            while True:
                try:
                    return self._lookup(target, source, time, ahead)
                except TransformError:
                    left = deadline - wall.monotonic()
                    if left <= 0.0:
                        raise
                    self._changed.wait(left)

    def newest_stamp(self, child: str) -> float | None:
        """Stamp [s] of the newest transform of a moving frame, None if never seen."""
        with self._changed:
            history = self._moving.get(child)
            return history.items[-1][0] if history else None

    def _lookup(self, target: str, source: str, time: float | None, ahead: float) -> Transform:
        target_chain = self._ancestors(target)
        source_chain = self._ancestors(source)
        common = next((frame for frame in source_chain if frame in target_chain), None)
        if common is None:
            known = sorted(
                {*self._static, *self._moving} | {h.parent for h in self._moving.values()}
            )
            raise TransformError(
                f"no connection {target!r} <- {source!r}; known frames: {known[:40]}"
            )
        return self._climb(target, common, time, ahead).inverse() @ self._climb(
            source, common, time, ahead
        )

    def _parent(self, frame: str) -> str | None:
        if frame in self._static:
            return self._static[frame][0]
        history = self._moving.get(frame)
        return history.parent if history else None

    def _ancestors(self, frame: str) -> list[str]:
        chain = [frame]
        while (parent := self._parent(chain[-1])) is not None and len(chain) < 100:
            chain.append(parent)
        return chain

    def _climb(self, frame: str, ancestor: str, time: float | None, ahead: float) -> Transform:
        """``ancestor_from_frame``."""
        result = Transform.identity()
        while frame != ancestor:
            if frame in self._static:
                parent, step = self._static[frame]
            else:
                history = self._moving[frame]
                parent, step = history.parent, history.at(frame, time, ahead)
            result = step @ result
            frame = parent
        return result


class TransformListener(TransformStore):
    """A store fed from ``tf`` and ``tf_static`` of the node's namespace."""

    def __init__(self, node: Node, keep: float = 10.0) -> None:
        super().__init__(keep)
        TF.subscribe(node, lambda message: self.add(message.transforms))
        TF_STATIC.subscribe(node, self._on_static)

    def _on_static(self, message: TFMessage) -> None:
        for item in message.transforms:
            self.add_static(item)


class TransformBroadcaster:
    """Writes ``tf`` of the node's namespace."""

    def __init__(self, node: Node) -> None:
        self._publisher = TF.publisher(node)

    def send(self, parent: str, child: str, transform: Transform, stamp: float) -> None:
        """Publish ``parent_from_child`` at ``stamp`` [s]."""
        self.send_all([to_transform_stamped(parent, child, transform, stamp)])

    def send_all(self, transforms: list[TransformStamped]) -> None:
        """Publish several in one message."""
        self._publisher.publish(TFMessage(transforms=transforms))


class StaticTransformBroadcaster:
    """Writes ``tf_static``; one message holds everything this node ever said."""

    def __init__(self, node: Node) -> None:
        self._publisher = TF_STATIC.publisher(node)
        self._sent: dict[str, TransformStamped] = {}

    def send_all(self, transforms: list[TransformStamped]) -> None:
        """Publish, together with what was sent before (latched topics keep one message)."""
        for message in transforms:
            self._sent[message.child_frame_id] = message
        self._publisher.publish(TFMessage(transforms=list(self._sent.values())))
