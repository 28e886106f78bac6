"""The pose graph beside a map: what mapping needs to go on where it ended.

``map.yaml`` and ``map.pgm`` are for every tool; ``map.graph.npz`` (numpy's archive, so that any
program can read it) holds the keyframes and what ties them together. The same graph gives the
same bytes. Localisation never opens it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from hearth_core.errors import FileFormatError
from hearth_core.geometry import Pose2

from hearth_navigation.core.keyframes import Keyframe
from hearth_navigation.core.pose_graph import Relation
from hearth_navigation.core.relocalizer import Beams

Array = npt.NDArray[np.float64]
VERSION = 1
_KEYS = (
    *("version", "start", "poses", "travelled", "lidar", "ranges", "lengths", "angles"),
    *("counts", "mounts", "reaches", "pairs", "between", "information", "loop"),
)


@dataclass(frozen=True)
class StoredGraph:
    """Everything a map is drawn from."""

    start: Pose2
    """Where mapping began; the map's cells lie on multiples of their size from there."""
    frames: tuple[Keyframe, ...]
    relations: tuple[Relation, ...]


def graph_path(yaml_path: Path) -> Path:
    """Where the graph of a map lies: ``home/map.yaml`` has ``home/map.graph.npz``."""
    return yaml_path.with_suffix(".graph.npz")


def save(graph: StoredGraph, path: Path) -> None:
    """Write a graph; a reader never meets half a file."""
    lidars, which = _lidars(graph.frames)
    widest = max((len(beams.angles) for beams in lidars), default=0)
    n, m = len(graph.frames), len(graph.relations)
    ranges = np.full((n, widest), np.nan, np.float32)
    lengths = np.zeros((n, widest), np.float32)
    for k, frame in enumerate(graph.frames):
        count = len(frame.beams.ranges)
        ranges[k, :count], lengths[k, :count] = frame.beams.ranges, frame.lengths
    angles = np.zeros((len(lidars), widest))
    for k, beams in enumerate(lidars):
        angles[k, : len(beams.angles)] = beams.angles
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        allow_pickle=False,
        version=np.array(VERSION),
        start=_row(graph.start),
        poses=np.array([_row(frame.pose) for frame in graph.frames]).reshape(n, 3),
        travelled=np.array([frame.travelled for frame in graph.frames]),
        lidar=np.array(which, np.int32),
        ranges=ranges,
        lengths=lengths,
        angles=angles,
        counts=np.array([len(beams.angles) for beams in lidars], np.int32),
        mounts=np.array([_row(b.base_from_lidar) for b in lidars]).reshape(len(lidars), 3),
        reaches=np.array([beams.reach for beams in lidars]),
        pairs=np.array([(r.first, r.second) for r in graph.relations], np.int32).reshape(m, 2),
        between=np.array([_row(r.pose) for r in graph.relations]).reshape(m, 3),
        information=np.array([r.information for r in graph.relations]).reshape(m, 3, 3),
        loop=np.array([r.loop for r in graph.relations], np.bool_),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(buffer.getvalue())
    partial.replace(path)


def load(path: Path) -> StoredGraph:
    """Read a graph.

    Raises:
        FileFormatError: There is none, or it is none of ours.
    """
    name = str(path)
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [key for key in _KEYS if key not in archive.files]
            if missing:
                raise FileFormatError(name, missing[0], f"missing; it has {archive.files}")
            data = {key: np.asarray(archive[key]) for key in _KEYS}
    except FileNotFoundError:
        raise FileFormatError(name, "", "no such pose graph; was the map built here?") from None
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise FileFormatError(name, "", f"not a pose graph: {error}") from error
    if int(data["version"]) != VERSION:
        raise FileFormatError(
            name, "version", f"{int(data['version'])} is not known; choices: [{VERSION}]"
        )
    n = len(data["poses"])
    pairs = data["pairs"]
    if pairs.size and not (pairs.min() >= 0 and pairs.max() < n):
        raise FileFormatError(name, "pairs", f"names a keyframe beyond the {n} there are")
    if not all(np.isfinite(data[key]).all() for key in ("poses", "between", "information")):
        raise FileFormatError(name, "poses", "not finite")
    return StoredGraph(
        _pose(data["start"]),
        tuple(_frame(data, k) for k in range(n)),
        tuple(
            Relation(int(i), int(j), _pose(between), np.array(information), bool(loop))
            for (i, j), between, information, loop in zip(
                pairs, data["between"], data["information"], data["loop"], strict=True
            )
        ),
    )


def _frame(data: dict[str, npt.NDArray[np.generic]], k: int) -> Keyframe:
    lidar = int(data["lidar"][k])
    count = int(data["counts"][lidar])
    ranges = np.asarray(data["ranges"][k][:count], np.float64)
    lengths = np.asarray(data["lengths"][k][:count], np.float64)
    angles = np.asarray(data["angles"][lidar][:count], np.float64)
    mount = _pose(np.asarray(data["mounts"][lidar], np.float64))
    reach = float(data["reaches"][lidar])
    beams = Beams(end_points(ranges, lengths, angles, mount, reach), ranges, angles, mount, reach)
    pose = _pose(np.asarray(data["poses"][k], np.float64))
    return Keyframe(pose, beams, lengths, float(data["travelled"][k]))


def end_points(
    ranges: Array, lengths: Array, angles: Array, base_from_lidar: Pose2, reach: float
) -> Array:
    """End points in base_footprint [m] of the beams that met something."""
    hit = np.isfinite(ranges) & (lengths > 0.0) & (ranges < reach)
    flat = np.stack([ranges[hit] * np.cos(angles[hit]), ranges[hit] * np.sin(angles[hit])], axis=1)
    return base_from_lidar.apply(flat)


def _lidars(frames: Sequence[Keyframe]) -> tuple[list[Beams], list[int]]:
    """Distinct geometries of scans, and which one each keyframe has."""
    lidars: list[Beams] = []
    which = []
    for frame in frames:
        beams = frame.beams
        for k, other in enumerate(lidars):
            if (
                other.base_from_lidar == beams.base_from_lidar
                and other.reach == beams.reach
                and np.array_equal(other.angles, beams.angles)
            ):
                which.append(k)
                break
        else:
            which.append(len(lidars))
            lidars.append(beams)
    return lidars, which


def _row(pose: Pose2) -> Array:
    return np.array([pose.x, pose.y, pose.yaw])


def _pose(row: npt.NDArray[np.generic]) -> Pose2:
    x, y, yaw = (float(value) for value in row)
    return Pose2(x, y, yaw)
