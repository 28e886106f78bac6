"""Where the data come from: live topics, a bag, a folder of pictures."""

from __future__ import annotations

import time as wall
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rclpy
from hearth_core.errors import BadInputError, HearthError
from hearth_nodekit.bags import read_bag, topics_of
from rclpy.context import Context
from rclpy.experimental import EventsExecutor

from hearth_perception.calibrate.sessions import BoardSession, Say, Session, TagSession
from hearth_perception.core.calibration.files import read_camera, read_positions
from hearth_perception.core.view import Color

PICTURES = {".png", ".jpg", ".jpeg", ".bmp"}


def feed_bag(session: Session, path: Path, robot: str, say: Say) -> None:
    """Give a session the messages of a bag.

    Raises:
        BadInputError: No bag, or it lacks every topic that is needed.
    """
    handlers = {f"/{robot}/{topic.name}": take for topic, take in session.handlers}
    there = topics_of(path)
    if not set(handlers) & set(there):
        raise BadInputError(
            f"{path} has none of {sorted(handlers)}; it has {sorted(there)} (--robot NAME?)"
        )
    for name in sorted(set(handlers) - set(there)):
        say(f"{path.name} has no {name}")
    for recorded in read_bag(path, [name for name in handlers if name in there]):
        handlers[recorded.topic](recorded.message())
        if session.full:
            break


def feed_live(
    session: Session,
    robot: str,
    seconds: float,
    should_stop: Callable[[], bool] = lambda: False,
    context: Context | None = None,
) -> None:
    """Give a session what the robot publishes.

    Args:
        session: Who reads.
        robot: Namespace.
        seconds: How long at most, wall clock [s].
        should_stop: Asked a few times a second (Ctrl-C ends gathering, not the calibration).
        context: ROS context; None: one of its own.
    """
    own = context is None
    if own:
        context = Context()
        rclpy.init(context=context)
    assert context is not None
    node = rclpy.create_node("calibrate", namespace=f"/{robot}", context=context)
    failure: list[HearthError] = []

    def guarded(take: Callable[[Any], None]) -> Callable[[Any], None]:
        def callback(message: Any) -> None:
            try:
                take(message)
            except HearthError as error:
                failure.append(error)

        return callback

    executor = EventsExecutor(context=context)
    try:
        for topic, take in session.handlers:
            topic.subscribe(node, guarded(take))
        executor.add_node(node)
        deadline = wall.monotonic() + seconds
        while wall.monotonic() < deadline and not session.full and not should_stop():
            executor.spin_once(timeout_sec=0.1)
            if failure:
                raise failure[0]
    finally:
        executor.remove_node(node)
        executor.shutdown()
        node.destroy_node()
        if own:
            context.try_shutdown()


def feed_board_folder(session: BoardSession, folder: Path, say: Say) -> None:
    """Give a session the pictures of a folder.

    Raises:
        BadInputError: No pictures, or one that cannot be read.
    """
    session.collector.moved = 0.0  # somebody chose them
    for file in _pictures(folder):
        what = session.collector.picture(_read(file))
        say(f"{file.name}: {what}")


def feed_tag_folder(session: TagSession, folder: Path, frame: str, say: Say) -> None:
    """Give a session pictures with ``joints.yaml`` and ``camera.yaml`` beside them.

    Raises:
        BadInputError: A file is missing or wrong.
    """
    if session.collector is None:
        raise BadInputError(f"{folder}: a folder says nothing of the robot; give --urdf FILE")
    positions = read_positions(folder / "joints.yaml")
    session.intrinsics = read_camera(folder / "camera.yaml", frame)
    session.collector.distinct = False
    for file in _pictures(folder):
        if file.name not in positions:
            raise BadInputError(f"{folder / 'joints.yaml'} has no entry {file.name!r}")
        color = _read(file)
        size = session.intrinsics.width, session.intrinsics.height
        if (color.shape[1], color.shape[0]) != size:
            raise BadInputError(
                f"{file} is {color.shape[1]} x {color.shape[0]}, camera.yaml is of "
                f"{size[0]} x {size[1]}"
            )
        what = session.collector.still(color, session.intrinsics, positions[file.name])
        say(f"{file.name}: {what}")


def has_pictures(path: Path) -> bool:
    """Whether a path is a folder of pictures rather than a bag."""
    return path.is_dir() and any(f.suffix.lower() in PICTURES for f in path.iterdir())


def _pictures(folder: Path) -> list[Path]:
    found = sorted(f for f in folder.iterdir() if f.suffix.lower() in PICTURES)
    if not found:
        raise BadInputError(f"{folder}: no pictures ({', '.join(sorted(PICTURES))})")
    return found


def _read(file: Path) -> Color:
    image = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if image is None:
        raise BadInputError(f"{file}: not a picture that can be read")
    return np.ascontiguousarray(image[:, :, ::-1])
