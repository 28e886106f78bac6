"""An ideal robot behind :class:`hearth_core.ports.RobotHardware`, for tests and demonstrations.

Joints follow their targets with a first-order lag, the base drives exactly as told in an
empty room, cameras see grey. ``make_hardware`` runs it in real time on a thread of its own;
tests call :meth:`FakeRobot.step` themselves.
"""

from __future__ import annotations

import math
import threading
import time as wall
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from hearth_core.errors import UnknownNameError
from hearth_core.frames import GROUPS, LIDAR, SIDES
from hearth_core.geometry import Pose2
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

Array = npt.NDArray[np.float64]

STEP = 0.005
"""Step of the real-time thread [s]."""
LAG = 0.03
"""Time constant of the joints [s]."""
ROOM = (-3.0, 5.0, -2.5, 2.5)
"""Walls of the empty room: x from, to, y from, to [m], seen from where the robot starts."""
FINGERS = ("thumb", "index", "middle", "ring", "little")
_OPTIONS = ("speed",)


def _limits(name: str) -> JointLimits:
    if "flexion" in name or "opposition" in name:
        return JointLimits(0.0, 1.5, 4.0, 40.0, 1.0)
    if name.startswith(("torso", "head")):
        return JointLimits(-1.0, 1.0, 1.5, 6.0, 60.0)
    return JointLimits(-2.6, 2.6, 2.0, 8.0, 60.0)


class FakeJoints:
    """One group of joints with first-order response."""

    def __init__(self, names: Sequence[str], coupled: Mapping[str, str] | None = None) -> None:
        """``coupled``: follower joint -> the joint it copies."""
        self._names = tuple(names)
        self._limits = {name: _limits(name) for name in names}
        self._coupled = dict(coupled or {})
        self._all = (*self._names, *self._coupled)
        self._sources = [self._names.index(source) for source in self._coupled.values()]
        zero = np.zeros(len(names))
        self._target = np.clip(zero, *self._bounds())
        self._reading = JointReading(0.0, self._target.copy(), zero, zero)
        self.blocked: dict[str, float] = {}
        """Joint -> position it cannot pass upwards, as if a thing were in the way."""
        self.frozen = False
        """Joints that do not move at all, whatever they are told."""
        self.effort_scale = 1.0

    def _bounds(self) -> tuple[Array, Array]:
        lower = np.array([limit.lower for limit in self._limits.values()])
        return lower, np.array([limit.upper for limit in self._limits.values()])

    @property
    def names(self) -> Sequence[str]:
        """See the port."""
        return self._names

    @property
    def limits(self) -> Mapping[str, JointLimits]:
        """See the port."""
        return self._limits

    @property
    def target(self) -> Array:
        """What was commanded last, shape (N,)."""
        return self._target

    def read(self) -> JointReading:
        """See the port."""
        return self._reading

    def read_all(self) -> tuple[Sequence[str], JointReading]:
        """See the port."""
        r, index = self._reading, self._sources
        return self._all, JointReading(
            r.stamp,
            np.concatenate([r.position, r.position[index]]),
            np.concatenate([r.velocity, r.velocity[index]]),
            np.concatenate([r.effort, r.effort[index]]),
        )

    def command(self, position: Array, velocity: Array | None = None) -> None:
        """See the port."""
        self._target = np.array(position, float)

    def set_effort_scale(self, scale: float) -> None:
        """See the port."""
        self.effort_scale = scale

    def halt(self) -> None:
        """See the port."""
        self._target = self._reading.position.copy()

    def step(self, now: float, elapsed: float) -> None:
        """Move towards the target."""
        old = self._reading.position
        gain = 0.0 if self.frozen else 1.0 - math.exp(-elapsed / LAG)
        new = np.clip(old + gain * (self._target - old), *self._bounds())
        for name, stop in self.blocked.items():
            index = self._names.index(name)
            new[index] = min(new[index], stop)
        effort = np.where(np.abs(self._target - new) > 0.05, self.effort_scale, 0.0)
        self._reading = JointReading(now, new, (new - old) / elapsed, effort)


class FakeBase:
    """A base that drives exactly as told."""

    def __init__(self) -> None:
        self._command = (0.0, 0.0, 0.0)
        self._reading = BaseReading(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    @property
    def commanded(self) -> tuple[float, float, float]:
        """Velocity it drives at."""
        return self._command

    def read(self) -> BaseReading:
        """See the port."""
        return self._reading

    def command(self, vx: float, vy: float, wz: float) -> None:
        """See the port."""
        self._command = (vx, vy, wz)

    def step(self, now: float, elapsed: float) -> None:
        """Integrate."""
        vx, vy, wz = self._command
        r = self._reading
        pose = Pose2(r.x, r.y, r.yaw) @ Pose2(vx * elapsed, vy * elapsed, wz * elapsed)
        self._reading = BaseReading(now, pose.x, pose.y, pose.yaw, vx, vy, wz)


class FakeCamera:
    """A camera that sees an even grey wall two metres away."""

    def __init__(self, name: str, width: int, height: int, *, depth: bool) -> None:
        self._name = name
        focal = 0.8 * width
        self._color = CameraModel(
            width,
            height,
            focal,
            focal,
            width / 2,
            height / 2,
            f"{name}_color_optical_frame",
        )
        self._depth = replace(self._color, frame=f"{name}_depth_optical_frame") if depth else None
        self._wanted = (False, False, 0.0)
        self._next = 0.0
        self._callbacks: list[Callable[[Frame], None]] = []

    @property
    def name(self) -> str:
        """See the port."""
        return self._name

    @property
    def color(self) -> CameraModel:
        """See the port."""
        return self._color

    @property
    def depth(self) -> CameraModel | None:
        """See the port."""
        return self._depth

    @property
    def wanted(self) -> tuple[bool, bool, float]:
        """What was asked for last."""
        return self._wanted

    def want(self, color: bool, depth: bool, rate: float) -> None:
        """See the port."""
        self._wanted = (color, depth and self._depth is not None, rate)

    def listen(self, callback: Callable[[Frame], None]) -> None:
        """See the port."""
        self._callbacks.append(callback)

    def step(self, now: float) -> None:
        """Take a picture when one is due."""
        color, depth, rate = self._wanted
        if not (color or depth) or rate <= 0.0 or now < self._next:
            return
        self._next = now + 1.0 / rate
        shape = (self._color.height, self._color.width)
        frame = Frame(
            now,
            np.full((*shape, 3), 128, np.uint8) if color else None,
            np.full(shape, 2.0, np.float32) if depth else None,
        )
        for callback in self._callbacks:
            callback(frame)


@dataclass
class _Cycle:
    period: float
    callback: Callable[[float], None]
    due: float


class FakeRobot:
    """The whole robot; ``step`` advances its clock."""

    def __init__(self, start: float = 0.0) -> None:
        self.now = start
        self._groups: dict[str, FakeJoints] = {
            name: FakeJoints(names, _coupled(names)) for name, names in GROUPS.items()
        }
        self._base = FakeBase()
        self._cameras = {
            "head_camera": FakeCamera("head_camera", 64, 48, depth=True),
            **{
                f"{s}_wrist_camera": FakeCamera(f"{s}_wrist_camera", 32, 24, depth=False)
                for s in SIDES
            },
        }
        self._cycles: list[_Cycle] = []
        self._scans: list[Callable[[Scan], None]] = []
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self.closed = False
        self._advance(1e-3)
        self.add_cycle(0.1, self._scan)

    @property
    def robot_description(self) -> str:
        """See the port: a tree of the joints without shapes."""
        return _describe(self._groups)

    @property
    def groups(self) -> Mapping[str, FakeJoints]:
        """See the port."""
        return self._groups

    @property
    def base(self) -> FakeBase:
        """See the port."""
        return self._base

    @property
    def cameras(self) -> Mapping[str, FakeCamera]:
        """See the port."""
        return self._cameras

    def listen_scan(self, callback: Callable[[Scan], None]) -> None:
        """See the port."""
        self._scans.append(callback)

    def imu(self) -> ImuReading:
        """See the port."""
        base = self._base.read()
        half = 0.5 * base.yaw
        return ImuReading(
            self.now,
            np.array([0.0, 0.0, math.sin(half), math.cos(half)]),
            np.array([0.0, 0.0, base.wz]),
            np.array([0.0, 0.0, 9.81]),
        )

    def battery(self) -> BatteryReading:
        """See the port."""
        return BatteryReading(self.now, 0.8, 48.0, -2.0, charging=False)

    def touch(self) -> TouchReading:
        """See the port: fingers that are blocked and pushed press with 5 N at full effort."""
        force: dict[str, float] = {}
        for side in SIDES:
            joints = self._groups[f"{side}_hand"]
            effort = dict(zip(joints.names, joints.read().effort, strict=True))
            for finger in FINGERS:
                flexion = f"{side}_{finger}_flexion_joint"
                pressed = flexion in joints.blocked
                force[f"{side}_{finger}_tip_link"] = (
                    5.0 * float(effort[flexion]) if pressed else 0.0
                )
        return TouchReading(self.now, force)

    def add_cycle(self, period: float, callback: Callable[[float], None]) -> None:
        """See the port."""
        self._cycles.append(_Cycle(period, callback, self.now + period))

    def close(self) -> None:
        """See the port."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(2.0)
        self._base.command(0.0, 0.0, 0.0)
        self.closed = True

    def step(self, duration: float, step: float = STEP) -> None:
        """Advance the clock by ``duration`` [s]."""
        for _ in range(max(1, round(duration / step))):
            self._advance(step)

    def run(self, speed: float = 1.0) -> None:
        """Advance with the wall clock, ``speed`` times as fast, on a thread until closed."""
        self._thread = threading.Thread(
            target=self._run, args=(speed,), name="fake_robot", daemon=True
        )
        self._thread.start()

    def _run(self, speed: float) -> None:
        last = wall.monotonic()
        while not self._stop.wait(STEP):
            present = wall.monotonic()
            behind = min((present - last) * speed, 0.5)
            last = present
            self.step(behind)

    def _advance(self, elapsed: float) -> None:
        self.now += elapsed
        for group in self._groups.values():
            group.step(self.now, elapsed)
        self._base.step(self.now, elapsed)
        for camera in self._cameras.values():
            camera.step(self.now)
        for cycle in self._cycles:
            if self.now >= cycle.due - 1e-9:
                cycle.due += cycle.period * max(1, int((self.now - cycle.due) / cycle.period))
                cycle.callback(self.now)

    def _scan(self, now: float) -> None:
        base = self._base.read()
        angles = np.linspace(-math.pi, math.pi, 360, endpoint=False) + base.yaw
        with np.errstate(divide="ignore"):
            x = np.where(np.cos(angles) > 0, ROOM[1] - base.x, ROOM[0] - base.x) / np.cos(angles)
            y = np.where(np.sin(angles) > 0, ROOM[3] - base.y, ROOM[2] - base.y) / np.sin(angles)
        ranges = np.minimum(np.abs(x), np.abs(y)).astype(np.float32)
        scan = Scan(now, LIDAR, -math.pi, 2 * math.pi / 360, 0.1, 12.0, ranges)
        for callback in self._scans:
            callback(scan)


def _coupled(names: Sequence[str]) -> dict[str, str]:
    return {
        name.replace("flexion", "distal"): name for name in names if name.endswith("flexion_joint")
    }


def _describe(groups: Mapping[str, FakeJoints]) -> str:
    lines = ['<robot name="fake">', '<link name="base_footprint"/>']
    for group in groups.values():
        for name, limit in group.limits.items():
            link = name.removesuffix("_joint") + "_link"
            lines.append(
                f'<link name="{link}"/><joint name="{name}" type="revolute">'
                f'<parent link="base_footprint"/><child link="{link}"/><axis xyz="0 0 1"/>'
                f'<limit lower="{limit.lower}" upper="{limit.upper}" effort="{limit.effort}" '
                f'velocity="{limit.velocity}"/></joint>'
            )
    return "\n".join([*lines, "</robot>"])


def make_hardware(robot: str, options: Mapping[str, str]) -> FakeRobot:
    """A fake robot that runs with the wall clock; stamps are seconds since the epoch.

    Args:
        robot: Its name (all fake robots are alike).
        options: ``speed``: how fast its clock runs, default 1.

    Raises:
        UnknownNameError: An option nobody knows.
    """
    for name in options:
        if name not in _OPTIONS:
            raise UnknownNameError("option of the fake robot", name, _OPTIONS)
    fake = FakeRobot(wall.time())
    fake.run(float(options.get("speed", "1")))
    return fake
