"""A recorded bag plays through the same node: what was recorded is seen again."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS")
pytest.importorskip("hearth_sim", reason="views come from the simulated apartment")

from apartment import HOMES, Studio
from hearth_core.frames import BASE_FOOTPRINT, MAP, ODOM
from hearth_core.geometry import Pose2, Transform
from hearth_nodekit.bags import BagWriter
from hearth_nodekit.convert import to_camera_info, to_image, to_time, to_transform_stamped
from hearth_nodekit.playing import BagPlayer
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from hearth_nodekit.topics import OBJECTS
from hearth_perception.perception_node import PerceptionNode
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

START = 5000.0
"""Time of the recording, long before today [s]."""


def record(path: Path) -> None:
    """Six seconds before the open refrigerator."""
    studio = Studio(seed=3)
    place = studio.home.place("refrigerator")
    studio.set_door("refrigerator/door", 1.7)
    studio.stand(place.pose @ Pose2(place.size[0] / 2 + 0.85, 0.0, math.pi))
    milk = studio.thing_pose("milk_carton_1").translation
    studio.look_at((float(milk[0]), float(milk[1]), float(milk[2])))
    kinematics = studio.robot.kinematics
    positions = studio.joint_positions()
    poses = kinematics.link_poses(kinematics.vector(positions))
    views = [studio.view() for _ in range(3)]  # each with noise of its own
    topic = "/robot1/head_camera"
    with BagWriter(path) as bag:
        bag.write("/robot1/robot_description", String(data=studio.robot.urdf), START)
        for k in range(60):
            now = START + 0.1 * k
            joints = JointState(name=list(positions), position=list(positions.values()))
            joints.header.stamp = to_time(now)
            bag.write("/robot1/joint_states", joints, now)
            tree = [
                to_transform_stamped(MAP, ODOM, studio.base.lift(), now),
                to_transform_stamped(ODOM, BASE_FOOTPRINT, Transform.identity(), now),
            ]
            tree += [
                to_transform_stamped(BASE_FOOTPRINT, link, pose, now)
                for link, pose in poses.items()
                if "camera" in link
            ]
            bag.write("/robot1/tf", TFMessage(transforms=tree), now)
            if k % 5 == 0:
                view = views[k // 5 % len(views)]
                frame = view.camera.frame
                bag.write(f"{topic}/color/camera_info", to_camera_info(view.camera, now), now)
                bag.write(
                    f"{topic}/color/image_raw", to_image(view.color, "rgb8", frame, now), now
                )
                depth = to_image(view.depth, "32FC1", frame, now)
                bag.write(f"{topic}/depth/image_raw", depth, now)
    studio.close()


def test_the_node_sees_in_a_bag_what_was_recorded(tmp_path: Path) -> None:
    record(tmp_path / "run.mcap")
    seen: list[tuple[str, float]] = []
    with isolated_context() as context:
        parameters = [
            Parameter("home", value=str(HOMES / "apartment.yaml")),
            Parameter("always", value=True),
            Parameter("use_sim_time", value=True),
        ]
        node = PerceptionNode(namespace="/robot1", context=context, parameter_overrides=parameters)
        reader = Node("reader", namespace="/robot1", context=context)
        OBJECTS.subscribe(
            reader,
            lambda m: seen.extend((o.label, float(o.last_seen.sec)) for o in m.objects),
        )
        source = Node("bag", context=context)
        player = BagPlayer(source, tmp_path / "run.mcap")
        with Spinner(context, node, reader):
            pictures = player.publishers["/robot1/head_camera/color/image_raw"]
            assert wait_until(lambda: pictures.get_subscription_count() > 0, timeout=30.0)

            def found() -> bool:
                return any(label == "milk_carton" for label, _ in seen)

            player.play(should_stop=found)
            assert wait_until(found, timeout=60.0), seen
            node.close()
        source.destroy_node()
    stamps = [stamp for label, stamp in seen if label == "milk_carton"]
    assert all(START <= stamp <= START + 6.0 for stamp in stamps)  # in the bag's time
