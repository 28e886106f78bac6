"""Appliance logic without ROS and without sockets."""
