"""Topics that only drivers serve; the shared ones are in ``hearth_nodekit.topics``."""

from hearth_nodekit.qos import COMMAND, EVENT, LATCHED
from hearth_nodekit.topic import Topic
from std_msgs.msg import Bool
from std_srvs.srv import SetBool
from trajectory_msgs.msg import JointTrajectory

STOP_REQUEST = Topic("stop_request", Bool, EVENT)
"""True engages the emergency stop, as the service does; False is ignored (release by service)."""
EMERGENCY_STOPPED = Topic("emergency_stopped", Bool, LATCHED)
"""Level of the emergency stop."""
EMERGENCY_STOP = ("emergency_stop", SetBool)
"""Service: true engages, false releases."""


def joint_targets(group: str) -> Topic:
    """Where the joints of a group shall be now, from who steers them; as ros2_control names it."""
    return Topic(f"{group}_controller/joint_trajectory", JointTrajectory, COMMAND)
