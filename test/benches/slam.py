"""Mapping: flat homes whose rooms repeat themselves, and the Intel Research Lab's log."""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from hearth_cli.bench import Figure, Options, Report
from hearth_core.geometry import Pose2, wrap_angle
from hearth_navigation.core.mapper import Mapper, MapperConfig
from hearth_navigation.core.particles import MotionNoise
from hearth_navigation.core.relocalizer import Beams
from hearth_navigation.core.scan import free_lengths, to_points
from hearth_navigation.fakes.drawing import draw_distribution, draw_map
from hearth_navigation.fakes.flat_robot import FlatRobot, follow
from hearth_navigation.fakes.floor_plans import generate, tour

Array = npt.NDArray[np.float64]
INTEL = MapperConfig(
    resolution=0.05,
    half_size=20.0,
    reach=12.0,
    keyframe_turn=0.15,
    recent=30,
    match_resolution=0.04,
    match_reach=12.0,
    point_sigma=0.04,
    independent=6.0,
    loop_loss=1.0,
    noise=MotionNoise(0.1, 0.05, 0.1, 0.03, 0.01),
)
"""Half the beams of a home's lidar, a scan a second, wheels of 2003."""


class TimedMapper(Mapper):
    """Notes the CPU time of the loop stage wherever it searched."""

    def __init__(self, start: Pose2, config: MapperConfig | None = None) -> None:
        super().__init__(start, config)
        self.stages: list[float] = []

    def close_loops(self) -> None:
        """As the mapper does."""
        before, began = self.searches, time.process_time()
        super().close_loops()
        if self.searches > before:
            self.stages.append(time.process_time() - began)


@dataclass
class Drive:
    """One log after mapping."""

    mapper: TimedMapper
    kept: list[tuple[int, Pose2]] = field(default_factory=list)
    """Newest keyframe at every scan and the scan's pose in its frame."""
    scans: list[float] = field(default_factory=list)
    """CPU time of every scan [s]."""

    def take(self, odom: Pose2, beams: Beams, lengths: Array) -> None:
        """One scan."""
        began = time.process_time()
        self.mapper.update(odom, beams, lengths)
        self.scans.append(time.process_time() - began)
        newest = self.mapper.keyframes[-1].pose
        self.kept.append((len(self.mapper.keyframes) - 1, newest.inverse() @ self.mapper.pose))

    def poses(self) -> list[Pose2]:
        """Where every scan was taken, as the finished map has it."""
        return [self.mapper.keyframes[k].pose @ pose for k, pose in self.kept]


def run(options: Options) -> Report:
    """Homes first, then the log if its data is there."""
    parser = argparse.ArgumentParser(prog="hearth bench slam")
    default = os.environ.get("HEARTH_DATA", str(options.root.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default), help="public data sets")
    parser.add_argument("--only", choices=["homes", "intel"])
    own, _ = parser.parse_known_args(list(options.rest))  # the rest is other parts'
    figures: list[Figure] = []
    samples: list[dict[str, Any]] = []
    if own.only != "intel":
        seeds = options.seeds or tuple(range(1 if options.quick else 50))
        figures += homes(seeds, options, samples)
    log = own.data / "intel" / "intel_raw.npz"
    if own.only == "homes" or (options.quick and own.only is None):
        pass
    elif log.is_file():
        figures += intel(log, options, samples)
    else:
        sys.stdout.write(f"no Intel log: {log} is missing (--data DIR or HEARTH_DATA)\n")
    return Report(figures, samples)


def homes(seeds: Iterable[int], options: Options, samples: list[dict[str, Any]]) -> list[Figure]:
    """Drive through homes with repeated rooms; relations against the truth."""
    errors: list[Array] = []
    false, total, cpu = 0, 0, []
    for seed in seeds:
        plan = generate(seed, repeated=True)
        points = tour(plan, seed, again=1 if options.quick else 4)
        robot = FlatRobot(plan, Pose2(*points[0], 0.3), seed)
        drive = Drive(TimedMapper(robot.pose))
        truth: list[Pose2] = []
        at_frame: list[Pose2] = []
        for motion in follow(robot, points):
            robot.step(motion, 0.2)
            drive.take(robot.odom, *robot.look())
            truth.append(robot.pose)
            if len(at_frame) < len(drive.mapper.keyframes):
                at_frame.append(robot.pose)
        drive.mapper.relax(1)
        error = _relations(truth, drive.poses(), seed)
        loops = [item for item in drive.mapper.relations if item.loop]
        wrong = 0
        for item in loops:
            true = at_frame[item.first].inverse() @ at_frame[item.second]
            off = true.inverse() @ item.pose
            wrong += math.hypot(off.x, off.y) > 0.3 or abs(off.yaw) > 0.09
        errors.append(error)
        false, total = false + wrong, total + len(loops)
        cpu += drive.scans
        sample = {
            "home": seed,
            "scans": len(truth),
            "loops": len(loops),
            "false": wrong,
            "error_m": float(error[:, 0].mean()),
            "error_deg": math.degrees(float(error[:, 1].mean())),
        }
        samples.append(sample)
        sys.stdout.write(f"{sample}\n")
        sys.stdout.flush()
        if options.plots:
            draw_map(
                options.plots / f"slam_home_{seed}.png",
                f"Home {seed} with repeated rooms",
                drive.mapper.finished(),
                {"truth": truth, "mapping": drive.poses()},
            )
    both = np.concatenate(errors)
    if options.plots:
        draw_distribution(
            options.plots / "slam_homes.png",
            "Relations",
            {"position [m]": both[:, 0]},
            "error [m]",
        )
    yaw = math.degrees(float(both[:, 1].mean()))
    n = len(errors)
    return [
        Figure("homes: mean relation error", float(both[:, 0].mean()), "m", 0.025, "lower", n),
        Figure("homes: mean relation error", yaw, "deg", 0.3, "lower", n),
        Figure("homes: false loops", false, "", 0.0, "lower", total),
        Figure("homes: CPU a scan", 1e3 * float(np.mean(cpu)), "ms", 10.0, "lower", len(cpu)),
    ]


def _relations(truth: list[Pose2], found: list[Pose2], seed: int, count: int = 400) -> Array:
    """Errors [m, rad] of relations between scans near in space and far in time."""
    random = np.random.default_rng((seed, 99))
    result = []
    xy = np.array([(pose.x, pose.y) for pose in truth])
    for i in random.integers(len(truth), size=count):
        near = np.flatnonzero(np.hypot(*(xy - xy[i]).T) < 3.0)
        near = near[np.abs(near - i) > 100]
        if len(near):
            j = int(random.choice(near))
            result.append(_error(truth[i], truth[j], found[i], found[j]))
    return np.array(result)


def _error(a: Pose2, b: Pose2, c: Pose2, d: Pose2) -> tuple[float, float]:
    off = (a.inverse() @ b).inverse() @ (c.inverse() @ d)
    return math.hypot(off.x, off.y), abs(wrap_angle(off.yaw))


def intel(log: Path, options: Options, samples: list[dict[str, Any]]) -> list[Figure]:
    """The log from its raw odometry, against relations derived from GMapping's poses."""
    data = np.load(log)
    relations = np.loadtxt(log.with_name("intel_gmapping_derived.relations"))
    angles = np.radians(np.arange(180) - 90.0)
    drive = Drive(TimedMapper(Pose2(), INTEL))
    for ranges, odom in zip(data["ranges"], data["odom"], strict=True):
        seen = np.where(ranges > 50.0, np.float32(np.inf), ranges)
        points = to_points(seen, angles, Pose2(), 0.05, 50.0)
        beams = Beams(points, seen.astype(np.float64), angles, Pose2(), 50.0)
        x, y, yaw = (float(value) for value in odom)
        drive.take(Pose2(x, y, yaw), beams, free_lengths(seen, 0.05, 12.0))
    drive.mapper.relax(1)
    poses = drive.poses()
    stamps, indices = data["ref_stamp"], data["ref_index"]
    errors: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for row in relations:
        a, b = (int(np.argmin(np.abs(stamps - stamp))) for stamp in row[:2])
        true = Pose2(float(row[2]), float(row[3]), float(row[7]))
        error = _error(Pose2(), true, poses[indices[a]], poses[indices[b]])
        errors[abs(a - b) == 1].append(error)
        samples.append({"intel": [a, b], "error_m": error[0], "error_rad": error[1]})
    if options.plots:
        draw_map(
            options.plots / "slam_intel.png", "Intel", drive.mapper.finished(), {"mapping": poses}
        )
        curves = {
            name: np.array(errors[kind])[:, 0]
            for name, kind in (("consecutive", True), ("loop pairs", False))
        }
        draw_distribution(
            options.plots / "slam_intel_errors.png", "Intel: relations", curves, "error [m]"
        )
    result = []
    for name, kind, metres, degrees in (
        ("consecutive", True, 0.055, 0.9),
        ("loop pairs", False, 0.06, 0.7),
    ):
        mean = np.array(errors[kind]).mean(axis=0)
        n = len(errors[kind])
        result += [
            Figure(f"Intel: {name}", float(mean[0]), "m", metres, "lower", n),
            Figure(f"Intel: {name}", math.degrees(float(mean[1])), "deg", degrees, "lower", n),
        ]
    stages = 1e3 * np.array(drive.mapper.stages[1:])
    scan = 1e3 * float(np.mean(drive.scans))
    p99 = float(np.quantile(stages, 0.99))
    return [
        *result,
        Figure("Intel: CPU a scan", scan, "ms", 10.0, "lower", len(drive.scans)),
        Figure("Intel: loop stage, CPU p99", p99, "ms", 40.0, "lower", len(stages)),
    ]
