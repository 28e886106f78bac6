"""Topic contracts: name, type and QoS, written once and shared by both ends."""

from geometry_msgs.msg import PolygonStamped, PoseStamped, PoseWithCovarianceStamped, Twist
from nav2_msgs.msg import ParticleCloud
from nav_msgs.msg import OccupancyGrid, Odometry, Path
from sensor_msgs.msg import BatteryState, CameraInfo, Image, Imu, JointState, LaserScan
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage
from trajectory_msgs.msg import JointTrajectory
from vision_msgs.msg import Detection3DArray
from visualization_msgs.msg import MarkerArray

from hearth_interfaces.msg import (
    FeltArticulation,
    KeepOut,
    ObjectChangeArray,
    PersonArray,
    SimPeople,
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
    SENSOR_READER,
    SENSOR_WRITER,
    TRANSFORM,
)
from hearth_nodekit.topic import Topic, sensor


def image(name: str) -> Topic:
    """Images: reliable at both ends, newest only."""
    return Topic(name, Image, SENSOR_WRITER, IMAGE_READER)


CMD_VEL = Topic("cmd_vel", Twist, COMMAND)
CMD_VEL_NAV = Topic("cmd_vel_nav", Twist, COMMAND)
CMD_VEL_MANIPULATION = Topic("cmd_vel_manipulation", Twist, COMMAND)
CMD_VEL_TELEOP = Topic("cmd_vel_teleop", Twist, COMMAND)
CMD_VEL_ASSISTED = Topic("cmd_vel_assisted", Twist, COMMAND)
"""What a person commands, as far as the collision monitor lets it; beats the bare command."""

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
FOOTPRINT = Topic("local_costmap/published_footprint", PolygonStamped, LATCHED)
"""The robot's outline with arms and load as planned with, in base_footprint."""

OBJECTS = Topic("objects", WorldObjectArray, LATCHED)
SURFACES = Topic("surfaces", SurfaceArray, LATCHED)
DETECTIONS = Topic("detections", Detection3DArray, EVENT)
CHANGES = Topic("changes", ObjectChangeArray, LATCHED)
OBJECT_MARKERS = Topic("object_markers", MarkerArray, LATCHED)
PEOPLE = Topic("people", Detection3DArray, EVENT)
TRACKED_PEOPLE = Topic("tracked_people", PersonArray, EVENT)
KEEP_OUT = Topic("keep_out", KeepOut, EVENT)
FELT_ARTICULATION = Topic("felt_articulation", FeltArticulation, EVENT)
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


SIM_PEOPLE = Topic("sim/truth/people", SimPeople, EVENT)
"""Simulated truth about people, for the evaluator's node in the root namespace only."""
SIM_TRUTH = Topic("sim/truth/state", SimTruth, EVENT)
"""Simulated truth, for the evaluator's node in the root namespace only."""
