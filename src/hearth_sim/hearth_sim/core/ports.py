"""The simulated robot behind the ports of ``hearth_core``.

Commands are latched here and written into the model by the world before the next batch of
steps; readings come from the newest snapshot, so any thread may ask at any moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from hearth_core.errors import BadInputError
from hearth_core.ports import (
    BaseReading,
    BatteryReading,
    CameraModel,
    Frame,
    ImuReading,
    JointLimits,
    JointReading,
    Scan,
    TouchReading,
)

from hearth_sim.core.handles import CameraHandle
from hearth_sim.core.render_frames import View, focal_length
from hearth_sim.core.stage import Array, BoundGroup, Ints, Snapshot, Stage

if TYPE_CHECKING:
    from hearth_sim.core.robot_io import RobotIo

ENCODER = 2.0 * np.pi / 2**17
"""Resolution of the joint encoders [rad]."""
LOWEST_SCALE = 0.02
"""Least share of a joint's effort that can be asked for."""


class SimGroup:
    """Position-controlled joints: a JointGroupPort."""

    def __init__(self, bound: BoundGroup, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot
        self._names = tuple(joint.name for joint in bound.handles)
        self._commanded = bound.commanded
        self.names: Sequence[str] = tuple(self._names[k] for k in bound.commanded)
        self.limits: Mapping[str, JointLimits] = {
            joint.name: joint.limits for joint in bound.handles
        }
        self._lower = np.array([self.limits[name].lower for name in self.names])
        self._upper = np.array([self.limits[name].upper for name in self.names])
        self._pending: tuple[Array, Array | None] | None = None
        self._scale: float | None = None
        self._halt = False
        self.rebind(bound)

    def rebind(self, bound: BoundGroup) -> None:
        """The world was built anew: same joints, other indices; what was latched is void."""
        self._bound = bound
        self._pending, self._halt = None, False

    def read(self) -> JointReading:
        """Newest reading of the commanded joints."""
        return self._reading(self._snapshot(), self._commanded)

    def read_all(self) -> tuple[Sequence[str], JointReading]:
        """Newest reading with the coupled joints too."""
        return self._names, self._reading(self._snapshot(), slice(None))

    def _reading(self, state: Snapshot, which: Ints | slice) -> JointReading:
        qpos, dof = self._bound.qpos[which], self._bound.dof[which]
        position = np.round(state.qpos[qpos] / ENCODER) * ENCODER
        return JointReading(state.stamp, position, state.qvel[dof], state.effort[dof])

    def command(self, position: Array, velocity: Array | None = None) -> None:
        """Set targets, clipped to the joints' limits.

        Raises:
            BadInputError: Wrong shape, or a target that is not finite.
        """
        target = np.array(position, float)
        ahead = None if velocity is None else np.array(velocity, float)
        for value in (target, ahead):
            if value is None:
                continue
            if value.shape != (len(self.names),) or not np.isfinite(value).all():
                raise BadInputError(
                    f"need {len(self.names)} finite values for {list(self.names)}, got {value}"
                )
        self._halt = False
        self._pending = (np.clip(target, self._lower, self._upper), ahead)

    def set_effort_scale(self, scale: float) -> None:
        """Limit every joint to ``scale`` (0..1] of its rating.

        Raises:
            BadInputError: Not in (0, 1].
        """
        if not 0.0 < scale <= 1.0:
            raise BadInputError(f"effort scale must be in (0, 1], got {scale}")
        self._scale = max(scale, LOWEST_SCALE)

    def halt(self) -> None:
        """Hold the present position."""
        self._pending, self._halt = None, True

    def apply(self, stage: Stage) -> None:
        """Write what was latched into the model (physics thread)."""
        bound = self._bound
        if self._halt:
            self._halt = False
            stage.data.ctrl[bound.actuators] = stage.data.qpos[bound.qpos[bound.commanded]]
        pending, self._pending = self._pending, None
        if pending is not None:
            target, velocity = pending
            # A damped position servo trails a moving target by lag * velocity: aim ahead.
            ahead = 0.0 if velocity is None else bound.lag * velocity
            stage.data.ctrl[bound.actuators] = target + ahead
        scale, self._scale = self._scale, None
        if scale is not None:
            stage.model.actuator_forcerange[bound.actuators] = scale * bound.force_range


class SimBase:
    """The wheels: a BasePort."""

    def __init__(self, odometry: Callable[[], BaseReading]) -> None:
        self._odometry = odometry
        self.target = (0.0, 0.0, 0.0)

    def read(self) -> BaseReading:
        """Newest odometry."""
        return self._odometry()

    def command(self, vx: float, vy: float, wz: float) -> None:
        """Drive at this velocity until told otherwise.

        Raises:
            BadInputError: A value is not finite.
        """
        if not np.isfinite((vx, vy, wz)).all():
            raise BadInputError(f"base velocity must be finite, got {(vx, vy, wz)}")
        self.target = (float(vx), float(vy), float(wz))


class SimCamera:
    """A rendered camera: a CameraPort."""

    def __init__(self, robot: str, handle: CameraHandle, fovy: float) -> None:
        self._handle = handle
        self._view_name = f"{robot}/{handle.name}"
        focal = focal_length(fovy, handle.height)
        self._models = [
            CameraModel(
                handle.width,
                handle.height,
                focal,
                focal,
                (handle.width - 1) / 2.0,
                (handle.height - 1) / 2.0,
                frame,
            )
            for frame in (handle.frame, handle.depth_frame)
            if frame is not None
        ]
        self._wanted = (False, False, 0.0)
        self._listeners: list[Callable[[Frame], None]] = []
        self._due = 0.0

    @property
    def name(self) -> str:
        """``head_camera``, ..."""
        return self._handle.name

    @property
    def color(self) -> CameraModel:
        """Intrinsics of the colour stream."""
        return self._models[0]

    @property
    def depth(self) -> CameraModel | None:
        """Intrinsics of the depth stream; None: colour only."""
        return self._models[1] if len(self._models) > 1 else None

    def want(self, color: bool, depth: bool, rate: float) -> None:
        """Which streams somebody reads now, and how often [Hz].

        Raises:
            BadInputError: Depth of a camera without, or a rate that is not positive.
        """
        if depth and self.depth is None:
            raise BadInputError(f"{self.name} has no depth stream")
        if (color or depth) and not 0.0 < rate <= 100.0:
            raise BadInputError(f"rate of {self.name} must be in (0, 100] Hz, got {rate}")
        self._wanted = (color, depth, rate)

    def listen(self, callback: Callable[[Frame], None]) -> None:
        """Call back with every frame."""
        self._listeners = [*self._listeners, callback]

    def due(self, stamp: float) -> bool:
        """Whether a frame is due at ``stamp`` [s]; saying so books the next one."""
        color, depth, rate = self._wanted
        if not (color or depth) or not self._listeners:
            return False
        if self._due - stamp > 1.0 / rate + 1e-9:
            self._due = stamp  # Rate went up, or time was set back.
        if stamp < self._due - 1e-6:
            return False
        self._due = (np.floor(stamp * rate + 1e-6) + 1.0) / rate
        return True

    def view(self, camera: int) -> View:
        """What to draw for those who listen now; ``camera``: its number in the model."""
        color, depth, _ = self._wanted
        handle = self._handle
        return View(self._view_name, camera, handle.width, handle.height, color, depth)

    def deliver(self, frame: Frame) -> None:
        """Hand a frame to everybody who listens."""
        for callback in self._listeners:
            callback(frame)


class SimHardware:
    """One robot of a running world: a RobotHardware."""

    def __init__(self, io: RobotIo) -> None:
        self._io = io
        self._cycles: list[Callable[[float], None]] = []

    @property
    def robot_description(self) -> str:
        """URDF text."""
        return self._io.bound.handles.urdf

    @property
    def groups(self) -> Mapping[str, SimGroup]:
        """Joint groups by name."""
        return self._io.groups

    @property
    def base(self) -> SimBase:
        """The wheels."""
        return self._io.base

    @property
    def cameras(self) -> Mapping[str, SimCamera]:
        """Cameras by name."""
        return self._io.cameras

    def listen_scan(self, callback: Callable[[Scan], None]) -> None:
        """Call back with every revolution of the lidar, from the physics thread."""
        self._io.listen_scan(callback)

    def imu(self) -> ImuReading:
        """Newest inertial reading."""
        return self._io.imu()

    def battery(self) -> BatteryReading:
        """Newest battery reading."""
        return self._io.battery()

    def touch(self) -> TouchReading:
        """Newest fingertip pressures."""
        return self._io.touch()

    def add_cycle(self, period: float, callback: Callable[[float], None]) -> None:
        """Call ``callback(now)`` every ``period`` [s] of simulated time, in the physics thread."""
        self._io.add_cycle(period, callback)
        self._cycles.append(callback)

    def close(self) -> None:
        """Stand still and stop calling back."""
        for callback in self._cycles:
            self._io.remove_cycle(callback)
        self._cycles = []
        self._io.base.command(0.0, 0.0, 0.0)
        for group in self._io.groups.values():
            group.halt()
        for camera in self._io.cameras.values():
            camera.want(False, False, 0.0)
