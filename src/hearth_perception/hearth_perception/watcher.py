"""Turns images into percepts in a thread of its own, and lets others wait for new ones."""

from __future__ import annotations

import threading
import time as wall
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hearth_core.errors import HearthError
from hearth_core.frames import MAP
from hearth_core.geometry import Transform
from hearth_description.core.model import RobotModel
from hearth_nodekit.transforms import TransformError
from hearth_nodekit.worker import LatestWorker
from rclpy.node import Node

from hearth_perception.camera_intake import CameraIntake, Shot, decode
from hearth_perception.core.ego import Ego
from hearth_perception.core.perceiver import Perceiver, Percept
from hearth_perception.core.view import BadViewError, View
from hearth_perception.lazy_transforms import LazyTransforms

Mask = npt.NDArray[np.bool_]


class NoViewError(HearthError):
    """No usable image came in time."""


@dataclass(frozen=True, eq=False)
class Look:
    """One processed view."""

    percept: Percept
    ignore: Mask | None
    latency: float
    """Processing time [s], wall clock."""


class Watcher:
    """Owns the camera, the perceiver and their thread.

    Interest keeps the camera on: :meth:`watching` while a request runs, :meth:`linger` after it.
    """

    def __init__(
        self,
        node: Node,
        camera: str,
        perceiver: Perceiver,
        transforms: LazyTransforms,
        *,
        rate: float,
        linger: float,
        on_look: Callable[[Look], None],
    ) -> None:
        self.perceiver = perceiver
        self.lock = threading.Lock()
        """Held while the perceiver changes."""
        self.model: RobotModel | None = None
        self.held_hands: tuple[str, ...] = ()
        self.frames = 0
        self.problem = ""
        """Why the newest image could not be used; empty: it could."""
        self.failures = 0
        self.latency = 0.0
        self._node = node
        self._camera = camera
        self._transforms = transforms
        self._period = 1.0 / rate
        self._linger = linger
        self._on_look = on_look
        self._ego: Ego | None = None
        self._requests = 0
        self._until = -np.inf
        self._last = -np.inf
        self._changed = threading.Condition()
        self._newest: Look | None = None
        self.intake = CameraIntake(node, camera, self._on_shot)
        self._worker: LatestWorker[Shot] = LatestWorker(node, self._process, "perception_images")

    def set_model(self, model: RobotModel) -> None:
        """Take the robot's description: its own parts are then left out of views."""
        self.model, self._ego = model, Ego(model)

    def close(self) -> None:
        """Stop the thread."""
        self._worker.close()

    def poll(self, now: float, wanted: bool) -> None:
        """Open or close the camera; a few times a second, in the executor's thread."""
        if now < self._until - self._linger - 1.0:
            self._until = -np.inf  # the clock jumped back
        wanted = wanted or self._requests > 0 or now < self._until
        self._transforms.set_open(wanted)
        self.intake.set_open(wanted, now)

    def watching(self) -> _Interest:
        """Context that keeps the camera on."""
        return _Interest(self)

    def now(self) -> float:
        """The robot's clock [s]."""
        return float(self._node.get_clock().now().nanoseconds) * 1e-9

    def newest(self) -> Look | None:
        """The last look, however old."""
        with self._changed:
            return self._newest

    def wait_look(
        self, after: float, timeout: float, should_stop: Callable[[], bool] = lambda: False
    ) -> Look:
        """The first look at an image taken after ``after`` [s].

        Args:
            after: Time of the robot's clock [s].
            timeout: Longest wait [s], wall clock.
            should_stop: Asked a few times a second.

        Raises:
            NoViewError: None came; says why.
        """
        deadline = wall.monotonic() + timeout
        with self._changed:
            failures = self.failures
            while True:
                look = self._newest
                if look is not None and look.percept.view.stamp > after:
                    return look
                left = deadline - wall.monotonic()
                hopeless = self.failures - failures >= 3
                if left <= 0.0 or hopeless or should_stop():
                    reason = self.problem or self._why()
                    raise NoViewError(f"no new view of {self._camera}: {reason}")
                self._changed.wait(min(left, 0.2))

    def _why(self) -> str:
        broken = self.intake.problem(self.now())
        if broken:
            return broken
        missing = self.intake.missing()
        return f"nothing on {missing}" if missing else "colour and depth stamps do not match"

    def _enter(self) -> None:
        with self._changed:
            self._requests += 1

    def _leave(self) -> None:
        now = self.now()
        with self._changed:
            self._requests -= 1
            self._until = now + self._linger

    def _on_shot(self, shot: Shot) -> None:
        """In the executor's thread: hand it on if it is due."""
        if shot.stamp < self._last - 1.0:
            self._last = -np.inf
        due = self._requests > 0 or shot.stamp - self._last >= self._period * 0.95
        if due:
            self._last = shot.stamp
            self._worker.offer(shot)

    def _process(self, shot: Shot) -> None:
        start = wall.monotonic()
        try:
            look = self._make(shot, start)
        except HearthError as error:
            text = str(error)
            if isinstance(error, NoViewError) and not self._transforms.settled:
                with self._changed:
                    self.problem = text
                return  # images of before the transforms were read
            self._node.get_logger().error(text, throttle_duration_sec=5.0)
            with self._changed:
                self.problem = text
                self.failures += 1
                self._changed.notify_all()
            return
        self._on_look(look)
        with self._changed:
            self.problem = ""
            self.frames += 1
            self.latency = look.latency
            self._newest = look
            self._changed.notify_all()

    def _make(self, shot: Shot, start: float) -> Look:
        frame = shot.info.header.frame_id
        try:
            pose = self._pose(frame, shot.stamp)
        except TransformError as error:
            raise NoViewError(
                f"{self._camera}: no pose of {frame!r} in {MAP!r} at the image's time: {error}"
            ) from error
        view = decode(shot, self._camera, pose, self._transforms.lookup)
        with self.lock:
            if self._newest is not None and view.stamp < self._newest.percept.view.stamp - 1.0:
                self.perceiver.forget()
            ignore = self._own_parts(view)
            try:
                percept = self.perceiver.look(view, ignore)
            except BadViewError as error:
                raise BadViewError(f"{self._camera}/depth/image_raw: {error}") from error
        return Look(percept, ignore, wall.monotonic() - start)

    def _pose(self, frame: str, stamp: float) -> Transform:
        """Where the camera was; a localisation a little behind is better than none."""
        try:
            return self._transforms.wait(MAP, frame, stamp, timeout=1.0, ahead=0.02)
        except TransformError:
            return self._transforms.lookup(MAP, frame, stamp, ahead=0.3)

    def _own_parts(self, view: View) -> Mask | None:
        if self._ego is None or self.model is None:
            return None
        positions = self.intake.positions(view.stamp)
        if not positions or view.camera.frame not in self.model.links:
            return None
        held: list[Transform] = []
        for side in self.held_hands:
            known = {k: v for k, v in positions.items() if k in self.model.kinematics.index}
            held.append(self.model.pose(known, f"{side}_grasp_frame"))
        return self._ego.mask(view, positions, view.camera.frame, self.perceiver.stride, held)


class _Interest:
    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def __enter__(self) -> None:
        self._watcher._enter()

    def __exit__(self, *_: object) -> None:
        self._watcher._leave()
