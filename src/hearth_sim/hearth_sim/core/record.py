"""Films of a simulated run: an overview that follows the robot, and what its head sees."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import mujoco
import numpy as np
from hearth_core.errors import HearthError
from hearth_core.geometry import Pose2, wrap_angle
from hearth_core.ports import Frame

from hearth_sim.core.render_frames import View
from hearth_sim.core.world import World

HEAD = "head_camera"
"""What the second film shows; a robot without it: its first camera."""
CODECS = (("libx264", {"preset": "ultrafast", "crf": "26"}), ("mpeg4", {"b": "2M"}))


class Film:
    """One MP4 file. Fragmented, so that what was written is readable even after a crash."""

    def __init__(self, path: Path, size: tuple[int, int], rate: float) -> None:
        """Open ``path``; pictures are ``size`` (width, height), ``rate`` a second.

        Raises:
            HearthError: No video encoder is available.
        """
        self._lock = threading.Lock()
        self._container: Any = av.open(
            str(path), "w", options={"movflags": "frag_keyframe+empty_moov+default_base_moof"}
        )
        self._stream = self._open(size, rate)
        self._base = Fraction(1, 1000)
        self._start: float | None = None
        self._last = -1

    def _open(self, size: tuple[int, int], rate: float) -> Any:
        for codec, options in CODECS:
            try:
                stream = self._container.add_stream(
                    codec, rate=Fraction(rate).limit_denominator(1000), options=options
                )
            except Exception:  # an encoder this build of PyAV lacks
                continue
            stream.width, stream.height = size
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = Fraction(1, 1000)
            stream.codec_context.gop_size = 20
            return stream
        raise HearthError(f"PyAV has none of the encoders {[codec for codec, _ in CODECS]}")

    def add(self, frame: Frame) -> None:
        """Append a picture; those that come too late or twice are left out."""
        if frame.color is None:
            return
        with self._lock:
            if self._container is None:
                return
            if self._start is None:
                self._start = frame.stamp
            stamp = round((frame.stamp - self._start) * 1000)
            if stamp <= self._last:
                return
            self._last = stamp
            picture = av.VideoFrame.from_ndarray(frame.color, format="rgb24")
            picture.pts, picture.time_base = stamp, self._base
            for packet in self._stream.encode(picture):
                self._container.mux(packet)

    def close(self) -> None:
        """Finish the file; a second call does nothing."""
        with self._lock:
            container, self._container = self._container, None
            if container is None:
                return
            for packet in self._stream.encode():
                container.mux(packet)
            container.close()


class Overview:
    """A free camera high above and behind a robot that turns slowly with it."""

    DISTANCE = 4.2
    """[m]."""
    ELEVATION = -58.0
    """[degree]; steep enough to look over walls."""
    AHEAD, ASIDE = 0.4, 0.35
    """It looks at a point ahead of the robot [m], from behind and to one side [rad]."""
    FOLLOW, TURN = 0.2, 0.05
    """Share of the way to the robot's place and heading that it goes with each picture."""

    def __init__(self, world: World, robot: str, size: tuple[int, int]) -> None:
        self._world, self._robot, self._size = world, robot, size
        self._camera = mujoco.MjvCamera()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FREE
        self._camera.distance = self.DISTANCE
        self._camera.elevation = self.ELEVATION
        self._started = False

    def view(self) -> View:
        """Where to look from now."""
        stage = self._world.stage
        pose = stage.body_pose(stage.robots[self._robot].body).planar()
        ahead = pose @ Pose2(self.AHEAD)
        camera = self._camera
        follow, turn = (self.FOLLOW, self.TURN) if self._started else (1.0, 1.0)
        self._started = True
        camera.lookat[:] += follow * (np.array([ahead.x, ahead.y, 0.6]) - camera.lookat)
        # Azimuth is the direction the camera looks in.
        azimuth = math.radians(camera.azimuth)
        azimuth += turn * wrap_angle(pose.yaw + self.ASIDE - azimuth)
        camera.azimuth = math.degrees(wrap_angle(azimuth))
        # A copy: the render thread reads it later.
        still = mujoco.MjvCamera()
        still.type = camera.type
        still.lookat[:] = camera.lookat
        still.distance, still.elevation = camera.distance, camera.elevation
        still.azimuth = camera.azimuth
        return replace(_film("overview", still, self._size), cut_walls=True)


def _film(name: str, camera: int | mujoco.MjvCamera, size: tuple[int, int]) -> View:
    return View(name, camera, *size, color=True, depth=False, errors=None, film=True)


class Recorder:
    """Films a world until closed: ``overview.mp4`` and ``head_camera.mp4`` in a folder."""

    def __init__(
        self,
        world: World,
        folder: Path,
        robot: str,
        rate: float = 10.0,
        overview: tuple[int, int] = (640, 480),
        head: tuple[int, int] = (320, 240),
    ) -> None:
        """Start filming ``robot`` at ``rate`` pictures a simulated second."""
        folder.mkdir(parents=True, exist_ok=True)
        self._films: list[Film] = []
        above = Overview(world, robot, overview)
        self._film(world, folder / "overview.mp4", above.view, overview, rate)
        cameras = world.stage.robots[robot].cameras
        if not cameras:
            return
        name = HEAD if HEAD in cameras else next(iter(cameras))

        def through_head() -> View:
            return _film("head_camera film", world.stage.robots[robot].cameras[name], head)

        self._film(world, folder / "head_camera.mp4", through_head, head, rate)

    def _film(
        self,
        world: World,
        path: Path,
        view: Callable[[], View],
        size: tuple[int, int],
        rate: float,
    ) -> None:
        film = Film(path, size, rate)
        self._films.append(film)
        world.film(view, rate, film.add)

    def close(self) -> None:
        """Finish the files."""
        for film in self._films:
            film.close()
