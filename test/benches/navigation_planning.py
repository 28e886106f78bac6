"""Planning: SE(2) plans (``warehouse``, ``--map``) checked with shapely; grid A* against scipy."""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from hearth_cli.bench import Figure, Options, Report
from hearth_core.errors import HearthError
from hearth_core.geometry import Pose2
from hearth_navigation.core import grid as grids
from hearth_navigation.core import grid_search
from hearth_navigation.core.field import clearance_field
from hearth_navigation.core.footprint import Footprint
from hearth_navigation.core.guide import resample
from hearth_navigation.core.planner import Path as Plan
from hearth_navigation.core.planner import PlanError, Planner, PlannerConfig
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

Mask = npt.NDArray[np.bool_]
FOOTPRINT = Footprint.rectangle(0.3, 0.3, 0.25)
"""0.6 x 0.5 m."""


def run(options: Options) -> Report:
    """Random pairs on the map, grid A* on generated maps and MovingAI's format."""
    parser = argparse.ArgumentParser(prog="hearth bench navigation_planning")
    parser.add_argument("--data", type=Path, default=options.root / "../shared/data")
    parser.add_argument("--map", default="warehouse", help="of the data's maps")
    parser.add_argument("--differential", action="store_true")
    own, _ = parser.parse_known_args(options.rest)
    seed = options.seeds[0] if options.seeds else 0
    figures, samples = _grid_search(12 if options.quick else 60, seed)
    file = own.data / "maps" / f"{own.map}.yaml"
    if not file.exists():
        sys.stdout.write(f"SE(2) plans are left out: no map {file}")
        return Report(figures, samples)
    grid = grids.load(file)
    if options.quick:  # the lower third
        grid = grids.Grid(np.ascontiguousarray(grid.cells[:560]), grid.resolution, grid.origin)
    planner = Planner(PlannerConfig(sideways=not own.differential))
    more, plans = _lattice(planner, grid, 8 if options.quick else 100, seed)
    if options.plots is not None:
        _draw(grid, [plan for _, plan in plans], options.plots)
    return Report([*more, *figures], [*samples, *[sample for sample, _ in plans]])


def _lattice(
    planner: Planner, grid: grids.Grid, count: int, seed: int
) -> tuple[list[Figure], list[tuple[dict[str, Any], Plan]]]:
    blocked = grid.cells != grids.FREE
    field = clearance_field(blocked, grid.resolution, grid.origin)
    random = np.random.default_rng(seed)
    # Feasible for certain: joined by a disc that holds the footprint, plus the search's margin.
    pitch = 0.05
    roomy = resample(field, pitch) > FOOTPRINT.circumscribed + 0.05
    parts, _ = ndimage.label(roomy)
    largest = np.argwhere(parts == np.bincount(parts[roomy]).argmax())
    tree, boxes = _boxes(blocked, grid)

    def pose() -> Pose2:
        row, column = largest[random.integers(len(largest))]
        return Pose2(
            float(grid.origin[0] + (column + 0.5) * pitch),
            float(grid.origin[1] + (row + 0.5) * pitch),
            random.uniform(-math.pi, math.pi),
        )

    planner.plan(field, FOOTPRINT, pose(), pose())  # kernels loaded, memory there
    first, again, touching, failed = [], [], 0, 0
    plans = []
    for _ in range(count):
        start, goal = pose(), pose()
        began = time.thread_time()
        try:
            path = planner.plan(field, FOOTPRINT, start, goal)
        except PlanError as error:
            failed += 1
            sys.stdout.write(f"no plan from {start} to {goal}: {error}")
            continue
        first.append(1e3 * (time.thread_time() - began))
        # Replan as a robot would: a little further on, with something new on the way.
        x, y, yaw = path.poses[len(path.poses) // 10]
        world = blocked.copy()
        bx, by, _ = path.poses[len(path.poses) // 2]
        row, column = grid.cell(bx, by)
        far = min(math.hypot(bx - x, by - y), math.hypot(bx - goal.x, by - goal.y)) > 1.2
        if far and field.at(bx, by) > 1.0:  # where it leaves a way round
            world[row - 2 : row + 3, column - 2 : column + 3] = True
        changed = clearance_field(world, grid.resolution, grid.origin)
        here = Pose2(float(x), float(y), float(yaw))
        began = time.thread_time()
        try:
            planner.plan(changed, FOOTPRINT, here, goal)
        except PlanError as error:  # the new thing may close the only way
            sys.stdout.write(f"replan: {error}")
        again.append(1e3 * (time.thread_time() - began))
        hits = _touches(path, tree, boxes)
        touching += hits > 0
        sample = {"first_ms": first[-1], "replan_ms": again[-1], "length": path.length}
        plans.append((sample, path))
    n = len(first)
    if not n:
        raise HearthError("no pair had a plan")
    return [
        Figure("SE(2) plan, first (median)", float(np.median(first)), "ms", 120.0, "lower", n),
        Figure(
            "SE(2) plan, first (95 %)", float(np.percentile(first, 95)), "ms", 120.0, "lower", n
        ),
        Figure("SE(2) replan (median)", float(np.median(again)), "ms", 15.0, "lower", n),
        Figure("SE(2) replan (95 %)", float(np.percentile(again, 95)), "ms", 15.0, "lower", n),
        Figure("SE(2) feasible pairs with a plan", 1.0 - failed / count, "", 1.0, "higher", count),
        Figure("SE(2) plans through occupied cells", touching, "", 0.0, "lower", n),
    ], plans


def _boxes(blocked: Mask, grid: grids.Grid) -> tuple[shapely.STRtree, npt.NDArray[np.object_]]:
    """Rim of the blocked cells as squares: who enters the inside crosses the rim."""
    rim = blocked & ~ndimage.binary_erosion(blocked)
    rows, columns = np.nonzero(rim)
    x = grid.origin[0] + columns * grid.resolution
    y = grid.origin[1] + rows * grid.resolution
    boxes = shapely.box(x, y, x + grid.resolution, y + grid.resolution)
    return shapely.STRtree(boxes), boxes


def _touches(path: Plan, tree: shapely.STRtree, boxes: npt.NDArray[np.object_]) -> int:
    """Cells that the footprint covers by more than a tenth of a millimetre, between poses too."""
    outlines = []
    for a, b in zip(path.poses[:-1], path.poses[1:], strict=True):
        turn = math.remainder(b[2] - a[2], math.tau)
        for t in (0.0, 1.0 / 3.0, 2.0 / 3.0):
            at = Pose2(a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * turn)
            outlines.append(FOOTPRINT.at(at))
    shapes = np.array(outlines)
    which, cells = tree.query(shapes, predicate="intersects")
    return int((shapely.area(shapely.intersection(shapes[which], boxes[cells])) > 1e-8).sum())


def _grid_search(count: int, seed: int) -> tuple[list[Figure], list[dict[str, Any]]]:
    """Length against scipy's Dijkstra; half of the maps go through MovingAI's files."""
    random = np.random.default_rng(seed)
    optimal, spent, cells = 0, [], []
    with tempfile.TemporaryDirectory() as folder:
        for k in range(count):
            free = _maze(random) if k % 2 else random.random((90, 120)) > 0.3
            if k % 4 < 2:
                free = _through_file(free, Path(folder) / "maze.map")
            places = np.argwhere(free)
            (a, b), (c, d) = places[random.integers(len(places), size=2)].tolist()
            start, goal = (a, b), (c, d)
            began = time.thread_time()
            found = grid_search.shortest(free, start, goal)
            if k:
                spent.append(1e3 * (time.thread_time() - began))
            best = _reference(free, start, goal)
            ok = math.isclose(found.length, best, rel_tol=1e-9) or found.length == best
            if ok and math.isfinite(best):
                steps = np.diff(found.cells, axis=0)
                ok = bool(free[tuple(found.cells.T)].all() and (abs(steps) <= 1).all())
            optimal += ok
            cells.append({"grid": k, "length": None if math.isinf(best) else best, "optimal": ok})
    return [
        Figure("grid A* of optimal length", optimal / count, "", 1.0, "higher", count),
        Figure("grid A* (median)", float(np.median(spent)), "ms", math.nan, "lower", len(spent)),
    ], cells


def _maze(random: np.random.Generator) -> Mask:
    """Rooms with gaps in their walls."""
    free = np.ones((128, 128), np.bool_)
    for k in range(16, 128, 16):
        free[k, :] = free[:, k] = False
    for k in range(16, 128, 16):
        for gap in random.integers(0, 127, 9):
            free[k, gap : gap + 2] = True
            free[gap : gap + 2, k] = True
    return free


def _through_file(free: Mask, path: Path) -> Mask:
    rows = ["".join(".@"[not cell] for cell in row) for row in free]
    path.write_text(
        f"type octile\nheight {free.shape[0]}\nwidth {free.shape[1]}\nmap\n" + "\n".join(rows)
    )
    return grid_search.read_movingai_map(path)


def _reference(free: Mask, start: tuple[int, ...], goal: tuple[int, ...]) -> float:
    height, width = free.shape
    index = np.arange(height * width).reshape(height, width)
    rows, columns, lengths = [], [], []
    for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = np.s_[0 : height - dr, max(0, -dc) : width - max(0, dc)]
        b = np.s_[dr:height, max(0, dc) : width - max(0, -dc)]
        ok = free[a] & free[b]
        if dr and dc:
            ok &= free[a[0], b[1]] & free[b[0], a[1]]
        rows.append(index[a][ok])
        columns.append(index[b][ok])
        lengths.append(np.full(int(ok.sum()), math.hypot(dr, dc)))
    shape = (height * width, height * width)
    edges = (np.concatenate(lengths), (np.concatenate(rows), np.concatenate(columns)))
    far = dijkstra(coo_array(edges, shape).tocsr(), directed=False, indices=index[tuple(start)])
    return float(far[index[tuple(goal)]])


def _draw(grid: grids.Grid, plans: list[Plan], folder: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    width, height = grid.width * grid.resolution, grid.height * grid.resolution
    x, y = grid.origin
    figure, axes = plt.subplots(figsize=(8, 12))
    shade = np.where(grid.cells == grids.FREE, 255, np.where(grid.cells > 0, 0, 170))
    axes.imshow(shade, "gray", origin="lower", extent=(x, x + width, y, y + height))
    for plan in plans[:25]:
        axes.plot(plan.poses[:, 0], plan.poses[:, 1], linewidth=1.0)
        for pose in plan.poses[:: max(1, len(plan.poses) // 15)]:
            outline = np.array(FOOTPRINT.at(Pose2(*map(float, pose))).exterior.coords)
            axes.plot(outline[:, 0], outline[:, 1], color="0.5", linewidth=0.4)
    axes.set_title("SE(2) plans")
    figure.savefig(folder / "planning.png", dpi=110)
    plt.close(figure)
