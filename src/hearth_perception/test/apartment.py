"""The simulated apartment as a source of head camera views, for tests and figures.

Robot, doors and things are put where a test wants them by writing the state before rendering:
this is a photographer's studio, not a running deployment. Truth stays on this side.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("MUJOCO_GL", "egl")

import mujoco
import numpy as np
from hearth_core.geometry import Pose2, Transform
from hearth_core.home import Home
from hearth_core.ports import CameraModel
from hearth_description.core.model import RobotModel, find_model, load_urdf
from hearth_perception.core.gaze import aim
from hearth_perception.core.view import View
from hearth_sim.core.assemble import read_home
from hearth_sim.core.stage import Snapshot
from hearth_sim.core.world import World

HOMES = Path(__file__).resolve().parents[3] / "config" / "homes"
OPTICAL = "head_camera_color_optical_frame"


class Studio:
    """One seed of one home."""

    def __init__(
        self, home: str | Path | Home = HOMES / "apartment.yaml", seed: int = 0, rest: float = 0.5
    ) -> None:
        self.home: Home = read_home(home)
        self.world = World.make(self.home, seed=seed)
        self.robot: RobotModel = load_urdf(find_model())
        self.positions: dict[str, float] = {}
        self.base = Pose2()
        self.stamp = 0.0
        self._together = False
        self.settle(rest)
        # Sleeping bodies would not follow what is written into the state.
        self.model.opt.enableflags &= ~mujoco.mjtEnableBit.mjENBL_SLEEP.value

    def settle(self, seconds: float = 0.5) -> None:
        """Let things come to rest."""
        self.world.advance(seconds)

    def close(self) -> None:
        self.world.close()

    @property
    def model(self) -> mujoco.MjModel:
        return self.world.stage.model

    @property
    def data(self) -> mujoco.MjData:
        return self.world.stage.data

    def place_pose(self, name: str) -> Pose2:
        """Where a piece of furniture really stands."""
        body = self.data.body(f"furniture/{name}")
        return Transform(body.xmat.reshape(3, 3).copy(), body.xpos.copy()).planar()

    def thing_pose(self, name: str) -> Transform:
        body = self.data.body(name)
        return Transform(body.xmat.reshape(3, 3).copy(), body.xpos.copy())

    def move_thing(self, name: str, pose: Transform) -> None:
        joint = self.model.joint(name)
        x, y, z, w = pose.quaternion()
        self.data.qpos[joint.qposadr[0] : joint.qposadr[0] + 7] = [*pose.translation, w, x, y, z]
        self._refresh()

    def set_door(self, name: str, opening: float) -> None:
        """``refrigerator/door``"""
        joint = self.world.stage.joint_index(self.world.stage.home.articulations[name])
        self.data.qpos[self.model.jnt_qposadr[joint]] = opening
        self._refresh()

    def stand(self, base: Pose2, **positions: float) -> None:
        """Put the robot somewhere with these joint positions."""
        bound = self.world.stage.robots["robot1"]
        joint = self.model.body_jntadr[bound.body]
        at = self.model.jnt_qposadr[joint]
        self.data.qpos[at : at + 2] = base.x, base.y
        self.data.qpos[at + 3 : at + 7] = [math.cos(base.yaw / 2), 0, 0, math.sin(base.yaw / 2)]
        self.base = base
        self.positions.update(positions)
        for group in bound.groups.values():
            for handle, adr in zip(group.handles, group.qpos, strict=True):
                if handle.name in positions:
                    self.data.qpos[adr] = positions[handle.name]
        self._refresh()

    def look_at(self, target: tuple[float, float, float]) -> float:
        """Turn the head to a point of the map; the angle left [rad]."""
        local = self.base.lift().inverse().apply(np.array(target))
        gaze = aim(self.robot, self.positions, local)
        self.stand(self.base, head_pan_joint=gaze.pan, head_tilt_joint=gaze.tilt)
        return gaze.error

    def view(self, perfect: bool = False) -> View:
        self.stamp += 0.5
        frame = self.world.render("robot1/head_camera", 640, 480, perfect)
        camera: CameraModel = self.world.hardware("robot1").cameras["head_camera"].color
        return View(self.stamp, camera, self.optical(), frame.color, frame.depth)

    def optical(self) -> Transform:
        """True pose of the optical frame."""
        number = self.world.stage.robots["robot1"].cameras["head_camera"]
        rotation = self.data.cam_xmat[number].reshape(3, 3)
        flip = np.diag([1.0, -1.0, -1.0])
        return Transform(rotation @ flip, self.data.cam_xpos[number].copy())

    def joint_positions(self) -> dict[str, float]:
        bound = self.world.stage.robots["robot1"]
        return {
            handle.name: float(self.data.qpos[adr])
            for group in bound.groups.values()
            for handle, adr in zip(group.handles, group.qpos, strict=True)
        }

    @contextmanager
    def together(self) -> Iterator[None]:
        """Many changes, one new moment."""
        self._together = True
        try:
            yield
        finally:
            self._together = False
            self._refresh()

    def _refresh(self) -> None:
        if self._together:
            return
        mujoco.mj_forward(self.model, self.data)
        self.world.steps += 1  # a new moment: the renderer keeps what it drew last
        self.world.snapshot = Snapshot.of(self.world.now, self.data)
