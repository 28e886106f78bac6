"""BARN: a differential base of Jackal's size through cylinders, by lidar alone, in MuJoCo.

The robot starts without a map, drives in the frame of its own odometry (wheels and gyro) and
plans over what it has seen so far. The score is the challenge's: success * OT / clip(AT, 2 OT,
8 OT) with OT the reference path at 2 m/s; time runs from when the robot has moved 0.1 m. Contact
of any part of the robot with a cylinder ends a run as failed, so do 100 s.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt
from hearth_cli.bench import Figure, Options, Report
from hearth_core.errors import HearthError
from hearth_core.geometry import Pose2
from hearth_navigation.core.approach import ApproachConfig
from hearth_navigation.core.costmap import CostmapConfig
from hearth_navigation.core.driving import Driving
from hearth_navigation.core.driving_config import DrivingConfig
from hearth_navigation.core.follower import FollowerConfig
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.grid import FREE, Grid
from hearth_navigation.core.monitor import MonitorConfig
from hearth_navigation.core.mppi import Limits, MppiConfig
from hearth_navigation.core.odometry import OdometryBuffer
from hearth_navigation.core.planner import PlannerConfig
from hearth_navigation.core.relocalizer import Beams
from hearth_navigation.core.scan import free_lengths, to_points
from hearth_navigation.core.trip import TripConfig

Array = npt.NDArray[np.float64]

START, GOAL = Pose2(-2.0, 3.0, math.pi / 2), (-2.0, 13.0)
FOOTPRINT = Footprint.rectangle(0.254, 0.254, 0.215)
LIMITS = Limits(
    forward=2.0, backward=0.5, sideways=0.0, turn=2.5, acceleration=3.0, turn_acceleration=8.0
)
WHEEL, TRACK, PERIOD, STEP = 0.098, 0.376, 0.05, 0.005
BEAMS, REACH = 360, 10.0
"""270 degrees, as a Hokuyo on Jackal."""


def config() -> DrivingConfig:
    """How a Jackal is driven; what is not named is as in homes."""
    return DrivingConfig(
        FollowerConfig(
            MppiConfig(
                samples=1000, steps=40, comfort=0.2, lateral=0.4, heading=0.15, margin=0.03
            ),
            LIMITS,
            ApproachConfig(radius=0.3),
            MonitorConfig(braking=LIMITS.acceleration, delay=0.1, margin=0.02),
            look_ahead=2.5,
        ),
        PlannerConfig(margin=0.04, sideways=False),
        CostmapConfig(reach=6.0),
        TripConfig(replan=0.25, wait=0.5, recoveries=40),
        unknown_blocks=False,
    )


def model_of(cylinders: Array) -> mujoco.MjModel:
    """The robot (17 kg, two driven wheels, four sliding feet) among cylinders (x, y, radius)."""
    obstacles = "".join(
        f'<geom name="c{k}" type="cylinder" pos="{x} {y} 0.5" size="{r} 0.5" group="1"/>'
        for k, (x, y, r) in enumerate(cylinders)
    )
    feet = "".join(
        f'<geom type="sphere" size="0.03" pos="{x} {y} -0.068" mass="0.05" friction="0 0 0" '
        'priority="1" condim="1"/>'
        for x in (-0.2, 0.2)
        for y in (-0.12, 0.12)
    )
    wheels = "".join(
        f'<body name="{side}" pos="0 {y} 0"><joint name="{side}" axis="0 1 0" armature="0.005"/>'
        f'<geom type="cylinder" size="{WHEEL} 0.02" euler="90 0 0" mass="0.5" friction="1 0.005 '
        '0.0001" condim="4" group="2"/></body>'
        for side, y in (("left", TRACK / 2), ("right", -TRACK / 2))
    )
    return mujoco.MjModel.from_xml_string(
        f"""<mujoco><option timestep="{STEP}" integrator="implicitfast"/>
        <worldbody><geom name="floor" type="plane" size="40 40 1"/>{obstacles}
        <body name="base" pos="{START.x} {START.y} {WHEEL}"
          quat="{math.cos(START.yaw / 2)} 0 0 {math.sin(START.yaw / 2)}"><freejoint/>
        <geom name="hull" type="box" size="0.254 0.215 0.08" pos="0 0 0.06" mass="16" group="2"/>
        {feet}{wheels}</body></worldbody>
        <actuator><velocity joint="left" kv="8" forcerange="-6 6"/>
        <velocity joint="right" kv="8" forcerange="-6 6"/></actuator></mujoco>"""
    )


class Jackal:
    """The simulated robot: wheels' commands in, scan and odometry out."""

    def __init__(self, cylinders: Array, seed: int) -> None:
        self.model = model_of(cylinders)
        self.data = mujoco.MjData(self.model)
        self.random = np.random.default_rng(seed)
        self.angles = np.linspace(-0.75 * math.pi, 0.75 * math.pi, BEAMS)
        self.odom = Pose2()
        self.velocity = (0.0, 0.0, 0.0)
        self.hit = False
        self._command = (0.0, 0.0)
        self._robot = {g for g in range(self.model.ngeom) if self.model.geom_bodyid[g] != 0}
        self._wheels = [self.model.joint(side).dofadr[0] for side in ("left", "right")]
        self._group = np.array([0, 1, 0, 0, 0, 0], np.uint8)
        for _ in range(40):  # settle on the wheels
            mujoco.mj_step(self.model, self.data)

    @property
    def position(self) -> tuple[float, float]:
        """Truth, for the judge."""
        return float(self.data.qpos[0]), float(self.data.qpos[1])

    def scan(self) -> tuple[Beams, Array]:
        """Ranges with 1 cm of noise; what flies 10 m meets nothing."""
        data = self.data
        rotation = data.xmat[1].reshape(3, 3)
        yaw = math.atan2(rotation[1, 0], rotation[0, 0])
        directions = np.stack(
            [np.cos(self.angles + yaw), np.sin(self.angles + yaw), np.zeros(BEAMS)], axis=1
        )
        found = np.zeros(BEAMS)
        origin = np.array([data.qpos[0], data.qpos[1], 0.3])
        geoms = np.zeros(BEAMS, np.int32)
        mujoco.mj_multiRay(
            self.model,
            data,
            origin,
            directions.ravel(),
            self._group,
            1,
            -1,
            geoms,
            found,
            None,
            BEAMS,
            REACH,
        )
        ranges = np.where(found < 0.0, np.inf, found + self.random.normal(0.0, 0.01, BEAMS))
        single = ranges.astype(np.float32)
        points = to_points(single, self.angles, Pose2(), 0.05, REACH)
        beams = Beams(points, ranges, self.angles, Pose2(), REACH)
        return beams, free_lengths(single, 0.05, REACH)

    def drive(self, velocity: tuple[float, float, float]) -> None:
        """One control period; wheels get what a differential drive gives them."""
        vx, _, wz = velocity
        self.data.ctrl[:] = (vx - wz * TRACK / 2) / WHEEL, (vx + wz * TRACK / 2) / WHEEL
        for _ in range(round(PERIOD / STEP)):
            mujoco.mj_step(self.model, self.data)
            left, right = (float(self.data.qvel[k]) * WHEEL for k in self._wheels)
            gyro = float(self.data.qvel[5]) + float(self.random.normal(0.0, 0.01))
            forward = 0.5 * (left + right) * (1.0 + float(self.random.normal(0.0, 0.01)))
            half = Pose2(0.0, 0.0, 0.5 * gyro * STEP)
            self.odom = self.odom @ half @ Pose2(forward * STEP, 0.0, 0.0) @ half
            self.velocity = (forward, 0.0, gyro)
            self._look_for_contacts()

    def _look_for_contacts(self) -> None:
        for k in range(self.data.ncon):
            pair = self.data.contact[k].geom
            if any(self.model.geom_group[g] == 1 for g in pair):
                self.hit = True


@dataclass(frozen=True)
class Run:
    """One world, once."""

    world: int
    success: bool
    seconds: float
    optimal: float
    verdict: str
    track: list[tuple[float, float]]
    cpu: float
    """Of a control period, mean [s]."""

    @property
    def score(self) -> float:
        """The challenge's, at most 0.5."""
        if not self.success:
            return 0.0
        return self.optimal / min(max(self.seconds, 2 * self.optimal), 8 * self.optimal)


def drive_world(world: int, cylinders: Array, optimal: float, seed: int) -> Run:
    """One run to the goal, a contact, or 100 s."""
    robot = Jackal(cylinders, seed)
    odometry = OdometryBuffer()
    driving = Driving(config(), FOOTPRINT, odometry)
    cells = np.full((280, 360), FREE, np.int8)
    driving.set_grid(Grid(cells, 0.05, (-2.0, -7.0)))  # 18 x 14 m of nothing known
    driving.begin([Pose2(10.0, 0.0, 0.0)])
    began, cpu, cycles, now = math.inf, 0.0, 0, 0.0
    track = [robot.position]
    while now < 110.0:
        beams, lengths = robot.scan()
        spent = time.thread_time()
        odometry.add(now, robot.odom, robot.velocity)
        driving.on_localization(now, Pose2())
        driving.on_scan(now, robot.odom, beams, lengths)
        velocity = driving.cycle(now)
        driving.plan(now)
        cpu += time.thread_time() - spent
        robot.drive(velocity or (0.0, 0.0, 0.0))
        now += PERIOD
        cycles += 1
        track.append(robot.position)
        if math.isinf(began) and math.dist(track[0], track[-1]) > 0.1:
            began = now
        verdict = ""
        if robot.hit:
            verdict = "contact"
        elif math.dist(track[-1], GOAL) < 1.0:
            verdict = "goal"
        elif now - began > 100.0 or (math.isinf(began) and now > 20.0):
            verdict = "timeout"
        elif driving.trip is None:
            verdict = "gave up"
        if verdict:
            break
    return Run(world, verdict == "goal", now - began, optimal, verdict, track, cpu / cycles)


def read(folder: Path) -> dict[int, tuple[Array, float]]:
    """Cylinders and optimal time [s] of every world.

    Raises:
        HearthError: The data is not there.
    """
    file = folder / "cylinders.csv"
    if not file.exists():
        raise HearthError(f"no BARN worlds in {folder}; --data says where benchmark data lies")
    rows: dict[int, list[tuple[float, float, float]]] = {}
    with file.open() as lines:
        for line in csv.DictReader(lines):
            values = float(line["x"]), float(line["y"]), float(line["radius"])
            rows.setdefault(int(line["world"]), []).append(values)
    worlds = {}
    for world, cylinders in rows.items():
        cells = np.load(folder / "paths" / f"path_{world}.npy").astype(float)
        # The challenge's grid: cells of 15 cm.
        path = np.stack([cells[:, 0] * 0.15 - 4.575, cells[:, 1] * 0.15 + 5.075], axis=1)
        whole = np.concatenate([[[START.x, START.y]], path, [GOAL]])
        length = float(np.hypot(*np.diff(whole, axis=0).T).sum())
        worlds[world] = np.array(cylinders), length / 2.0
    return worlds


def run(options: Options) -> Report:
    """Every fifth world (50); ``--quick`` every hundredth; ``--seeds`` repeats."""
    parser = argparse.ArgumentParser(prog="hearth bench navigation_barn")
    parser.add_argument("--data", type=Path, default=options.root / "../shared/data")
    parser.add_argument("--stride", type=int, default=100 if options.quick else 5)
    own, _ = parser.parse_known_args(options.rest)
    worlds = read(own.data / "barn")
    runs = []
    for world in sorted(worlds)[2 :: own.stride]:
        for seed in options.seeds or (0,):
            runs.append(drive_world(world, *worlds[world], seed))
            last = runs[-1]
            sys.stdout.write(
                f"world {world:3d}  {last.verdict:8s} {last.seconds:6.2f} s  {last.score:.3f}"
                f"  {1e3 * last.cpu:.1f} ms a cycle\n"
            )
            sys.stdout.flush()
    if options.plots is not None:
        _draw(runs, worlds, options.plots)
    n = len(runs)
    samples: list[dict[str, Any]] = [
        {"world": r.world, "verdict": r.verdict, "seconds": r.seconds, "score": r.score}
        for r in runs
    ]
    score = float(np.mean([r.score for r in runs]))
    success = float(np.mean([r.success for r in runs]))
    return Report(
        [
            Figure("BARN score (best possible 0.5)", score, "", 0.47, "higher", n),
            Figure("BARN success", success, "", 0.97, "higher", n),
            Figure(
                "BARN control and planning, mean",
                1e3 * float(np.mean([r.cpu for r in runs])),
                "ms",
                math.nan,
                "lower",
                n,
            ),
        ],
        samples,
    )


def _draw(runs: list[Run], worlds: dict[int, tuple[Array, float]], folder: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    shown = sorted(runs, key=lambda item: item.score)[:12]
    figure, axes = plt.subplots(2, 6, figsize=(18, 13), squeeze=False)
    for axis, item in zip(axes.ravel(), shown, strict=False):
        for x, y, r in worlds[item.world][0]:
            axis.add_patch(plt.Circle((x, y), r, color="0.4"))
        axis.plot(*np.array(item.track).T, "r")
        axis.set_title(f"{item.world}: {item.verdict} {item.score:.2f}")
        axis.set_aspect("equal")
        axis.set_xlim(-5, 0.5)
        axis.set_ylim(2, 14)
    figure.savefig(folder / "barn.png", dpi=70)
    plt.close(figure)
