"""Frames from captured states: drawn at once, or by a thread of their own beside the physics."""

from __future__ import annotations

import copy
import logging
import math
import threading
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from hearth_core.ports import Frame

from hearth_sim.core.render_noise import DepthErrors, noisy_color, noisy_depth
from hearth_sim.core.render_offscreen import Offscreen, metres
from hearth_sim.core.stage import Array, Stage

LOG = logging.getLogger(__name__)
REAL = DepthErrors()
WALL_CUT = 0.9
"""Height [m] at which walls are cut in views that ask for it."""
HIDDEN_GROUP = 5


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
    errors: DepthErrors | None = REAL
    """None: perfect pictures."""
    cut_walls: bool = False
    """Draw walls only to the height of a table, to look into rooms from above."""
    film: bool = False
    """Nobody waits for it: drawn after what robots want to see, and no reason to hold time."""


@dataclass(frozen=True, eq=False)
class Capture:
    """A state somebody wants to see."""

    stage: Stage
    view: View
    stamp: float
    qpos: Array
    deliver: Callable[[Frame], None]


class _Scenery:
    """A copy of the model to draw, and its pose."""

    def __init__(self, stage: Stage, cut: bool) -> None:
        # A copy: the physics thread changes its model (force limits, the lidar's groups).
        self.model: mujoco.MjModel = copy.copy(stage.model)
        self.model.opt.enableflags &= ~int(mujoco.mjtEnableBit.mjENBL_SLEEP)
        self.data = mujoco.MjData(self.model)
        self._posed: tuple[int, float] | None = None
        if cut:
            cut_boxes(self.model, [self.model.body(name).id for name in stage.home.wall_bodies])

    def pose(self, capture: Capture) -> None:
        """Put everything where it was."""
        pose = (id(capture.qpos), capture.stamp)
        if pose == self._posed:
            return
        self.data.qpos[:] = capture.qpos
        mujoco.mj_kinematics(self.model, self.data)
        mujoco.mj_comPos(self.model, self.data)
        mujoco.mj_camlight(self.model, self.data)
        self._posed = pose


class FrameRenderer:
    """Turns captures into frames. Belongs to the thread that first uses it."""

    def __init__(self) -> None:
        self._stage: Stage | None = None
        self._offscreen: Offscreen | None = None
        self._sceneries: dict[bool, _Scenery] = {}

    def frame(self, capture: Capture) -> Frame:
        """Draw a capture.

        Raises:
            HearthError: There is no usable OpenGL, or the view is too large.
        """
        view = capture.view
        scenery = self._scenery(capture.stage, view.cut_walls)
        if self._offscreen is None:
            self._offscreen = Offscreen(scenery.model)
        scenery.pose(capture)
        color, buffer = self._offscreen.render(
            scenery.model,
            scenery.data,
            view.camera,
            (view.width, view.height),
            color=view.color,
            depth=view.depth,
        )
        if view.errors is None:
            return Frame(capture.stamp, color, None if buffer is None else metres(buffer))
        seed = zlib.crc32(f"{view.name} {capture.stamp:.3f}".encode()) << 20
        depth = None
        if buffer is not None:
            focal = self._focal(scenery.model, view)
            depth = noisy_depth(buffer, focal, seed, view.errors)
        if color is not None:
            color = noisy_color(color, seed + 1)
        return Frame(capture.stamp, color, depth)

    def _scenery(self, stage: Stage, cut: bool) -> _Scenery:
        if stage is not self._stage:
            self.close()
            self._stage = stage
        if cut not in self._sceneries:
            self._sceneries[cut] = _Scenery(stage, cut)
        return self._sceneries[cut]

    @staticmethod
    def _focal(model: mujoco.MjModel, view: View) -> float:
        fovy = model.cam_fovy[view.camera] if isinstance(view.camera, int) else 45.0
        return focal_length(float(fovy), view.height)

    def close(self) -> None:
        """Free the GL context."""
        if self._offscreen is not None:
            self._offscreen.close()
        self._offscreen = self._stage = None
        self._sceneries = {}


def cut_boxes(model: mujoco.MjModel, bodies: Sequence[int], height: float = WALL_CUT) -> None:
    """Cut upright boxes of fixed bodies at ``height`` [m]; what is above it disappears."""
    boxes = np.isin(model.geom_bodyid, bodies) & (
        model.geom_type == int(mujoco.mjtGeom.mjGEOM_BOX)
    )
    for geom in np.flatnonzero(boxes):
        middle, half = float(model.geom_pos[geom, 2]), float(model.geom_size[geom, 2])
        bottom, top = middle - half, middle + half
        if top <= height:
            continue
        top = max(height, bottom + 1e-3)
        if bottom >= height:
            model.geom_group[geom] = HIDDEN_GROUP
        model.geom_pos[geom, 2] = (bottom + top) / 2
        model.geom_size[geom, 2] = (top - bottom) / 2


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
        self._failed: set[str] = set()
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
        """Stamp [s] of the oldest capture a robot waits for; None: there is none."""
        with self._wake:
            waiting = [*self._queue] if self._busy is None else [self._busy, *self._queue]
            return min((c.stamp for c in waiting if not c.view.film), default=None)

    def close(self) -> None:
        """Drop what waits, finish what is being drawn, and end the thread."""
        with self._wake:
            self._stop = True
            self._wake.notify()
        self._thread.join(timeout=10.0)

    def _film(self, renderer: FrameRenderer, capture: Capture) -> None:
        """A film that fails ends no run: it is told once, and the others go on."""
        name = capture.view.name
        if name in self._failed:
            return
        try:
            capture.deliver(renderer.frame(capture))
        except Exception:
            self._failed.add(name)
            LOG.exception("the film %r ends here", name)

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
                    capture = min(self._queue, key=lambda waiting: waiting.view.film)
                    self._queue.remove(capture)
                    self._busy = capture
                if capture.view.film:
                    self._film(renderer, capture)
                else:
                    capture.deliver(renderer.frame(capture))
                self.drawn += 1
        except BaseException as error:  # the world reports it; the thread cannot
            self.error = error
            with self._wake:
                self._busy = None
                self._queue.clear()
        finally:
            renderer.close()
