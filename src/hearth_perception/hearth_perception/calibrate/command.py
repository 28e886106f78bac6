"""``hearth calibrate``: where cameras and lidar really are, measured with things every home has.

intrinsics: a printed chessboard moved before a camera. head-camera: a printed tag fixed to a
wrist, moved before the head. hand-eye: a wrist camera moved before a tag that stands still or is
fixed to the other wrist. lidar: the robot turns before a straight wall, and drives toward it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from hearth_core.errors import BadInputError, HearthError
from hearth_description.core.model import RobotModel, find_model, load_urdf

from hearth_perception.calibrate.sessions import (
    BoardSession,
    Keeper,
    Session,
    TagSession,
    WallSession,
)
from hearth_perception.calibrate.sources import (
    feed_bag,
    feed_board_folder,
    feed_live,
    feed_tag_folder,
    has_pictures,
)
from hearth_perception.core.calibration.boards import BoardCollector
from hearth_perception.core.calibration.intrinsics import Board
from hearth_perception.core.calibration.tags import Tag


def main(arguments: Sequence[str]) -> int:
    """Run one calibration; 0: written, 2: refused (nothing is written)."""
    options = _parser().parse_args(arguments)
    try:
        session = _session(options)
        _feed(session, options)
        out: Path = options.out or Path(_default_out(options))
        report = f"hearth calibrate {options.what}\n{session.conclude(out)}"
    except HearthError as error:
        sys.stderr.write(f"hearth calibrate {options.what}: {error}\n")
        return 2
    report_file: Path = options.report or out.with_name(f"{out.stem}-{options.what}.txt")
    report_file.write_text(report + "\n", encoding="utf-8")
    _say(report)
    _say(f"wrote {out} and {report_file}")
    if options.what == "intrinsics":
        _say("give it to the camera's driver (camera_info_url)")
    else:
        _say(f"for robot_state_publisher: -p calibration:={out.resolve()}")
    return 0


def _parser() -> argparse.ArgumentParser:
    source = argparse.ArgumentParser(add_help=False)
    source.add_argument(
        "--from",
        dest="source",
        type=Path,
        help="a bag (.mcap, or rosbag2's folder), or a folder of pictures; default: live topics",
    )
    source.add_argument("--robot", default="robot1", help="the robot's namespace")
    source.add_argument("--seconds", type=float, default=180.0, help="live: gather so long")
    source.add_argument("--urdf", type=Path, help="description; default: robot_description")
    source.add_argument("--out", type=Path, help="file to write")
    source.add_argument("--report", type=Path, help="file for the report (default: beside --out)")
    source.add_argument("--keep", type=Path, help="live, bag: folder for the pictures used")
    tag = argparse.ArgumentParser(add_help=False)
    tag.add_argument("--tag", default="apriltag_36h11:0", help="family:number")
    tag.add_argument("--size", type=float, required=True, help="side of the black square [m]")
    tag.add_argument("--carrier", help="link of the robot that the tag is fixed to")
    parser = argparse.ArgumentParser(prog="hearth calibrate", description=__doc__)
    what = parser.add_subparsers(dest="what", required=True)
    board = what.add_parser("intrinsics", parents=[source], help="lens and sensor, from a board")
    board.add_argument("--camera", default="head_camera")
    board.add_argument("--board", default="8x6", help="inner corners, along by across")
    board.add_argument("--square", type=float, required=True, help="side of a square [m]")
    head = what.add_parser("head-camera", parents=[source, tag], help="from a tag on a wrist")
    head.add_argument("--camera", default="head_camera")
    hand = what.add_parser("hand-eye", parents=[source, tag], help="a wrist camera")
    hand.add_argument("--side", choices=["left", "right"], default="left")
    what.add_parser("lidar", parents=[source], help="from a straight wall")
    return parser


def _session(options: argparse.Namespace) -> Session:
    keeper = Keeper(options.keep, _say)
    if options.what == "intrinsics":
        board = _board(options.board, options.square)
        return BoardSession(options.camera, BoardCollector(board), keeper)
    model = _model(options)
    if options.what == "lidar":
        return WallSession(model, _say)
    if options.what == "hand-eye":
        camera, carrier = f"{options.side}_wrist_camera", options.carrier or "base_footprint"
    else:
        camera, carrier = options.camera, options.carrier or "left_palm_link"
    family, _, number = options.tag.partition(":")
    if not number.isdigit():
        raise BadInputError(f"--tag {options.tag!r}: expected family:number, apriltag_36h11:7")
    tag = Tag(family, int(number), options.size, carrier)
    return TagSession(camera, f"{camera}_color_optical_frame", tag, model, keeper)


def _model(options: argparse.Namespace) -> RobotModel | None:
    """The description, unless a topic will bring it."""
    if options.urdf is not None:
        return load_urdf(options.urdf)
    if options.source is not None and has_pictures(options.source):
        return load_urdf(find_model())
    return None


def _board(text: str, square: float) -> Board:
    columns, _, rows = text.partition("x")
    if not (columns.isdigit() and rows.isdigit() and int(columns) > 2 and int(rows) > 2):
        raise BadInputError(f"--board {text!r}: expected inner corners, such as 8x6")
    if not square > 0.0:
        raise BadInputError(f"--square {square}: expected the side of a square [m]")
    return Board(int(columns), int(rows), square)


def _feed(session: Session, options: argparse.Namespace) -> None:
    source: Path | None = options.source
    if source is None:
        stop = threading.Event()
        before = signal.signal(signal.SIGINT, lambda *_: stop.set())
        domain = os.environ.get("ROS_DOMAIN_ID", "0")
        _say(f"reading /{options.robot} on domain {domain}; Ctrl-C when enough was shown")
        try:
            feed_live(session, options.robot, options.seconds, stop.is_set)
        finally:
            signal.signal(signal.SIGINT, before)
    elif has_pictures(source):
        if isinstance(session, BoardSession):
            feed_board_folder(session, source, _say)
        elif isinstance(session, TagSession):
            frame = f"{session.camera}_color_optical_frame"
            feed_tag_folder(session, source, frame, _say)
        else:
            raise BadInputError(f"{source} holds pictures; a lidar is calibrated from a bag")
    else:
        feed_bag(session, source, options.robot, _say)


def _default_out(options: argparse.Namespace) -> str:
    return f"{options.camera}.yaml" if options.what == "intrinsics" else "calibration.yaml"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
