"""Between hearth_core's values and ROS messages; nothing else converts by hand."""

from array import array
from typing import Any

import numpy as np
import numpy.typing as npt
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Pose, Quaternion, TransformStamped, Twist, Vector3
from geometry_msgs.msg import Transform as TransformMessage
from hearth_core.errors import BadInputError
from hearth_core.geometry import Pose2, Transform
from hearth_core.outcome import Code, Outcome
from hearth_core.ports import CameraModel
from sensor_msgs.msg import CameraInfo, Image

from hearth_interfaces.msg import Outcome as OutcomeMessage


def to_time(seconds: float) -> Time:
    """Message of a time [s]."""
    nanoseconds = round(seconds * 1e9)
    return Time(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)


def from_time(stamp: Time) -> float:
    """Time [s] of a message."""
    return float(stamp.sec) + float(stamp.nanosec) * 1e-9


def to_pose(transform: Transform) -> Pose:
    """Message of a pose."""
    x, y, z = (float(v) for v in transform.translation)
    qx, qy, qz, qw = (float(v) for v in transform.quaternion())
    return Pose(position=Point(x=x, y=y, z=z), orientation=Quaternion(x=qx, y=qy, z=qz, w=qw))


def from_pose(message: Pose) -> Transform:
    """Pose of a message.

    Raises:
        ValueError: The quaternion is no rotation.
    """
    p, q = message.position, message.orientation
    return Transform.from_xyz_quaternion((p.x, p.y, p.z), (q.x, q.y, q.z, q.w))


def to_transform(transform: Transform) -> TransformMessage:
    """Message of a transform."""
    x, y, z = (float(v) for v in transform.translation)
    qx, qy, qz, qw = (float(v) for v in transform.quaternion())
    return TransformMessage(
        translation=Vector3(x=x, y=y, z=z), rotation=Quaternion(x=qx, y=qy, z=qz, w=qw)
    )


def from_transform(message: TransformMessage) -> Transform:
    """Transform of a message."""
    t, q = message.translation, message.rotation
    return Transform.from_xyz_quaternion((t.x, t.y, t.z), (q.x, q.y, q.z, q.w))


def to_transform_stamped(
    parent: str, child: str, transform: Transform, stamp: float
) -> TransformStamped:
    """Message of ``parent_from_child`` at ``stamp`` [s]."""
    message = TransformStamped(child_frame_id=child, transform=to_transform(transform))
    message.header.frame_id = parent
    message.header.stamp = to_time(stamp)
    return message


def to_twist(vx: float, vy: float, wz: float) -> Twist:
    """Message of a planar velocity [m/s, m/s, rad/s]."""
    message = Twist()
    message.linear.x, message.linear.y, message.angular.z = float(vx), float(vy), float(wz)
    return message


def pose2_to_pose(pose: Pose2) -> Pose:
    """Message of a planar pose, on the floor."""
    return to_pose(pose.lift())


def to_outcome(outcome: Outcome) -> OutcomeMessage:
    """Message of an outcome."""
    return OutcomeMessage(code=int(outcome.code), reason=outcome.reason, message=outcome.message)


def from_outcome(message: OutcomeMessage) -> Outcome:
    """Outcome of a message."""
    return Outcome(Code(message.code), message.reason, message.message)


_ENCODINGS: dict[str, tuple[type[np.generic], int]] = {
    "rgb8": (np.uint8, 3),
    "bgr8": (np.uint8, 3),
    "rgba8": (np.uint8, 4),
    "bgra8": (np.uint8, 4),
    "mono8": (np.uint8, 1),
    "32FC1": (np.float32, 1),
    "16UC1": (np.uint16, 1),
    "mono16": (np.uint16, 1),
}


def to_image(pixels: npt.NDArray[Any], encoding: str, frame: str, stamp: float) -> Image:
    """Message of an image, shape (H, W) or (H, W, C) as ``encoding`` says.

    The data travels as ``array.array``: assigning a numpy array costs 100 ms a frame.

    Raises:
        BadInputError: Unknown encoding, or the array does not fit it.
    """
    dtype, channels = _encoding(encoding)
    wanted = 2 if channels == 1 else 3
    if (
        pixels.dtype != dtype
        or pixels.ndim != wanted
        or (wanted == 3 and pixels.shape[2] != channels)
    ):
        raise BadInputError(
            f"{encoding} needs {np.dtype(dtype)} with {channels} channel(s), "
            f"got {pixels.dtype} {pixels.shape}"
        )
    message = Image(
        height=pixels.shape[0],
        width=pixels.shape[1],
        encoding=encoding,
        is_bigendian=0,
        step=pixels.shape[1] * channels * pixels.itemsize,
    )
    message.header.frame_id = frame
    message.header.stamp = to_time(stamp)
    data = array("B")
    data.frombytes(np.ascontiguousarray(pixels).data.cast("B"))
    message.data = data
    return message


def from_image(message: Image, *encodings: str) -> npt.NDArray[Any]:
    """Pixels of a message, a view without a copy unless its rows are padded.

    Raises:
        BadInputError: Another encoding than ``encodings``, or the size does not fit.
    """
    if message.encoding not in encodings:
        raise BadInputError(
            f"image in {message.header.frame_id!r} is {message.encoding!r}; expected {encodings}"
        )
    dtype, channels = _encoding(message.encoding)
    kind = np.dtype(dtype).newbyteorder(">" if message.is_bigendian else "<")
    row = message.width * channels * kind.itemsize
    step = message.step or row
    data = np.frombuffer(message.data, np.uint8)
    if step < row or data.size != message.height * step:
        raise BadInputError(
            f"image in {message.header.frame_id!r} says {message.height} x {message.width} "
            f"{message.encoding} in rows of {step} bytes but carries {data.size} bytes"
        )
    if step > row:
        data = np.ascontiguousarray(data.reshape(message.height, step)[:, :row]).reshape(-1)
    shape = (message.height, message.width) + ((channels,) if channels > 1 else ())
    return data.view(kind).astype(dtype, copy=False).reshape(shape)


def _encoding(encoding: str) -> tuple[type[np.generic], int]:
    if encoding not in _ENCODINGS:
        raise BadInputError(f"unknown image encoding {encoding!r}; known: {sorted(_ENCODINGS)}")
    return _ENCODINGS[encoding]


def to_camera_info(model: CameraModel, stamp: float) -> CameraInfo:
    """Message of pinhole intrinsics."""
    message = CameraInfo(
        height=model.height,
        width=model.width,
        distortion_model="plumb_bob",
        d=list(model.distortion) or [0.0] * 5,
        k=[model.fx, 0.0, model.cx, 0.0, model.fy, model.cy, 0.0, 0.0, 1.0],
        r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        p=[model.fx, 0.0, model.cx, 0.0, 0.0, model.fy, model.cy, 0.0, 0.0, 0.0, 1.0, 0.0],
    )
    message.header.frame_id = model.frame
    message.header.stamp = to_time(stamp)
    return message


def from_camera_info(message: CameraInfo) -> CameraModel:
    """Intrinsics of a message.

    Raises:
        BadInputError: The camera is not calibrated (K is zero).
    """
    if not (message.k[0] > 0.0 and message.k[4] > 0.0):
        raise BadInputError(f"camera_info in {message.header.frame_id!r}: K is not calibrated")
    return CameraModel(
        width=message.width,
        height=message.height,
        fx=float(message.k[0]),
        fy=float(message.k[4]),
        cx=float(message.k[2]),
        cy=float(message.k[5]),
        frame=message.header.frame_id,
        distortion=tuple(float(d) for d in message.d),
    )
