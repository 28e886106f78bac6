"""Draws one picture at a time with MuJoCo's renderer, with the settings measured fastest."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt
from hearth_core.errors import HearthError

NEAR = 0.02
"""Near clipping plane [m]."""
FAR = 60.0
"""Far clipping plane [m]."""
MAX_GEOMS = 4000

Color = npt.NDArray[np.uint8]
Depth = npt.NDArray[np.float32]


class Offscreen:
    """A GL context and what it draws. Belongs to the thread that made it."""

    def __init__(self, model: mujoco.MjModel) -> None:
        """Upload ``model``; the picture may be as large as its offscreen buffer.

        Raises:
            HearthError: There is no usable OpenGL.
        """
        self._width = int(model.vis.global_.offwidth)
        self._height = int(model.vis.global_.offheight)
        try:
            self._gl: Any = mujoco.GLContext(self._width, self._height)
            self._gl.make_current()
            self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100.value)
        except Exception as error:  # MuJoCo raises whatever its GL loader raises.
            raise HearthError(
                f"cannot render: {error}; on a machine without a display set MUJOCO_GL=egl "
                "(apt: libegl1 libgl1-mesa-dri)"
            ) from error
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._context)
        self._context.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR
        self._scene = mujoco.MjvScene(model, MAX_GEOMS)
        for flag in (mujoco.mjtRndFlag.mjRND_SHADOW, mujoco.mjtRndFlag.mjRND_REFLECTION):
            self._scene.flags[flag] = 0
        self._option = mujoco.MjvOption()
        self._option.sitegroup[:] = 0
        self._option.geomgroup[3:] = 0
        self._fixed = mujoco.MjvCamera()
        self._fixed.type = mujoco.mjtCamera.mjCAMERA_FIXED

    def render(
        self,
        model: mujoco.MjModel,
        data: mujoco.MjData,
        camera: int | mujoco.MjvCamera,
        size: tuple[int, int],
        *,
        color: bool,
        depth: bool,
    ) -> tuple[Color | None, Depth | None]:
        """Draw what ``camera`` sees; ``size`` is width, height [pixels].

        ``model`` has the meshes and textures of the one that was uploaded.

        Returns:
            RGB, shape (H, W, 3), and the raw depth buffer (see :func:`metres`), shape (H, W).
        """
        width, height = size
        if width > self._width or height > self._height:
            raise HearthError(
                f"picture {width} x {height} is larger than the buffer, "
                f"{self._width} x {self._height}"
            )
        if isinstance(camera, int):
            self._fixed.fixedcamid = camera
            camera = self._fixed
        self._gl.make_current()
        mujoco.mjv_updateScene(
            model,
            data,
            self._option,
            None,
            camera,
            mujoco.mjtCatBit.mjCAT_ALL.value,
            self._scene,
        )
        # Without colour, textures and lights are time wasted.
        for flag in (mujoco.mjtRndFlag.mjRND_SEGMENT, mujoco.mjtRndFlag.mjRND_IDCOLOR):
            self._scene.flags[flag] = 0 if color else 1
        rect = mujoco.MjrRect(0, 0, width, height)
        mujoco.mjr_render(rect, self._scene, self._context)
        rgb = np.empty((height, width, 3), np.uint8) if color else None
        buffer = np.empty((height, width), np.float32) if depth else None
        mujoco.mjr_readPixels(rgb, buffer, rect, self._context)
        return (
            None if rgb is None else np.ascontiguousarray(rgb[::-1]),
            None if buffer is None else np.ascontiguousarray(buffer[::-1]),
        )

    def close(self) -> None:
        """Free the context."""
        self._context.free()
        self._gl.free()


def clip_planes(model: mujoco.MjModel) -> None:
    """Set the clipping planes in metres, however large the home is."""
    model.vis.map.znear = NEAR / model.stat.extent
    model.vis.map.zfar = FAR / model.stat.extent


def metres(buffer: Depth) -> Depth:
    """Depth along z [m] from the reversed depth buffer (1 near, 0 far)."""
    return (FAR * NEAR / (buffer.astype(np.float64) * (FAR - NEAR) + NEAR)).astype(np.float32)
