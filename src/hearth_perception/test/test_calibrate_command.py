"""``hearth calibrate`` on simulated cameras and a lidar with known errors, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy", reason="bags and topics carry ROS messages")

from hearth_core.geometry import Pose2, Transform
from hearth_core.ports import CameraModel
from hearth_description.core.model import RobotModel, find_model, load_urdf, parse_urdf
from hearth_description.core.mounts import read_mounts, remount
from hearth_nodekit.bags import BagWriter
from hearth_nodekit.convert import to_camera_info, to_image, to_pose, to_time
from hearth_nodekit.testing import Spinner, isolated_context
from hearth_nodekit.topics import ODOM, ROBOT_DESCRIPTION, SCAN
from hearth_perception.calibrate.command import main
from hearth_perception.calibrate.sessions import WallSession
from hearth_perception.calibrate.sources import feed_live
from hearth_perception.core.calibration.files import read_camera, write_camera, write_positions
from nav_msgs.msg import Odometry
from printed_targets import board_print, facing, photograph, room_scan, tag_poses, tag_print
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import JointState, LaserScan
from std_msgs.msg import String

LENS = (0.05, -0.08, 0.0006, -0.0004, 0.0)
HEAD = "head_camera_color_optical_frame"
WRIST = "left_wrist_camera_color_optical_frame"
CAMERA = CameraModel(640, 480, 418.0, 417.0, 322.0, 238.0, HEAD, LENS)
LEFT = tuple(
    f"left_{name}_joint"
    for name in ("shoulder_pitch", "shoulder_yaw", "elbow", "wrist_yaw", "wrist_pitch")
)
POSTURE = dict.fromkeys(LEFT, 0.0) | {
    "left_shoulder_pitch_joint": 0.7,
    "left_shoulder_roll_joint": 0.1,
    "left_elbow_joint": 1.4,
    "left_wrist_roll_joint": 0.0,
    "torso_tilt_joint": 0.05,
    "head_tilt_joint": 0.3,
    "head_pan_joint": 0.3,
}


def knocked(joint: str, xyz: tuple[float, float, float], rpy: tuple[float, float, float]) -> str:
    """The robot's description with one sensor elsewhere."""
    model = load_urdf(find_model())
    fixed = model.joint(joint)
    origin = model.pose({}, fixed.child, fixed.parent)
    moved = Transform(origin.rotation, origin.translation + np.array(xyz))
    return remount(model.urdf, {joint: moved @ Transform.from_xyz_rpy((0, 0, 0), rpy)})


def away(one: Transform, other: Transform) -> tuple[float, float]:
    """Distance [mm] and angle [degrees]."""
    off = one.inverse() @ other
    turn = np.degrees(Rotation.from_matrix(off.rotation).magnitude())
    return 1e3 * float(np.linalg.norm(off.translation)), float(turn)


def corrected(file: Path) -> RobotModel:
    return parse_urdf(remount(load_urdf(find_model()).urdf, read_mounts(file)))


def test_intrinsics_from_a_folder_of_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    board = board_print(8, 6, 0.025)
    for k in range(10):
        turn = Rotation.from_rotvec([*rng.uniform(-0.5, 0.5, 2), rng.uniform(-0.3, 0.3)])
        at = facing(rng.uniform(0.28, 0.42), *rng.uniform(-0.09, 0.09, 2))
        pose = Transform(at.rotation @ turn.as_matrix(), at.translation)
        cv2.imwrite(str(tmp_path / f"{k:02d}.png"), photograph(CAMERA, pose, board, rng))
    out = tmp_path / "head_camera.yaml"
    shown = ["--board", "8x6", "--square", "0.025"]
    assert main(["intrinsics", "--from", str(tmp_path), *shown, "--out", str(out)]) == 0
    found = read_camera(out, HEAD)
    assert abs(found.fx - CAMERA.fx) < 1.5
    assert abs(found.fy - CAMERA.fy) < 1.5
    assert abs(found.cx - CAMERA.cx) < 1.5
    assert abs(found.cy - CAMERA.cy) < 1.5
    report = (tmp_path / "head_camera-intrinsics.txt").read_text()
    assert "reprojection" in report
    assert "% of the image covered" in report
    # The same pictures do not show another board.
    wrong = ["--board", "9x5", "--square", "0.025"]
    refused = tmp_path / "no.yaml"
    assert main(["intrinsics", "--from", str(tmp_path), *wrong, "--out", str(refused)]) == 2
    assert "was found on 0 different of 10 pictures" in capsys.readouterr().err
    assert not refused.exists()


def test_the_head_camera_from_a_tag_on_the_wrist_in_a_bag(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    real = parse_urdf(knocked("head_camera_link_joint", (0.006, -0.009, 0.004), (0, 0.03, 0.02)))
    carrier_from_tag, poses = tag_poses(
        real, HEAD, "left_palm_link", POSTURE, LEFT, CAMERA, rng, 12
    )
    tag = tag_print("apriltag_36h11", 7, 0.06)
    bag = tmp_path / "wrist.mcap"
    with BagWriter(bag) as writer:
        writer.write("/robot1/robot_description", String(data=load_urdf(find_model()).urdf), 0.0)
        for k, joints in enumerate(poses):
            now = 1.0 + k
            for step in range(6):  # moving, then still
                wobble = 0.1 if step < 1 else 0.0
                stamp = now - 0.55 + 0.11 * step
                message = JointState(name=list(joints))
                message.position = [
                    v + wobble + float(rng.normal(0, 0.0003)) for v in joints.values()
                ]
                message.header.stamp = to_time(stamp)
                writer.write("/robot1/joint_states", message, stamp)
            pose = real.pose(joints, "left_palm_link", HEAD) @ carrier_from_tag
            image = photograph(CAMERA, pose, tag, rng)
            info = to_camera_info(CAMERA, now)
            writer.write("/robot1/head_camera/color/camera_info", info, now)
            topic = "/robot1/head_camera/color/image_raw"
            writer.write(topic, to_image(image, "rgb8", HEAD, now), now)
    out, keep = tmp_path / "calibration.yaml", tmp_path / "used"
    shown = ["--tag", "apriltag_36h11:7", "--size", "0.06", "--from", str(bag)]
    assert main(["head-camera", *shown, "--out", str(out), "--keep", str(keep)]) == 0
    distance, angle = away(real.pose({}, HEAD), corrected(out).pose({}, HEAD))
    assert distance < 2.5
    assert angle < 0.25
    nominal = away(real.pose({}, HEAD), load_urdf(find_model()).pose({}, HEAD))
    assert nominal[0] > 11.0  # what was put in
    report = (tmp_path / "calibration-head-camera.txt").read_text()
    assert "12 of 12 poses fit" in report
    assert "corrected: head_camera_link_joint" in report
    assert len(list(keep.glob("*.png"))) == 12


def wrist_pictures(folder: Path, real: RobotModel, free: tuple[str, ...], count: int) -> None:
    """A wrist camera moved before a tag that stands still."""
    rng = np.random.default_rng(2)
    camera = CameraModel(320, 240, 191.0, 191.0, 159.5, 119.5, WRIST, LENS)
    carrier_from_tag, poses = tag_poses(
        real, WRIST, "base_footprint", POSTURE, free, camera, rng, count, 0.25
    )
    tag = tag_print("aruco_4x4", 3, 0.08)
    folder.mkdir()
    names = {}
    for k, joints in enumerate(poses):
        pose = real.pose(joints, "base_footprint", WRIST) @ carrier_from_tag
        image = photograph(camera, pose, tag, rng)
        cv2.imwrite(str(folder / f"{k:02d}.png"), image)
        names[f"{k:02d}.png"] = joints
    write_positions(folder / "joints.yaml", names)
    write_camera(folder / "camera.yaml", "left_wrist_camera", camera)


def test_hand_eye_from_pictures_with_joint_positions(tmp_path: Path) -> None:
    joint = "left_wrist_camera_link_joint"
    real = parse_urdf(knocked(joint, (-0.005, 0.006, 0.004), (0.02, 0.03, -0.02)))
    wrist_pictures(tmp_path / "shots", real, LEFT, 12)
    out = tmp_path / "calibration.yaml"
    shown = ["--tag", "aruco_4x4:3", "--size", "0.08", "--from", str(tmp_path / "shots")]
    assert main(["hand-eye", "--side", "left", *shown, "--out", str(out)]) == 0
    assert set(read_mounts(out)) == {joint}
    one = real.pose({}, WRIST, "left_palm_link")
    distance, angle = away(one, corrected(out).pose({}, WRIST, "left_palm_link"))
    assert distance < 2.0
    assert angle < 0.3


def test_a_wrist_that_turns_about_one_axis_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrist_pictures(tmp_path / "shots", load_urdf(find_model()), ("left_wrist_yaw_joint",), 9)
    out = tmp_path / "calibration.yaml"
    shown = ["--tag", "aruco_4x4:3", "--size", "0.08", "--from", str(tmp_path / "shots")]
    assert main(["hand-eye", *shown, "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert "turned" in error
    assert not out.exists()


MOUNT = Pose2(-0.088, 0.007, 0.025)
"""Where the lidar really is; the description says (-0.1, 0, 0)."""


def turning(path: Path, turn: float, period: float, drive: float = 0.6) -> None:
    """A bag of a robot that turns before the wall, then drives; rays one after another."""
    rng = np.random.default_rng(3)
    count, speed = 360, 0.3
    angles = -np.pi + 2 * np.pi / count * np.arange(count)

    def at(time: float) -> Pose2:
        driven = float(np.clip(0.2 * (time - turn / speed), 0.0, drive))
        stand = Pose2(0.0, 0.0, min(speed * time, turn) - turn / 2)
        return stand @ Pose2(driven, 0.0, 0.0)

    with BagWriter(path) as bag:
        bag.write("/robot1/robot_description", String(data=load_urdf(find_model()).urdf), 0.0)
        for k in range(int((turn / speed + drive / 0.2) / 0.02) + 20):
            now = 0.02 * k
            odom = Odometry()
            odom.header.stamp = to_time(now)
            odom.pose.pose = to_pose(at(now).lift())
            bag.write("/robot1/odom", odom, now)
            if k % 5:
                continue
            scan = LaserScan(range_min=0.15, range_max=12.0, time_increment=period)
            scan.header.stamp, scan.header.frame_id = to_time(now), "lidar_link"
            scan.angle_min, scan.angle_increment = -np.pi, 2 * np.pi / count
            rows = [
                room_scan(at(now + i * period) @ MOUNT, angles[i : i + 30], rng)
                for i in range(0, count, 30)
            ]
            scan.ranges = np.concatenate(rows).astype(np.float32).tolist()
            bag.write("/robot1/scan", scan, now)


@pytest.mark.parametrize("period", [0.0, 0.1 / 360])
def test_the_lidar_from_a_wall_of_a_furnished_room(tmp_path: Path, period: float) -> None:
    turning(tmp_path / "turn.mcap", 1.8, period)
    out = tmp_path / "calibration.yaml"
    out.write_text("joints:\n  head_camera_link_joint: {xyz: [0.1, 0, 0], rpy: [0, 0, 0]}\n")
    assert main(["lidar", "--from", str(tmp_path / "turn.mcap"), "--out", str(out)]) == 0
    mounts = read_mounts(out)
    assert set(mounts) == {"head_camera_link_joint", "lidar_link_joint"}  # the other one stays
    found = corrected(out).pose({}, "lidar_link").planar()
    assert abs(found.x - MOUNT.x) < 0.004
    assert abs(found.y - MOUNT.y) < 0.004
    assert abs(found.yaw - MOUNT.yaw) < np.radians(0.2)
    assert "scans over" in (tmp_path / "calibration-lidar.txt").read_text()


def test_what_cannot_work_is_refused_with_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    turning(tmp_path / "short.mcap", 0.4, 0.0)
    out = ["--out", str(tmp_path / "never.yaml")]

    def refusal(*arguments: str) -> str:
        assert main([*arguments, *out]) == 2, arguments
        return capsys.readouterr().err

    assert "turned by" in refusal("lidar", "--from", str(tmp_path / "short.mcap"))
    turning(tmp_path / "spot.mcap", 1.8, 0.0, drive=0.0)
    assert "drive 0.4 m" in refusal("lidar", "--from", str(tmp_path / "spot.mcap"))
    text = refusal("lidar", "--from", str(tmp_path / "short.mcap"), "--robot", "robot9")
    assert "/robot9/scan" in text
    assert "/robot1/scan" in text
    assert "no such bag" in refusal("lidar", "--from", str(tmp_path / "nothing.mcap"))
    board = ["--square", "0.02", "--board"]
    assert "--board '8'" in refusal("intrinsics", *board, "8")
    bag = str(tmp_path / "short.mcap")
    assert "has none of" in refusal("intrinsics", *board, "8x6", "--from", bag)
    tag = ["--size", "0.05", "--from", bag, "--tag"]
    assert "marker family" in refusal("head-camera", *tag, "qr:1")
    text = refusal("head-camera", *tag, "apriltag_36h11:0", "--carrier", "head_link")
    assert "no joint moves 'head_link'" in text
    assert "camera_info" in refusal("head-camera", *tag, "apriltag_36h11:0")
    assert not (tmp_path / "never.yaml").exists()


def test_the_lidar_from_live_topics() -> None:
    rng = np.random.default_rng(5)
    angles = -np.pi + 2 * np.pi / 360 * np.arange(360)
    session = WallSession(None, lambda _: None)
    with isolated_context() as context:
        robot = Node("robot", namespace="/robot1", context=context)
        description = ROBOT_DESCRIPTION.publisher(robot)
        description.publish(String(data=load_urdf(find_model()).urdf))
        odometry, scans = ODOM.publisher(robot), SCAN.publisher(robot)
        sent = 0

        def step() -> None:
            """The robot turns, then drives, one scan a step; told when all were read."""
            nonlocal sent
            if scans.get_subscription_count() == 0 or odometry.get_subscription_count() == 0:
                return
            taken = 0 if session.collector is None else len(session.collector.walls)
            sent += 1
            k = taken  # goes on when a scan was taken: no message is counted on
            base = Pose2(0.1 * max(0, k - 16), 0.0, 0.08 * min(k, 16) - 0.6)
            for moment in (0.0, 0.05):
                odom = Odometry()
                odom.header.stamp = to_time(sent + moment)
                odom.pose.pose = to_pose(base.lift())
                odometry.publish(odom)
            scan = LaserScan(range_min=0.15, range_max=12.0)
            scan.header.stamp, scan.header.frame_id = to_time(sent + 0.02), "lidar_link"
            scan.angle_min, scan.angle_increment = -np.pi, 2 * np.pi / 360
            ranges = room_scan(base @ MOUNT, angles, rng)
            scan.ranges = ranges.astype(np.float32).tolist()
            scans.publish(scan)

        def done() -> bool:
            return session.collector is not None and len(session.collector.walls) >= 22

        robot.create_timer(0.03, step, clock=Clock(clock_type=ClockType.STEADY_TIME))
        with Spinner(context, robot):
            feed_live(session, "robot1", 120.0, done, context)
    assert session.collector is not None
    found = session.collector.result().base_from_lidar
    assert abs(found.x - MOUNT.x) < 0.01
    assert abs(found.yaw - MOUNT.yaw) < np.radians(0.4)
