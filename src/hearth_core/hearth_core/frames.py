"""Names of the coordinate frames (REP 103, REP 105) and of the robot's groups of joints.

No prefixes: every robot has its own ``tf`` and ``tf_static`` inside its namespace.
"""

MAP = "map"
ODOM = "odom"
BASE_FOOTPRINT = "base_footprint"
BASE_LINK = "base_link"
LIDAR = "lidar_link"
IMU = "imu_link"
HEAD_COLOR_OPTICAL = "head_camera_color_optical_frame"
HEAD_DEPTH_OPTICAL = "head_camera_depth_optical_frame"

SIDES = ("left", "right")


def grasp_frame(side: str) -> str:
    """Frame between thumb and fingers: x approach, z knuckles (index up), palm +y on the right."""
    return f"{side}_grasp_frame"


ARM_JOINTS = {
    side: tuple(
        f"{side}_{name}_joint"
        for name in (
            "shoulder_pitch",
            "shoulder_roll",
            "shoulder_yaw",
            "elbow",
            "wrist_yaw",
            "wrist_pitch",
            "wrist_roll",
        )
    )
    for side in SIDES
}
HAND_JOINTS = {
    side: tuple(
        f"{side}_{name}_joint"
        for name in (
            "thumb_opposition",
            "thumb_flexion",
            "index_flexion",
            "middle_flexion",
            "ring_flexion",
            "little_flexion",
        )
    )
    for side in SIDES
}
TORSO_JOINTS = ("torso_tilt_joint",)
HEAD_JOINTS = ("head_pan_joint", "head_tilt_joint")

GROUPS: dict[str, tuple[str, ...]] = {
    "left_arm": ARM_JOINTS["left"],
    "right_arm": ARM_JOINTS["right"],
    "left_hand": HAND_JOINTS["left"],
    "right_hand": HAND_JOINTS["right"],
    "torso": TORSO_JOINTS,
    "head": HEAD_JOINTS,
}
"""Actuated joints of every controller, in command order: ``{group}_controller``."""
