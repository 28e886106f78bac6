"""Transforms as bytes."""

import math

import numpy as np
import pytest
from geometry_msgs.msg import TransformStamped
from hearth_description.core.model import RobotModel, find_model, load_urdf
from hearth_description.core.publishing import JointTransforms
from hearth_description.core.tf_bytes import TransformsMessage
from rclpy.serialization import deserialize_message
from tf2_msgs.msg import TFMessage


@pytest.fixture(scope="module")
def model() -> RobotModel:
    return load_urdf(find_model("cloid"))


def test_bytes_decode_to_what_was_put_in() -> None:
    pairs = [("a", "bb"), ("base_link", "torso_link"), ("ccc", "dddd"), ("x" * 17, "")]
    rng = np.random.default_rng(1)
    translations, quaternions = rng.normal(size=(4, 3)), rng.normal(size=(4, 4))
    message = TransformsMessage(pairs)
    for stamp in (0.0, 12.345678901, 2e9 + 0.5):
        decoded = deserialize_message(message.fill(stamp, translations, quaternions), TFMessage)
        assert len(decoded.transforms) == 4
        for row, item in enumerate(decoded.transforms):
            assert isinstance(item, TransformStamped)
            assert (item.header.frame_id, item.child_frame_id) == pairs[row]
            t, r = item.transform.translation, item.transform.rotation
            assert [t.x, t.y, t.z] == translations[row].tolist()
            assert [r.x, r.y, r.z, r.w] == quaternions[row].tolist()
            time = item.header.stamp.sec + item.header.stamp.nanosec * 1e-9
            assert time == pytest.approx(stamp, abs=1e-6)


def test_a_joint_nobody_measured_has_no_transform(model: RobotModel) -> None:
    part = JointTransforms(model, model.kinematics.names, rate=30.0)
    data = part.update(1.0, ["head_pan_joint", "stranger"], np.array([0.3, 7.0]))
    assert data is not None
    (item,) = deserialize_message(data, TFMessage).transforms
    assert item.child_frame_id == "head_pan_link"
    assert item.transform.rotation.z == pytest.approx(math.sin(0.15))


def test_rate_holds_and_survives_a_clock_set_back(model: RobotModel) -> None:
    part = JointTransforms(model, ["head_pan_joint"], rate=30.0)
    stamps = [k * 0.01 for k in range(1000)]
    sent = [s for s in stamps if part.update(s, ["head_pan_joint"], np.zeros(1)) is not None]
    assert 290 <= len(sent) <= 310
    assert max(np.diff(sent)) < 0.05
    assert part.update(0.5, ["head_pan_joint"], np.zeros(1)) is not None
