"""The world: a home with robots, moved on by whoever calls :meth:`World.advance`.

A thread of its own (``physics_thread``) moves it for ROS; tests and experiments move it
themselves. All callbacks (cycles, scans) come from the thread that moves the world, at exact
simulated times; all readings come from the newest snapshot and may be taken from any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import mujoco
from hearth_core.errors import UnknownNameError
from hearth_core.geometry import Pose2
from hearth_core.home import Home
from hearth_core.ports import Frame

from hearth_sim.core.cycles import Callback, Cycles
from hearth_sim.core.ports import SimHardware
from hearth_sim.core.render_frames import Capture, FrameRenderer, View
from hearth_sim.core.robot_io import RobotIo
from hearth_sim.core.stage import STEP, Builder, Snapshot, Stage
from hearth_sim.core.truth import ContactLog, PeopleTruth, Truth, blame_of, observe


class Frames(Protocol):
    """Where captured states go to be drawn."""

    def submit(self, capture: Capture) -> bool:
        """Take a capture; False: dropped."""


class _Inline:
    """Draws at once, in the calling thread."""

    def __init__(self) -> None:
        self.renderer = FrameRenderer()

    def submit(self, capture: Capture) -> bool:
        capture.deliver(self.renderer.frame(capture))
        return True


class World:
    """A home with robots in simulated time."""

    def __init__(self, builder: Builder, seed: int = -1) -> None:
        """Build and compile the world of ``seed`` (-1: nominal)."""
        self._builder = builder
        self._lock = threading.RLock()
        self._cycles = Cycles(STEP)
        self._inline = _Inline()
        self._views: list[tuple[View | Callable[[], View], Callable[[Frame], None], float]] = []
        self.frames: Frames = self._inline
        """Draws what cameras see; :class:`FrameThread` to draw beside the physics."""
        self.steps = 0
        self.seed = seed
        self._build()
        self._robots = {
            name: RobotIo(name, self.stage, self._newest, self.add_cycle, self._cycles.remove)
            for name in self.stage.robots
        }
        self._hardware = {name: SimHardware(io) for name, io in self._robots.items()}
        self._start()

    @classmethod
    def make(
        cls,
        home: str | Path | Home,
        seed: int = -1,
        robots: int | Sequence[str] = 1,
        starts: Mapping[str, Pose2] | None = None,
        openings: Mapping[str, float] | None = None,
        people: int = 0,
    ) -> World:
        """A world for tests and experiments.

        Args:
            home: Home file, ``generated:<seed>`` or a home.
            seed: Of the scenario and the sensors' errors; -1: nominal.
            robots: How many (``robot1``, ``robot2``, ...), or their names.
            starts: Robots that start elsewhere than the scenario says.
            openings: Doors and drawers that do not start closed [rad or m].
            people: How many are drawn beside those of the home file.

        Raises:
            BadInputError: The home is refused, or robots are missing or named twice.
        """
        from hearth_sim.core.assemble import home_builder  # noqa: PLC0415  it needs MuJoCo parts

        if isinstance(robots, int):
            robots = [f"robot{k + 1}" for k in range(robots)]
        return cls(home_builder(home, robots, starts, openings, people), seed)

    @property
    def now(self) -> float:
        """Simulated time [s]."""
        return self.steps * STEP

    @property
    def robots(self) -> tuple[str, ...]:
        """Names of the robots."""
        return tuple(self._robots)

    def hardware(self, robot: str) -> SimHardware:
        """The ports of a robot.

        Raises:
            UnknownNameError: There is no such robot.
        """
        if robot not in self._hardware:
            raise UnknownNameError("robot", robot, self._hardware)
        return self._hardware[robot]

    def add_cycle(self, period: float, callback: Callback) -> None:
        """Call ``callback(now)`` every ``period`` [s], before the step at that time."""
        with self._lock:
            self._cycles.add(period, callback, self.steps)

    def advance(self, seconds: float) -> None:
        """Move on by ``seconds``, rounded to whole physics steps."""
        self.advance_steps(round(seconds / STEP))

    def advance_steps(self, count: int) -> None:
        """Move on by ``count`` physics steps."""
        end = self.steps + count
        while self.steps < end:
            self.batch(end - self.steps)

    def batch(self, most: int | None = None) -> int:
        """Fire what is due, then move on to the next thing that is; returns the steps made."""
        with self._lock:
            self._cycles.fire(self.steps)
            stage = self.stage
            for robot in self._robots.values():
                robot.apply()
            count = stage.batch if most is None else min(stage.batch, most)
            due = self._cycles.next_due()
            if due is not None:
                count = min(count, due - self.steps)
            stage.step(count)
            self.steps += count
            self._contacts.add(stage)
            if self._blame is not None:
                self._blame.add(stage.data)
            self._look()
            self._capture()
            return count

    def reset(self, seed: int | None = None, restart_time: bool = False) -> None:
        """Build the world anew, as it was at its start.

        Args:
            seed: None: the present one.
            restart_time: Simulated time starts at 0 again; else it goes on.
        """
        with self._lock:
            if seed is not None:
                self.seed = seed
            if restart_time:
                self.steps = 0
            self._build()
            self._cycles.rebase(self.steps)
            self._start()

    def render(
        self, camera: str | mujoco.MjvCamera, width: int, height: int, perfect: bool = False
    ) -> Frame:
        """Draw what a camera sees now, colour and depth.

        Args:
            camera: ``robot1/head_camera``, a camera of the home, or a free camera.
            width: [pixels].
            height: [pixels].
            perfect: Without the noise, holes and range of a real camera.

        Raises:
            UnknownNameError: There is no such camera.
        """
        number = self.camera(camera) if isinstance(camera, str) else camera
        view = View(str(camera), number, width, height, True, True)
        if perfect:
            view = View(str(camera), number, width, height, True, True, errors=None)
        with self._lock:
            capture = Capture(
                self.stage, view, self.now, self.snapshot.qpos, deliver=lambda _: None
            )
        return self._inline.renderer.frame(capture)

    def camera(self, name: str) -> int:
        """Number of a camera by ``robot/camera`` or its name in the model.

        Raises:
            UnknownNameError: There is no such camera.
        """
        known = {
            f"{robot}/{camera}": number
            for robot, bound in self.stage.robots.items()
            for camera, number in bound.cameras.items()
        }
        for number in range(self.stage.model.ncam):
            known.setdefault(self.stage.model.camera(number).name, number)
        if name not in known:
            raise UnknownNameError("camera", name, known)
        return known[name]

    def film(
        self, view: View | Callable[[], View], rate: float, deliver: Callable[[Frame], None]
    ) -> None:
        """Draw a view ``rate`` times a simulated second and hand over the frames."""
        self.add_cycle(1.0 / rate, lambda _: self._film(view, deliver))

    def truth(self) -> Truth:
        """Everything that is true now; for evaluators and tests, never for robots.

        Contacts are those since the last call.
        """
        with self._lock:
            return observe(self.stage, self.now, self._contacts)

    def people(self) -> PeopleTruth:
        """What is true of people now; for evaluators and tests, never for robots.

        Contacts are those that began since the last call.
        """
        with self._lock:
            crowd = self.stage.home.people
            if crowd is None or self._blame is None:
                return PeopleTruth(self.now, {}, ())
            return PeopleTruth(
                self.now, crowd.states(self.stage.model, self.stage.data), self._blame.take()
            )

    def articulations(self) -> Mapping[str, float]:
        """Positions [rad or m] of doors and drawers by name (``refrigerator/door``)."""
        qpos = self.snapshot.qpos
        return {name: float(qpos[index]) for name, index in self._articulations.items()}

    def close(self) -> None:
        """Let go of the renderer."""
        self._inline.renderer.close()

    def _build(self) -> None:
        self.stage = Stage(self._builder(self.seed))
        self._contacts = ContactLog(self.stage)
        self._blame = blame_of(self.stage)
        self._articulations = {
            name: self.stage.joint_index(joint)
            for name, joint in self.stage.home.articulations.items()
        }
        self.snapshot = Snapshot.of(self.now, self.stage.data)

    def _start(self) -> None:
        for robot in self._robots.values():
            robot.start(self.stage, self.seed, self.now)

    def _newest(self) -> Snapshot:
        return self.snapshot

    def _look(self) -> None:
        """Take a snapshot and let sensors look at it."""
        stage = self.stage
        # mj_step leaves kinematics at the start of its last step.
        mujoco.mj_kinematics(stage.model, stage.data)
        self.snapshot = Snapshot.of(self.now, stage.data)
        stage.check()
        for robot in self._robots.values():
            robot.update(self.snapshot)

    def _capture(self) -> None:
        for robot in self._robots.values():
            for name, camera in robot.cameras.items():
                if camera.due(self.now):
                    view = camera.view(robot.bound.cameras[name])
                    self._submit(view, camera.deliver)

    def _film(self, view: View | Callable[[], View], deliver: Callable[[Frame], None]) -> None:
        self._submit(view if isinstance(view, View) else view(), deliver)

    def _submit(self, view: View, deliver: Callable[[Frame], None]) -> None:
        self.frames.submit(
            Capture(self.stage, view, self.now, self.snapshot.qpos, partial(deliver))
        )
