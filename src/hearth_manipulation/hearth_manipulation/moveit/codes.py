"""Reasons as MoveItErrorCodes."""

from __future__ import annotations

from hearth_core.errors import BadInputError, HearthError, UnknownNameError
from hearth_nodekit.transforms import TransformError
from moveit_msgs.msg import MoveItErrorCodes as Codes

from hearth_manipulation.core.ports import Stopped

SOURCE = "hearth_manipulation"
_CODES = {
    "start_in_collision": Codes.START_STATE_IN_COLLISION,
    "start_out_of_limits": Codes.START_STATE_INVALID,
    "start_elsewhere": Codes.START_STATE_INVALID,
    "goal_in_collision": Codes.GOAL_IN_COLLISION,
    "goal_out_of_limits": Codes.GOAL_STATE_INVALID,
    "unreachable": Codes.NO_IK_SOLUTION,
    "no_path": Codes.PLANNING_FAILED,
    "path_in_collision": Codes.INVALID_MOTION_PLAN,
    "bad_trajectory": Codes.INVALID_MOTION_PLAN,
    "unknown_joints": Codes.INVALID_MOTION_PLAN,
    "path_blocked": Codes.MOTION_PLAN_INVALIDATED_BY_ENVIRONMENT_CHANGE,
    "path_tolerance_violated": Codes.CONTROL_FAILED,
    "goal_tolerance_violated": Codes.CONTROL_FAILED,
    "motion_failed": Codes.CONTROL_FAILED,
    "motion_timeout": Codes.TIMED_OUT,
    "no_joint_states": Codes.ROBOT_STATE_STALE,
    "no_odom": Codes.ROBOT_STATE_STALE,
    "busy": Codes.ABORT,
    "unknown_group": Codes.INVALID_GROUP_NAME,
    "unknown_link": Codes.INVALID_LINK_NAME,
    "unknown_object": Codes.INVALID_OBJECT_NAME,
    "bad_state": Codes.INVALID_ROBOT_STATE,
    "bad_goal": Codes.INVALID_GOAL_CONSTRAINTS,
    "not_supported": Codes.UNRECOGNIZED_GOAL_TYPE,
    "bad_frame": Codes.FRAME_TRANSFORM_FAILURE,
}


class RequestError(HearthError):
    """A request that will not be tried; ``reason`` as in the table above."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def success() -> Codes:
    """It went well."""
    return Codes(val=Codes.SUCCESS, source=SOURCE)


def code_of(error: BaseException) -> Codes:
    """The code that fits an error, with its sentence."""
    if isinstance(error, Stopped):
        value = Codes.PREEMPTED
    elif isinstance(error, TransformError):
        value = Codes.FRAME_TRANSFORM_FAILURE
    elif hasattr(error, "reason"):
        value = _CODES.get(error.reason, Codes.FAILURE)
    elif isinstance(error, UnknownNameError | BadInputError | ValueError):
        value = Codes.INVALID_GOAL_CONSTRAINTS
    else:
        value = Codes.FAILURE
    return Codes(val=value, message=str(error) or repr(error), source=SOURCE)
