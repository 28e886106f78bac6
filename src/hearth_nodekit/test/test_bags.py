"""What was written into a bag comes out again, and other files are refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS")

from hearth_core.errors import BadInputError, FileFormatError
from hearth_nodekit.bags import BagWriter, definition, read_bag, topics_of
from sensor_msgs.msg import JointState
from std_msgs.msg import String


def test_messages_come_back_in_order_with_time_and_durability(tmp_path: Path) -> None:
    path = tmp_path / "run.mcap"
    with BagWriter(path) as bag:
        bag.write("/robot1/robot_description", String(data="<robot/>"), 1.0)
        for k in range(3):
            bag.write("/robot1/joint_states", JointState(name=["a"], position=[0.1 * k]), 2.0 + k)
        bag.write("/robot1/carrying", String(data=""), 5.5, latched=True)
    every = list(read_bag(tmp_path))  # a rosbag2 folder
    assert [r.topic.rpartition("/")[2] for r in every] == [
        "robot_description",
        *["joint_states"] * 3,
        "carrying",
    ]
    assert [r.stamp for r in every] == [1.0, 2.0, 3.0, 4.0, 5.5]
    assert [r.latched for r in every] == [True, False, False, False, True]
    assert every[3].message().position[0] == pytest.approx(0.2)
    some = list(read_bag(path, ["/robot1/joint_states"]))
    assert len(some) == 3
    assert topics_of(path)["/robot1/joint_states"] == ("sensor_msgs/msg/JointState", 3)


def test_the_schema_carries_the_types_a_message_is_made_of() -> None:
    text = definition("sensor_msgs/msg/JointState")
    assert "float64[] position" in text
    assert "MSG: std_msgs/Header" in text
    assert "MSG: builtin_interfaces/Time" in text


def test_what_is_no_bag_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"nothing\.mcap: no such bag"):
        list(read_bag(tmp_path / "nothing.mcap"))
    with pytest.raises(BadInputError, match=r"0 \.mcap files"):
        list(read_bag(tmp_path))
    (tmp_path / "bad.mcap").write_bytes(b"not a bag at all, but long enough to be looked at")
    with pytest.raises(FileFormatError, match=r"bad\.mcap: no readable MCAP"):
        list(read_bag(tmp_path / "bad.mcap"))
    with BagWriter(tmp_path / "odd.mcap") as bag:
        bag.write("/x", String(data="x"), 0.0)
    recorded = next(read_bag(tmp_path / "odd.mcap"))
    broken = type(recorded)(recorded.topic, 0.0, "no_msgs/msg/Thing", False, recorded.data)
    with pytest.raises(BadInputError, match="no_msgs/msg/Thing"):
        broken.message()
