"""Topic contracts: name, type and QoS, written once and shared by both ends."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped, Twist
from nav2_msgs.msg import ParticleCloud
from nav_msgs.msg import OccupancyGrid, Odometry, Path
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription
from sensor_msgs.msg import BatteryState, CameraInfo, Image, Imu, JointState, LaserScan
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage
from trajectory_msgs.msg import JointTrajectory
from vision_msgs.msg import Detection3DArray
from visualization_msgs.msg import MarkerArray

from hearth_interfaces.msg import (
    ApplianceAccess,
    ApplianceCapabilities,
    ApplianceEvent,
    ApplianceList,
    ApplianceState,
    BridgeStatus,
    SimTruth,
    SurfaceArray,
    TaskProgress,
    WorldObjectArray,
)
from hearth_nodekit.qos import (
    COMMAND,
    EVENT,
    IMAGE_READER,
    LATCHED,
    LOG,
    SENSOR_READER,
    SENSOR_WRITER,
    TRANSFORM,
)


@dataclass(frozen=True)
class Topic:
    """One topic, relative to the robot's namespace."""

    name: str
    type: type[Any]
    qos: QoSProfile
    reader_qos: QoSProfile | None = None
    """What readers ask for, when less than what writers offer (REP 2003 for sensors)."""

    def __post_init__(self) -> None:
        if self.name.startswith("/"):
            raise ValueError(f"topic {self.name!r} must be relative: namespaces select the robot")

    def publisher(self, node: Node) -> Publisher:
        """Create the sending end."""
        return node.create_publisher(self.type, self.name, self.qos)

    def subscribe(self, node: Node, callback: Callable[[Any], None]) -> Subscription:
        """Create the receiving end."""
        return node.create_subscription(
            self.type, self.name, callback, self.reader_qos or self.qos
        )

    def subscribe_in(
        self, node: Node, namespace: str, callback: Callable[[Any], None]
    ) -> Subscription:
        """Create the receiving end in another namespace than the node's (the home's)."""
        name = f"{namespace.rstrip('/')}/{self.name}"
        return node.create_subscription(self.type, name, callback, self.reader_qos or self.qos)


def sensor(name: str, message_type: type[Any]) -> Topic:
    """Raw sensor data: offered reliably, read with best effort (REP 2003)."""
    return Topic(name, message_type, SENSOR_WRITER, SENSOR_READER)


def image(name: str) -> Topic:
    """Images: reliable at both ends, newest only."""
    return Topic(name, Image, SENSOR_WRITER, IMAGE_READER)


CMD_VEL = Topic("cmd_vel", Twist, COMMAND)
CMD_VEL_NAV = Topic("cmd_vel_nav", Twist, COMMAND)
CMD_VEL_MANIPULATION = Topic("cmd_vel_manipulation", Twist, COMMAND)
CMD_VEL_TELEOP = Topic("cmd_vel_teleop", Twist, COMMAND)
DIAGNOSTICS = Topic("diagnostics", DiagnosticArray, EVENT)

ODOM = sensor("odom", Odometry)
SCAN = sensor("scan", LaserScan)
IMU = sensor("imu/data", Imu)
JOINT_STATES = sensor("joint_states", JointState)
TOUCH = sensor("touch", JointState)
BATTERY_STATE = sensor("battery_state", BatteryState)

TF = Topic("tf", TFMessage, TRANSFORM)
TF_STATIC = Topic("tf_static", TFMessage, LATCHED)
ROBOT_DESCRIPTION = Topic("robot_description", String, LATCHED)

MAP = Topic("map", OccupancyGrid, LATCHED)
AMCL_POSE = Topic("amcl_pose", PoseWithCovarianceStamped, LATCHED)
INITIAL_POSE = Topic("initialpose", PoseWithCovarianceStamped, EVENT)
GOAL_POSE = Topic("goal_pose", PoseStamped, EVENT)
PLAN = Topic("plan", Path, LATCHED)
PARTICLE_CLOUD = Topic("particle_cloud", ParticleCloud, SENSOR_WRITER, SENSOR_READER)
LOCAL_COSTMAP = Topic("local_costmap/costmap", OccupancyGrid, LATCHED)
GLOBAL_COSTMAP = Topic("global_costmap/costmap", OccupancyGrid, LATCHED)

OBJECTS = Topic("objects", WorldObjectArray, LATCHED)
SURFACES = Topic("surfaces", SurfaceArray, LATCHED)
DETECTIONS = Topic("detections", Detection3DArray, EVENT)
OBJECT_MARKERS = Topic("object_markers", MarkerArray, LATCHED)
PEOPLE = Topic("people", Detection3DArray, EVENT)
CARRYING = Topic("carrying", String, LATCHED)
TASK_PROGRESS = Topic("task_progress", TaskProgress, LATCHED)


def camera_color(camera: str) -> Topic:
    """Colour images of one camera, rgb8."""
    return image(f"{camera}/color/image_raw")


def camera_depth(camera: str) -> Topic:
    """Depth images of one camera, 32FC1 [m], registered to colour."""
    return image(f"{camera}/depth/image_raw")


def camera_info(camera: str, stream: str = "color") -> Topic:
    """Intrinsics of one stream (``color`` or ``depth``)."""
    return sensor(f"{camera}/{stream}/camera_info", CameraInfo)


def joint_targets(group: str) -> Topic:
    """Where the joints of a group shall be now, from who steers them; as ros2_control names it."""
    return Topic(f"{group}_controller/joint_trajectory", JointTrajectory, COMMAND)


def appliance_state(slug: str) -> Topic:
    """State of one appliance; in the home's namespace, so create it on a node there."""
    return Topic(f"appliances/{slug}/state", ApplianceState, LATCHED)


def appliance_events(slug: str) -> Topic:
    """Gap-free events of one appliance, every one of them; in the home's namespace."""
    return Topic(f"appliances/{slug}/events", ApplianceEvent, LOG)


def appliance_capabilities(slug: str) -> Topic:
    """What one appliance can do; in the home's namespace."""
    return Topic(f"appliances/{slug}/capabilities", ApplianceCapabilities, LATCHED)


def appliance_access(slug: str) -> Topic:
    """Who may use one appliance, and how to get at it; in the home's namespace."""
    return Topic(f"appliances/{slug}/access", ApplianceAccess, LATCHED)


APPLIANCES = Topic("appliances", ApplianceList, LATCHED)
BRIDGE_STATUS = Topic("bridge/status", BridgeStatus, LATCHED)


SIM_TRUTH = Topic("sim/truth/state", SimTruth, EVENT)
"""Simulated truth, for the evaluator's node in the root namespace only."""
