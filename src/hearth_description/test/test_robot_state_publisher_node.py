"""The node over DDS, on a domain of its own."""

import numpy as np
from hearth_description.core.model import find_model, load_urdf
from hearth_description.robot_state_publisher_node import make_node
from hearth_nodekit.testing import Spinner, isolated_context, wait_until
from hearth_nodekit.topics import JOINT_STATES, ROBOT_DESCRIPTION
from hearth_nodekit.transforms import TransformError, TransformListener
from rclpy.node import Node
from sensor_msgs.msg import JointState


def test_tf_places_every_link_where_the_model_says() -> None:
    model = load_urdf(find_model("cloid"))
    k = model.kinematics
    q = k.couple(np.random.default_rng(3).uniform(-0.2, 0.9, len(k.names)))
    with isolated_context() as context:
        node = make_node(context=context, namespace="/robot1")
        peer = Node("peer", context=context, namespace="/robot1")
        tf = TransformListener(peer)
        joints = JOINT_STATES.publisher(peer)
        descriptions: list[str] = []
        ROBOT_DESCRIPTION.subscribe(peer, lambda message: descriptions.append(message.data))
        time = 0.0

        def complete() -> bool:
            nonlocal time
            time += 0.01
            message = JointState(name=list(k.names), position=q.tolist())
            message.header.stamp.nanosec = round(time * 1e9) % 10**9
            message.header.stamp.sec = round(time * 1e9) // 10**9
            joints.publish(message)
            try:
                for link in model.links:
                    tf.lookup(model.root, link)
            except TransformError:
                return False
            return bool(descriptions)

        with Spinner(context, node, peer):
            assert wait_until(complete)
        poses = k.link_poses(q)
        for link in model.links:
            assert tf.lookup(model.root, link).almost_equal(poses[link], 1e-9), link
        assert descriptions[0] == model.urdf
        node.destroy_node()
        peer.destroy_node()
