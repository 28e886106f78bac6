"""The simulated head camera for skills without ROS: a head that turns, images with their pose."""

from __future__ import annotations

import numpy as np
from harness import SimBody
from hearth_core.frames import HEAD_JOINTS
from hearth_core.ports import Frame
from hearth_manipulation.core.context import Context
from hearth_manipulation.core.depth_view import DepthView, EntryWatch, unknown_surfaces
from hearth_manipulation.core.kinematics import Array
from hearth_manipulation.core.model import RobotModel
from hearth_manipulation.core.scene import Scene, SeenSurfaces
from hearth_manipulation.core.timing import Trajectory

SECONDS = 0.8
"""For a turn of the head [s]."""


class DepthEye:
    """Newest depth image of a simulated robot and the configuration it was taken in."""

    def __init__(self, body: SimBody, model: RobotModel, rate: float = 5.0) -> None:
        self._body = body
        self._model = model
        self._camera = body.hardware.cameras["head_camera"]
        self._newest: tuple[DepthView, Array] | None = None
        self._camera.listen(self._take)
        self._camera.want(False, True, rate)

    def serve(self, context: Context) -> None:
        """Let a robot's motions go around what is seen, and stop for what comes in."""

        def seen(known: Scene) -> SeenSurfaces | None:
            if self._newest is None:
                return None
            view, q = self._newest
            return unknown_surfaces(view, context.planner.model, q, known)[0]

        context.mover.seen = seen
        context.watch = lambda known: EntryWatch(self.newest, context.planner.model, known)

    def newest(self) -> tuple[DepthView, Array] | None:
        """As :class:`hearth_manipulation.ros_depth.DepthReader` gives it."""
        return self._newest

    def look(self, point: Array) -> None:
        """Turn the head until a point in odom lies on the optical axis, as far as it turns."""
        q = self._configuration()
        dofs = self._model.indices(HEAD_JOINTS)
        for _ in range(8):
            x, y, z = self._model.pose(q, self._frame).inverse().apply(point)
            q[dofs] += (-np.arctan2(x, z), np.arctan2(y, z))
            q[dofs] = np.clip(q[dofs], self._model.lower[dofs], self._model.upper[dofs])
        there = q[dofs][None]
        way = Trajectory(HEAD_JOINTS, np.array([SECONDS]), there, np.zeros_like(there))
        motion = self._body.follow("head", way)
        while not motion.done():
            self._body.pause(0.05)

    @property
    def _frame(self) -> str:
        depth = self._camera.depth
        assert depth is not None
        return depth.frame

    def _configuration(self) -> Array:
        base = self._body.base()
        return self._model.configuration(self._body.joints(), np.array([base.x, base.y, base.yaw]))

    def _take(self, frame: Frame) -> None:
        lens = self._camera.depth
        assert lens is not None
        assert frame.depth is not None
        q = self._configuration()
        self._newest = (
            DepthView(
                frame.stamp,
                frame.depth,
                np.array([lens.fx, lens.fy, lens.cx, lens.cy]),
                self._model.pose(q, self._frame),
            ),
            q,
        )
