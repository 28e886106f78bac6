"""Between the world's values and messages: the one place that knows both."""

from __future__ import annotations

import math

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Pose, Twist
from hearth_core.geometry import Pose2, Transform
from rosgraph_msgs.msg import Clock

from hearth_interfaces.msg import ContactEvent, PersonContact, SimPeople, SimTruth
from hearth_sim.core.truth import PeopleTruth, Truth

HOME_FRAME = "home"


def to_time(stamp: float) -> Time:
    """Seconds to a message, exact to the nanosecond."""
    nanoseconds = round(stamp * 1e9)
    return Time(sec=nanoseconds // 1_000_000_000, nanosec=nanoseconds % 1_000_000_000)


def to_clock(stamp: float) -> Clock:
    """Simulated time."""
    return Clock(clock=to_time(stamp))


def to_pose(transform: Transform) -> Pose:
    """A rigid motion."""
    message = Pose()
    position, orientation = message.position, message.orientation
    position.x, position.y, position.z = map(float, transform.translation)
    orientation.x, orientation.y, orientation.z, orientation.w = map(float, transform.quaternion())
    return message


def to_truth(truth: Truth, real_time_factor: float | None) -> SimTruth:
    """Simulated truth; an unknown factor is nan."""
    message = SimTruth()
    message.header.stamp = to_time(truth.stamp)
    message.header.frame_id = HOME_FRAME
    for name, body in truth.bodies.items():
        message.body_names.append(name)
        message.poses.append(to_pose(body.home_from_body))
        twist = Twist()
        twist.linear.x, twist.linear.y, twist.linear.z = map(float, body.linear)
        twist.angular.x, twist.angular.y, twist.angular.z = map(float, body.angular)
        message.twists.append(twist)
        message.supports.append(",".join(body.touches))
    message.joint_names = list(truth.joints)
    message.joint_positions = list(truth.joints.values())
    message.contacts = [
        ContactEvent(
            robot_body=contact.robot_body, other_body=contact.other_body, force=contact.force
        )
        for contact in truth.contacts
    ]
    message.real_time_factor = math.nan if real_time_factor is None else real_time_factor
    return message


def to_people(truth: PeopleTruth) -> SimPeople:
    """Simulated truth about people."""
    message = SimPeople()
    message.header.stamp = to_time(truth.stamp)
    message.header.frame_id = HOME_FRAME
    for name, person in truth.people.items():
        message.names.append(name)
        message.poses.append(to_pose(Pose2(person.x, person.y, person.yaw).lift()))
        twist = Twist()
        twist.linear.x, twist.linear.y = person.vx, person.vy
        message.twists.append(twist)
        message.doing.append(str(person.doing))
    message.contacts = [
        PersonContact(
            person=contact.person,
            robot_body=contact.robot_body,
            force=contact.force,
            caused_by=str(contact.caused_by),
        )
        for contact in truth.contacts
    ]
    return message
