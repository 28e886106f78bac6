"""Compile every kernel once, so that the first goal does not wait for it."""

from __future__ import annotations

import math

import numpy as np
from hearth_core.geometry import Pose2, Transform

from hearth_navigation.core import frontier, grid_search
from hearth_navigation.core.depth_layer import DepthView
from hearth_navigation.core.driving import Driving
from hearth_navigation.core.driving_config import DrivingConfig
from hearth_navigation.core.field import surface_field
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.grid import FREE, OCCUPIED, Grid
from hearth_navigation.core.localizer import Localizer
from hearth_navigation.core.mapper import Mapper
from hearth_navigation.core.matcher import correlate
from hearth_navigation.core.odometry import OdometryBuffer
from hearth_navigation.core.people_kernels import gap_along, gap_of_step, person_gap
from hearth_navigation.core.raycast import expected_ranges
from hearth_navigation.core.relocalizer import Beams
from hearth_navigation.core.scan import free_lengths, to_points
from hearth_navigation.fakes.flat_robot import cast


def room() -> Grid:
    """A room of 4 x 3 m with a pillar."""
    cells = np.full((120, 160), FREE, np.int8)
    cells[[0, -1], :] = OCCUPIED
    cells[:, [0, -1]] = OCCUPIED
    cells[30:40, 100:108] = OCCUPIED
    return Grid(cells, 0.025, (0.0, 0.0))


def look(grid: Grid, pose: Pose2) -> Beams:
    """A perfect scan."""
    angles = np.linspace(-math.pi, math.pi, 360, endpoint=False)
    ranges = expected_ranges(surface_field(grid), pose, angles, 12.0)
    points = to_points(ranges.astype(np.float32), angles, Pose2(), 0.05, 12.0)
    return Beams(points, ranges, angles, Pose2(), 12.0)


def main() -> None:
    """Run everything for a moment; kernels land in numba's cache."""
    grid, pose = room(), Pose2(1.0, 1.0, 0.1)
    beams = look(grid, pose)
    lengths = free_lengths(beams.ranges.astype(np.float32), 0.05, 12.0)
    localizer = Localizer(grid)
    estimate = localizer.update(0.0, Pose2(), beams)
    localizer.set_pose(pose)
    for k in range(1, 4):
        estimate = localizer.update(0.1 * k, Pose2(0.2 * k, 0.0, 0.0), beams)
    correlate(surface_field(grid), beams.points[::8], pose)
    mapper = Mapper(pose)
    mapper.update(Pose2(), beams, lengths)
    mapper.update(Pose2(0.3, 0.0, 0.0), beams, lengths)
    mapper.relax(1)
    cast(np.array([[3.0, -1.0, 3.0, 1.0]]), np.zeros((0, 3)), Pose2())
    footprint = Footprint.rectangle(0.3, 0.25, 0.25)
    frontier.views(mapper.live(), mapper.pose, footprint)
    grid_search.shortest(grid.cells == FREE, (10, 10), (50, 60))
    someone = np.array([[3.0, 2.0, 0.1, 0.0, 0.25, 5.0]])
    person_gap(someone, footprint.box, 0.0, pose.x, pose.y, 1.0, 0.0)
    there, place = np.zeros((2, 3)), np.zeros(3)
    gap_along(someone, footprint.box, there, 0.1)
    gap_of_step(someone, footprint.box, place, place, 1.0, 0.3, 1.0)
    odometry = OdometryBuffer()
    driving = Driving(DrivingConfig(), footprint, odometry)
    driving.set_grid(grid)
    driving.begin([Pose2(2.0, 2.2, 1.0)])
    depth = np.full((48, 64), 1.2, np.float32)
    optical = (-math.pi / 2, 0.0, -math.pi / 2)
    camera = Transform.from_xyz_rpy((0.1, 0.0, 1.3), optical)
    for k in range(8):
        now = 0.05 * k
        odometry.add(now, Pose2(), (0.0, 0.0, 0.0))
        driving.on_localization(now, estimate.pose or pose)
        driving.on_scan(now, Pose2(), beams, lengths)
        driving.on_depth(now, Pose2(), DepthView(depth, (50.0, 50.0), (31.5, 23.5), camera))
        driving.cycle(now)
        driving.plan(now)


if __name__ == "__main__":
    main()
