"""Frames from captured states: drawn at once, or by a thread of their own beside the physics."""

from __future__ import annotations

import copy
import math
import threading
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import mujoco

from hearth_core.ports import Frame
from hearth_sim.core.render_noise import DepthErrors, noisy_color, noisy_depth
from hearth_sim.core.render_offscreen import Offscreen, metres
from hearth_sim.core.stage import Array, Stage


@dataclass(frozen=True)
class View:
    """What to draw and from where."""

    name: str
    """Unique: at most one capture of a view waits to be drawn."""
    camera: int | mujoco.MjvCamera
    """Number of a camera of the model, or a free one."""
    width: int
    height: int
    color: bool
    depth: bool
    errors: DepthErrors | None = DepthErrors()
    """None: perfect pictures."""


@dataclass(frozen=True)
class Capture:
    """A state somebody wants to see."""

    stage: Stage
    view: View
    stamp: float
    qpos: Array
    deliver: Callable[[Frame], None]


class FrameRenderer:
    """Turns captures into frames. Belongs to the thread that first uses it."""

    def __init__(self) -> None:
        self._stage: Stage | None = None
        self._offscreen: Offscreen | None = None
        self._data: mujoco.MjData | None = None
        self._model: mujoco.MjModel | None = None
        self._posed: tuple[int, float] | None = None

    def frame(self, capture: Capture) -> Frame:
        """Draw a capture.

        Raises:
            HearthError: There is no usable OpenGL, or the view is too large.
        """
        if capture.stage is not self._stage or self._offscreen is None or self._data is None:
            self._open(capture.stage)
        assert self._offscreen is not None
        assert self._data is not None
        pose = (id(capture.qpos), capture.stamp)
        if pose != self._posed:
            self._data.qpos[:] = capture.qpos
            mujoco.mj_kinematics(self._model, self._data)
            mujoco.mj_comPos(self._model, self._data)
            mujoco.mj_camlight(self._model, self._data)
            self._posed = pose
        view = capture.view
        color, buffer = self._offscreen.render(
            self._data, view.camera, (view.width, view.height), view.color, view.depth
        )
        if view.errors is None:
            return Frame(capture.stamp, color, None if buffer is None else metres(buffer))
        seed = zlib.crc32(f"{view.name} {capture.stamp:.3f}".encode()) << 20
        depth = None
        if buffer is not None:
            focal = self._focal(self._model, view)
            depth = noisy_depth(buffer, focal, seed, view.errors)
        if color is not None:
            color = noisy_color(color, seed + 1)
        return Frame(capture.stamp, color, depth)

    def _open(self, stage: Stage) -> None:
        self.close()
        # A copy: the physics thread changes its model (force limits, the lidar's groups).
        self._model = copy.copy(stage.model)
        self._model.opt.enableflags &= ~int(mujoco.mjtEnableBit.mjENBL_SLEEP)
        self._offscreen = Offscreen(self._model)
        self._data = mujoco.MjData(self._model)
        self._stage = stage
        self._posed = None

    @staticmethod
    def _focal(model: mujoco.MjModel, view: View) -> float:
        fovy = model.cam_fovy[view.camera] if isinstance(view.camera, int) else 45.0
        return focal_length(float(fovy), view.height)

    def close(self) -> None:
        """Free the GL context."""
        if self._offscreen is not None:
            self._offscreen.close()
        self._offscreen = self._stage = self._data = None


def focal_length(fovy: float, height: int) -> float:
    """Focal length [pixels] of a vertical field of view [degree]."""
    return height / (2.0 * math.tan(math.radians(fovy) / 2.0))


class FrameThread:
    """Draws in its own thread; a view whose last capture still waits is dropped, and counted."""

    def __init__(self) -> None:
        self._queue: deque[Capture] = deque()
        self._wake = threading.Condition()
        self._busy: Capture | None = None
        self._stop = False
        self.error: BaseException | None = None
        """Why the thread ended, if it ended by itself."""
        self.drawn = 0
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name="render", daemon=True)
        self._thread.start()

    def submit(self, capture: Capture) -> bool:
        """Queue a capture; False: the view's last one is still waiting, this one is dropped."""
        with self._wake:
            if any(waiting.view.name == capture.view.name for waiting in self._queue):
                self.dropped += 1
                return False
            self._queue.append(capture)
            self._wake.notify()
            return True

    def oldest(self) -> float | None:
        """Stamp [s] of the oldest capture not yet delivered; None: nothing waits."""
        with self._wake:
            if self._busy is not None:
                return self._busy.stamp
            return self._queue[0].stamp if self._queue else None

    def close(self) -> None:
        """Drop what waits, finish what is being drawn, and end the thread."""
        with self._wake:
            self._stop = True
            self._wake.notify()
        self._thread.join(timeout=10.0)

    def _run(self) -> None:
        renderer = FrameRenderer()
        try:
            while True:
                with self._wake:
                    self._busy = None
                    while not self._queue and not self._stop:
                        self._wake.wait()
                    if self._stop:
                        return
                    self._busy = self._queue.popleft()
                    capture = self._busy
                capture.deliver(renderer.frame(capture))
                self.drawn += 1
        except BaseException as error:  # noqa: BLE001  the world reports it; the thread cannot
            self.error = error
            with self._wake:
                self._busy = None
                self._queue.clear()
        finally:
            renderer.close()
